// Convolution, one element of the output an invocation: any groups, one to three spatial axes.
#import convolution

fn run(i: u32) {
  let w = p.window;
  let o = point(i, w.output);
  let channel = o.plane % p.out;
  let batch = o.plane / p.out;
  let plane = w.input.x * w.input.y * w.input.z;
  let groups_in = p.channels * (p.out / p.per_group);
  var base = (batch * groups_in + (channel / p.per_group) * p.channels) * plane;
  let window = w.kernel.x * w.kernel.y * w.kernel.z;
  var at_weights = channel * p.channels * window;
  let z0 = i32(o.z * w.strides.x) - w.begin.x;
  let y0 = i32(o.y * w.strides.y) - w.begin.y;
  let x0 = i32(o.x * w.strides.z) - w.begin.z;
  var a = $ELEMENT(0);
  for (var c = 0u; c < p.channels; c++) {
    for (var kz = 0u; kz < w.kernel.x; kz++) {
      let iz = z0 + i32(kz * w.dilations.x);
      for (var ky = 0u; ky < w.kernel.y; ky++) {
        let iy = y0 + i32(ky * w.dilations.y);
        let there = iz >= 0 && iz < i32(w.input.x) && iy >= 0 && iy < i32(w.input.y);
        for (var kx = 0u; kx < w.kernel.z; kx++) {
          let ix = x0 + i32(kx * w.dilations.z);
          if (there && ix >= 0 && ix < i32(w.input.z)) {
            a += x[base + (u32(iz) * w.input.y + u32(iy)) * w.input.z + u32(ix)] * $WEIGHT;
          }
          at_weights++;
        }
      }
    }
    base += plane;
  }
  finish(i, channel, a);
}
