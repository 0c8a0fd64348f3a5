// Windows laid out as columns: four neighbouring points of one element of the window an invocation.
struct Parameters {
  count: u32, // of vectors
  channels: u32,
  unused0: u32,
  row: u32, // vectors of a row
  input: vec4<u32>, // extents: depth, rows, columns
  output: vec4<u32>,
  kernel: vec4<u32>,
  strides: vec4<u32>,
  dilations: vec4<u32>,
  begin: vec4<i32>, // elements around the input, before it
}
@group(0) @binding(0) var<uniform> p: Parameters;

// The point of the output after another.
fn next(at: vec2<u32>) -> vec2<u32> {
  if (at.y + 1u == p.output.z) { return vec2<u32>(at.x + 1u, 0u); }
  return vec2<u32>(at.x, at.y + 1u);
}

// The element that a window's element meets at a point of the output; zero around the input and past the end.
fn take(base: u32, at: vec2<u32>, dy: i32, dx: i32) -> f32 {
  let r = i32(at.x * p.strides.y) + dy;
  let c = i32(at.y * p.strides.z) + dx;
  if (r < 0 || c < 0 || r >= i32(p.input.y) || c >= i32(p.input.z) || at.x >= p.output.y) { return 0.0; }
  return x[base + u32(r) * p.input.z + u32(c)];
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let i = row(group, groups, local);
  if (i >= p.count) { return; }
  let first = (i % p.row) * 4u;
  var rest = i / p.row;
  let kx = rest % p.kernel.z;
  rest /= p.kernel.z;
  let ky = rest % p.kernel.y;
  rest /= p.kernel.y; // batch and channel
  let base = rest * p.input.y * p.input.z;
  let dy = i32(ky * p.dilations.y) - p.begin.y;
  let dx = i32(kx * p.dilations.z) - p.begin.z;
  let o0 = vec2<u32>(first / p.output.z, first % p.output.z);
  let o1 = next(o0);
  let o2 = next(o1);
  let o3 = next(o2);
  y[i] = vec4<f32>(take(base, o0, dy, dx), take(base, o1, dy, dx), take(base, o2, dy, dx), take(base, o3, dy, dx));
}
