// One element of a padded tensor an invocation.
struct Parameters {
  count: u32,
  filled: u32, // 1 if there is a value for what is outside; else it is zero
  unused0: u32,
  unused1: u32,
  axes: array<vec4<u32>, $AXES>, // extent of the output, of the input, elements before, stride of the input
}

fn run(i: u32) {
  $WALK
  if (outside) {
    y[i] = select(0u, value[0], p.filled == 1u);
  } else {
    y[i] = x[source];
  }
}
