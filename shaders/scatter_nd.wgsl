// One element of the slices an invocation, through all tuples in order: updates of one place keep their order.
struct Parameters {
  count: u32, // elements of a slice
  tuple: u32,
  tuples: u32,
  unused0: u32,
  axes: array<vec4<u32>, 8>, // extent and stride of the axes that a tuple names
}

#import inside

fn run(i: u32) {
  for (var j = 0u; j < p.tuples; j++) {
    var to = i;
    for (var k = 0u; k < p.tuple; k++) {
      to += inside(numbers[j * p.tuple + k], p.axes[k].x) * p.axes[k].y;
    }
    let a = y[to];
    let b = x[j * p.count + i];
    y[to] = $JOIN;
  }
}
