// One line an invocation: its sums so far.
struct Parameters {
  count: u32, // lines
  length: u32,
  inner: u32, // elements between neighbours of a line
  how: u32, // 1: without the element itself; 2: from the end
}

fn run(i: u32) {
  let base = (i / p.inner) * p.length * p.inner + i % p.inner;
  var sum = $ELEMENT(0);
  for (var j = 0u; j < p.length; j++) {
    let at = base + select(j, p.length - 1u - j, (p.how & 2u) != 0u) * p.inner;
    let before = sum;
    sum = $SUM;
    y[at] = select(sum, before, (p.how & 1u) != 0u);
  }
}
