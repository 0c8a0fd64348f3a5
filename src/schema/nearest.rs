//! Names like the one that somebody meant: [`nearest`].

/// Of these names the ones most like what was asked for, best first, three at most.
///
/// ```
/// use lensframe::schema::nearest;
/// assert_eq!(nearest("bbx", ["img", "bbox", "label"]), ["bbox"]);
/// ```
pub fn nearest<'a>(asked: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let lower = asked.to_lowercase();
    let mut ranked: Vec<(usize, &str)> = names
        .into_iter()
        .map(|name| (distance(&lower, &name.to_lowercase()), name))
        .filter(|(distance, name)| *distance <= (name.chars().count().max(lower.chars().count()) / 3).max(2))
        .collect();
    ranked.sort();
    ranked.dedup();
    ranked.into_iter().take(3).map(|(_, name)| name).collect()
}

/// How many letters have to be added, taken away or changed to make one text of the other.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, own) in a.chars().enumerate() {
        let mut next = vec![i + 1];
        for (j, other) in b.iter().enumerate() {
            let at = |row: &[usize], at: usize| row.get(at).copied().unwrap_or(usize::MAX - 1);
            let changed = at(&row, j) + usize::from(own != *other);
            next.push(changed.min(at(&row, j + 1) + 1).min(at(&next, j) + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_like_the_one_asked_for_come_first_and_others_not_at_all() {
        let names = ["width", "height", "file_name", "area", "crowded"];
        assert_eq!(nearest("widht", names), ["width"]);
        assert_eq!(nearest("Crowd", names), ["crowded"]);
        assert!(nearest("zzzzzz", names).is_empty());
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
