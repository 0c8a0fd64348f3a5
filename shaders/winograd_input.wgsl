// Winograd F(4x4, 3x3), first of three: one tile of 6 by 6 of one channel an invocation, transformed.
#import winograd

// The points are 0, both roots of a half, both roots of two, and infinity: of those with short transforms they
// round the least.
fn transform(a: f32, b: f32, c: f32, d: f32, e: f32, f: f32) -> array<f32, 6> {
  let even1 = e - 2.0 * c;
  let odd1 = 0.70710678 * d - 1.41421356 * b;
  let even2 = e - 0.5 * c;
  let odd2 = 1.41421356 * d - 0.70710678 * b;
  return array<f32, 6>(a - 2.5 * c + e, even1 + odd1, even1 - odd1, even2 + odd2, even2 - odd2, b - 2.5 * d + f);
}

fn take(base: u32, row: i32, column: i32) -> f32 {
  if (row < 0 || column < 0 || row >= i32(p.input_rows) || column >= i32(p.input_columns)) { return 0.0; }
  return x[base + u32(row) * p.input_columns + u32(column)];
}

// A column of the tile, transformed.
fn column(base: u32, r: i32, c: i32) -> array<f32, 6> {
  return transform(
    take(base, r, c), take(base, r + 1, c), take(base, r + 2, c),
    take(base, r + 3, c), take(base, r + 4, c), take(base, r + 5, c),
  );
}

#import six

fn run(i: u32) {
  let t = tile(i);
  let r = i32(t.r) - p.begin_rows;
  let c = i32(t.c) - p.begin_columns;
  let base = t.plane * p.input_rows * p.input_columns;
  let c0 = column(base, r, c);
  let c1 = column(base, r, c + 1);
  let c2 = column(base, r, c + 2);
  let c3 = column(base, r, c + 3);
  let c4 = column(base, r, c + 4);
  let c5 = column(base, r, c + 5);
  let step = p.channels * p.row;
  put(t.at, step, transform(c0[0], c1[0], c2[0], c3[0], c4[0], c5[0]));
  put(t.at + 6u * step, step, transform(c0[1], c1[1], c2[1], c3[1], c4[1], c5[1]));
  put(t.at + 12u * step, step, transform(c0[2], c1[2], c2[2], c3[2], c4[2], c5[2]));
  put(t.at + 18u * step, step, transform(c0[3], c1[3], c2[3], c3[3], c4[3], c5[3]));
  put(t.at + 24u * step, step, transform(c0[4], c1[4], c2[4], c3[4], c4[4], c5[4]));
  put(t.at + 30u * step, step, transform(c0[5], c1[5], c2[5], c3[5], c4[5], c5[5]));
}
