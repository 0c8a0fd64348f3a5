// Winograd F(4x4, 3x3): the weights of one pair of channels an invocation, transformed, with channels out innermost.
struct Parameters {
  count: u32,
  channels: u32,
  out: u32,
  row: u32, // elements of a row of channels out
}
@group(0) @binding(0) var<uniform> p: Parameters;

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

fn put(at: u32, step: u32, v: array<f32, 6>) {
  y[at] = v[0];
  y[at + step] = v[1];
  y[at + 2u * step] = v[2];
  y[at + 3u * step] = v[3];
  y[at + 4u * step] = v[4];
  y[at + 5u * step] = v[5];
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let i = row(group, groups, local);
  if (i >= p.count) { return; }
  let out = i % p.out;
  let channel = i / p.out;
  let base = (out * p.channels + channel) * 9u;
  let c0 = transform(x[base], x[base + 3u], x[base + 6u]);
  let c1 = transform(x[base + 1u], x[base + 4u], x[base + 7u]);
  let c2 = transform(x[base + 2u], x[base + 5u], x[base + 8u]);
  let step = p.channels * p.row;
  let at = channel * p.row + out;
  put(at, step, transform(c0[0], c1[0], c2[0]));
  put(at + 6u * step, step, transform(c0[1], c1[1], c2[1]));
  put(at + 12u * step, step, transform(c0[2], c1[2], c2[2]));
  put(at + 18u * step, step, transform(c0[3], c1[3], c2[3]));
  put(at + 24u * step, step, transform(c0[4], c1[4], c2[4]));
  put(at + 30u * step, step, transform(c0[5], c1[5], c2[5]));
}
