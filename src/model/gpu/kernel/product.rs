//! Products of matrices, which convolutions become: tiles in registers, with what follows a product joined to it.
//!
//! The invariant: every sum runs over its axis in order. No memory is shared between invocations: on a processor
//! barriers cost more than they save, and elsewhere the caches serve neighbours that read the same rows.

use std::fmt::Write as _;

use super::super::known::Known;
use super::super::record::{Recorder, Slot, View, read, word, write};
use super::super::shader::File;
use super::super::walk::{Walk, dense};
use super::copy::copy;
use super::halves::{self, Form};
use super::map::activation;
use crate::error::{Error, ErrorKind, Result};
use crate::model::op::{Activation, Unary};
use crate::model::tensor::DType;

/// A factor whose rows begin at multiples of four elements.
#[derive(Clone, Copy, Debug)]
pub(super) struct Factor {
    pub(super) slot: Slot,
    /// Elements from one row to the next; a multiple of 4.
    pub(super) row: usize,
    /// Elements from one batch to the next; a multiple of 4.
    pub(super) batch: usize,
    /// How many batches there are; they repeat.
    pub(super) batches: usize,
    pub(super) form: Form,
}

/// What is added to a product or multiplied by: a value by its row and column in the result.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bias {
    pub(super) slot: Slot,
    pub(super) along_m: usize,
    pub(super) along_n: usize,
    /// From one batch of `a` to the next.
    pub(super) along_batch: usize,
    pub(super) beta: f32,
    /// Multiplied by instead of added; it is then one number a row.
    pub(super) factor: bool,
}

/// A batch of products of `a` (k rows of m) and `b` (k rows of n).
pub(super) struct Product {
    pub(super) m: usize,
    pub(super) n: usize,
    pub(super) k: usize,
    pub(super) batches: usize,
    pub(super) a: Factor,
    pub(super) b: Factor,
    pub(super) alpha: f32,
    pub(super) bias: Option<Bias>,
    /// Of the result's own shape.
    pub(super) residual: Option<Slot>,
    pub(super) activation: Option<Activation>,
}

/// Rows padded to a multiple of four: elements of a view given by strides (batch, row, column), written densely.
/// What is beyond a row's end is left as it is; it reaches no result.
pub(super) fn rows(
    rec: &mut Recorder,
    input: &View,
    offset: i64,
    extents: [usize; 3],
    strides: [i64; 3],
) -> Result<Factor> {
    let [batches, rows, columns] = extents;
    let row = columns.next_multiple_of(4);
    laid(rec, input, Walk::over(&extents).track(offset, strides.to_vec()), &[batches, rows, row])
}

/// A factor of these batches, rows and padded columns, made by a walk over its elements: on the device, or on
/// the host from a constant that is stored as halves or whose memory is the host's.
pub(super) fn laid(rec: &mut Recorder, input: &View, mut walk: Walk, shape: &[usize]) -> Result<Factor> {
    let [outer @ .., rows, row] = shape else {
        return Err(Error::new(ErrorKind::Failed, "a factor has rows and columns"));
    };
    let (batches, row, batch) = (outer.iter().product::<usize>().max(1), *row, rows * row);
    walk.tracks[0].strides = dense(shape);
    if let Some(slot) = halves::copied(rec, input, &walk, batches * batch)? {
        return Ok(Factor { slot, row, batch, batches, form: Form::Half });
    }
    // Where the device has the host's memory, the host lays constants out faster.
    let known = input.host.as_ref().filter(|own| rec.processor && own.dtype() == DType::F32);
    if let Some(own) = known {
        let slot = rec.known(batches * batch, Known::Laid(own.clone(), walk))?;
        return Ok(Factor { slot, row, batch, batches, form: Form::Full });
    }
    let made = rec.output(shape, DType::F32)?;
    copy(rec, &walk, &made, input)?;
    Ok(Factor { slot: made.slot, row, batch, batches, form: Form::Full })
}

/// Four elements of a factor as a kernel binds them, in WGSL.
fn bound_as(form: Form) -> &'static str {
    if form == Form::Full { "vec4<f32>" } else { "vec2<u32>" }
}

/// The text that reads elements of a factor into `NAME NUMBER`.
fn load(name: &str, number: usize, form: Form) -> String {
    let taken = format!("{name}[at_{name} + {number}u]");
    let (to, two) = (format!("{name}{number}"), format!("two_{name}{number}"));
    match form {
        Form::Full => format!("let {to} = {taken};\n"),
        Form::Half => format!(
            "let {two} = {taken}; let {to} = F(unpack2x16float({two}.x), unpack2x16float({two}.y));\n"
        ),
        // The low number of a word is moved up first, for its sign.
        Form::Whole => format!(
            "let {two} = bitcast<vec2<i32>>({taken}); let {to} = F(vec4<i32>({two}.x << 16u, {two}.x, \
             {two}.y << 16u, {two}.y) >> U(16u));\n"
        ),
    }
}

/// Rows and columns of the tile of an invocation.
fn tile(processor: bool, of: &Product) -> (usize, usize) {
    let height = match of.m {
        1 => 1,
        2..=4 => 4,
        _ => 8,
    };
    let width = if of.n <= 4 { 4 } else { 8 };
    let work = of.m * of.n * of.batches;
    if !processor {
        // Small results need small tiles to fill the device.
        return match work {
            0..0x1_0000 => (height.min(4), 4),
            0x1_0000..0x4_0000 => (height, 4),
            _ => (height, width),
        };
    }
    // Large tiles load less for each product, but what follows is written out for each of their elements: only
    // where that is short.
    let short = match of.activation {
        None | Some(Activation::Clip { .. }) => true,
        Some(Activation::Unary(op)) => matches!(op, Unary::Relu | Unary::LeakyRelu { .. }),
    };
    if height == 8 && short && of.n >= 16 && of.k >= 16 {
        let tall = if of.m >= 16 && of.n >= 64 { 16 } else { 8 };
        return (tall, 16);
    }
    (height, width)
}

/// Writes the products into `output`, dense: batch, m, n.
pub(super) fn product(rec: &mut Recorder, of: &Product, output: &View) -> Result<()> {
    if output.len() == 0 {
        return Ok(());
    }
    let (height, width) = tile(rec.processor, of);
    let (lanes, vectors) = (if height == 1 && of.a.form == Form::Full { 1 } else { 4 }, width / 4);
    let wide = of.n.is_multiple_of(4);
    let parts = ["x", "y", "z", "w"];
    let (mut clear, mut multiply, mut store) = (String::new(), String::new(), String::new());
    for r in 0..height.div_ceil(lanes) {
        multiply.push_str(&load("a", r, of.a.form));
    }
    for v in 0..vectors {
        multiply.push_str(&load("b", v, of.b.form));
    }
    for r in 0..height {
        let factor = if lanes == 1 { "a0".to_owned() } else { format!("a{}.{}", r / 4, parts[r % 4]) };
        for v in 0..vectors {
            let _ = writeln!(clear, "var s{r}_{v} = F(0.0);");
            let _ = writeln!(multiply, "s{r}_{v} += {factor} * b{v};");
        }
    }
    multiply.push_str("at_a += p.a_row; at_b += p.b_row;");
    // What is known to be inside is not asked for again.
    let (whole_m, whole_n) = (of.m.is_multiple_of(height), of.n.is_multiple_of(width));
    for r in 0..height {
        let guard = if whole_m { String::new() } else { format!("if (m0 + {r}u < p.m) ") };
        let _ = writeln!(store, "{guard}{{ let at = at_c + (m0 + {r}u) * p.n + n0;");
        let _ = writeln!(store, "let bias_at = bias_0 + (m0 + {r}u) * p.bias_m + n0 * p.bias_n;");
        if of.bias.is_some_and(|bias| bias.along_n == 0) {
            let _ = writeln!(store, "let shift = F(bias[bias_at] * p.beta);");
        } else {
            let _ = writeln!(store, "let shift = F(0.0);");
        }
        for v in 0..vectors {
            let column = 4 * v;
            let value = format!("finish(s{r}_{v}, shift, at + {column}u, bias_at + {column}u * p.bias_n)");
            if wide {
                let guard = if whole_n { String::new() } else { format!("if (n0 + {column}u < p.n) ") };
                let _ = writeln!(store, "{guard}{{ c[(at + {column}u) / 4u] = {value}; }}");
            } else {
                let _ = writeln!(store, "{{ let r = {value};");
                for (lane, part) in parts.iter().enumerate() {
                    let place = column + lane;
                    let _ = writeln!(store, "if (n0 + {place}u < p.n) {{ c[at + {place}u] = r.{part}; }}");
                }
                store.push_str("}\n");
            }
        }
        store.push_str("}\n");
    }
    // One shader does with and without a rectifier: nothing is below the least there is.
    let cut = |least: f32| ("select(a, F(n.x), a < F(n.x))".to_owned(), [least, 0.0, 0.0, 0.0]);
    let (text, numbers) = match of.activation {
        None => cut(f32::NEG_INFINITY),
        Some(Activation::Unary(Unary::Relu)) => cut(0.0),
        Some(op) => activation(op)?,
    };
    let (element, vector) = ("f32", "vec4<f32>");
    let mut bound = vec![
        write("c", if wide { vector } else { element }, output.slot),
        read("a", if lanes == 1 { element } else { bound_as(of.a.form) }, of.a.slot),
        read("b", bound_as(of.b.form), of.b.slot),
    ];
    let (mut bias, mut residual) = (String::new(), String::new());
    if let Some(Bias { slot, along_n, factor, .. }) = of.bias {
        bound.push(read("bias", element, slot));
        bias = if factor {
            "a *= shift;".into()
        } else if along_n == 0 {
            "a += shift;".into()
        } else {
            "a += F(bias[bias_at], bias[bias_at + p.bias_n], bias[bias_at + 2u * p.bias_n], \
             bias[bias_at + 3u * p.bias_n]) * p.beta;"
                .into()
        };
    }
    if let Some(slot) = of.residual {
        bound.push(read("residual", if wide { vector } else { element }, slot));
        residual = if wide {
            "a += residual[at / 4u];".into()
        } else {
            "a += F(residual[at], residual[at + 1u], residual[at + 2u], residual[at + 3u]);".into()
        };
    }
    let (tiles_m, tiles_n) = (of.m.div_ceil(height), of.n.div_ceil(width));
    let count = tiles_m * tiles_n * of.batches;
    let mut parameters = vec![
        word(of.m)?,
        word(of.n)?,
        word(of.k)?,
        word(count)?,
        word(of.a.row / lanes)?,
        word(of.b.row / 4)?,
        word(of.a.batch / lanes)?,
        word(if of.b.batches == 1 { 0 } else { of.b.batch / 4 })?,
        word(of.m * of.n)?,
        word(tiles_m)?,
        word(tiles_n)?,
        word(of.a.batches.max(1))?,
        word(of.bias.map_or(0, |bias| bias.along_m))?,
        word(of.bias.map_or(0, |bias| bias.along_n))?,
        of.alpha.to_bits(),
        of.bias.map_or(0.0, |bias| bias.beta).to_bits(),
    ];
    parameters.extend(numbers.map(f32::to_bits));
    parameters.push(word(of.bias.map_or(0, |bias| bias.along_batch))?);
    let places = vec![
        ("F", vector.into()),
        ("I", "vec4<i32>".into()),
        ("U", "vec4<u32>".into()),
        ("B", "vec4<bool>".into()),
        ("WIDTH", width.to_string()),
        ("HEIGHT", height.to_string()),
        ("LANES", lanes.to_string()),
        ("CLEAR", clear),
        ("MULTIPLY", multiply),
        ("STORE", store),
        ("SCALE", if of.alpha == 1.0 { String::new() } else { "a *= p.alpha;".into() }),
        ("BIAS", bias),
        ("RESIDUAL", residual),
        ("ACTIVATION", text),
    ];
    rec.row(File::Product, places, bound, parameters, count)
}
