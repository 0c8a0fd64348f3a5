// The boxes that were kept, as picture, class and box: a line an invocation, after those of the lines before it.
struct Parameters {
  count: u32, // lines: a class of a picture each
  classes: u32,
  boxes: u32, // of a picture
  most: u32, // that a line may keep
  overlap: f32,
  threshold: f32,
  limited: u32, // 1 if there is a threshold
  centred: u32, // 1: boxes are centre and size
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
  for (var k = 0u; k < counts[i]; k++) {
    y[3u * (to + k)] = i32(i / p.classes);
    y[3u * (to + k) + 1u] = i32(i % p.classes);
    y[3u * (to + k) + 2u] = chosen[i * p.most + k];
  }
}
