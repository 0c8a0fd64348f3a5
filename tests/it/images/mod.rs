//! Pictures: files of every kind as pixels, against what other decoders make of them.

mod checked;
mod decode;
mod probe;
