// Non-maximum suppression of lines of boxes.
struct Parameters {
  count: u32, // lines: a class of a picture each
  classes: u32,
  boxes: u32, // of a picture
  most: u32, // that a line may keep
  overlap: f32,
  threshold: f32,
  limited: u32, // 1 if there is a threshold
  centred: u32, // 1: boxes are centre and size
}
