//! Lists of images: the files below `ImageSets`.
//!
//! A line is the id of an image, then numbers: 1, 0 or -1 for a class (present, difficult, absent), the number
//! of an object in Layout and Action. Ids with spaces stand in quotes; without quotes a line that is not
//! followed by numbers is an id as a whole.

/// A list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct List {
    /// Its path below `ImageSets`, without the ending: `Main/train`.
    pub(super) name: String,
    /// The file's path in the tree.
    pub(super) member: String,
}

/// A line of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line<'a> {
    pub(super) id: &'a str,
    pub(super) numbers: Vec<i64>,
}

/// The line, if it names an image.
pub(super) fn line(text: &str) -> Option<Line<'_>> {
    // Some editors begin a file with a byte order mark.
    let text = text.trim_start_matches('\u{feff}').trim();
    if let Some((id, rest)) = text.strip_prefix('"').and_then(|rest| rest.split_once('"')) {
        let numbers = rest.split_whitespace().map_while(|n| n.parse().ok()).collect();
        return (!id.is_empty()).then_some(Line { id, numbers });
    }
    let mut words = text.split_whitespace();
    let id = words.next()?;
    match words.map(|n| n.parse().ok()).collect::<Option<Vec<i64>>>() {
        Some(numbers) => Some(Line { id, numbers }),
        None => Some(Line { id: text, numbers: Vec::new() }),
    }
}

/// The order of splits: train, val, test, the rest, trainval.
pub(super) fn rank(split: &str) -> usize {
    match split {
        "train" => 0,
        "val" | "valid" => 1,
        "test" => 2,
        "trainval" => 4,
        _ => 3,
    }
}

/// The order of the folders below `ImageSets`.
fn group_rank(group: &str) -> usize {
    ["Main", "Segmentation", "Layout", "Action"].iter().position(|g| *g == group).unwrap_or(4)
}

impl List {
    /// The folder it is in, `Main`, and its own name, `train`.
    pub(super) fn parts(&self) -> (&str, &str) {
        self.name.rsplit_once('/').unwrap_or(("", &self.name))
    }

    /// Where it stands among the lists that say the split of an image; lower ones are asked first. `numbered`
    /// says that its lines have numbers behind the ids.
    pub(super) fn split_rank(&self, numbered: bool) -> Option<(usize, usize)> {
        let (group, name) = self.parts();
        let usual = matches!(name, "train" | "val" | "test" | "trainval");
        (usual || !numbered).then(|| (group_rank(group), rank(name)))
    }

    /// True if a line is one of the images that the list means: of a list of a class, those that have it.
    pub(super) fn means(&self, line: &Line<'_>) -> bool {
        let (group, _) = self.parts();
        match (group, line.numbers.as_slice()) {
            ("Layout", _) | (_, []) => true,
            // In Action the number of an object comes first.
            ("Action", [_]) => true,
            (_, numbers) => numbers.last() == Some(&1),
        }
    }

    /// The class of a list of `Main` that is one of a class, where `splits` are the names of those that are
    /// not: `cat` of `cat_train`.
    pub(super) fn class(&self, splits: &[&str]) -> Option<&str> {
        let (group, name) = self.parts();
        let (class, split) = name.rsplit_once('_').filter(|_| group == "Main")?;
        splits.contains(&split).then_some(class)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Option<(String, Vec<i64>)> {
        line(text).map(|line| (line.id.to_owned(), line.numbers))
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_a_name() {
        assert_eq!(line("\u{feff}2007_000001\r\n").map(|line| line.id), Some("2007_000001"));
    }

    #[test]
    fn lines_are_ids_and_numbers() {
        assert_eq!(parsed("2007_000001  1\r"), Some(("2007_000001".into(), vec![1])));
        assert_eq!(parsed("000005 -1"), Some(("000005".into(), vec![-1])));
        assert_eq!(parsed("2010_001 2 1"), Some(("2010_001".into(), vec![2, 1])));
        assert_eq!(parsed("a/b c"), Some(("a/b c".into(), vec![])));
        assert_eq!(parsed("\"a 1\" 1"), Some(("a 1".into(), vec![1])));
        assert_eq!(parsed(" \t"), None);
        assert_eq!(parsed("\"\""), None);
    }

    #[test]
    fn a_list_of_a_class_means_the_images_that_have_it() {
        let list = |name: &str| List { name: name.into(), member: String::new() };
        let means = |name: &str, text: &str| list(name).means(&line(text).unwrap());
        assert!(means("Main/cat_train", "a 1") && !means("Main/cat_train", "a -1"));
        assert!(!means("Main/cat_train", "a 0") && means("Main/train", "a"));
        assert!(means("Action/train", "a 2") && means("Action/jumping_train", "a 2 1"));
        assert!(!means("Action/jumping_train", "a 1 -1") && means("Layout/train", "a 3"));
        assert_eq!(list("Main/cat_train").class(&["train"]), Some("cat"));
        assert_eq!(list("Main/cat_dog").class(&["train"]), None);
        assert_eq!(list("Action/cat_train").class(&["train"]), None);
    }

    #[test]
    fn main_says_the_split_before_the_others() {
        let rank =
            |name: &str, numbered| List { name: name.into(), member: String::new() }.split_rank(numbered);
        assert!(rank("Main/train", false) < rank("Main/trainval", false));
        assert!(rank("Main/trainval", false) < rank("Segmentation/train", false));
        assert!(rank("Layout/val", true).is_some() && rank("Main/cat_val", true).is_none());
        assert!(rank("Main/mine", false).is_some());
    }
}
