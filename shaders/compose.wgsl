// One pixel of a canvas an invocation, three channels: a picture resampled by weights that came with it, what is around
// it, or black. Sixteen numbers say what is done to a picture; see `Compose` in src/model/op/picture.rs.
struct Parameters {
  count: u32,
  height: u32,
  width: u32,
  bgr: u32, // 1: planes are blue, green, red
}

fn byte(at: i32) -> f32 {
  return f32((pixels[u32(at) >> 2u] >> ((u32(at) & 3u) * 8u)) & 255u);
}

fn colour(packed: i32) -> vec3<f32> {
  let v = u32(packed);
  return vec3<f32>(f32(v & 255u), f32((v >> 8u) & 255u), f32((v >> 16u) & 255u));
}

fn run(i: u32) {
  let place = i % (p.height * p.width);
  let picture = i / (p.height * p.width);
  let r = i32(place / p.width);
  let c = i32(place % p.width);
  let t = picture * 16u;
  var value = vec3<f32>(0.0);
  if (r < pictures[t + 6u] && c < pictures[t + 7u]) {
    value = colour(pictures[t + 8u]);
    let y0 = r - pictures[t + 2u];
    let x0 = c - pictures[t + 3u];
    if (y0 >= 0 && x0 >= 0 && y0 < pictures[t + 4u] && x0 < pictures[t + 5u]) {
      let rows = pictures[t + 11u];
      let columns = pictures[t + 14u];
      let by_row = pictures[t + 10u] + y0 * rows;
      let by_column = pictures[t + 13u] + x0 * columns;
      let top = first[u32(pictures[t + 9u] + y0)];
      let left = first[u32(pictures[t + 12u] + x0)];
      let stride = pictures[t + 1u];
      let corner = pictures[t] + top * stride + left * 3;
      var sum = vec3<f32>(0.0);
      for (var k = 0; k < columns; k++) {
        var mixed = vec3<f32>(0.0);
        for (var j = 0; j < rows; j++) {
          let at = corner + j * stride + k * 3;
          mixed += weights[u32(by_row + j)] * vec3<f32>(byte(at), byte(at + 1), byte(at + 2));
        }
        sum += weights[u32(by_column + k)] * mixed;
      }
      value = clamp(round(sum), vec3<f32>(0.0), vec3<f32>(255.0));
    }
  }
  if (p.bgr == 1u) { value = value.zyx; }
  let plane = p.height * p.width;
  let at = picture * 3u * plane + place;
  y[at] = value.x;
  y[at + plane] = value.y;
  y[at + 2u * plane] = value.z;
}
