//! Classes above and below others: [`Hierarchy`].
//!
//! A class may have several parents; none is above itself.

use crate::error::{Error, ErrorKind, Result};

/// What is above and below each class.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hierarchy {
    above: Vec<Vec<u32>>,
    below: Vec<Vec<u32>>,
}

impl Hierarchy {
    /// Classes of which none is above another.
    pub fn flat(classes: usize) -> Hierarchy {
        Hierarchy { above: vec![Vec::new(); classes], below: vec![Vec::new(); classes] }
    }

    /// A hierarchy from pairs of a class and its parent.
    ///
    /// ```
    /// use lensframe::eval::open_images::Hierarchy;
    /// // Animal, cat, dog, poodle.
    /// let tree = Hierarchy::new(4, &[(1, 0), (2, 0), (3, 2)])?;
    /// assert_eq!((tree.above(3), tree.below(0)), (&[0, 2][..], &[1, 2, 3][..]));
    /// assert!(Hierarchy::new(2, &[(0, 1), (1, 0)]).is_err());
    /// # Ok::<(), lensframe::error::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] for a class outside the table, or one that is above itself.
    pub fn new(classes: usize, parents: &[(u32, u32)]) -> Result<Hierarchy> {
        let mut direct = vec![Vec::new(); classes];
        for (child, parent) in parents {
            match direct.get_mut(*child as usize) {
                Some(of) if (*parent as usize) < classes => of.push(*parent),
                _ => {
                    let what = format!("class {child} below {parent}, but there are {classes} classes");
                    return Err(Error::new(ErrorKind::Usage, what));
                }
            }
        }
        let mut out = Hierarchy::flat(classes);
        for (class, above) in (0u32..).zip(&mut out.above) {
            let mut open = direct.get(class as usize).cloned().unwrap_or_default();
            while let Some(next) = open.pop() {
                if next == class {
                    let what = format!("class {class} is above itself");
                    return Err(Error::new(ErrorKind::Usage, what).remedy("remove one pair of the circle"));
                }
                if !above.contains(&next) {
                    above.push(next);
                    open.extend(direct.get(next as usize).into_iter().flatten());
                }
            }
            above.sort_unstable();
        }
        for (class, above) in (0u32..).zip(&out.above) {
            for parent in above {
                if let Some(below) = out.below.get_mut(*parent as usize) {
                    below.push(class);
                }
            }
        }
        Ok(out)
    }

    /// The number of classes.
    pub fn classes(&self) -> usize {
        self.above.len()
    }

    /// The classes above one, ascending, without itself.
    pub fn above(&self, class: u32) -> &[u32] {
        self.above.get(class as usize).map_or(&[], Vec::as_slice)
    }

    /// The classes below one, ascending, without itself.
    pub fn below(&self, class: u32) -> &[u32] {
        self.below.get(class as usize).map_or(&[], Vec::as_slice)
    }

    /// Image-level labels with what follows from them, ascending: an image with a poodle is one with a dog, one
    /// without a dog is one without a poodle. The rule of the TF Object Detection API's expansion of Open Images.
    pub fn expand_labels(&self, positive: &[u32], negative: &[u32]) -> (Vec<u32>, Vec<u32>) {
        let grown = |labels: &[u32], more: &dyn Fn(u32) -> Vec<u32>| {
            let mut all: Vec<u32> =
                labels.iter().flat_map(|label| more(*label)).chain(labels.to_vec()).collect();
            all.sort_unstable();
            all.dedup();
            all
        };
        let up = |label: u32| self.above(label).to_vec();
        let down = |label: u32| self.below(label).to_vec();
        (grown(positive, &up), grown(negative, &down))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_spread_up_where_positive_and_down_where_negative() {
        let tree = Hierarchy::new(5, &[(1, 0), (2, 1), (3, 1), (2, 4)]).unwrap();
        assert_eq!(tree.expand_labels(&[2], &[1]), (vec![0, 1, 2, 4], vec![1, 2, 3]));
        assert_eq!(Hierarchy::flat(3).expand_labels(&[2], &[1]), (vec![2], vec![1]));
    }

    #[test]
    fn a_class_outside_the_table_and_a_circle_are_refused() {
        assert!(Hierarchy::new(2, &[(0, 2)]).unwrap_err().to_string().contains("2 classes"));
        let e = Hierarchy::new(3, &[(0, 1), (1, 2), (2, 0)]).unwrap_err();
        assert!(e.to_string().contains("above itself"));
    }
}
