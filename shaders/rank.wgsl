// One element of a part of a line an invocation: how many of the part come before it is its place in the sorted
// part. Elements that are alike keep the order of their numbers, so every place is taken once.
struct Parameters {
  count: u32, // elements of all parts
  length: u32, // elements of a line
  inner: u32, // elements between neighbours of a line in the input
  part: u32, // elements of a part; the last may have fewer
  kept: u32, // of each part
  stride: u32, // elements of a line in the output
  out_inner: u32, // elements between neighbours of a line in the output
  numbered: u32, // 0: an element's number is its place
}

$KEY

fn run(i: u32) {
  let line = i / p.length;
  let j = i % p.length;
  let base = (line / p.inner) * p.length * p.inner + line % p.inner;
  let first = (j / p.part) * p.part;
  let end = min(first + p.part, p.length);
  let mine = x[base + j * p.inner];
  let own = key(mine);
  var before = 0u;
  for (var k = first; k < end; k++) {
    let v = key(x[base + k * p.inner]);
    before += select(0u, 1u, v $BETTER own || (v == own && k < j));
  }
  // Numbers rise within what was kept of earlier parts, so the place decides as the number would.
  if (before < p.kept) {
    let to = (line / p.out_inner) * p.stride * p.out_inner + line % p.out_inner
      + ((j / p.part) * p.kept + before) * p.out_inner;
    y[to] = mine;
    if (p.numbered == 0u) { places[to] = i32(j); } else { places[to] = numbers[base + j * p.inner]; }
  }
}
