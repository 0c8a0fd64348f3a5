// A product of matrices, a tile of the result an invocation, all in registers: c = alpha a' b + beta bias, then a
// residual and an activation. `a` is stored by columns (its rows are the sums' axis), `b` by rows; rows of both begin
// at multiples of four elements.
struct Parameters {
  m: u32,
  n: u32,
  k: u32,
  count: u32, // tiles of all batches
  a_row: u32, // steps between rows, in elements as bound
  b_row: u32,
  a_batch: u32, // steps between batches
  b_batch: u32,
  c_batch: u32, // in single elements
  tiles_m: u32,
  tiles_n: u32,
  a_modulo: u32, // batches of a
  bias_m: u32, // steps of the bias along m and n
  bias_n: u32,
  alpha: f32,
  beta: f32,
  numbers: vec4<f32>,
  bias_batch: u32, // from one batch of a to the next
}

fn finish(value: F, shift: F, at: u32, bias_at: u32) -> F {
  let n = p.numbers;
  var a = value;
  $SCALE
  $BIAS
  $RESIDUAL
  return $ACTIVATION;
}

fn run(i: u32) {
  let tiles = p.tiles_m * p.tiles_n;
  let batch = i / tiles;
  let tile = i % tiles;
  let n0 = (tile % p.tiles_n) * $WIDTHu;
  let m0 = (tile / p.tiles_n) * $HEIGHTu;
  var at_a = (batch % p.a_modulo) * p.a_batch + m0 / $LANESu;
  var at_b = batch * p.b_batch + n0 / 4u;
  $CLEAR
  for (var k = 0u; k < p.k; k++) {
    $MULTIPLY
  }
  let at_c = batch * p.c_batch;
  let bias_0 = (batch % p.a_modulo) * p.bias_batch;
  $STORE
}
