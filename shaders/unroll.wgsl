// Windows laid out as columns: four neighbouring points of one element of the window an invocation.
#import window

struct Parameters {
  count: u32, // of vectors
  channels: u32,
  unused0: u32,
  row: u32, // vectors of a row
  window: Window,
}

// The point of the output after another.
fn next(at: vec2<u32>) -> vec2<u32> {
  if (at.y + 1u == p.window.output.z) { return vec2<u32>(at.x + 1u, 0u); }
  return vec2<u32>(at.x, at.y + 1u);
}

// The element that a window's element meets at a point of the output; zero around the input and past the end.
fn take(base: u32, at: vec2<u32>, dy: i32, dx: i32) -> f32 {
  let r = i32(at.x * p.window.strides.y) + dy;
  let c = i32(at.y * p.window.strides.z) + dx;
  if (r < 0 || c < 0 || r >= i32(p.window.input.y) || c >= i32(p.window.input.z) || at.x >= p.window.output.y) { return 0.0; }
  return x[base + u32(r) * p.window.input.z + u32(c)];
}

fn run(i: u32) {
  let w = p.window;
  let first = (i % p.row) * 4u;
  var rest = i / p.row;
  let kx = rest % w.kernel.z;
  rest /= w.kernel.z;
  let ky = rest % w.kernel.y;
  rest /= w.kernel.y; // batch and channel
  let base = rest * w.input.y * w.input.z;
  let dy = i32(ky * w.dilations.y) - w.begin.y;
  let dx = i32(kx * w.dilations.z) - w.begin.z;
  let o0 = vec2<u32>(first / w.output.z, first % w.output.z);
  let o1 = next(o0);
  let o2 = next(o1);
  let o3 = next(o2);
  y[i] = vec4<f32>(take(base, o0, dy, dx), take(base, o1, dy, dx), take(base, o2, dy, dx), take(base, o3, dy, dx));
}
