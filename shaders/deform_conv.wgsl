// Deformable convolution, one element of the output an invocation: each tap is moved by an offset and read between
// four elements.
#import window

struct Parameters {
  count: u32,
  channels: u32, // of a group of the input
  per_group: u32, // channels out of a group
  out: u32, // all channels out
  window: Window,
  offset_groups: u32,
  per_offset: u32, // channels of a group of offsets
  masked: u32,
  biased: u32,
}

fn take(base: u32, row: i32, column: i32) -> f32 {
  if (row < 0 || column < 0 || row >= i32(p.window.input.y) || column >= i32(p.window.input.z)) { return 0.0; }
  return x[base + u32(row) * p.window.input.z + u32(column)];
}

fn between(base: u32, row: f32, column: f32) -> f32 {
  if (!(row > -1.0 && column > -1.0 && row < f32(p.window.input.y) && column < f32(p.window.input.z))) { return 0.0; }
  let r = floor(row);
  let c = floor(column);
  let fr = row - r;
  let fc = column - c;
  let r0 = i32(r);
  let c0 = i32(c);
  return take(base, r0, c0) * (1.0 - fr) * (1.0 - fc) + take(base, r0, c0 + 1) * (1.0 - fr) * fc
    + take(base, r0 + 1, c0) * fr * (1.0 - fc) + take(base, r0 + 1, c0 + 1) * fr * fc;
}

fn run(i: u32) {
  let w = p.window;
  let o = point(i, w.output);
  let channel = o.plane % p.out;
  let batch = o.plane / p.out;
  let plane = w.input.y * w.input.z;
  let points = w.output.y * w.output.z;
  let at_point = o.y * w.output.z + o.x;
  let window = w.kernel.y * w.kernel.z;
  let groups_in = p.channels * (p.out / p.per_group);
  let first = (channel / p.per_group) * p.channels;
  var a = 0.0;
  for (var c = 0u; c < p.channels; c++) {
    let base = (batch * groups_in + first + c) * plane;
    let moved = batch * p.offset_groups + (first + c) / p.per_offset;
    for (var k = 0u; k < window; k++) {
      let at = moved * 2u * window + 2u * k;
      let r = f32(i32(o.y * w.strides.y + (k / w.kernel.z) * w.dilations.y) - w.begin.y) + offsets[at * points + at_point];
      let q = f32(i32(o.x * w.strides.z + (k % w.kernel.z) * w.dilations.z) - w.begin.z)
        + offsets[(at + 1u) * points + at_point];
      var v = between(base, r, q) * weights[(channel * p.channels + c) * window + k];
      if (p.masked == 1u) { v *= mask[(moved * window + k) * points + at_point]; }
      a += v;
    }
  }
  if (p.biased == 1u) { a += bias[channel]; }
  y[i] = a;
}
