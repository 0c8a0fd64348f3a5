//! Pictures: files of every kind as pixels, against what other decoders make of them.

mod checked;
mod corpus;
mod damage;
mod decode;
mod encode;
mod probe;
mod resize;
