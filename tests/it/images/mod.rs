//! Pictures: files of every kind as pixels, against what other decoders make of them.

mod corpus;
mod damage;
mod checked;
mod decode;
mod encode;
mod probe;
mod resize;
