// One element of the input an invocation, put where pooling found it. Windows that share their largest element
// write the same number.
struct Parameters {
  count: u32,
  unused0: u32,
  unused1: u32,
  unused2: u32,
  own: vec4<u32>, // the spatial shape that the places speak of
  wanted: vec4<u32>, // the spatial shape of the output
}

fn run(i: u32) {
  var rest = u32(max(places[i], 0));
  let c = rest % p.own.z;
  rest /= p.own.z;
  let r = rest % p.own.y;
  rest /= p.own.y;
  let z = rest % p.own.x;
  let plane = rest / p.own.x;
  if (z < p.wanted.x && r < p.wanted.y && c < p.wanted.z) {
    y[((plane * p.wanted.x + z) * p.wanted.y + r) * p.wanted.z + c] = x[i];
  }
}
