//! Which key each leaf of an object belongs to, by its path.

/// The flags of an object: keys and elements of the same name.
pub(super) const FLAGS: [&str; 3] = ["difficult", "truncated", "occluded"];

/// The corners of a `bndbox`.
pub(super) const CORNERS: [&str; 4] = ["xmin", "ymin", "xmax", "ymax"];

/// The numbers of a `robndbox`, in the order of the key.
pub(super) const ROTATED: [&str; 5] = ["cx", "cy", "w", "h", "angle"];

/// What a leaf of an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slot<'p> {
    /// `name`: the class.
    Name,
    /// A corner of `bndbox`.
    Corner(usize),
    /// One of [`FLAGS`].
    Flag(usize),
    /// The name of a part, counted from 0.
    PartName(usize),
    /// A corner of a part.
    PartCorner(usize, usize),
    /// A coordinate (0: x, 1: y) of a `point`, counted from 0.
    Point(usize, usize),
    /// One of [`ROTATED`].
    Rotated(usize),
    /// A coordinate (0: x, 1: y) of a vertex of `polygon`, counted from 0.
    Vertex(usize, usize),
    /// `actions/NAME`.
    Action(&'p str),
    /// Anything else: a key of its own where it is frequent.
    Other,
}

impl<'p> Slot<'p> {
    /// What the leaf at a path is.
    pub(super) fn of(path: &'p str) -> Slot<'p> {
        match path {
            "name" => return Slot::Name,
            "difficult" => return Slot::Flag(0),
            "truncated" => return Slot::Flag(1),
            "occluded" => return Slot::Flag(2),
            _ => {}
        }
        Slot::inside(path).unwrap_or(Slot::Other)
    }

    fn inside(path: &'p str) -> Option<Slot<'p>> {
        let (step, rest) = path.split_once('/')?;
        match step {
            "bndbox" => Some(Slot::Corner(position(&CORNERS, rest)?)),
            "robndbox" => Some(Slot::Rotated(position(&ROTATED, rest)?)),
            "polygon" => {
                let axis = position(&["x", "y"], rest.get(..1)?)?;
                let number = rest.get(1..)?.parse::<usize>().ok()?.checked_sub(1)?;
                // Points past the limit of a file cannot be; a number that is not written so is no vertex.
                (rest.get(1..)? == (number + 1).to_string()).then_some(Slot::Vertex(number, axis))
            }
            "actions" => (!rest.contains(['/', '[', '@', '#', '='])).then_some(Slot::Action(rest)),
            _ => {
                if let Some(part) = nth(step, "part") {
                    return match rest.strip_prefix("bndbox/") {
                        Some(corner) => Some(Slot::PartCorner(part, position(&CORNERS, corner)?)),
                        None => (rest == "name").then_some(Slot::PartName(part)),
                    };
                }
                Some(Slot::Point(nth(step, "point")?, position(&["x", "y"], rest)?))
            }
        }
    }
}

fn position(names: &[&str], name: &str) -> Option<usize> {
    names.iter().position(|known| *known == name)
}

/// Which brother of a name a step is, counted from 0: `part[2]` is 1.
fn nth(step: &str, name: &str) -> Option<usize> {
    let rest = step.strip_prefix(name)?;
    if rest.is_empty() {
        return Some(0);
    }
    rest.strip_prefix('[')?.strip_suffix(']')?.parse::<usize>().ok()?.checked_sub(1)
}

/// A step: the name and, from the second brother on, its number. `n` is counted from 0.
pub(super) fn step(name: &str, n: usize) -> String {
    if n == 0 { name.to_owned() } else { format!("{name}[{}]", n + 1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_path_has_its_slot() {
        for (path, slot) in [
            ("name", Slot::Name),
            ("bndbox/xmin", Slot::Corner(0)),
            ("bndbox/ymax", Slot::Corner(3)),
            ("occluded", Slot::Flag(2)),
            ("part/name", Slot::PartName(0)),
            ("part[3]/bndbox/ymin", Slot::PartCorner(2, 1)),
            ("point/x", Slot::Point(0, 0)),
            ("point[2]/y", Slot::Point(1, 1)),
            ("robndbox/angle", Slot::Rotated(4)),
            ("polygon/x12", Slot::Vertex(11, 0)),
            ("actions/jumping", Slot::Action("jumping")),
        ] {
            assert_eq!(Slot::of(path), slot, "{path}");
        }
        for other in [
            "pose",
            "bndbox",
            "bndbox[2]/xmin",
            "bndbox/xmin[2]",
            "bndbox/@k",
            "name[2]",
            "part/pose",
            "part[x]/name",
            "partial/name",
            "polygon/x0",
            "polygon/x01",
            "polygon/z1",
            "actions/a/b",
            "points/x",
            "polygon/x",
            "polygon/é1",
        ] {
            assert_eq!(Slot::of(other), Slot::Other, "{other}");
        }
    }

    #[test]
    fn a_step_is_the_inverse_of_its_number() {
        for n in 0..3 {
            assert_eq!(nth(&step("part", n), "part"), Some(n));
        }
    }
}
