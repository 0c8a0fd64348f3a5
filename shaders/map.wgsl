// One element of the output an invocation, from one element of each input: elementwise operators and every copy
// that moves elements without looking at them. An operand has an offset and a stride for each axis of the walk.
struct Parameters {
  count: u32,
  offsets: array<vec4<u32>, 2>, // output, a, b, c | d, e, f
  numbers: vec4<f32>,
  axes: array<vec4<u32>, 2 * $AXES>, // extent, output, a, b | c, d, e, f
}

fn run(i: u32) {
  let n = p.numbers;
  $WALK
  y[at0] = $EXPRESSION;
}
