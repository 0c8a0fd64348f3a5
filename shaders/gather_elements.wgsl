// One element an invocation: the place along one axis is a number, the others are its own.
struct Parameters {
  count: u32,
  extent: u32,
  stride: u32,
  unused0: u32,
  axes: array<vec4<u32>, $AXES>, // extent of the numbers, stride of the data
}
@group(0) @binding(0) var<uniform> p: Parameters;

// A number counted from the end if negative, and inside of its axis whatever it was.
fn inside(number: i32, extent: u32) -> u32 {
  let n = i32(extent);
  return u32(clamp(select(number, number + n, number < 0), 0, n - 1));
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let i = row(group, groups, local);
  if (i >= p.count) { return; }
  $WALK
  y[i] = x[source + inside(numbers[i], p.extent) * p.stride];
}
