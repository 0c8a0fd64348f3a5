// One line an invocation: its sums so far.
struct Parameters {
  lines: u32,
  length: u32,
  inner: u32, // elements between neighbours of a line
  how: u32, // 1: without the element itself; 2: from the end
}
@group(0) @binding(0) var<uniform> p: Parameters;

alias F = $F;
alias I = $I;
alias U = $U;
alias B = $B;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let i = row(group, groups, local);
  if (i >= p.lines) { return; }
  let base = (i / p.inner) * p.length * p.inner + i % p.inner;
  var sum = $ELEMENT(0);
  for (var j = 0u; j < p.length; j++) {
    let at = base + select(j, p.length - 1u - j, (p.how & 2u) != 0u) * p.inner;
    let before = sum;
    sum = $SUM;
    y[at] = select(sum, before, (p.how & 1u) != 0u);
  }
}
