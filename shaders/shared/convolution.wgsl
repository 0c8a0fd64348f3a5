#import window

struct Parameters {
  count: u32,
  channels: u32, // of a group of the input
  per_group: u32, // channels out of a group
  out: u32, // all channels out
  window: Window,
  numbers: vec4<f32>,
}

#import finish
