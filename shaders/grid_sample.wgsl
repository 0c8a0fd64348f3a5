// One element an invocation, read at the place that the grid gives for it, over two or three spatial axes.
struct Parameters {
  count: u32,
  channels: u32,
  points: u32,
  axes: u32, // 2 or 3
  depth: u32,
  rows: u32,
  columns: u32,
  align: u32, // 1: -1 and 1 are the centres of the outermost elements, and not their edges
  padding: u32, // 0 zeros, 1 the border, 2 reflected
}

fn reflected(v: f32, low: f32, high: f32) -> f32 {
  let span = high - low;
  if (span <= 0.0) { return low; }
  var beyond = 0.0;
  if (v < low) { beyond = low - v; } else if (v > high) { beyond = v - high; } else { return v; }
  let turns = trunc(beyond / span);
  let rest = beyond - turns * span;
  let even = (i32(turns) & 1) == 0;
  if (even == (v < low)) { return low + rest; }
  return high - rest;
}

// From -1 .. 1 to elements, and inside of the axis unless the padding is zeros.
fn place(given: f32, extent: u32, rounded: bool) -> f32 {
  let n = f32(extent);
  var v = select(((given + 1.0) * n - 1.0) / 2.0, (given + 1.0) / 2.0 * (n - 1.0), p.align == 1u);
  if (rounded) { v = round(v); }
  let low = select(-0.5, 0.0, p.align == 1u);
  let high = select(n - 0.5, n - 1.0, p.align == 1u);
  if (v < low || v > high) {
    if (p.padding == 1u) { v = clamp(v, 0.0, n - 1.0); }
    if (p.padding == 2u) { v = reflected(v, low, high); }
  }
  // What no whole number holds lies outside however it is padded.
  return clamp(v, -1.0e9, 1.0e9);
}

// The number of an element along an axis; -1 for none.
fn index(v: i32, extent: u32) -> i32 {
  let n = i32(extent);
  if (v >= 0 && v < n) { return v; }
  if (p.padding == 0u) { return -1; }
  if (p.padding == 1u) { return clamp(v, 0, n - 1); }
  let low = select(-0.5, 0.0, p.align == 1u);
  return clamp(i32(reflected(f32(v), low, f32(n - 1) - low)), 0, n - 1);
}

fn element(base: u32, z: i32, r: i32, c: i32) -> f32 {
  let at_z = index(z, p.depth);
  let at_r = index(r, p.rows);
  let at_c = index(c, p.columns);
  if (at_z < 0 || at_r < 0 || at_c < 0) { return 0.0; }
  return x[base + (u32(at_z) * p.rows + u32(at_r)) * p.columns + u32(at_c)];
}

fn nearest(base: u32, at: vec3<f32>) -> f32 {
  return element(base, i32(place(at.z, p.depth, true)), i32(place(at.y, p.rows, true)), i32(place(at.x, p.columns, true)));
}

fn plane(base: u32, z: i32, r: i32, c: i32, fr: f32, fc: f32) -> f32 {
  let top = element(base, z, r, c) * (1.0 - fc) + element(base, z, r, c + 1) * fc;
  let bottom = element(base, z, r + 1, c) * (1.0 - fc) + element(base, z, r + 1, c + 1) * fc;
  return top * (1.0 - fr) + bottom * fr;
}

fn linear(base: u32, at: vec3<f32>) -> f32 {
  let r = place(at.y, p.rows, false);
  let c = place(at.x, p.columns, false);
  let fr = r - floor(r);
  let fc = c - floor(c);
  if (p.axes == 2u) { return plane(base, 0, i32(floor(r)), i32(floor(c)), fr, fc); }
  let z = place(at.z, p.depth, false);
  let fz = z - floor(z);
  let z0 = i32(floor(z));
  return plane(base, z0, i32(floor(r)), i32(floor(c)), fr, fc) * (1.0 - fz)
    + plane(base, z0 + 1, i32(floor(r)), i32(floor(c)), fr, fc) * fz;
}

fn weights_of(v: f32) -> vec4<f32> {
  let a = -0.75;
  let o = 1.0 - v;
  return vec4<f32>(
    ((a * (v + 1.0) - 5.0 * a) * (v + 1.0) + 8.0 * a) * (v + 1.0) - 4.0 * a,
    ((a + 2.0) * v - (a + 3.0)) * v * v + 1.0,
    ((a + 2.0) * o - (a + 3.0)) * o * o + 1.0,
    ((a * (o + 1.0) - 5.0 * a) * (o + 1.0) + 8.0 * a) * (o + 1.0) - 4.0 * a,
  );
}

fn cubic(base: u32, at: vec3<f32>) -> f32 {
  let r = place(at.y, p.rows, false);
  let c = place(at.x, p.columns, false);
  let by_row = weights_of(r - floor(r));
  let by_column = weights_of(c - floor(c));
  let r0 = i32(floor(r)) - 1;
  let c0 = i32(floor(c)) - 1;
  var sum = 0.0;
  for (var j = 0; j < 4; j++) {
    let four = vec4<f32>(
      element(base, 0, r0 + j, c0), element(base, 0, r0 + j, c0 + 1),
      element(base, 0, r0 + j, c0 + 2), element(base, 0, r0 + j, c0 + 3),
    );
    sum += by_row[j] * dot(by_column, four);
  }
  return sum;
}

fn run(i: u32) {
  let point = i % p.points;
  let channel = (i / p.points) % p.channels;
  let batch = i / (p.points * p.channels);
  let source = (batch * p.points + point) * p.axes;
  var at = vec3<f32>(grid[source], grid[source + 1u], 0.0);
  if (p.axes == 3u) { at.z = grid[source + 2u]; }
  y[i] = $MODE((batch * p.channels + channel) * p.depth * p.rows * p.columns, at);
}
