// A sum of products over named axes, one element of the output an invocation.
struct Parameters {
  count: u32,
  length: u32, // terms of a sum
  unused0: u32,
  unused1: u32,
  offsets: array<vec4<u32>, 2>, // output, inputs
  numbers: vec4<f32>,
  axes: array<vec4<u32>, 2 * $AXES>, // those of the output, then those summed: extent, output, inputs
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
  $WALK
  var sum = $ELEMENT(0);
  for (var j = 0u; j < p.length; j++) {
    $INNER
    sum += $PRODUCT;
  }
  y[at0] = sum;
}
