//! [`File`]: the files of `shaders/`, and what several of them have in common.
//!
//! A line `#import NAME` stands for a piece of `shaders/shared`. Functions of one number come into a shader one by one:
//! those that it calls, and what they call, since each costs a driver time.

macro_rules! files {
    ($($(#[$meta:meta])* $name:ident => $path:literal),* $(,)?) => {
        /// The shader files.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub(super) enum File { $($(#[$meta])* $name),* }
        impl File {
            /// All of them.
            #[cfg(test)]
            pub(super) const ALL: &[File] = &[$(File::$name),*];
            pub(super) fn text(self) -> &'static str {
                match self { $(File::$name => include_str!(concat!("../../../shaders/", $path))),* }
            }
            /// Its name without the ending.
            pub(super) fn name(self) -> &'static str {
                match self { $(File::$name => $path),* }
            }
        }
    };
}

files! {
    Map => "map.wgsl",
    Pad => "pad.wgsl",
    CumSum => "cumsum.wgsl",
    Lrn => "lrn.wgsl",
    Gather => "gather.wgsl",
    GatherElements => "gather_elements.wgsl",
    GatherNd => "gather_nd.wgsl",
    OneHot => "one_hot.wgsl",
    ScatterElements => "scatter_elements.wgsl",
    ScatterNd => "scatter_nd.wgsl",
    Arg => "arg.wgsl",
    Rank => "rank.wgsl",
    Product => "product.wgsl",
    Unroll => "unroll.wgsl",
    WinogradWeights => "winograd_weights.wgsl",
    WinogradInput => "winograd_input.wgsl",
    WinogradOutput => "winograd_output.wgsl",
    Conv => "conv.wgsl",
    ConvTile => "conv_tile.wgsl",
    ConvTranspose => "conv_transpose.wgsl",
    DeformConv => "deform_conv.wgsl",
    Pool => "pool.wgsl",
    Unpool => "unpool.wgsl",
    Einsum => "einsum.wgsl",
    Resample => "resample.wgsl",
    GridSample => "grid_sample.wgsl",
    RoiAlign => "roi_align.wgsl",
    Compose => "compose.wgsl",
    NonZeroCount => "non_zero_count.wgsl",
    NonZeroWrite => "non_zero_write.wgsl",
    Suppress => "suppress.wgsl",
    SuppressWrite => "suppress_write.wgsl",
    Reduce => "reduce.wgsl",
}

macro_rules! shared {
    ($($name:literal),* $(,)?) => {
        /// The pieces that several shader files have in common, by their names.
        const SHARED: &[(&str, &str)] =
            &[$(($name, include_str!(concat!("../../../shaders/shared/", $name, ".wgsl")))),*];
    };
}

shared! {
    "prelude", "element", "inside", "window", "convolution", "finish", "winograd", "six", "blocks",
    "boxes",
}

/// Adds a text of a file, and in the place of each line `#import NAME` that piece of `shaders/shared`.
pub(super) fn add(text: &mut String, from: &str) {
    for line in from.lines() {
        match line.strip_prefix("#import ") {
            Some(name) => piece(text, name),
            None => {
                text.push_str(line);
                text.push('\n');
            }
        }
    }
}

/// Adds a shared piece; a name that is none stays in the text, which no compiler then takes.
pub(super) fn piece(text: &mut String, name: &str) {
    match SHARED.iter().find(|(known, _)| *known == name) {
        Some((_, found)) => add(text, found),
        None => text.push_str(&format!("#import {name}\n")),
    }
}

/// The functions of one number, a function after another; before them the types they are written for.
const FUNCTIONS: &str = include_str!("../../../shaders/shared/functions.wgsl");

/// What `F`, `I`, `U` and `B` are in a shader: floats, whole numbers, bits and truths of one lane or of four.
pub(super) struct Types([&'static str; 4], [String; 4]);

impl Types {
    /// The types among the places of a key; none if it has none.
    pub(super) fn of(places: &[(&'static str, String)]) -> Option<Types> {
        let names = ["F", "I", "U", "B"];
        let found = |name: &str| Some(places.iter().find(|(own, _)| *own == name)?.1.clone());
        let [f, i, u, b] = names.map(found);
        Some(Types(names, [f?, i?, u?, b?]))
    }

    /// Adds the types, and the functions that a text calls.
    pub(super) fn add_functions(&self, text: &mut String) {
        for (name, of) in self.0.iter().zip(&self.1) {
            text.push_str(&format!("alias {name} = {of};\n"));
        }
        let mut left: Vec<&str> = functions().collect();
        loop {
            let calls = |function: &&str| name(function).is_some_and(|name| text.contains(name));
            let (called, others): (Vec<&str>, Vec<&str>) = left.into_iter().partition(calls);
            if called.is_empty() {
                return;
            }
            called.into_iter().for_each(|function| text.push_str(function));
            left = others;
        }
    }
}

/// Each function from its head to the next one's.
fn functions() -> impl Iterator<Item = &'static str> {
    let heads = FUNCTIONS.match_indices("\nfn ").map(|(at, _)| at + 1);
    let ends = heads.clone().skip(1).chain([FUNCTIONS.len()]);
    heads.zip(ends).filter_map(|(from, to)| FUNCTIONS.get(from..to))
}

/// The name of a function and the parenthesis behind it: `f_exp(`.
fn name(function: &str) -> Option<&str> {
    let from = function.strip_prefix("fn ")?;
    from.get(..=from.find('(')?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(text: &str) -> String {
        let places: Vec<_> = [("F", "f32"), ("I", "i32"), ("U", "u32"), ("B", "bool")]
            .map(|(name, of)| (name, of.to_owned()))
            .to_vec();
        let mut text = text.to_owned();
        Types::of(&places).unwrap().add_functions(&mut text);
        text
    }

    #[test]
    fn a_text_gets_the_functions_that_it_calls_and_no_others() {
        let told = with("let a = f_softplus(b);");
        let has = |name: &str| told.matches(&format!("fn {name}(")).count();
        assert_eq!(["f_softplus", "f_log1p", "f_exp", "f_log"].map(has), [1; 4], "{told}");
        assert_eq!(["f_erf", "f_pow", "f_atan"].map(has), [0; 3], "{told}");
        assert!(!with("let a = b;").contains("fn "));
    }

    #[test]
    fn every_function_is_found() {
        assert_eq!(functions().count(), FUNCTIONS.lines().filter(|line| line.starts_with("fn ")).count());
        assert!(functions().all(|function| name(function).is_some()));
        let all: String = functions().filter_map(name).collect();
        assert_eq!(with(&all).matches("\nfn ").count(), functions().count());
    }
}
