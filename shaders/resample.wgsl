// One element an invocation, resampled along one axis, from those that a table names: their weighted sum, or the one.
struct Parameters {
  count: u32,
  inner: u32, // elements between neighbours of the axis
  input: u32, // extents of the axis
  output: u32,
  taps: u32,
  fill: u32, // the bits of what is outside
  unused0: u32,
  unused1: u32,
}

fn run(i: u32) {
  let first = ((i / p.inner) % p.output) * p.taps;
  let base = (i / (p.inner * p.output)) * p.input * p.inner + i % p.inner;
  if (places[first] == 0xffffffffu) {
    y[i] = bitcast<$ELEMENT>(p.fill);
    return;
  }
  $TAKE
}
