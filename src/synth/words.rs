//! Captions: what is seen, in words.

use super::canvas::Owner;
use super::classes::Ground;
use super::scene::{Scene, Stream, stream};
use super::truth::Maker;
use crate::geometry::{Rle, Segment};

const NUMBERS: [&str; 11] =
    ["no", "a", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];

/// Two captions of a scene: what objects there are, and how many.
pub(super) fn captions(maker: &Maker, scene: &Scene, found: &[(Segment, Rle)]) -> Vec<String> {
    let mut counts: Vec<(usize, bool, usize)> = Vec::new();
    let mut objects = 0;
    for (segment, _) in found {
        let (_, Some(placed)) = maker.labelled(scene, segment.id as Owner) else { continue };
        objects += 1;
        match counts.iter_mut().find(|(label, crowd, _)| (*label, *crowd) == (placed.label, placed.crowded)) {
            Some((_, _, count)) => *count += 1,
            None => counts.push((placed.label, placed.crowded, 1)),
        }
    }
    let name = |label: usize| maker.things.get(label as i64).map_or("", |class| class.name.as_str());
    let mut things: Vec<String> = counts
        .iter()
        .map(|(label, crowd, count)| match (crowd, count) {
            (true, _) => format!("a crowd of {}", plural(name(*label))),
            (false, 1) => article(name(*label)),
            (false, count) => format!("{} {}", number(*count), plural(name(*label))),
        })
        .collect();
    // Not always in the order in which they were drawn.
    let mut random = stream(maker.seed, scene.facts.index, Stream::Words);
    random.shuffle(&mut things);
    let most = things.len().min(4);
    let more = things.len() > most;
    let named = if more { format!("{} and more", things[..most].join(", ")) } else { listed(&things) };
    let place = place(scene);
    match objects {
        0 => vec![format!("nothing {place}"), "a scene without an object".to_owned()],
        1 => vec![format!("{named} {place}"), format!("a single object: {named}")],
        n => vec![format!("{named} {place}"), format!("{} objects, among them {}", number(n), things[0])],
    }
}

fn place(scene: &Scene) -> String {
    let (last, first) = (scene.ground.last(), scene.ground.first());
    match (first.map(|p| p.ground), last.map(|p| p.ground)) {
        (Some(first), Some(last)) if first != last => {
            let by = if first == Ground::Sky { "under the" } else { "before the" };
            format!("on the {} {by} {}", last.name(), first.name())
        }
        (Some(first), _) => format!("on the {}", first.name()),
        _ => String::new(),
    }
}

fn number(n: usize) -> String {
    NUMBERS.get(n).map_or_else(|| n.to_string(), |word| (*word).to_owned())
}

fn article(name: &str) -> String {
    let vowel = name.starts_with(['a', 'e', 'i', 'o']);
    format!("{} {name}", if vowel { "an" } else { "a" })
}

fn plural(name: &str) -> String {
    format!("{name}{}", if name.ends_with('s') { "es" } else { "s" })
}

/// `a, b and c`.
fn listed(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_counted_as_english_counts_them() {
        assert_eq!(
            (article("orange ring"), article("red cross")),
            ("an orange ring".into(), "a red cross".into())
        );
        assert_eq!(
            (plural("red cross"), number(2), number(12)),
            ("red crosses".into(), "two".into(), "12".into())
        );
        assert_eq!(listed(&["a".into(), "b".into(), "c".into()]), "a, b and c");
    }
}
