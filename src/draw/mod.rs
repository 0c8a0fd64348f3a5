//! Pictures of plain values: boxes, masks, points, names and legends on pixels, and sheets of pictures.
//!
//! Nothing here knows of datasets or files.
