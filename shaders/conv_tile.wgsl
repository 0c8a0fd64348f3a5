// Convolution over few channels, a tile of the output of one channel an invocation: what the windows of a tile share
// is read once, a row of the input after another. Rows of a window are written out in the text.
struct Parameters {
  count: u32,
  channels: u32, // of a group of the input
  per_group: u32, // channels out of a group
  out: u32, // all channels out
  input_rows: u32,
  input_columns: u32,
  output_rows: u32,
  output_columns: u32,
  down: u32, // tiles of a column and of a row of the output
  across: u32,
  begin_rows: i32, // elements around the input, before it
  begin_columns: i32,
  numbers: vec4<f32>,
}

// An element of a plane; zero around it.
fn take(base: u32, r: i32, c: i32) -> f32 {
  let inside = u32(r) < p.input_rows && u32(c) < p.input_columns;
  return select(0.0, x[select(base, base + u32(r) * p.input_columns + u32(c), inside)], inside);
}

#import finish

fn put(plane: u32, r: u32, c: u32, channel: u32, value: f32) {
  if (r >= p.output_rows || c >= p.output_columns) { return; }
  finish(plane + r * p.output_columns + c, channel, value);
}

fn run(i: u32) {
  let oc = (i % p.across) * $WIDTHu;
  var rest = i / p.across;
  let or = (rest % p.down) * $HEIGHTu;
  rest /= p.down; // batch and channel
  let channel = rest % p.out;
  let first = (rest / p.out) * (p.out / p.per_group) + channel / p.per_group;
  let plane = p.input_rows * p.input_columns;
  var base = first * p.channels * plane;
  var by = channel * p.channels * $WINDOWu;
  let r0 = i32(or * $DOWNu) - p.begin_rows;
  let c0 = i32(oc * $RIGHTu) - p.begin_columns;
  $SUMS
  for (var c = 0u; c < p.channels; c++) {
    for (var r = 0; r < $REACH; r++) {
      $MULTIPLY
    }
    base += plane;
    by += $WINDOWu;
  }
  let to = rest * p.output_rows * p.output_columns;
  $STORE
}
