// What every shader begins with: how invocations are numbered, and tests of floats that no compiler folds away.
const WORKGROUP: u32 = 64u;

// The number of an invocation when groups are started in a rectangle.
fn row(group: vec3<u32>, groups: vec3<u32>, local: u32) -> u32 {
  return (group.y * groups.x + group.x) * WORKGROUP + local;
}
