// Winograd F(4x4, 3x3), last of three: one tile of 4 by 4 of one channel an invocation, from its 36 products.
#import winograd

#import finish

fn transform(a: f32, b: f32, c: f32, d: f32, e: f32, f: f32) -> array<f32, 4> {
  let even1 = b + c;
  let odd1 = b - c;
  let even2 = d + e;
  let odd2 = d - e;
  return array<f32, 4>(
    a + even1 + even2,
    0.70710678 * odd1 + 1.41421356 * odd2,
    0.5 * even1 + 2.0 * even2,
    0.35355339 * odd1 + 2.82842712 * odd2 + f,
  );
}

// A column of the products, transformed.
fn column(at: u32, step: u32) -> array<f32, 4> {
  return transform(
    x[at], x[at + 6u * step], x[at + 12u * step], x[at + 18u * step], x[at + 24u * step], x[at + 30u * step],
  );
}

fn put(base: u32, r: u32, c: u32, channel: u32, value: f32) {
  if (r >= p.output_rows || c >= p.output_columns) { return; }
  finish(base + r * p.output_columns + c, channel, value);
}

fn put_row(base: u32, r: u32, c: u32, channel: u32, v: array<f32, 4>) {
  put(base, r, c, channel, v[0]);
  put(base, r, c + 1u, channel, v[1]);
  put(base, r, c + 2u, channel, v[2]);
  put(base, r, c + 3u, channel, v[3]);
}

fn run(i: u32) {
  let t = tile(i);
  let step = p.channels * p.row;
  let c0 = column(t.at, step);
  let c1 = column(t.at + step, step);
  let c2 = column(t.at + 2u * step, step);
  let c3 = column(t.at + 3u * step, step);
  let c4 = column(t.at + 4u * step, step);
  let c5 = column(t.at + 5u * step, step);
  let base = t.plane * p.output_rows * p.output_columns;
  put_row(base, t.r, t.c, t.channel, transform(c0[0], c1[0], c2[0], c3[0], c4[0], c5[0]));
  put_row(base, t.r + 1u, t.c, t.channel, transform(c0[1], c1[1], c2[1], c3[1], c4[1], c5[1]));
  put_row(base, t.r + 2u, t.c, t.channel, transform(c0[2], c1[2], c2[2], c3[2], c4[2], c5[2]));
  put_row(base, t.r + 3u, t.c, t.channel, transform(c0[3], c1[3], c2[3], c3[3], c4[3], c5[3]));
}
