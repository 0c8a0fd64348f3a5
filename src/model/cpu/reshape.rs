//! The same elements in another shape: `Reshape`, `Flatten`, `Squeeze`, `Unsqueeze`. None is copied.

use super::axes::{axes, axis};
use super::inputs::{Inputs, length, usage};
use crate::error::Result;
use crate::model::tensor::{Tensor, count};

/// A shape in which one length may be -1 (whatever is left) and 0 means that of the input, unless zero is allowed.
///
/// # Errors
/// `Length` if the shape holds another number of elements, `Usage` if it is none.
pub(super) fn reshape(allow_zero: bool, inputs: Inputs<'_>) -> Result<Tensor> {
    let x = inputs.get(0)?;
    let wanted = inputs.ints(1)?;
    let mut shape = Vec::with_capacity(wanted.len());
    let mut open = None;
    for (at, n) in wanted.iter().enumerate() {
        shape.push(match (usize::try_from(*n), x.shape().get(at)) {
            (Ok(0), Some(own)) if !allow_zero => *own,
            (Ok(0), None) if !allow_zero => {
                return Err(usage(format!(
                    "axis {at} is to be as long as that of an input of {} axes",
                    x.rank()
                )));
            }
            (Ok(n), _) => n,
            (Err(_), _) if *n == -1 && open.is_none() => {
                open = Some(at);
                1
            }
            _ => return Err(usage(format!("{wanted:?} is no shape"))),
        });
    }
    if let Some(at) = open {
        let rest = count(&shape).filter(|known| *known > 0 && x.len() % known == 0);
        shape[at] = match rest {
            Some(known) => x.len() / known,
            None => return Err(length(format!("{} elements do not make the shape {wanted:?}", x.len()))),
        };
    }
    x.reshaped(&shape)
}

/// Two axes: those before `axis` as one, and the others as one.
pub(super) fn flatten(at: i64, x: &Tensor) -> Result<Tensor> {
    let at = if usize::try_from(at) == Ok(x.rank()) { x.rank() } else { axis(at, x.rank())? };
    let rows = x.shape()[..at].iter().product();
    let columns = x.shape()[at..].iter().product();
    x.reshaped(&[rows, columns])
}

/// Without the axes named, which must be of length 1; without all of length 1 if none is named.
pub(super) fn squeeze(inputs: Inputs<'_>) -> Result<Tensor> {
    let x = inputs.get(0)?;
    let gone = match inputs.maybe_ints(1)? {
        Some(list) => axes(&list, x.rank())?,
        None => (0..x.rank()).filter(|at| x.shape()[*at] == 1).collect(),
    };
    if let Some(at) = gone.iter().find(|at| x.shape()[**at] != 1) {
        return Err(length(format!("axis {at} has length {} and cannot be dropped", x.shape()[*at])));
    }
    let kept = x.shape().iter().enumerate().filter(|(at, _)| !gone.contains(at));
    x.reshaped(&kept.map(|(_, n)| *n).collect::<Vec<_>>())
}

/// With axes of length 1 more, at these places of the result.
pub(super) fn unsqueeze(inputs: Inputs<'_>) -> Result<Tensor> {
    let x = inputs.get(0)?;
    let list = inputs.ints(1)?;
    let new = axes(&list, x.rank() + list.len())?;
    let mut old = x.shape().iter();
    let shape: Vec<usize> = (0..x.rank() + list.len())
        .map(|at| if new.contains(&at) { 1 } else { old.next().copied().unwrap_or(1) })
        .collect();
    x.reshaped(&shape)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shaped(shape: &[usize]) -> Tensor {
        Tensor::new(shape, vec![0_u8; shape.iter().product()]).unwrap()
    }

    fn to(x: &[usize], wanted: &[i64], allow_zero: bool) -> Result<Vec<usize>> {
        let wanted = Tensor::row(wanted.to_vec());
        reshape(allow_zero, Inputs(&[Some(&shaped(x)), Some(&wanted)])).map(|made| made.shape().to_vec())
    }

    #[test]
    fn a_shape_may_leave_one_length_open_and_keep_others() {
        assert_eq!(to(&[2, 3, 4], &[0, -1], false).unwrap(), [2, 12]);
        assert_eq!(to(&[0, 3, 4], &[3, 4, 0], true).unwrap(), [3, 4, 0]);
        assert_eq!(to(&[1], &[], false).unwrap(), [0_usize; 0]);
        for wrong in [&[-1, -1][..], &[5], &[-2, 3], &[2, 3, 4, 0], &[i64::MAX, i64::MAX], &[-1, 7]] {
            assert!(to(&[2, 3, 4], wrong, false).is_err(), "{wrong:?}");
        }
        assert!(to(&[0, 3], &[0, -1], true).is_err(), "nothing says how long it is");
    }

    #[test]
    fn axes_of_one_come_and_go() {
        let axes = |list: &[i64]| Tensor::row(list.to_vec());
        let x = shaped(&[1, 3, 1]);
        assert_eq!(squeeze(Inputs(&[Some(&x)])).unwrap().shape(), [3]);
        assert_eq!(squeeze(Inputs(&[Some(&x), Some(&axes(&[-1]))])).unwrap().shape(), [1, 3]);
        assert!(squeeze(Inputs(&[Some(&x), Some(&axes(&[1]))])).is_err());
        let made = unsqueeze(Inputs(&[Some(&x), Some(&axes(&[4, 0, -4]))])).unwrap();
        assert_eq!(made.shape(), [1, 1, 1, 3, 1, 1][..6].to_vec());
        assert!(unsqueeze(Inputs(&[Some(&x), Some(&axes(&[0, 0]))])).is_err());
    }

    #[test]
    fn two_axes_are_left_of_any_number() {
        let x = shaped(&[2, 3, 4]);
        for (at, want) in [(0, [1, 24]), (1, [2, 12]), (3, [24, 1]), (-1, [6, 4]), (-3, [1, 24])] {
            assert_eq!(flatten(at, &x).unwrap().shape(), want);
        }
        assert!(flatten(4, &x).is_err());
        assert_eq!(flatten(0, &shaped(&[])).unwrap().shape(), [1, 1]);
    }
}
