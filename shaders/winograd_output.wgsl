// Winograd F(4x4, 3x3), last of three: one tile of 4 by 4 of one channel an invocation, from its 36 products.
struct Parameters {
  count: u32,
  channels: u32,
  tiles: u32, // in all pictures
  row: u32, // elements of a row of tiles
  across: u32, // tiles of a row of a picture
  picture: u32, // tiles of a picture
  input_rows: u32,
  input_columns: u32,
  output_rows: u32,
  output_columns: u32,
  begin_rows: i32,
  begin_columns: i32,
  numbers: vec4<f32>,
}
@group(0) @binding(0) var<uniform> p: Parameters;

alias F = $F;
alias I = $I;
alias U = $U;
alias B = $B;

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
  let at = base + r * p.output_columns + c;
  let n = p.numbers;
  var a = value;
  $BIAS
  $RESIDUAL
  y[at] = $ACTIVATION;
}

fn put_row(base: u32, r: u32, c: u32, channel: u32, v: array<f32, 4>) {
  put(base, r, c, channel, v[0]);
  put(base, r, c + 1u, channel, v[1]);
  put(base, r, c + 2u, channel, v[2]);
  put(base, r, c + 3u, channel, v[3]);
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let i = row(group, groups, local);
  if (i >= p.count) { return; }
  let tile = i % p.tiles;
  let channel = i / p.tiles;
  let batch = tile / p.picture;
  let within = tile % p.picture;
  let r = (within / p.across) * 4u;
  let c = (within % p.across) * 4u;
  let step = p.channels * p.row;
  let at = channel * p.row + tile;
  let c0 = column(at, step);
  let c1 = column(at + step, step);
  let c2 = column(at + 2u * step, step);
  let c3 = column(at + 3u * step, step);
  let c4 = column(at + 4u * step, step);
  let c5 = column(at + 5u * step, step);
  let base = (batch * p.channels + channel) * p.output_rows * p.output_columns;
  put_row(base, r, c, channel, transform(c0[0], c1[0], c2[0], c3[0], c4[0], c5[0]));
  put_row(base, r + 1u, c, channel, transform(c0[1], c1[1], c2[1], c3[1], c4[1], c5[1]));
  put_row(base, r + 2u, c, channel, transform(c0[2], c1[2], c2[2], c3[2], c4[2], c5[2]));
  put_row(base, r + 3u, c, channel, transform(c0[3], c1[3], c2[3], c3[3], c4[3], c5[3]));
}
