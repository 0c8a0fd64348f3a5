// Transposed convolution, one element of the output an invocation: which inputs reach it, and by which weight.
#import convolution

fn run(i: u32) {
  let w = p.window;
  let o = point(i, w.output);
  let channel = o.plane % p.out;
  let batch = o.plane / p.out;
  let plane = w.input.x * w.input.y * w.input.z;
  let window = w.kernel.x * w.kernel.y * w.kernel.z;
  let groups_in = p.channels * (p.out / p.per_group);
  let first = (channel / p.per_group) * p.channels;
  let base = (batch * groups_in + first) * plane;
  let at_weights = (first * p.per_group + channel % p.per_group) * window;
  var a = 0.0;
  for (var kz = 0u; kz < w.kernel.x; kz++) {
    let z0 = i32(o.z) + w.begin.x - i32(kz * w.dilations.x);
    let iz = z0 / i32(w.strides.x);
    if (z0 < 0 || z0 % i32(w.strides.x) != 0 || iz >= i32(w.input.x)) { continue; }
    for (var ky = 0u; ky < w.kernel.y; ky++) {
      let y0 = i32(o.y) + w.begin.y - i32(ky * w.dilations.y);
      let iy = y0 / i32(w.strides.y);
      if (y0 < 0 || y0 % i32(w.strides.y) != 0 || iy >= i32(w.input.y)) { continue; }
      for (var kx = 0u; kx < w.kernel.z; kx++) {
        let x0 = i32(o.x) + w.begin.z - i32(kx * w.dilations.z);
        let ix = x0 / i32(w.strides.z);
        if (x0 < 0 || x0 % i32(w.strides.z) != 0 || ix >= i32(w.input.z)) { continue; }
        var source = base + (u32(iz) * w.input.y + u32(iy)) * w.input.z + u32(ix);
        var by = at_weights + (kz * w.kernel.y + ky) * w.kernel.z + kx;
        for (var c = 0u; c < p.channels; c++) {
          a += x[source] * $WEIGHT;
          source += plane;
          by += p.per_group * window;
        }
      }
    }
  }
  finish(i, channel, a);
}
