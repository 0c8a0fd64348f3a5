// Transposed convolution, one element of the output an invocation: which inputs reach it, and by which weight.
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
  let window = p.kernel.x * p.kernel.y * p.kernel.z;
  let groups_in = p.channels * (p.out / p.per_group);
  let first = (channel / p.per_group) * p.channels;
  let base = (batch * groups_in + first) * plane;
  let at_weights = (first * p.per_group + channel % p.per_group) * window;
  var a = 0.0;
  for (var kz = 0u; kz < p.kernel.x; kz++) {
    let z0 = i32(oz) + p.begin.x - i32(kz * p.dilations.x);
    let iz = z0 / i32(p.strides.x);
    if (z0 < 0 || z0 % i32(p.strides.x) != 0 || iz >= i32(p.input.x)) { continue; }
    for (var ky = 0u; ky < p.kernel.y; ky++) {
      let y0 = i32(oy) + p.begin.y - i32(ky * p.dilations.y);
      let iy = y0 / i32(p.strides.y);
      if (y0 < 0 || y0 % i32(p.strides.y) != 0 || iy >= i32(p.input.y)) { continue; }
      for (var kx = 0u; kx < p.kernel.z; kx++) {
        let x0 = i32(ox) + p.begin.z - i32(kx * p.dilations.z);
        let ix = x0 / i32(p.strides.z);
        if (x0 < 0 || x0 % i32(p.strides.z) != 0 || ix >= i32(p.input.z)) { continue; }
        var source = base + (u32(iz) * p.input.y + u32(iy)) * p.input.z + u32(ix);
        var by = at_weights + (kz * p.kernel.y + ky) * p.kernel.z + kx;
        for (var c = 0u; c < p.channels; c++) {
          a += x[source] * weights[by];
          source += plane;
          by += p.per_group * window;
        }
      }
    }
  }
  let at = i;
  let n = p.numbers;
  $BIAS
  $RESIDUAL
  y[at] = $ACTIVATION;
}
