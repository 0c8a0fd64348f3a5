//! The reader against ONNX's own suite, against files made by hand, and against damaged ones.

mod flow;
mod forms;
mod hostile;
mod sketch;
mod stored;
mod suite;
