// How many elements of a block are not zero: a block an invocation.
struct Parameters {
  elements: u32,
  count: u32, // blocks
  block: u32,
  unused0: u32,
  axes: array<vec4<u32>, $RANK>,
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
  var seen = 0u;
  for (var at = i * p.block; at < min((i + 1u) * p.block, p.elements); at++) {
    if (x[at] != 0) { seen++; }
  }
  counts[i] = seen;
}
