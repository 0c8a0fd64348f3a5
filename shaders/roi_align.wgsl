// One element of one region an invocation: the mean or the largest of samples between elements.
struct Parameters {
  count: u32,
  batch: u32,
  channels: u32,
  rows: u32,
  columns: u32,
  out_rows: u32,
  out_columns: u32,
  ratio: u32, // samples a row and column of the output; 0 for as many as the region has elements
  scale: f32,
  half: u32,
  largest: u32,
  unused0: u32,
}

// The four elements around a sample, each times its weight.
fn sample(base: u32, row: f32, column: f32) -> vec4<f32> {
  if (!(row >= -1.0 && row <= f32(p.rows) && column >= -1.0 && column <= f32(p.columns))) {
    return x[base] * vec4<f32>(0.0);
  }
  var r = max(row, 0.0);
  var c = max(column, 0.0);
  var r0 = u32(r);
  var c0 = u32(c);
  var r1 = r0 + 1u;
  var c1 = c0 + 1u;
  if (r0 >= p.rows - 1u) { r0 = p.rows - 1u; r1 = r0; r = f32(r0); }
  if (c0 >= p.columns - 1u) { c0 = p.columns - 1u; c1 = c0; c = f32(c0); }
  let fr = r - f32(r0);
  let fc = c - f32(c0);
  return vec4<f32>(
    (1.0 - fr) * (1.0 - fc) * x[base + r0 * p.columns + c0],
    (1.0 - fr) * fc * x[base + r0 * p.columns + c1],
    fr * (1.0 - fc) * x[base + r1 * p.columns + c0],
    fr * fc * x[base + r1 * p.columns + c1],
  );
}

fn run(i: u32) {
  let column = i % p.out_columns;
  var rest = i / p.out_columns;
  let line = rest % p.out_rows;
  rest /= p.out_rows;
  let channel = rest % p.channels;
  let region = rest / p.channels;
  let shift = select(0.0, 0.5, p.half == 1u);
  let x0 = rois[region * 4u] * p.scale - shift;
  let y0 = rois[region * 4u + 1u] * p.scale - shift;
  var width = rois[region * 4u + 2u] * p.scale - shift - x0;
  var height = rois[region * 4u + 3u] * p.scale - shift - y0;
  if (p.half == 0u) {
    width = max(width, 1.0);
    height = max(height, 1.0);
  }
  let bin_h = height / f32(p.out_rows);
  let bin_w = width / f32(p.out_columns);
  // No region of a picture needs more samples than this; it bounds what a broken one costs.
  let most = 4096.0;
  var down = p.ratio;
  var across = p.ratio;
  if (p.ratio == 0u) {
    down = u32(clamp(ceil(bin_h), 0.0, most));
    across = u32(clamp(ceil(bin_w), 0.0, most));
  }
  let number = clamp(numbers[region], 0, i32(p.batch) - 1);
  let base = (u32(number) * p.channels + channel) * p.rows * p.columns;
  var a = 0.0;
  for (var j = 0u; j < down; j++) {
    let r = y0 + f32(line) * bin_h + (f32(j) + 0.5) * bin_h / f32(down);
    for (var k = 0u; k < across; k++) {
      let c = x0 + f32(column) * bin_w + (f32(k) + 0.5) * bin_w / f32(across);
      let four = sample(base, r, c);
      if (p.largest == 1u) {
        let v = max(max(four.x, four.y), max(four.z, four.w));
        a = select(max(a, v), v, j == 0u && k == 0u);
      } else {
        a += four.x + four.y + four.z + four.w;
      }
    }
  }
  if (p.largest == 0u) { a /= f32(max(down * across, 1u)); }
  y[i] = a;
}
