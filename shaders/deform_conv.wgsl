// Deformable convolution, one element of the output an invocation: each tap is moved by an offset and read between
// four elements.
struct Parameters {
  count: u32,
  channels: u32, // of a group of the input
  per_group: u32, // channels out of a group
  out: u32, // all channels out
  input: vec4<u32>, // extents: depth, rows, columns
  output: vec4<u32>,
  kernel: vec4<u32>,
  strides: vec4<u32>,
  dilations: vec4<u32>,
  begin: vec4<i32>, // elements around the input, before it
  offset_groups: u32,
  per_offset: u32, // channels of a group of offsets
  masked: u32,
  biased: u32,
}
@group(0) @binding(0) var<uniform> p: Parameters;

fn take(base: u32, row: i32, column: i32) -> f32 {
  if (row < 0 || column < 0 || row >= i32(p.input.y) || column >= i32(p.input.z)) { return 0.0; }
  return x[base + u32(row) * p.input.z + u32(column)];
}

fn between(base: u32, row: f32, column: f32) -> f32 {
  if (!(row > -1.0 && column > -1.0 && row < f32(p.input.y) && column < f32(p.input.z))) { return 0.0; }
  let r = floor(row);
  let c = floor(column);
  let fr = row - r;
  let fc = column - c;
  let r0 = i32(r);
  let c0 = i32(c);
  return take(base, r0, c0) * (1.0 - fr) * (1.0 - fc) + take(base, r0, c0 + 1) * (1.0 - fr) * fc
    + take(base, r0 + 1, c0) * fr * (1.0 - fc) + take(base, r0 + 1, c0 + 1) * fr * fc;
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let i = row(group, groups, local);
  if (i >= p.count) { return; }
  let ox = i % p.output.z;
  var rest = i / p.output.z;
  let oy = rest % p.output.y;
  rest /= p.output.y;
  let oz = rest % p.output.x;
  rest /= p.output.x;
  let channel = rest % p.out;
  let batch = rest / p.out;
  let plane = p.input.y * p.input.z;
  let points = p.output.y * p.output.z;
  let point = oy * p.output.z + ox;
  let window = p.kernel.y * p.kernel.z;
  let groups_in = p.channels * (p.out / p.per_group);
  let first = (channel / p.per_group) * p.channels;
  var a = 0.0;
  for (var c = 0u; c < p.channels; c++) {
    let base = (batch * groups_in + first + c) * plane;
    let moved = batch * p.offset_groups + (first + c) / p.per_offset;
    for (var k = 0u; k < window; k++) {
      let at = moved * 2u * window + 2u * k;
      let r = f32(i32(oy * p.strides.y + (k / p.kernel.z) * p.dilations.y) - p.begin.y) + offsets[at * points + point];
      let q = f32(i32(ox * p.strides.z + (k % p.kernel.z) * p.dilations.z) - p.begin.z)
        + offsets[(at + 1u) * points + point];
      var v = between(base, r, q) * weights[(channel * p.channels + c) * window + k];
      if (p.masked == 1u) { v *= mask[(moved * window + k) * points + point]; }
      a += v;
    }
  }
  if (p.biased == 1u) { a += bias[channel]; }
  y[i] = a;
}
