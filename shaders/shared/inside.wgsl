// A number counted from the end if negative, and inside of its axis whatever it was.
fn inside(number: i32, extent: u32) -> u32 {
  let n = i32(extent);
  return u32(clamp(select(number, number + n, number < 0), 0, n - 1));
}
