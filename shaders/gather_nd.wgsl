// One element an invocation: a tuple of numbers names a slice.
struct Parameters {
  count: u32,
  slice: u32, // elements of a slice
  tuple: u32, // numbers of a tuple
  tuples: u32, // tuples of a batch
  batch: u32, // elements of a batch of the data
  unused0: u32,
  unused1: u32,
  unused2: u32,
  axes: array<vec4<u32>, 8>, // extent and stride of the axes that a tuple names
}

#import inside

fn run(i: u32) {
  let which = i / p.slice;
  var source = (which / p.tuples) * p.batch + i % p.slice;
  for (var k = 0u; k < p.tuple; k++) {
    source += inside(numbers[which * p.tuple + k], p.axes[k].x) * p.axes[k].y;
  }
  y[i] = x[source];
}
