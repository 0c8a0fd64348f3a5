// Convolution, one element of the output an invocation: any groups, one to three spatial axes.
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
  numbers: vec4<f32>,
}
@group(0) @binding(0) var<uniform> p: Parameters;

alias F = $F;
alias I = $I;
alias U = $U;
alias B = $B;

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
  let plane = p.input.x * p.input.y * p.input.z;
  let groups_in = p.channels * (p.out / p.per_group);
  var base = (batch * groups_in + (channel / p.per_group) * p.channels) * plane;
  let window = p.kernel.x * p.kernel.y * p.kernel.z;
  var at_weights = channel * p.channels * window;
  let z0 = i32(oz * p.strides.x) - p.begin.x;
  let y0 = i32(oy * p.strides.y) - p.begin.y;
  let x0 = i32(ox * p.strides.z) - p.begin.z;
  var a = $ELEMENT(0);
  for (var c = 0u; c < p.channels; c++) {
    for (var kz = 0u; kz < p.kernel.x; kz++) {
      let iz = z0 + i32(kz * p.dilations.x);
      for (var ky = 0u; ky < p.kernel.y; ky++) {
        let iy = y0 + i32(ky * p.dilations.y);
        let there = iz >= 0 && iz < i32(p.input.x) && iy >= 0 && iy < i32(p.input.y);
        for (var kx = 0u; kx < p.kernel.z; kx++) {
          let ix = x0 + i32(kx * p.dilations.z);
          if (there && ix >= 0 && ix < i32(p.input.z)) {
            a += x[base + (u32(iz) * p.input.y + u32(iy)) * p.input.z + u32(ix)] * weights[at_weights];
          }
          at_weights++;
        }
      }
    }
    base += plane;
  }
  let at = i;
  let n = p.numbers;
  $BIAS
  $RESIDUAL
  y[at] = $ACTIVATION;
}
