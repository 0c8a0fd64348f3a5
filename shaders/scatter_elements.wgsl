// One line of numbers an invocation, in order, into a copy of the data: lines along the axis never meet.
struct Parameters {
  count: u32, // lines
  extent: u32, // of the axis in the data
  stride: u32, // of the axis in the data
  length: u32, // numbers of a line
  step: u32, // between the numbers of a line
  unused0: u32,
  unused1: u32,
  unused2: u32,
  axes: array<vec4<u32>, $AXES>, // the other axes: extent and stride of the numbers, stride of the data
}

#import inside

fn run(i: u32) {
  var rest = i;
  var source = 0u;
  var into = 0u;
  $WALK
  for (var j = 0u; j < p.length; j++) {
    let at = source + j * p.step;
    let to = into + inside(numbers[at], p.extent) * p.stride;
    let a = y[to];
    let b = x[at];
    y[to] = $JOIN;
  }
}
