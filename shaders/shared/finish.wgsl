// An element of a convolution's output: its sum with the bias of its channel, a residual and an activation.
fn finish(at: u32, channel: u32, sum: $ELEMENT) {
  let n = p.numbers;
  var a = sum;
  $BIAS
  $RESIDUAL
  y[at] = $ACTIVATION;
}
