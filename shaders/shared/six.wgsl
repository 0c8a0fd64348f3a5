// Six numbers, `step` elements apart.
fn put(at: u32, step: u32, v: array<f32, 6>) {
  y[at] = v[0];
  y[at + step] = v[1];
  y[at + 2u * step] = v[2];
  y[at + 3u * step] = v[3];
  y[at + 4u * step] = v[4];
  y[at + 5u * step] = v[5];
}
