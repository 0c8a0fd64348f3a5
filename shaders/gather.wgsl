// One element an invocation: slices of an axis in the order of numbers.
struct Parameters {
  count: u32,
  inner: u32, // elements of a slice
  numbers: u32, // how many
  extent: u32, // of the axis
}

#import inside

fn run(i: u32) {
  let k = (i / p.inner) % p.numbers;
  let outer = i / (p.inner * p.numbers);
  y[i] = x[(outer * p.extent + inside(numbers[k], p.extent)) * p.inner + i % p.inner];
}
