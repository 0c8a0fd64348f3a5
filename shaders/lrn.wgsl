// Local response normalisation: one element an invocation, over its neighbours in channels.
struct Parameters {
  count: u32,
  channels: u32,
  inner: u32,
  before: u32,
  after: u32,
  alpha: f32, // divided by the size already
  beta: f32,
  bias: f32,
}

fn run(i: u32) {
  let channel = (i / p.inner) % p.channels;
  let first = channel - min(channel, p.before);
  let last = min(channel + p.after, p.channels - 1u);
  let base = i - channel * p.inner;
  var sum = 0.0;
  for (var c = first; c <= last; c++) {
    let v = x[base + c * p.inner];
    sum += v * v;
  }
  y[i] = x[i] / f_pow(p.bias + p.alpha * sum, p.beta);
}
