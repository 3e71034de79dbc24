//! Draws the demo's sample document: a card of nobody's country with a portrait in it, photographed by
//! the simulator's camera.
//!
//! `draw_sample_card PORTRAIT SEED FILE.jpg`: the same bytes for the same seed.
#![expect(clippy::unwrap_used, reason = "a tool for developers may stop where it stands")]

use verax_lab::simulator::camera::captured;
use verax_lab::simulator::cards::card;
use verax_lab::simulator::{jpeg, shrunk};
use verax_vision::document::seeded::Seeded;
use verax_vision::image::{DecodeLimits, Image};

/// Around head and shoulders of `portrait-1080p.jpg`: the middle, the top, the height, in pixels.
const HEAD: (usize, usize, usize) = (897, 16, 470);
/// The whole card, with some table around it.
const AROUND: (f32, f32) = (0.05, 0.1);
const QUALITY: u8 = 88;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let portrait = std::fs::read(arguments.next().unwrap()).unwrap();
    let seed = arguments.next().unwrap().parse().unwrap();
    let file = arguments.next().unwrap();

    let portrait = Image::decode(&portrait, &DecodeLimits::default()).unwrap();
    let mut random = Seeded::new(seed);
    let mut drawn = card(&mut random, None);
    let [left, top, width, height] = drawn.portrait;
    let (middle, head_top, head_height) = HEAD;
    let head_width = head_height * width / height;
    let origin = (middle - head_width / 2, head_top);
    let head = part(&portrait, origin, (head_width, head_height));
    let head = shrunk(&head, height as f64 / head_height as f64);
    let width = width.min(head.width as usize);
    for row in 0..height.min(head.height as usize) {
        let from = row * head.width as usize * 3;
        let to = ((top + row) * drawn.image.width as usize + left) * 3;
        drawn.image.rgb[to..to + width * 3].copy_from_slice(&head.rgb[from..from + width * 3]);
    }
    let capture = captured(&mut random, &drawn.image, &[], AROUND);
    assert!(!capture.cut, "this seed's camera cuts the card");
    std::fs::write(file, jpeg(&capture.image, QUALITY)).unwrap();
}

fn part(image: &Image, (left, top): (usize, usize), (width, height): (usize, usize)) -> Image {
    let row = |y: usize| (y * image.width as usize + left) * 3;
    let rgb = (top..top + height).flat_map(|y| &image.rgb[row(y)..row(y) + width * 3]);
    Image { width: width as u32, height: height as u32, rgb: rgb.copied().collect() }
}
