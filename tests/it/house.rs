//! The house rules, enforced: floors, file lengths, `unsafe`, names, and what may not be written anywhere.
//!
//! The tables below are the rules; the checkers are in `house/` and each is shown to fail on a bad snippet.
//! A rule that is in the way is changed here and in ARCHITECTURE.md, in the commit that needs it.

mod floors;
mod hygiene;
mod tokens;
mod tree;

use floors::Floors;
use tree::Tree;

/// Rooms from the ground up: a room uses rooms of lower floors and itself.
const FLOORS: &[&[&str]] = &[
    &["error", "job", "random"],
    &["geometry", "image", "place"],
    &["schema", "draw", "report"],
    &["dataset"],
    &["convert", "query", "augment", "synth", "gallery", "profile"],
    &["feed", "eval", "model"],
    &["predict"],
    &["main", "cli"],
];

/// Sideways uses that are allowed: a job fails with an error, and the program is a call of the command line.
const EXCEPTIONS: &[(&str, &str)] = &[("job", "error"), ("main", "cli")];

/// Every file with an `unsafe` block or an `allow(unsafe_code)`.
const UNSAFE: &[&str] = &[
    "benches/cold.rs",
    "python/src/arrow.rs",
    "python/src/loader.rs",
    "python/src/lock.rs",
    "python/src/value.rs",
    "src/cli/threads.rs",
    "src/image/decode/jpeg/turbo.rs",
    "src/image/resample/lanes.rs",
    "src/image/resample/pairs.rs",
    "src/image/resample/passes.rs",
    "src/model/cpu/heavy/level.rs",
    "src/model/gpu/cache.rs",
    "src/place/map.rs",
    "src/query/bridge.rs",
    "tests/it/counting.rs",
    "tests/it/store/residency.rs",
];

/// No file is longer, and no front door (`mod.rs`) longer than half of it.
const MOST_LINES: usize = 500;

#[test]
fn every_use_goes_down() {
    let floors = Floors::new(FLOORS, EXCEPTIONS);
    let tree = Tree::read();
    let wrong: Vec<String> = tree.rust("src").flat_map(|file| floors.violations(file)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_room_has_a_floor() {
    let tree = Tree::read();
    let rooms: Vec<&str> = tree.rust("src").filter_map(|file| floors::room_of(&file.path)).collect();
    assert!(rooms.contains(&"error") && rooms.contains(&"geometry"), "the walk found only {rooms:?}");
    for room in rooms {
        assert!(
            FLOORS.iter().any(|floor| floor.contains(&room)),
            "src/{room} has no floor in tests/it/house.rs"
        );
    }
}

#[test]
fn files_are_short_enough_to_read() {
    let wrong: Vec<String> =
        Tree::read().rust("").filter_map(|file| hygiene::too_long(file, MOST_LINES)).collect();
    assert!(wrong.is_empty(), "split these into a folder of the same name:\n{}", wrong.join("\n"));
}

#[test]
fn unsafe_is_where_the_list_says_and_gives_its_reason() {
    let tree = Tree::read();
    let found: Vec<&str> =
        tree.rust("").filter(|file| tokens::has_unsafe(file)).map(|file| file.path.as_str()).collect();
    assert_eq!(found, UNSAFE, "files with unsafe code (left) are not those of the list (right)");
    let wrong: Vec<String> = tree.rust("").flat_map(tokens::unexplained_unsafe).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_file_says_what_it_is() {
    let tree = Tree::read();
    let wrong: Vec<&str> =
        tree.rust("").filter(|file| !hygiene::opens_with_doc(file)).map(|file| file.path.as_str()).collect();
    assert!(wrong.is_empty(), "these do not open with `//!`:\n{}", wrong.join("\n"));
}

#[test]
fn names_say_what_is_inside() {
    let tree = Tree::read();
    let wrong: Vec<&str> = tree
        .rust("src")
        .filter(|file| hygiene::says_nothing(&file.path))
        .map(|file| file.path.as_str())
        .collect();
    assert!(wrong.is_empty(), "name these after the noun they hold:\n{}", wrong.join("\n"));
}

#[test]
fn nothing_is_left_to_do_and_nothing_tells_of_a_machine() {
    let wrong: Vec<String> = Tree::read().all().flat_map(hygiene::traces).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
