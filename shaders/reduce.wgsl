// One result from many elements: an invocation for each (STRIDE 1), or a workgroup for each, whose invocations take
// every 64th element and are joined in a fixed tree, so that two runs give the same bits.
struct Parameters {
  count: u32,
  length: u32,
  unused0: u32,
  unused1: u32,
  offsets: array<vec4<u32>, 2>, // output, input
  numbers: vec4<f32>,
  axes: array<vec4<u32>, 2 * $ALL>, // those kept, then those reduced
}

alias E = $ELEMENT;

fn join(a: E, b: E) -> E { return $JOIN; }

fn take(base: u32, j: u32, b: E) -> E {
  let at = base + place(j);
  let a = x[at];
  return $TAKE;
}

fn place(j: u32) -> u32 {
  var at = 0u;
  var rest = j;
  $INNER
  return at;
}

$SHARED

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let i = $INDEX;
  if (i >= p.count) { return; }
  let n = p.numbers;
  $WALK
  let base = at1;
  let other = $OTHER;
  var a = E(n.x);
  if (p.length > $FIRST) {
    a = take(base, $FIRST, other);
    for (var j = $FIRST + $STRIDE; j < p.length; j += $STRIDE) {
      a = join(a, take(base, j, other));
    }
  }
  $GATHER
  y[at0] = $FINISH;
}
