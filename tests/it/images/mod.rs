//! Pictures: files of every kind as pixels, against what other decoders make of them.

mod damage;
mod decode;
mod probe;
