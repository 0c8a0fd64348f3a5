// One element an invocation: the second value where its place along the new axis is the number, else the first.
struct Parameters {
  count: u32,
  inner: u32,
  depth: u32,
  unused0: u32,
}

fn run(i: u32) {
  let place = (i / p.inner) % p.depth;
  let outer = i / (p.inner * p.depth);
  let given = i32(numbers[outer * p.inner + i % p.inner]);
  let number = select(given, given + i32(p.depth), given < 0);
  y[i] = select(values[0], values[1], number == i32(place));
}
