// Where the elements of a block are that are not zero: a block an invocation, after those of the blocks before it.
#import blocks

fn run(i: u32) {
  var to = 0u;
  for (var k = 0u; k < i; k++) { to += counts[k]; }
  if (i == p.count - 1u) { total[0] = to + counts[i]; }
  for (var at = i * p.block; at < min((i + 1u) * p.block, p.elements); at++) {
    if (x[at] != 0) {
      var rest = at;
      for (var axis = $RANKi - 1; axis >= 0; axis--) {
        y[u32(axis) * p.elements + to] = i32(rest % p.axes[axis].x);
        rest /= p.axes[axis].x;
      }
      to++;
    }
  }
}
