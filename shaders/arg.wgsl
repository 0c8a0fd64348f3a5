// One line an invocation: the place of its largest or smallest element.
struct Parameters {
  count: u32,
  length: u32,
  inner: u32,
  last: u32, // 1: of equal elements the last
}

fn run(i: u32) {
  let base = (i / p.inner) * p.length * p.inner + i % p.inner;
  var best = x[base];
  var place = 0u;
  for (var j = 1u; j < p.length; j++) {
    let v = x[base + j * p.inner];
    if (v $BETTER best || (p.last == 1u && v == best)) {
      best = v;
      place = j;
    }
  }
  y[i] = i32(place);
}
