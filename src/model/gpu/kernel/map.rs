//! Elementwise operators: one expression in WGSL for each, over any broadcast of the inputs.
//!
//! The invariant: elements are words; whole numbers of fewer bits than a word are kept wrapped to their type. An
//! operand whose type has no word (64-bit floats) is refused. Copies that move elements are made by the same shader.

use super::super::record::{Recorder, View, read, word, write};
use super::super::shader::File;
use super::super::walk::Walk;
use crate::error::{Error, ErrorKind, Result};
use crate::model::op::{Activation, Binary, Unary, Variadic};
use crate::model::tensor::DType;

/// What a type is in a shader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Class {
    Float,
    Whole,
    Unsigned,
}

impl Class {
    /// Of the elements of a tensor on the device.
    ///
    /// # Errors
    /// `Unsupported` for types that have no word.
    pub(in super::super) fn of(dtype: DType) -> Result<Class> {
        match dtype {
            DType::F32 => Ok(Class::Float),
            DType::U32 => Ok(Class::Unsigned),
            DType::I8 | DType::I16 | DType::I32 | DType::I64 | DType::U8 | DType::U16 | DType::Bool => {
                Ok(Class::Whole)
            }
            DType::F64 | DType::F16 | DType::BF16 | DType::U64 => {
                let what = format!("elements of type {} are not computed on the device", dtype.name());
                Err(Error::new(ErrorKind::Unsupported, what).remedy("convert the model to 32-bit floats"))
            }
        }
    }

    /// Its name in WGSL.
    pub(in super::super) const fn wgsl(self) -> &'static str {
        match self {
            Class::Float => "f32",
            Class::Whole => "i32",
            Class::Unsigned => "u32",
        }
    }

    const fn wide(self) -> &'static str {
        match self {
            Class::Float => "vec4<f32>",
            Class::Whole => "vec4<i32>",
            Class::Unsigned => "vec4<u32>",
        }
    }

    const fn alias(self) -> &'static str {
        match self {
            Class::Float => "F",
            Class::Whole => "I",
            Class::Unsigned => "U",
        }
    }
}

const NAMES: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

/// Writes `expression` of the inputs' elements `a`, `b`, ... into the walk's first operand. `numbers` are `n.x` to
/// `n.w` there. The expression must hold for four elements at once too: numbers are written `F(0.5)`.
pub(in super::super) fn map(
    rec: &mut Recorder,
    walk: &Walk,
    output: &View,
    inputs: &[&View],
    expression: &str,
    numbers: [f32; 4],
) -> Result<()> {
    if walk.len() == 0 {
        return Ok(());
    }
    let walk = walk.joined();
    let wide = walk.is_dense();
    let element = |class: Class| if wide { class.wide() } else { class.wgsl() };
    let mut bound = vec![write("y", element(Class::of(output.dtype)?), output.slot)];
    let mut loads = String::new();
    for ((number, input), name) in inputs.iter().enumerate().zip(NAMES) {
        bound.push(read(format!("in_{name}"), element(Class::of(input.dtype)?), input.slot));
        loads.push_str(&format!("let {name} = in_{name}[at{}];\n", number + 1));
    }
    let count = if wide { walk.len().div_ceil(4) } else { walk.len() };
    let (offsets, axes) = walk.parameters()?;
    let mut parameters = vec![word(count)?, 0, 0, 0];
    parameters.extend(offsets);
    parameters.extend(numbers.map(f32::to_bits));
    parameters.extend(axes);
    let walked: String =
        if wide { (0..=inputs.len()).map(|n| format!("let at{n} = i;\n")).collect() } else { walk.text() };
    let places = vec![
        ("F", element(Class::Float).into()),
        ("I", element(Class::Whole).into()),
        ("U", element(Class::Unsigned).into()),
        ("B", if wide { "vec4<bool>".into() } else { "bool".into() }),
        ("AXES", walk.extents.len().to_string()),
        ("WALK", walked + &loads),
        ("EXPRESSION", expression.to_owned()),
    ];
    rec.row(File::Map, places, bound, parameters, count)
}

/// An expression over the inputs, each broadcast to the output's shape, into a new value.
pub(in super::super) fn broadcast(
    rec: &mut Recorder,
    shape: &[usize],
    dtype: DType,
    inputs: &[&View],
    expression: &str,
    numbers: [f32; 4],
) -> Result<View> {
    let output = rec.output(shape, dtype)?;
    let mut walk = Walk::over(shape);
    for input in inputs {
        walk = walk.broadcast(&input.shape)?;
    }
    map(rec, &walk, &output, inputs, expression, numbers)?;
    Ok(output)
}

/// Wraps a whole number to the bits of its type.
pub(in super::super) fn wrapped(dtype: DType, expression: String) -> String {
    match dtype {
        DType::U8 => format!("(({expression}) & I(0xff))"),
        DType::U16 => format!("(({expression}) & I(0xffff))"),
        DType::I8 => format!("((({expression}) << U(24u)) >> U(24u))"),
        DType::I16 => format!("((({expression}) << U(16u)) >> U(16u))"),
        _ => expression,
    }
}

/// The expression of a cast of `value`.
pub(in super::super) fn cast(value: &str, from: DType, to: DType) -> Result<String> {
    let (source, target) = (Class::of(from)?, Class::of(to)?);
    let kind = source.alias();
    if to == DType::Bool {
        return Ok(format!("select(I(0), I(1), {value} != {kind}(0))"));
    }
    if source == target {
        return Ok(wrapped(to, value.to_owned()));
    }
    Ok(match (source, target) {
        (Class::Float, Class::Whole) => wrapped(to, format!("I({value})")),
        (_, target) => wrapped(to, format!("{}({value})", target.alias())),
    })
}

fn truth(condition: &str) -> String {
    format!("select(I(0), I(1), {condition})")
}

/// The expression of a function of `a`, and the numbers it names.
pub(in super::super) fn unary(op: Unary, dtype: DType) -> Result<(String, [f32; 4])> {
    let class = Class::of(dtype)?;
    let float = class == Class::Float;
    let mut numbers = [0.0; 4];
    let text = match op {
        Unary::Not => return Ok(("I(1) - a".into(), numbers)),
        Unary::IsNaN if float => return Ok((truth("is_nan(a)"), numbers)),
        Unary::IsInf { negative, positive } if float => {
            numbers[0] = if negative { 1.0 } else { 0.0 };
            numbers[1] = if positive { 1.0 } else { 0.0 };
            let text = truth("is_inf(a) & (select(F(n.x), F(n.y), a > F(0.0)) != F(0.0))");
            return Ok((text, numbers));
        }
        Unary::Abs if class != Class::Unsigned => "abs(a)",
        Unary::Abs => "a",
        Unary::Neg if class != Class::Unsigned => "-a",
        Unary::BitwiseNot if !float => "~a",
        Unary::Sign if class == Class::Unsigned => "min(a, U(1u))",
        Unary::Sign if !float => "sign(a)",
        Unary::Relu if !float => "max(a, I(0))",
        _ if !float => {
            let what = format!("{op:?} of type {} has no kernel on the device", dtype.name());
            return Err(Error::new(ErrorKind::Unsupported, what));
        }
        Unary::Acos => "F(1.5707963267948966) - f_asin(a)",
        Unary::Acosh => "f_acosh(a)",
        Unary::Asin => "f_asin(a)",
        Unary::Asinh => "f_asinh(a)",
        Unary::Atan => "f_atan(a)",
        Unary::Atanh => "f_atanh(a)",
        Unary::Ceil => "ceil(a)",
        Unary::Celu { alpha } => {
            numbers[0] = alpha;
            "select(F(n.x) * f_expm1(a / F(n.x)), a, a >= F(0.0))"
        }
        Unary::Cos => "f_sin_cos(a, 1)",
        Unary::Cosh => "F(0.5) * (f_exp(a) + f_exp(-a))",
        Unary::Elu { alpha } => {
            numbers[0] = alpha;
            "select(F(n.x) * f_expm1(a), a, a >= F(0.0))"
        }
        Unary::Erf => "f_erf(a)",
        Unary::Exp => "f_exp(a)",
        Unary::Floor => "floor(a)",
        Unary::Gelu { tanh: false } => "F(0.5) * a * (F(1.0) + f_erf(a * F(0.70710678)))",
        Unary::Gelu { tanh: true } => {
            "F(0.5) * a * (F(1.0) + f_tanh(F(0.7978845608) * (a + F(0.044715) * a * a * a)))"
        }
        Unary::HardSigmoid { alpha, beta } => {
            numbers = [alpha, beta, 0.0, 0.0];
            "or_nan(a, clamp(a * F(n.x) + F(n.y), F(0.0), F(1.0)))"
        }
        Unary::HardSwish => "or_nan(a, a * clamp(a / F(6.0) + F(0.5), F(0.0), F(1.0)))",
        Unary::LeakyRelu { alpha } => {
            numbers[0] = alpha;
            "select(a, a * F(n.x), a < F(0.0))"
        }
        Unary::Log => "f_log(a)",
        Unary::Mish => "a * f_tanh(f_softplus(a))",
        Unary::Reciprocal => "F(1.0) / a",
        Unary::Relu => "select(a, F(0.0), a < F(0.0))",
        Unary::Round => "round(a)",
        Unary::Selu { alpha, gamma } => {
            numbers = [alpha, gamma, 0.0, 0.0];
            "F(n.y) * select(F(n.x) * f_expm1(a), a, a > F(0.0))"
        }
        Unary::Shrink { bias, lambda } => {
            numbers = [bias, lambda, 0.0, 0.0];
            "select(select(F(0.0), a - F(n.x), a > F(n.y)), a + F(n.x), a < -F(n.y))"
        }
        Unary::Sigmoid => "f_sigmoid(a)",
        Unary::Sign => "or_nan(a, sign(a))",
        Unary::Sin => "f_sin_cos(a, 0)",
        Unary::Sinh => {
            "select(F(0.5) * (f_exp(a) - f_exp(-a)), F(0.5) * (f_expm1(a) - f_expm1(-a)), abs(a) < F(1.0))"
        }
        Unary::Softplus => "f_softplus(a)",
        Unary::Softsign => "a / (F(1.0) + abs(a))",
        Unary::Sqrt => "sqrt(a)",
        Unary::Swish { alpha } => {
            numbers[0] = alpha;
            "a * f_sigmoid(F(n.x) * a)"
        }
        Unary::Tan => "f_sin_cos(a, 0) / f_sin_cos(a, 1)",
        Unary::Tanh => "f_tanh(a)",
        Unary::ThresholdedRelu { alpha } => {
            numbers[0] = alpha;
            "select(F(0.0), a, a > F(n.x))"
        }
        Unary::Neg => "a",
        Unary::BitwiseNot | Unary::IsNaN | Unary::IsInf { .. } => {
            return Err(Error::new(ErrorKind::Type, format!("{op:?} is not for type {}", dtype.name())));
        }
    };
    Ok((wrapped(dtype, text.to_owned()), numbers))
}

/// The expression of what follows a convolution, of a value named `a`.
pub(in super::super) fn activation(op: Activation) -> Result<(String, [f32; 4])> {
    match op {
        Activation::Unary(op) => unary(op, DType::F32),
        Activation::Clip { min, max } => {
            Ok(("or_nan(a, clamp(a, F(n.x), F(n.y)))".into(), [min, max, 0.0, 0.0]))
        }
    }
}

/// The expression of a function of `a` and `b`, both of a type.
pub(in super::super) fn binary(op: Binary, dtype: DType) -> Result<String> {
    let class = Class::of(dtype)?;
    let float = class == Class::Float;
    let whole = |text: &str| if float { None } else { Some(text.to_owned()) };
    let text = match op {
        Binary::Add => Some("a + b".into()),
        Binary::Sub => Some("a - b".into()),
        Binary::Mul => Some("a * b".into()),
        Binary::Div => Some("a / b".into()),
        Binary::Equal => return Ok(truth("a == b")),
        Binary::Greater => return Ok(truth("a > b")),
        Binary::GreaterOrEqual => return Ok(truth("a >= b")),
        Binary::Less => return Ok(truth("a < b")),
        Binary::LessOrEqual => return Ok(truth("a <= b")),
        Binary::And | Binary::BitwiseAnd => whole("a & b"),
        Binary::Or | Binary::BitwiseOr => whole("a | b"),
        Binary::Xor | Binary::BitwiseXor => whole("a ^ b"),
        // A shift by all the bits leaves nothing; WGSL would take it modulo 32.
        Binary::BitShift { left: true } => whole("select(a << U(b), a ^ a, U(b) > U(31u))"),
        Binary::BitShift { left: false } => whole("select(a >> U(b), a ^ a, U(b) > U(31u))"),
        Binary::Mod { truncated: true } if float => Some("f_fmod(a, b)".into()),
        Binary::Mod { truncated: false } if float => Some("f_mod(a, b)".into()),
        Binary::Mod { truncated: true } => Some("a % b".into()),
        Binary::Mod { truncated: false } if class == Class::Unsigned => Some("a % b".into()),
        Binary::Mod { truncated: false } => Some("((a % b) + b) % b".into()),
        Binary::PRelu if class == Class::Unsigned => Some("a".into()),
        Binary::PRelu if float => Some("select(a, a * b, a < F(0.0))".into()),
        Binary::PRelu => Some("select(a, a * b, a < I(0))".into()),
        Binary::Pow if float => Some("f_pow(a, b)".into()),
        Binary::Pow => Some(format!("{}(round(f_pow(F(a), F(b))))", class.alias())),
    };
    text.map(|text| wrapped(dtype, text))
        .ok_or_else(|| Error::new(ErrorKind::Type, format!("{op:?} is not for type {}", dtype.name())))
}

/// The expression that joins `a` and `b` for an operator of any number of inputs.
pub(in super::super) fn variadic(op: Variadic, dtype: DType) -> Result<String> {
    let float = Class::of(dtype)? == Class::Float;
    Ok(match op {
        Variadic::Max if float => "f_max(a, b)".into(),
        Variadic::Max => "max(a, b)".into(),
        Variadic::Min if float => "f_min(a, b)".into(),
        Variadic::Min => "min(a, b)".into(),
        Variadic::Mean | Variadic::Sum => wrapped(dtype, "a + b".into()),
    })
}
