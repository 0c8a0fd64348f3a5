// One element of the output an invocation, from one element of each input: elementwise operators and every copy
// that moves elements without looking at them. An operand has an offset and a stride for each axis of the walk.
struct Parameters {
  count: u32,
  offsets: array<vec4<u32>, 2>, // output, a, b, c | d, e, f
  numbers: vec4<f32>,
  axes: array<vec4<u32>, 2 * $AXES>, // extent, output, a, b | c, d, e, f
}
@group(0) @binding(0) var<uniform> p: Parameters;

alias F = $F;
alias I = $I;
alias U = $U;
alias B = $B;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let i = row(group, groups, local);
  if (i >= p.count) { return; }
  let n = p.numbers;
  $WALK
  y[at0] = $EXPRESSION;
}
