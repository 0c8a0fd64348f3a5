//! Which form of box the lines of a folder or the rows of an array have, found by what they cannot be: [`Evidence`].
//!
//! Four forms of five numbers are in use and none says which it is. Every line rules out the forms in which it would
//! be nonsense: a confidence outside 0 to 1, a box outside its image, a far corner before the near one. The form that
//! is left was proven; two that are left are never guessed between.

use super::options::BoxForm;
use crate::error::{Error, ErrorKind, Result};
use crate::geometry::Size;

/// How far beyond its image a box may reach, in shares of it: tools round, and some do not clip.
const SLACK: f64 = 0.02;

/// The forms that no line has ruled out yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Evidence {
    open: [bool; 4],
    /// Whether a number was met that no share of an image can be.
    pixels: bool,
    lines: u64,
}

impl Default for Evidence {
    fn default() -> Evidence {
        Evidence { open: [true; 4], pixels: false, lines: 0 }
    }
}

impl Evidence {
    /// Holds a line of five numbers against every form.
    pub(super) fn add(&mut self, numbers: [f64; 5], size: Option<Size>) {
        self.lines += 1;
        self.pixels |= numbers.iter().any(|number| *number > 1.0 + SLACK);
        for (open, form) in self.open.iter_mut().zip(BoxForm::ALL) {
            *open = *open && fits(form, numbers, size);
        }
    }

    /// The forms left, as far as the lines so far decide between shares and pixels.
    fn left(&self) -> Vec<BoxForm> {
        let pixels = |form: BoxForm| matches!(form, BoxForm::Corners | BoxForm::CornerSize);
        let forms = BoxForm::ALL.into_iter().zip(self.open);
        forms.filter(|(form, open)| *open && pixels(*form) == self.pixels).map(|(form, _)| form).collect()
    }

    /// Whether no further line can help.
    pub(super) fn is_settled(&self) -> bool {
        self.lines > 0 && self.left().len() < 2
    }

    /// The form of the lines; YOLO's own if there was no line.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] if several forms are left; [`ErrorKind::Format`] if none is.
    pub(super) fn form(&self) -> Result<BoxForm> {
        let left = self.left();
        let names = |forms: &[BoxForm]| forms.iter().map(|form| form.name()).collect::<Vec<_>>().join(", ");
        match left.as_slice() {
            _ if self.lines == 0 => Ok(BoxForm::CentreConf),
            [one] => Ok(*one),
            [] => Err(Error::new(ErrorKind::Format, "no known form of boxes fits all lines")
                .remedy(format!("name theirs with --pred-boxes: {}", names(&BoxForm::ALL)))),
            several => {
                Err(Error::new(ErrorKind::Usage, format!("the numbers of a box can be {}", names(several)))
                    .remedy("say which with --pred-boxes"))
            }
        }
    }
}

/// Confidence and the other four numbers.
pub(super) fn parts(form: BoxForm, [a, b, c, d, e]: [f64; 5]) -> (f64, [f64; 4]) {
    match form {
        BoxForm::CentreConf => (e, [a, b, c, d]),
        BoxForm::ConfCentre | BoxForm::Corners | BoxForm::CornerSize => (a, [b, c, d, e]),
    }
}

/// Whether a line makes sense in a form.
pub(super) fn fits(form: BoxForm, numbers: [f64; 5], size: Option<Size>) -> bool {
    let (score, four) = parts(form, numbers);
    let within = |low: f64, high: f64, most: f64| low >= -SLACK * most && high <= most * (1.0 + SLACK) + 1e-9;
    let [a, b, c, d] = four;
    let (across, down) = match form {
        BoxForm::CentreConf | BoxForm::ConfCentre => ((a - c / 2.0, a + c / 2.0), (b - d / 2.0, b + d / 2.0)),
        BoxForm::Corners => ((a, c), (b, d)),
        BoxForm::CornerSize => ((a, a + c), (b, b + d)),
    };
    let most = match (form, size) {
        (BoxForm::CentreConf | BoxForm::ConfCentre, _) => Some([1.0, 1.0]),
        // Tools that count pixels inclusively reach one further.
        (_, Some(size)) => Some([f64::from(size.width) + 1.0, f64::from(size.height) + 1.0]),
        (_, None) => None,
    };
    let inside = most
        .is_none_or(|[width, height]| within(across.0, across.1, width) && within(down.0, down.1, height));
    (0.0..=1.0).contains(&score) && across.0 <= across.1 && down.0 <= down.1 && inside
}

/// Shares of an image that is twice as large are no shares of it.
pub(super) fn check_shares(numbers: &[f64]) -> Result<()> {
    match numbers.iter().find(|number| number.abs() > 2.0) {
        None => Ok(()),
        Some(odd) => {
            let what = format!("{odd} is no share of the image's width or height");
            Err(Error::new(ErrorKind::Format, what)
                .remedy("for boxes in pixels say --pred-boxes corners or corner-size"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(lines: &[[f64; 5]], size: Option<Size>) -> Result<BoxForm> {
        let mut evidence = Evidence::default();
        for line in lines {
            evidence.add(*line, size);
        }
        evidence.form()
    }

    #[test]
    fn every_form_is_proven_by_a_line_or_two() {
        let size = Some(Size::new(100, 200));
        assert_eq!(form(&[[0.1, 0.1, 0.1, 0.1, 0.9]], None).unwrap(), BoxForm::CentreConf);
        assert_eq!(form(&[[0.9, 0.1, 0.5, 0.1, 0.6]], None).unwrap(), BoxForm::ConfCentre);
        assert_eq!(form(&[[0.9, 120.0, 50.0, 180.0, 70.0]], size).unwrap(), BoxForm::Corners);
        assert_eq!(form(&[[0.9, 120.0, 50.0, 20.0, 30.0]], size).unwrap(), BoxForm::CornerSize);
        assert_eq!(form(&[], None).unwrap(), BoxForm::CentreConf);
    }

    #[test]
    fn what_values_leave_open_is_asked_for() {
        let open = form(&[[0.5, 0.5, 0.2, 0.2, 0.3]], None).unwrap_err();
        assert_eq!(open.what(), "the numbers of a box can be centre-conf, conf-centre");
        assert!(open.remedy_text().unwrap().contains("--pred-boxes"));
        let open = form(&[[0.9, 10.0, 10.0, 20.0, 30.0]], None).unwrap_err();
        assert_eq!(open.what(), "the numbers of a box can be corners, corner-size");
        assert!(form(&[[7.0, 10.0, 10.0, 20.0, 30.0]], None).unwrap_err().what().contains("no known form"));
    }
}
