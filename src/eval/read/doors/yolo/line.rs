//! One line of a YOLO file taken apart: [`Row`].
//!
//! How many numbers follow the class says what they are: 4 and 5 are a box without and with confidence, 6 one with the
//! number of a track; an odd number from 7 on an outline and its confidence, four corners of a turned box among them;
//! points follow a box where points are wanted, and are passed over where only the box is.

use crate::error::{Error, ErrorKind, Result};
use crate::eval::read::doors::lines::{number, shown};

/// What stands in a line after the class.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Row<'n> {
    /// A box and its confidence, in an order that the line does not say.
    Box([f64; 5]),
    /// A box without confidence.
    Bare([f64; 4]),
    /// x, y, x, y, … and a confidence.
    Outline(&'n [f64], Option<f64>),
    /// A box, points of two or three numbers, a confidence.
    Points([f64; 4], &'n [f64], usize, Option<f64>),
}

/// What the numbers of a line are; `points` is how many points an object is wanted to have.
///
/// # Errors
/// [`ErrorKind::Format`] for a number of numbers that is nothing.
pub(super) fn row(numbers: &[f64], points: usize) -> Result<Row<'_>> {
    let n = numbers.len();
    if let (true, Some((bbox, rest))) = (points > 0, numbers.split_first_chunk::<4>()) {
        for each in [3, 2] {
            if let Some((values, score)) = rest.split_at_checked(points.saturating_mul(each)) {
                // A number more is the track that came after the confidence.
                match score {
                    [] => return Ok(Row::Points(*bbox, values, each, None)),
                    [score] | [score, _] if each == 3 || score_like(*score) => {
                        return Ok(Row::Points(*bbox, values, each, Some(*score)));
                    }
                    _ => {}
                }
            }
        }
        let what =
            format!("{n} numbers follow the class: a box, {points} points and a confidence are wanted");
        return Err(Error::new(ErrorKind::Format, what)
            .remedy("give predictions of a pose model with as many points, or another metric"));
    }
    match numbers {
        [a, b, c, d] => Ok(Row::Bare([*a, *b, *c, *d])),
        [a, b, c, d, e] => Ok(Row::Box([*a, *b, *c, *d, *e])),
        [a, b, c, d, e, track] if track.fract() == 0.0 && *track >= 0.0 && score_like(*e) => {
            Ok(Row::Box([*a, *b, *c, *d, *e]))
        }
        [a, b, c, d, rest @ .., score] if is_pose([*a, *b, *c, *d], rest, *score) => {
            Ok(Row::Box([*a, *b, *c, *d, *score]))
        }
        [ring @ .., score] if n >= 7 && n % 2 == 1 => Ok(Row::Outline(ring, Some(*score))),
        ring if n >= 6 => Ok(Row::Outline(ring, None)),
        _ => Err(Error::new(ErrorKind::Format, format!("{n} numbers follow the class"))
            .remedy("a line is: class, box or outline, confidence")),
    }
}

/// Whether a box is followed by points of three numbers, all about where the box is: an outline read so is not.
fn is_pose([x, y, w, h]: [f64; 4], points: &[f64], score: f64) -> bool {
    let (points, left) = points.as_chunks::<3>();
    let near = |[px, py, v]: &[f64; 3]| {
        let inside = (px - x).abs() <= w + 0.02 && (py - y).abs() <= h + 0.02;
        (0.0..=2.0).contains(v) && (inside || (*px == 0.0 && *py == 0.0))
    };
    points.len() >= 3 && left.is_empty() && w > 0.0 && h > 0.0 && score_like(score) && points.iter().all(near)
}

fn score_like(value: f64) -> bool {
    (0.0..=1.0).contains(&value)
}

/// The class of a line, and its numbers. A class may be a name, also one of several words.
///
/// # Errors
/// [`ErrorKind::Format`] for an empty class or a word among the numbers.
pub(super) fn split<'l>(line: &'l str, numbers: &mut Vec<f64>) -> Result<&'l str> {
    numbers.clear();
    let line = line.trim();
    let is_number = |word: &str| word.parse::<f64>().is_ok();
    // The class ends where only numbers follow; a word that stands further on is one of its words only if no number
    // precedes it, so that "3 d printer" is refused rather than misread.
    let mut end = line.find(char::is_whitespace).unwrap_or(line.len());
    while let Some(rest) = line.get(end..).map(str::trim_start).filter(|rest| !rest.is_empty()) {
        let word = rest.split_whitespace().next().unwrap_or_default();
        let first = line.split_whitespace().next().unwrap_or_default();
        let named = !is_number(first) && word.starts_with(|c: char| c.is_alphabetic()) && !is_number(word);
        if !named {
            break;
        }
        end = line.len() - rest.len() + word.len();
    }
    let (class, rest) = line.split_at_checked(end).unwrap_or((line, ""));
    for word in rest.split_whitespace() {
        numbers.push(number(word)?);
    }
    if numbers.is_empty() {
        return Err(Error::new(ErrorKind::Format, format!("no numbers follow the class {}", shown(class)))
            .remedy("a line is: class, box or outline, confidence"));
    }
    Ok(class)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_of_numbers_says_what_they_are() {
        let of = |n: usize, points| {
            let numbers = vec![0.25; n];
            row(&numbers, points).map(|row| format!("{row:?}").split('(').next().unwrap().to_owned())
        };
        let kinds: Vec<_> = (1..=9).map(|n| of(n, 0).unwrap_or_default()).collect();
        assert_eq!(kinds, ["", "", "", "Bare", "Box", "Outline", "Outline", "Outline", "Outline"]);
        assert_eq!([of(4 + 51, 17), of(4 + 34 + 1, 17)].map(Result::unwrap), ["Points", "Points"]);
        assert_eq!(row(&[0.5, 0.5, 0.1, 0.1, 0.9, 7.0], 0).unwrap(), Row::Box([0.5, 0.5, 0.1, 0.1, 0.9]));
        let pose = [0.5, 0.5, 0.2, 0.2, 0.45, 0.5, 0.9, 0.0, 0.0, 0.1, 0.55, 0.6, 1.0, 0.8];
        assert_eq!(row(&pose, 0).unwrap(), Row::Box([0.5, 0.5, 0.2, 0.2, 0.8]));
        assert!(of(9, 17).unwrap_err().to_string().contains("17 points"));
    }

    #[test]
    fn a_class_may_have_words_and_numbers_may_not() {
        let mut numbers = Vec::new();
        assert_eq!(split("traffic light 0.5 1 2", &mut numbers).unwrap(), "traffic light");
        assert_eq!(numbers, [0.5, 1.0, 2.0]);
        assert_eq!(split("7\t0.5", &mut numbers).unwrap(), "7");
        assert!(split("7 a 0.5", &mut numbers).unwrap_err().to_string().contains("\"a\" is not a number"));
        assert!(split("7", &mut numbers).is_err());
        assert!(split("cat nan", &mut numbers).unwrap_err().to_string().contains("not a finite number"));
    }
}
