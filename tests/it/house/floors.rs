//! Which room uses which: every `crate::`, `super::` and `lensframe::` path of a file, resolved to its room.
//!
//! The paths are read from the tokens, so that uses in macros, attributes and patterns count as those in `use`
//! items do; that the file is Rust at all is checked with `syn`. Links in doc comments are text and may point
//! anywhere. Test modules obey the same floors.

use std::collections::BTreeMap;

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

use super::tree::File;

/// The floor table.
pub(super) struct Floors {
    floor: BTreeMap<String, usize>,
    exceptions: Vec<(String, String)>,
}

/// A path that leaves its room: the room it names (`*` and the like where it names none), and the line.
#[derive(Debug, PartialEq)]
struct Use {
    target: String,
    line: usize,
}

impl Floors {
    pub(super) fn new(floors: &[&[&str]], exceptions: &[(&str, &str)]) -> Floors {
        let rooms = floors.iter().enumerate();
        let floor =
            rooms.flat_map(|(n, rooms)| rooms.iter().map(move |room| ((*room).to_owned(), n))).collect();
        let exceptions = exceptions.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        Floors { floor, exceptions }
    }

    /// What a file of `src` uses but may not.
    pub(super) fn violations(&self, file: &File) -> Vec<String> {
        // The root only declares rooms.
        let Some(from) = room_of(&file.path) else { return Vec::new() };
        let uses = match uses(file) {
            Ok(uses) => uses,
            Err(error) => return vec![format!("{}: {error}", file.path)],
        };
        let wrong = uses.into_iter().filter_map(|found| {
            let why = self.objection(from, &found.target)?;
            Some(format!("{}:{}: {why}", file.path, found.line))
        });
        wrong.collect()
    }

    fn objection(&self, from: &str, to: &str) -> Option<String> {
        if from == to || self.exceptions.iter().any(|(a, b)| a == from && b == to) {
            return None;
        }
        let Some(upper) = self.floor.get(from) else { return Some(format!("room '{from}' has no floor")) };
        match self.floor.get(to) {
            None => {
                Some(format!("'{to}' is no room: name things by their room, not by a re-export of the root"))
            }
            Some(lower) if lower < upper => None,
            Some(lower) if lower == upper => {
                Some(format!("'{from}' uses '{to}' beside it, on floor {upper}"))
            }
            Some(lower) => Some(format!("'{from}' (floor {upper}) uses '{to}' above it (floor {lower})")),
        }
    }
}

/// The room of a file of `src`; `None` for the library's root.
pub(super) fn room_of(path: &str) -> Option<&str> {
    let inside = path.strip_prefix("src/")?;
    let room = inside.split('/').next()?;
    let room = room.strip_suffix(".rs").unwrap_or(room);
    (room != "lib").then_some(room)
}

/// The module path of a file of `src`: `src/a/b.rs` is `[a, b]`, `src/a/mod.rs` is `[a]`.
fn module_of(path: &str) -> Vec<String> {
    let inside = path.strip_prefix("src/").unwrap_or(path);
    let inside = inside.strip_suffix(".rs").unwrap_or(inside);
    let mut parts: Vec<String> = inside.split('/').map(str::to_owned).collect();
    if parts.last().is_some_and(|last| last == "mod") {
        parts.pop();
    }
    parts
}

fn uses(file: &File) -> Result<Vec<Use>, String> {
    let tokens: TokenStream = file.text.parse().map_err(|e| format!("not Rust: {e}"))?;
    syn::parse2::<syn::File>(tokens.clone()).map_err(|e| format!("not Rust: {e}"))?;
    let mut found = Vec::new();
    scan(tokens, &mut module_of(&file.path), &mut found);
    Ok(found)
}

fn scan(tokens: TokenStream, module: &mut Vec<String>, found: &mut Vec<Use>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut at = 0;
    while at < tokens.len() {
        // An inline module: its own `super` is this one.
        if let [TokenTree::Ident(word), TokenTree::Ident(name), TokenTree::Group(body), ..] = &tokens[at..]
            && word == "mod"
            && body.delimiter() == Delimiter::Brace
        {
            module.push(name.to_string());
            scan(body.stream(), module, found);
            module.pop();
            at += 3;
            continue;
        }
        match &tokens[at] {
            TokenTree::Group(group) => scan(group.stream(), module, found),
            TokenTree::Ident(word) => {
                let line = word.span().start().line;
                let after = &tokens[at + 1..];
                match word.to_string().as_str() {
                    "crate" | "lensframe" => root(after, line, found),
                    "super" => at += climb(after, module.len().saturating_sub(1), found),
                    _ => {}
                }
            }
            _ => {}
        }
        at += 1;
    }
}

fn begins_path(after: &[TokenTree]) -> bool {
    matches!(after, [TokenTree::Punct(a), TokenTree::Punct(b), ..]
        if a.as_char() == ':' && a.spacing() == Spacing::Joint && b.as_char() == ':')
}

/// After `crate` or `lensframe`: the room named, or each of a group's.
fn root(after: &[TokenTree], line: usize, found: &mut Vec<Use>) {
    if begins_path(after) {
        names(after.get(2), found);
    } else if matches!(after.first(), Some(TokenTree::Ident(word)) if word == "as") {
        found.push(Use { target: "crate as …".to_owned(), line });
    }
}

/// After `super`, `levels` above which is the root: climbs further `super::` and names what lies at the root.
/// Returns how many tokens it went.
fn climb(after: &[TokenTree], levels: usize, found: &mut Vec<Use>) -> usize {
    let mut levels = levels;
    let mut at = 0;
    while begins_path(&after[at..]) && matches!(after.get(at + 2), Some(TokenTree::Ident(w)) if w == "super")
    {
        levels = levels.saturating_sub(1);
        at += 3;
    }
    let rest = &after[at..];
    if !begins_path(rest) {
        return at;
    }
    if levels == 0 {
        names(rest.get(2), found);
    } else if let Some(TokenTree::Group(group)) = rest.get(2) {
        // `use super::{super::x, y}`: a member may climb on.
        for member in members(group.stream()) {
            if matches!(member.first(), Some(TokenTree::Ident(word)) if word == "super") {
                climb(&member[1..], levels - 1, found);
            }
        }
    }
    at
}

/// What is named right below the root: a room, a group of them, or everything.
fn names(token: Option<&TokenTree>, found: &mut Vec<Use>) {
    let Some(token) = token else { return };
    let line = token.span().start().line;
    match token {
        TokenTree::Group(group) => {
            for member in members(group.stream()) {
                names(member.first(), found);
            }
        }
        other => found.push(Use { target: other.to_string(), line }),
    }
}

/// The members of a `{a, b::c}` group.
fn members(stream: TokenStream) -> Vec<Vec<TokenTree>> {
    let tokens: Vec<TokenTree> = stream.into_iter().collect();
    let is_comma = |token: &TokenTree| matches!(token, TokenTree::Punct(p) if p.as_char() == ',');
    tokens.split(is_comma).filter(|member| !member.is_empty()).map(<[_]>::to_vec).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn floors() -> Floors {
        Floors::new(
            &[&["error", "job"], &["schema", "report"], &["dataset"], &["main", "cli"]],
            &[("main", "cli")],
        )
    }

    fn wrong(path: &str, text: &str) -> Vec<String> {
        floors().violations(&File::new(path, text))
    }

    #[test]
    fn downward_and_inner_uses_are_fine() {
        let text = "
            //! A file.
            use std::sync::Arc;
            use super::axis::{self, Axis};
            use crate::{error::{Error, Result}, job::Job};
            pub(crate) struct A;
            pub(in crate::schema) struct B;
            fn f(a: crate::schema::field::F) -> lensframe::error::Result<()> { self::g() }
            mod tests { use super::*; use super::super::axis; }
        ";
        assert_eq!(wrong("src/schema/field.rs", text), Vec::<String>::new());
        assert_eq!(wrong("src/main.rs", "fn main() { lensframe::cli::main() }"), Vec::<String>::new());
        assert_eq!(
            wrong("src/lib.rs", "pub mod dataset; pub use crate::dataset::Dataset;"),
            Vec::<String>::new()
        );
    }

    #[test]
    fn an_upward_use_is_found_wherever_it_stands() {
        for text in [
            "use crate::dataset::Dataset;",
            "use crate::{error::Error, dataset::{Dataset, Rows}};",
            "use lensframe::dataset::Dataset;",
            "fn f() { crate::dataset::open() }",
            "fn f(d: &crate::dataset::Dataset) {}",
            "fn f(x: u8) { match x { crate::dataset::ONE => {} _ => {} } }",
            "fn f() { println!(\"{}\", crate::dataset::open()) }",
            "macro_rules! m { () => { $crate::dataset::open() } }",
            "#[derive(crate::dataset::Derive)] struct A;",
            "pub(in crate::dataset) struct A;",
            "mod tests { use crate::dataset::Dataset; }",
            "use super::super::dataset::Dataset;",
            "use super::{super::dataset::Dataset, axis};",
            "use self::super::super::dataset::Dataset;",
            "fn f() { let x = super::super::dataset::open(); }",
            "mod tests { mod deeper { use super::super::super::super::dataset::X; } }",
            "fn f() { mod inner { use super::super::super::dataset::X; } }",
        ] {
            let found = wrong("src/schema/field.rs", text);
            assert_eq!(
                found,
                ["src/schema/field.rs:1: 'schema' (floor 1) uses 'dataset' above it (floor 2)"],
                "{text}"
            );
        }
        assert_eq!(wrong("src/schema/mod.rs", "use super::dataset::X;").len(), 1);
        assert_eq!(wrong("src/job.rs", "use super::dataset::X;").len(), 1);
    }

    #[test]
    fn a_sideways_use_is_found() {
        assert_eq!(
            wrong("src/schema/mod.rs", "\nuse crate::report::Page;"),
            ["src/schema/mod.rs:2: 'schema' uses 'report' beside it, on floor 1"]
        );
        assert_eq!(wrong("src/cli/mod.rs", "use crate::main::x;").len(), 1);
    }

    #[test]
    fn the_root_is_not_a_room() {
        for text in [
            "use crate::Error;",
            "use crate::*;",
            "use crate as lens;",
            "use lensframe::Dataset;",
            "use crate::{Error, job::Job};",
            "use super::super::*;",
        ] {
            let found = wrong("src/dataset/rows.rs", text);
            assert_eq!(found.len(), 1, "{text}: {found:?}");
            assert!(found[0].contains("is no room"), "{found:?}");
        }
    }

    #[test]
    fn an_unknown_room_and_a_file_that_is_not_rust_are_told() {
        assert_eq!(
            wrong("src/attic.rs", "use crate::error::Error;"),
            ["src/attic.rs:1: room 'attic' has no floor"]
        );
        assert!(wrong("src/job.rs", "fn f( {")[0].contains("not Rust"));
        assert!(wrong("src/job.rs", "fn f fn")[0].contains("not Rust"));
    }
}
