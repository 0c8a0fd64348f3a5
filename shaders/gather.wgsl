// One element an invocation: slices of an axis in the order of numbers.
struct Parameters {
  count: u32,
  inner: u32, // elements of a slice
  numbers: u32, // how many
  extent: u32, // of the axis
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
  let k = (i / p.inner) % p.numbers;
  let outer = i / (p.inner * p.numbers);
  y[i] = x[(outer * p.extent + inside(numbers[k], p.extent)) * p.inner + i % p.inner];
}
