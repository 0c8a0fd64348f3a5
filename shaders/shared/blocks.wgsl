// Elements in blocks, a block an invocation.
struct Parameters {
  elements: u32,
  count: u32, // blocks
  block: u32,
  unused0: u32,
  axes: array<vec4<u32>, $RANK>,
}
