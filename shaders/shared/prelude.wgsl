// What every shader begins with: its parameters, and how invocations are numbered.
@group(0) @binding(0) var<uniform> p: Parameters;

const WORKGROUP: u32 = 64u;

// The number of an invocation when groups are started in a rectangle.
fn row(group: vec3<u32>, groups: vec3<u32>, local: u32) -> u32 {
  return (group.y * groups.x + group.x) * WORKGROUP + local;
}
