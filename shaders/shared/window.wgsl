// A window that moves over one to three spatial axes: extents and steps along depth, rows and columns.
struct Window {
  input: vec4<u32>,
  output: vec4<u32>,
  kernel: vec4<u32>,
  strides: vec4<u32>,
  dilations: vec4<u32>,
  begin: vec4<i32>, // elements around the input, before it
}

// Where an element of the output stands, and the number of its plane: channels of a batch are neighbours.
struct Point { z: u32, y: u32, x: u32, plane: u32 }

fn point(i: u32, extents: vec4<u32>) -> Point {
  let line = i / extents.z;
  let depth = line / extents.y;
  return Point(depth % extents.x, line % extents.y, i % extents.z, depth / extents.x);
}
