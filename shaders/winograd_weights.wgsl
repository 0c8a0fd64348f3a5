// Winograd F(4x4, 3x3): the weights of one pair of channels an invocation, transformed. Channels out are innermost, before
// and after; outermost are the places in the window.
struct Parameters {
  count: u32,
  channels: u32,
  out: u32,
  row: u32, // elements of a row of channels out
}

fn transform(a: f32, b: f32, c: f32) -> array<f32, 6> {
  let even1 = -(2.0 * a + c) / 3.0;
  let even2 = (a + 2.0 * c) / 6.0;
  return array<f32, 6>(
    a,
    even1 - 0.47140452 * b,
    even1 + 0.47140452 * b,
    even2 + 0.23570226 * b,
    even2 - 0.23570226 * b,
    c,
  );
}

#import six

fn run(i: u32) {
  let out = i % p.out;
  let channel = i / p.out;
  let step = p.channels * p.row;
  let base = channel * p.row + out;
  let c0 = transform(x[base], x[base + 3u * step], x[base + 6u * step]);
  let c1 = transform(x[base + step], x[base + 4u * step], x[base + 7u * step]);
  let c2 = transform(x[base + 2u * step], x[base + 5u * step], x[base + 8u * step]);
  put(base, step, transform(c0[0], c1[0], c2[0]));
  put(base + 6u * step, step, transform(c0[1], c1[1], c2[1]));
  put(base + 12u * step, step, transform(c0[2], c1[2], c2[2]));
  put(base + 18u * step, step, transform(c0[3], c1[3], c2[3]));
  put(base + 24u * step, step, transform(c0[4], c1[4], c2[4]));
  put(base + 30u * step, step, transform(c0[5], c1[5], c2[5]));
}
