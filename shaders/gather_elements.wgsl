// One element an invocation: the place along one axis is a number, the others are its own.
struct Parameters {
  count: u32,
  extent: u32,
  stride: u32,
  unused0: u32,
  axes: array<vec4<u32>, $AXES>, // extent of the numbers, stride of the data
}

#import inside

fn run(i: u32) {
  $WALK
  y[i] = x[source + inside(numbers[i], p.extent) * p.stride];
}
