// The entry of shaders that do `count` pieces of work, each by itself: `run` does one.
@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let i = row(group, groups, local);
  if (i < p.count) { run(i); }
}
