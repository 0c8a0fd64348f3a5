//! [`Tensor`]: numbers of one type in rows and columns of any rank, in the memory of the host.
//!
//! The invariant: as many elements as the product of the shape, last axis fastest. Cloning a tensor, or giving it
//! another shape, copies no element. Nothing here computes.

use std::sync::Arc;

use half::{bf16, f16};

use crate::error::{Error, ErrorKind, Result};

/// The type of an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names say it: kind and bits")]
pub enum DType {
    F32,
    F64,
    F16,
    BF16,
    I8,
    I16,
    I32,
    I64,
    U8,
    U16,
    U32,
    U64,
    Bool,
}

impl DType {
    /// The name that ONNX gives it in its documents: `float`, `int64`, `bool`.
    pub const fn name(self) -> &'static str {
        match self {
            DType::F32 => "float",
            DType::F64 => "double",
            DType::F16 => "float16",
            DType::BF16 => "bfloat16",
            DType::I8 => "int8",
            DType::I16 => "int16",
            DType::I32 => "int32",
            DType::I64 => "int64",
            DType::U8 => "uint8",
            DType::U16 => "uint16",
            DType::U32 => "uint32",
            DType::U64 => "uint64",
            DType::Bool => "bool",
        }
    }

    /// Bytes of one element.
    pub const fn size(self) -> usize {
        match self {
            DType::I8 | DType::U8 | DType::Bool => 1,
            DType::F16 | DType::BF16 | DType::I16 | DType::U16 => 2,
            DType::F32 | DType::I32 | DType::U32 => 4,
            DType::F64 | DType::I64 | DType::U64 => 8,
        }
    }

    /// True for the floating-point types.
    pub const fn is_float(self) -> bool {
        matches!(self, DType::F32 | DType::F64 | DType::F16 | DType::BF16)
    }
}

/// The elements of a [`Tensor`], by their type.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "one for each DType")]
pub enum Data {
    F32(Arc<Vec<f32>>),
    F64(Arc<Vec<f64>>),
    F16(Arc<Vec<f16>>),
    BF16(Arc<Vec<bf16>>),
    I8(Arc<Vec<i8>>),
    I16(Arc<Vec<i16>>),
    I32(Arc<Vec<i32>>),
    I64(Arc<Vec<i64>>),
    U8(Arc<Vec<u8>>),
    U16(Arc<Vec<u16>>),
    U32(Arc<Vec<u32>>),
    U64(Arc<Vec<u64>>),
    Bool(Arc<Vec<bool>>),
}

/// A type that tensors are made of.
pub trait Element: Copy + Default + PartialEq + Send + Sync + std::fmt::Debug + 'static {
    /// Its name among the types.
    const DTYPE: DType;
    /// Its elements, if `data` are of it.
    fn of(data: &Data) -> Option<&Arc<Vec<Self>>>;
    /// The same, to be changed.
    fn of_mut(data: &mut Data) -> Option<&mut Arc<Vec<Self>>>;
    /// Elements as data.
    fn data(elements: Vec<Self>) -> Data;
}

macro_rules! elements {
    ($($type:ty => $name:ident),*) => {
        $(impl Element for $type {
            const DTYPE: DType = DType::$name;
            fn of(data: &Data) -> Option<&Arc<Vec<Self>>> {
                match data { Data::$name(elements) => Some(elements), _ => None }
            }
            fn of_mut(data: &mut Data) -> Option<&mut Arc<Vec<Self>>> {
                match data { Data::$name(elements) => Some(elements), _ => None }
            }
            fn data(elements: Vec<Self>) -> Data {
                Data::$name(Arc::new(elements))
            }
        })*
        impl Data {
            /// The type of the elements.
            pub const fn dtype(&self) -> DType {
                match self { $(Data::$name(_) => DType::$name),* }
            }
            /// How many there are.
            pub fn len(&self) -> usize {
                match self { $(Data::$name(elements) => elements.len()),* }
            }
            /// True if there is none.
            pub fn is_empty(&self) -> bool {
                self.len() == 0
            }
        }
    };
}

elements!(
    f32 => F32, f64 => F64, f16 => F16, bf16 => BF16, i8 => I8, i16 => I16, i32 => I32, i64 => I64,
    u8 => U8, u16 => U16, u32 => U32, u64 => U64, bool => Bool
);

/// Numbers of one type, last axis fastest.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    shape: Vec<usize>,
    data: Data,
}

impl Tensor {
    /// Elements in a shape. A shape of no axes holds one element.
    ///
    /// # Errors
    /// `Length` if the shape holds another number of elements.
    pub fn new<T: Element>(shape: &[usize], elements: Vec<T>) -> Result<Tensor> {
        Tensor::of(shape, T::data(elements))
    }

    /// Data in a shape.
    ///
    /// # Errors
    /// As [`Tensor::new`].
    pub fn of(shape: &[usize], data: Data) -> Result<Tensor> {
        if count(shape) != Some(data.len()) {
            let what = format!("{} elements do not make the shape {shape:?}", data.len());
            return Err(Error::new(ErrorKind::Length, what));
        }
        Ok(Tensor { shape: shape.to_vec(), data })
    }

    /// One number, of no axes.
    pub fn scalar<T: Element>(element: T) -> Tensor {
        Tensor { shape: Vec::new(), data: T::data(vec![element]) }
    }

    /// A row of numbers.
    pub fn row<T: Element>(elements: Vec<T>) -> Tensor {
        Tensor { shape: vec![elements.len()], data: T::data(elements) }
    }

    /// Elements an axis, outermost first.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// How many axes there are.
    pub fn rank(&self) -> usize {
        self.shape.len()
    }

    /// How many elements there are.
    pub fn len(&self) -> usize {
        self.data.len()
    }

    /// True if there is no element.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The type of its elements.
    pub const fn dtype(&self) -> DType {
        self.data.dtype()
    }

    /// The elements, whatever they are.
    pub const fn data(&self) -> &Data {
        &self.data
    }

    /// The elements, if they are of this type.
    pub fn elements<T: Element>(&self) -> Option<&[T]> {
        T::of(&self.data).map(|elements| elements.as_slice())
    }

    /// The elements, to be changed; copied first if another tensor shares them. None if they are of another type.
    pub fn elements_mut<T: Element>(&mut self) -> Option<&mut [T]> {
        T::of_mut(&mut self.data).map(|elements| Arc::make_mut(elements).as_mut_slice())
    }

    /// The elements; copied if another tensor shares them. None if they are of another type.
    pub fn into_elements<T: Element>(mut self) -> Option<Vec<T>> {
        let elements = std::mem::replace(T::of_mut(&mut self.data)?, Arc::new(Vec::new()));
        Some(Arc::unwrap_or_clone(elements))
    }

    /// The same elements in another shape.
    ///
    /// # Errors
    /// As [`Tensor::new`].
    pub fn reshaped(&self, shape: &[usize]) -> Result<Tensor> {
        Tensor::of(shape, self.data.clone())
    }
}

/// The product of a shape; none if it is too large a number.
pub fn count(shape: &[usize]) -> Option<usize> {
    shape.iter().try_fold(1_usize, |product, n| product.checked_mul(*n))
}
