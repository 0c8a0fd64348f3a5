// One element an invocation, resampled along one axis: a weighted sum of those that a table names.
struct Parameters {
  count: u32,
  inner: u32, // elements between neighbours of the axis
  input: u32, // extents of the axis
  output: u32,
  taps: u32,
  fill: u32, // the bits of what is outside
  unused0: u32,
  unused1: u32,
}
@group(0) @binding(0) var<uniform> p: Parameters;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let i = row(group, groups, local);
  if (i >= p.count) { return; }
  let first = ((i / p.inner) % p.output) * p.taps;
  let base = (i / (p.inner * p.output)) * p.input * p.inner + i % p.inner;
  if (places[first] == 0xffffffffu) {
    y[i] = bitcast<f32>(p.fill);
    return;
  }
  var sum = 0.0;
  for (var k = 0u; k < p.taps; k++) { sum += weights[first + k] * x[base + places[first + k] * p.inner]; }
  y[i] = sum;
}
