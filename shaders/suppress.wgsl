// Non-maximum suppression, a line a workgroup: the best box that is left is kept and strikes out those that overlap
// it too much, until none is left. Of equal scores the box of the lower number is the better.
#import boxes

$KEY

const GONE: i32 = -0x7fffffff - 1;
var<workgroup> best: array<i32, 64>;
var<workgroup> place: array<u32, 64>;

// Least and largest of both axes.
fn corners(box: vec4<f32>) -> vec4<f32> {
  if (p.centred == 1u) { return vec4<f32>(box.xy - box.zw / 2.0, box.xy + box.zw / 2.0); }
  return vec4<f32>(min(box.xy, box.zw), max(box.xy, box.zw));
}

fn overlaps(a: vec4<f32>, b: vec4<f32>) -> bool {
  let size = min(a.zw, b.zw) - max(a.xy, b.xy);
  if (!(size.x > 0.0 && size.y > 0.0)) { return false; }
  let both = size.x * size.y;
  let area_a = (a.z - a.x) * (a.w - a.y);
  let area_b = (b.z - b.x) * (b.w - b.y);
  let either = area_a + area_b - both;
  if (both <= 0.0 || area_a <= 0.0 || area_b <= 0.0 || either <= 0.0) { return false; }
  return both / either > p.overlap;
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let line = group.y * groups.x + group.x;
  if (line >= p.count) { return; }
  let base = line * p.boxes;
  let first = (line / p.classes) * p.boxes;
  for (var j = local; j < p.boxes; j += 64u) {
    let score = scores[base + j];
    left[base + j] = select(max(key(score), GONE + 1), GONE, p.limited == 1u && !(score > p.threshold));
  }
  var kept = 0u;
  var last = vec4<f32>(0.0);
  var going = true;
  for (var step = 0u; step < p.most; step++) {
    var mine = GONE;
    var at = 0u;
    if (going) {
      for (var j = local; j < p.boxes; j += 64u) {
        var v = left[base + j];
        if (v != GONE) {
          if (step > 0u && overlaps(last, corners(boxes[first + j]))) {
            v = GONE;
            left[base + j] = GONE;
          }
          if (v > mine) { mine = v; at = j; }
        }
      }
    }
    best[local] = mine;
    place[local] = at;
    for (var half = 32u; half > 0u; half /= 2u) {
      workgroupBarrier();
      if (local < half) {
        let other = best[local + half];
        if (other > best[local] || (other == best[local] && place[local + half] < place[local])) {
          best[local] = other;
          place[local] = place[local + half];
        }
      }
    }
    workgroupBarrier();
    let found = best[0] != GONE;
    let chosen_box = place[0];
    workgroupBarrier();
    going = going && found;
    if (going) {
      last = corners(boxes[first + chosen_box]);
      if (local == chosen_box % 64u) {
        chosen[line * p.most + kept] = i32(chosen_box);
        left[base + chosen_box] = GONE;
      }
      kept++;
    }
  }
  if (local == 0u) { counts[line] = kept; }
}
