// Where the elements of a block are that are not zero: a block an invocation, after those of the blocks before it.
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
  var to = 0u;
  for (var k = 0u; k < i; k++) { to += counts[k]; }
  if (i == p.count - 1u) { total[0] = to + counts[i]; }
  for (var at = i * p.block; at < min((i + 1u) * p.block, p.elements); at++) {
    if (x[at] != 0) {
      var rest = at;
      for (var axis = $RANKi - 1; axis >= 0; axis--) {
        y[u32(axis) * p.elements + to] = i32(rest % p.axes[axis].x);
        rest /= p.axes[axis].x;
      }
      to++;
    }
  }
}
