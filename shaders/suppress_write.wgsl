// The boxes that were kept, as picture, class and box: a line an invocation, after those of the lines before it.
#import boxes

fn run(i: u32) {
  var to = 0u;
  for (var k = 0u; k < i; k++) { to += counts[k]; }
  if (i == p.count - 1u) { total[0] = to + counts[i]; }
  for (var k = 0u; k < counts[i]; k++) {
    y[3u * (to + k)] = i32(i / p.classes);
    y[3u * (to + k) + 1u] = i32(i % p.classes);
    y[3u * (to + k) + 2u] = chosen[i * p.most + k];
  }
}
