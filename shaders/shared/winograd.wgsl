// Winograd F(4x4, 3x3): tiles of 4 by 4 of the output, each from 6 by 6 of the input.
struct Parameters {
  count: u32,
  channels: u32,
  tiles: u32, // in all pictures
  row: u32, // elements of a row of tiles
  across: u32, // tiles of a row of a picture
  picture: u32, // tiles of a picture
  input_rows: u32,
  input_columns: u32,
  output_rows: u32,
  output_columns: u32,
  begin_rows: i32,
  begin_columns: i32,
  numbers: vec4<f32>,
}

// A tile of one channel: the plane it belongs to, its corner in the output, and where its first product lies.
struct Tile { channel: u32, plane: u32, r: u32, c: u32, at: u32 }

fn tile(i: u32) -> Tile {
  let number = i % p.tiles;
  let channel = i / p.tiles;
  let within = number % p.picture;
  let plane = (number / p.picture) * p.channels + channel;
  return Tile(channel, plane, (within / p.across) * 4u, (within % p.across) * 4u, channel * p.row + number);
}
