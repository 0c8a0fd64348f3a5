// One line an invocation: the place of its largest or smallest element.
struct Parameters {
  count: u32,
  length: u32,
  inner: u32,
  last: u32, // 1: of equal elements the last
}
@group(0) @binding(0) var<uniform> p: Parameters;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let i = row(group, groups, local);
  if (i >= p.count) { return; }
  let base = (i / p.inner) * p.length * p.inner + i % p.inner;
  var best = x[base];
  var place = 0u;
  for (var j = 1u; j < p.length; j++) {
    let v = x[base + j * p.inner];
    if (v $BETTER best || (p.last == 1u && v == best)) {
      best = v;
      place = j;
    }
  }
  y[i] = i32(place);
}
