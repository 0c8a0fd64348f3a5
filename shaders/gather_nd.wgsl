// One element an invocation: a tuple of numbers names a slice.
struct Parameters {
  count: u32,
  slice: u32, // elements of a slice
  tuple: u32, // numbers of a tuple
  tuples: u32, // tuples of a batch
  batch: u32, // elements of a batch of the data
  unused0: u32,
  unused1: u32,
  unused2: u32,
  axes: array<vec4<u32>, 8>, // extent and stride of the axes that a tuple names
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
  let which = i / p.slice;
  var source = (which / p.tuples) * p.batch + i % p.slice;
  for (var k = 0u; k < p.tuple; k++) {
    source += inside(numbers[which * p.tuple + k], p.axes[k].x) * p.axes[k].y;
  }
  y[i] = x[source];
}
