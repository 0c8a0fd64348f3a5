//! Drawn scenes whose truth is known to the pixel, and detections whose errors are known.
