// Pooling, one element of the output an invocation, one to three spatial axes.
struct Parameters {
  count: u32,
  how: u32, // average: 1 if what is around counts; largest: 1 if places run down the columns
  power: f32,
  unused0: u32,
  input: vec4<u32>, // extents: depth, rows, columns
  output: vec4<u32>,
  kernel: vec4<u32>,
  strides: vec4<u32>,
  dilations: vec4<u32>,
  begin: vec4<i32>, // elements around the input, before it
  end: vec4<i32>, // elements around the input, after it
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
  if (i >= p.count) { return; }
  let ox = i % p.output.z;
  var rest = i / p.output.z;
  let oy = rest % p.output.y;
  rest /= p.output.y;
  let oz = rest % p.output.x;
  rest /= p.output.x;
  let base = rest * p.input.x * p.input.y * p.input.z;
  let z0 = i32(oz * p.strides.x) - p.begin.x;
  let y0 = i32(oy * p.strides.y) - p.begin.y;
  let x0 = i32(ox * p.strides.z) - p.begin.z;
  var a = $ELEMENT(0);
  var seen = 0u;
  var around = 0u;
  var place = 0u;
  for (var kz = 0u; kz < p.kernel.x; kz++) {
    let iz = z0 + i32(kz * p.dilations.x);
    for (var ky = 0u; ky < p.kernel.y; ky++) {
      let iy = y0 + i32(ky * p.dilations.y);
      for (var kx = 0u; kx < p.kernel.z; kx++) {
        let ix = x0 + i32(kx * p.dilations.z);
        if (iz >= 0 && iy >= 0 && ix >= 0 && iz < i32(p.input.x) && iy < i32(p.input.y) && ix < i32(p.input.z)) {
          let at = base + (u32(iz) * p.input.y + u32(iy)) * p.input.z + u32(ix);
          let b = x[at];
          $TAKE
          seen++;
        }
        // A window may reach beyond the padding; that never counts.
        if (iz < i32(p.input.x) + p.end.x && iy < i32(p.input.y) + p.end.y && ix < i32(p.input.z) + p.end.z) {
          around++;
        }
      }
    }
  }
  $FINISH
}
