// One element of the slices an invocation, through all tuples in order: updates of one place keep their order.
struct Parameters {
  count: u32, // elements of a slice
  tuple: u32,
  tuples: u32,
  unused0: u32,
  axes: array<vec4<u32>, 8>, // extent and stride of the axes that a tuple names
}
@group(0) @binding(0) var<uniform> p: Parameters;

alias F = $F;
alias I = $I;
alias U = $U;
alias B = $B;

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
  for (var j = 0u; j < p.tuples; j++) {
    var to = i;
    for (var k = 0u; k < p.tuple; k++) {
      to += inside(numbers[j * p.tuple + k], p.axes[k].x) * p.axes[k].y;
    }
    let a = y[to];
    let b = x[j * p.count + i];
    y[to] = $JOIN;
  }
}
