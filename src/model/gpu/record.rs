//! [`Recorder`]: the steps that a plan will run, and the memory they will run on, before either exists.
//!
//! The invariant: steps run in the order they were recorded, and a slot is written before it is read. A slot is a
//! promise of memory: a constant that no step reads is never brought to the device. Nothing here touches a device.

use super::known::Known;
use super::shader::{Binding, File, Key, PARAMETERS, WORKGROUP};
use crate::error::{Error, ErrorKind, Result};
use crate::model::tensor::{DType, Tensor, count};

/// Memory that steps read and write, by its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Slot(pub(super) usize);

/// Where the elements of a slot come from.
#[derive(Clone, Debug)]
pub(super) enum Source {
    /// A step writes them.
    Step,
    Known(Known),
    /// The caller gives them at each run.
    Input,
}

/// A value on the device: dense, last axis fastest, one word of 32 bits an element.
#[derive(Clone, Debug)]
pub(super) struct View {
    pub(super) slot: Slot,
    pub(super) shape: Vec<usize>,
    pub(super) dtype: DType,
    /// The elements, if they are known when planning.
    pub(super) host: Option<Tensor>,
    /// A slot that holds how many there really are along an axis, if only the run tells.
    pub(super) count: Option<(Slot, usize)>,
}

impl View {
    /// How many elements there are.
    pub(super) fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// The same elements in another shape.
    pub(super) fn shaped(&self, shape: &[usize]) -> View {
        View { slot: self.slot, shape: shape.to_vec(), dtype: self.dtype, host: None, count: None }
    }
}

/// One dispatch.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) key: Key,
    pub(super) parameters: Vec<u32>,
    /// In the order of the key's bindings.
    pub(super) slots: Vec<Slot>,
    pub(super) groups: [u32; 3],
}

/// A buffer of a step: its name in the shader, the type of its elements there, and the slot.
pub(super) struct Bound {
    name: String,
    element: &'static str,
    slot: Slot,
    write: bool,
}

/// A buffer that a step reads.
pub(super) fn read(name: impl Into<String>, element: &'static str, slot: Slot) -> Bound {
    Bound { name: name.into(), element, slot, write: false }
}

/// A buffer that a step writes; it may read it too.
pub(super) fn write(name: impl Into<String>, element: &'static str, slot: Slot) -> Bound {
    Bound { name: name.into(), element, slot, write: true }
}

/// Collects steps and slots.
#[derive(Debug)]
pub(super) struct Recorder {
    pub(super) words: Vec<usize>,
    pub(super) sources: Vec<Source>,
    pub(super) steps: Vec<Step>,
    /// True if the device is the processor.
    pub(super) processor: bool,
    /// True if constant weights are to be stored as halves where those can hold them.
    pub(super) halves: bool,
    largest: u64,
    groups: u32,
}

impl Recorder {
    /// For a device with these bounds: bytes of a buffer and groups along an axis.
    pub(super) fn new(processor: bool, largest: u64, groups: u32) -> Recorder {
        let (words, sources, steps) = (Vec::new(), Vec::new(), Vec::new());
        Recorder { words, sources, steps, processor, halves: false, largest, groups }
    }

    /// True if the device can bind so many words at once.
    pub(super) fn fits(&self, words: usize) -> bool {
        u64::try_from(words)
            .ok()
            .and_then(|words| words.checked_mul(4))
            .is_some_and(|bytes| bytes <= self.largest)
    }

    /// As many words as the device can bind at once.
    pub(super) fn most(&self) -> usize {
        usize::try_from(self.largest / 4).unwrap_or(usize::MAX)
    }

    fn bounded(&self, words: usize) -> Result<()> {
        if self.fits(words) {
            return Ok(());
        }
        let what =
            format!("a tensor of {words} elements is over the {} bytes the device can bind", self.largest);
        Err(Error::new(ErrorKind::Limit, what).remedy("use smaller batches or pictures"))
    }

    /// Memory of so many words from this source. A constant may be of any size as long as no step reads it: a kernel
    /// can take it apart.
    ///
    /// # Errors
    /// `Limit` if the device cannot bind so much at once.
    pub(super) fn slot(&mut self, words: usize, source: Source) -> Result<Slot> {
        if !matches!(source, Source::Known(Known::Tensor(_))) {
            self.bounded(words)?;
        }
        self.words.push(words);
        self.sources.push(source);
        Ok(Slot(self.words.len() - 1))
    }

    /// A value that steps will write.
    pub(super) fn output(&mut self, shape: &[usize], dtype: DType) -> Result<View> {
        let words = count(shape).ok_or_else(|| Error::new(ErrorKind::Limit, "a shape is too large"))?;
        Ok(View {
            slot: self.slot(words, Source::Step)?,
            shape: shape.to_vec(),
            dtype,
            host: None,
            count: None,
        })
    }

    /// A value known when planning.
    pub(super) fn constant(&mut self, tensor: &Tensor) -> Result<View> {
        let slot = self.slot(tensor.len(), Source::Known(Known::Tensor(tensor.clone())))?;
        let shape = tensor.shape().to_vec();
        Ok(View { slot, shape, dtype: tensor.dtype(), host: Some(tensor.clone()), count: None })
    }

    /// Words known when planning.
    pub(super) fn table(&mut self, words: Vec<u32>) -> Result<Slot> {
        self.known(words.len(), Known::Words(words))
    }

    /// So many words known when planning.
    pub(super) fn known(&mut self, words: usize, known: Known) -> Result<Slot> {
        self.slot(words, Source::Known(known))
    }

    /// One step of `invocations` in a row, in groups of [`WORKGROUP`].
    pub(super) fn row(
        &mut self,
        file: File,
        places: Vec<(&'static str, String)>,
        bound: Vec<Bound>,
        parameters: Vec<u32>,
        invocations: usize,
    ) -> Result<()> {
        self.groups(file, places, bound, parameters, invocations.div_ceil(WORKGROUP))
    }

    /// One step of `groups` workgroups in a row, which the shader numbers by `group()`.
    pub(super) fn groups(
        &mut self,
        file: File,
        places: Vec<(&'static str, String)>,
        bound: Vec<Bound>,
        parameters: Vec<u32>,
        groups: usize,
    ) -> Result<()> {
        let groups =
            u32::try_from(groups).map_err(|_| Error::new(ErrorKind::Limit, "too many workgroups"))?;
        // Too many for one axis: a rectangle, whose last groups find nothing to do.
        let rows = groups.div_ceil(self.groups).max(1);
        self.dispatch(file, places, bound, parameters, [groups.div_ceil(rows), rows, 1])
    }

    /// One step of workgroups along three axes. None are dispatched if an axis is empty.
    pub(super) fn dispatch(
        &mut self,
        file: File,
        places: Vec<(&'static str, String)>,
        bound: Vec<Bound>,
        mut parameters: Vec<u32>,
        groups: [u32; 3],
    ) -> Result<()> {
        if groups.contains(&0) {
            return Ok(());
        }
        if groups.iter().any(|n| *n > self.groups) {
            let what = format!("{groups:?} workgroups are over the {} the device can start", self.groups);
            return Err(Error::new(ErrorKind::Limit, what).remedy("use smaller batches or pictures"));
        }
        if parameters.len() > PARAMETERS {
            return Err(Error::new(ErrorKind::Limit, "too many axes for a kernel"));
        }
        for own in &bound {
            self.bounded(self.words.get(own.slot.0).copied().unwrap_or(0))?;
        }
        parameters.resize(PARAMETERS, 0);
        let slots = bound.iter().map(|bound| bound.slot).collect();
        let bindings = bound
            .into_iter()
            .map(|Bound { name, element, write, .. }| Binding { name, element, write })
            .collect();
        self.steps.push(Step { key: Key { file, places, bindings }, parameters, slots, groups });
        Ok(())
    }
}

/// A number as a word of parameters.
///
/// # Errors
/// `Limit` if it needs more than 32 bits.
pub(super) fn word(number: usize) -> Result<u32> {
    u32::try_from(number).map_err(|_| Error::new(ErrorKind::Limit, format!("{number} is over 32 bits")))
}

/// A number with a sign as a word of parameters.
///
/// # Errors
/// `Limit` if it needs more than 32 bits.
pub(super) fn signed(number: i64) -> Result<u32> {
    i32::try_from(number)
        .map(i32::cast_unsigned)
        .map_err(|_| Error::new(ErrorKind::Limit, format!("{number} is over 32 bits")))
}
