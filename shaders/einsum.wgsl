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

fn run(i: u32) {
  $WALK
  var sum = $ELEMENT(0);
  for (var j = 0u; j < p.length; j++) {
    $INNER
    sum += $PRODUCT;
  }
  y[at0] = sum;
}
