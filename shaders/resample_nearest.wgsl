// One element an invocation, resampled along one axis: the one that a table names.
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
  let place = places[(i / p.inner) % p.output];
  let outer = i / (p.inner * p.output);
  var v = p.fill;
  if (place != 0xffffffffu) { v = x[(outer * p.input + place) * p.inner + i % p.inner]; }
  y[i] = v;
}
