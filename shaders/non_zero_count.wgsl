// How many elements of a block are not zero: a block an invocation.
#import blocks

fn run(i: u32) {
  var seen = 0u;
  for (var at = i * p.block; at < min((i + 1u) * p.block, p.elements); at++) {
    if (x[at] != 0) { seen++; }
  }
  counts[i] = seen;
}
