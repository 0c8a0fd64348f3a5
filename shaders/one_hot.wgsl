// One element an invocation: the second value where its place along the new axis is the number, else the first.
struct Parameters {
  count: u32,
  inner: u32,
  depth: u32,
  unused0: u32,
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
  let place = (i / p.inner) % p.depth;
  let outer = i / (p.inner * p.depth);
  let given = i32(numbers[outer * p.inner + i % p.inner]);
  let number = select(given, given + i32(p.depth), given < 0);
  y[i] = select(values[0], values[1], number == i32(place));
}
