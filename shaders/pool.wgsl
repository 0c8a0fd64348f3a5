// Pooling, one element of the output an invocation, one to three spatial axes.
#import window

struct Parameters {
  count: u32,
  how: u32, // average: 1 if what is around counts; largest: 1 if places run down the columns
  power: f32,
  unused0: u32,
  window: Window,
  end: vec4<i32>, // elements around the input, after it
}

fn run(i: u32) {
  let w = p.window;
  let o = point(i, w.output);
  let base = o.plane * w.input.x * w.input.y * w.input.z;
  let z0 = i32(o.z * w.strides.x) - w.begin.x;
  let y0 = i32(o.y * w.strides.y) - w.begin.y;
  let x0 = i32(o.x * w.strides.z) - w.begin.z;
  var a = $ELEMENT(0);
  var seen = 0u;
  var around = 0u;
  var place = 0u;
  for (var kz = 0u; kz < w.kernel.x; kz++) {
    let iz = z0 + i32(kz * w.dilations.x);
    for (var ky = 0u; ky < w.kernel.y; ky++) {
      let iy = y0 + i32(ky * w.dilations.y);
      for (var kx = 0u; kx < w.kernel.z; kx++) {
        let ix = x0 + i32(kx * w.dilations.z);
        if (iz >= 0 && iy >= 0 && ix >= 0 && iz < i32(w.input.x) && iy < i32(w.input.y) && ix < i32(w.input.z)) {
          let at = base + (u32(iz) * w.input.y + u32(iy)) * w.input.z + u32(ix);
          let b = x[at];
          $TAKE
          seen++;
        }
        // A window may reach beyond the padding; that never counts.
        if (iz < i32(w.input.x) + p.end.x && iy < i32(w.input.y) + p.end.y && ix < i32(w.input.z) + p.end.z) {
          around++;
        }
      }
    }
  }
  $FINISH
}
