//! PNG against libpng (which cwebp reads it with) and WebP against libwebp: the same pixels, or an
//! error that names the reason.

use verax_vision::image::{DecodeLimits, Image, ImageError};

use crate::image_tools::{Netpbm, difference, drawn, make, ppm, read_netpbm, run};
use crate::png_file::{Png, stored};

fn decode(bytes: &[u8]) -> Result<Image, ImageError> {
    Image::decode(bytes, &DecodeLimits { side_px_min: 1, ..DecodeLimits::default() })
}

fn by_libpng(png: &[u8]) -> Option<Netpbm> {
    let webp = run("cwebp", &["-quiet", "-lossless", "-exact", "-o", "-", "--", "-"], png);
    webp.succeeded.then(|| by_libwebp(&webp.bytes)).flatten()
}

fn by_libwebp(webp: &[u8]) -> Option<Netpbm> {
    let answer = run("dwebp", &["-quiet", "-ppm", "-o", "-", "--", "-"], webp);
    read_netpbm(&answer.bytes).filter(|_| answer.succeeded)
}

fn assert_same(ours: &Image, theirs: &Netpbm, most: u8, what: &str) {
    let size = (ours.width as usize, ours.height as usize);
    assert_eq!(size, (theirs.width, theirs.height), "{what}");
    let difference = difference(&ours.rgb, &theirs.rgb);
    assert!(difference <= most, "{what}: {difference}");
}

fn palette(entries: usize) -> Vec<u8> {
    (0..entries * 3).map(|at| (at * 37 % 256) as u8).collect()
}

#[test]
fn every_colour_type_depth_and_interlacing_of_png_gives_the_pixels_of_libpng() {
    for (colour, depths) in [
        (0, &[1, 2, 4, 8, 16][..]),
        (2, &[8, 16]),
        (3, &[1, 2, 4, 8]),
        (4, &[8, 16]),
        (6, &[8, 16]),
    ] {
        for depth in depths {
            for (width, height) in [(1, 1), (5, 3), (33, 47)] {
                for interlaced in [false, true] {
                    let mut png = Png::new(width, height, *depth, colour);
                    png.interlaced = interlaced;
                    if colour == 3 {
                        png = png.with(b"PLTE", &palette(1 << depth));
                    }
                    let most = ((1u32 << depth) - 1) as u16;
                    let alpha = match colour {
                        4 => 1,
                        6 => 3,
                        _ => usize::MAX,
                    };
                    let bytes = png.write(|x, y, channel| match channel == alpha {
                        true => most,
                        false => {
                            ((x * 2657 + y * 7919 + channel * 17 + x * y * 311) & 0xFFFF) as u16
                                & most
                        }
                    });
                    let what =
                        format!("colour {colour} depth {depth} {width}x{height} {interlaced}");
                    let ours = decode(&bytes).unwrap_or_else(|error| panic!("{what}: {error}"));
                    // 16 bits are rounded here and cut there.
                    let most = if *depth == 16 { 1 } else { 0 };
                    assert_same(&ours, &by_libpng(&bytes).expect(&what), most, &what);
                }
            }
        }
    }
}

fn grey(x: usize, y: usize, _: usize) -> u16 {
    ((x * 5 + y * 3) % 256) as u16
}

#[test]
fn a_png_that_is_transparent_anywhere_is_rejected() {
    let almost = |last: u16| {
        move |x: usize, y: usize, channel: usize| match channel {
            3 if (x, y) == (39, 29) => last,
            3 => 255,
            _ => 100,
        }
    };
    assert!(decode(&Png::new(40, 30, 8, 6).write(almost(255))).is_ok());
    assert_eq!(decode(&Png::new(40, 30, 8, 6).write(almost(254))), Err(ImageError::NotOpaque));
    let deep = Png::new(40, 30, 16, 4);
    let deep =
        |least| deep.write(move |x, _, channel| if channel == 1 && x == 7 { least } else { 65535 });
    assert!(decode(&deep(65535)).is_ok());
    assert_eq!(decode(&deep(65534)), Err(ImageError::NotOpaque));
    // A palette with an entry of its own, a colour, a grey.
    let indexed = |used: u16| {
        let png = Png::new(40, 30, 8, 3).with(b"PLTE", &palette(4)).with(b"tRNS", &[255, 255, 9]);
        png.write(move |x, y, _| if x + y == 50 { used } else { 1 })
    };
    assert!(decode(&indexed(3)).is_ok());
    assert_eq!(decode(&indexed(2)), Err(ImageError::NotOpaque));
    let keyed = |value: u16| Png::new(40, 30, 8, 0).with(b"tRNS", &value.to_be_bytes()).write(grey);
    assert!(decode(&keyed(300)).is_ok() || decode(&keyed(300)) == Err(ImageError::NotOpaque));
    assert_eq!(decode(&keyed(3)), Err(ImageError::NotOpaque));
}

#[test]
fn an_animated_png_is_rejected_wherever_its_frames_are() {
    let plain = Png::new(40, 30, 8, 0);
    assert!(decode(&plain.write(grey)).is_ok());
    let control = [0, 0, 0, 1, 0, 0, 0, 0];
    let frame = [&[0u8; 4][..], &stored(&[0; 41 * 30])].concat();
    for png in [
        plain.clone().with(b"acTL", &control),
        plain.clone().with(b"acTL", &control).followed_by(b"fdAT", &frame),
        plain.clone().followed_by(b"acTL", &control).followed_by(b"fdAT", &frame),
        plain.clone().followed_by(b"fdAT", &frame),
    ] {
        assert_eq!(decode(&png.write(grey)), Err(ImageError::SeveralFrames));
    }
}

#[test]
fn chunks_that_change_the_colours_are_rejected() {
    let plain = Png::new(40, 30, 8, 0);
    let number = |values: &[u32]| values.iter().flat_map(|v| v.to_be_bytes()).collect::<Vec<u8>>();
    let srgb = [31_270, 32_900, 64_000, 33_000, 30_000, 60_000, 15_000, 6_000];
    let swapped = [31_270, 32_900, 15_000, 6_000, 30_000, 60_000, 64_000, 33_000];
    for png in [
        plain.clone().with(b"gAMA", &number(&[45_455])).with(b"cHRM", &number(&srgb)),
        plain.clone().with(b"sRGB", &[0]),
        plain.clone().with(b"cICP", &[12, 13, 0, 1]),
    ] {
        let bytes = png.write(grey);
        assert_same(&decode(&bytes).unwrap(), &by_libpng(&bytes).unwrap(), 0, "usual colours");
    }
    for png in [
        plain.clone().with(b"gAMA", &number(&[1_000])),
        plain.clone().with(b"gAMA", &number(&[4_000_000])),
        plain.clone().with(b"cHRM", &number(&swapped)),
        plain.clone().with(b"cICP", &[9, 16, 0, 1]),
    ] {
        assert_eq!(decode(&png.write(grey)), Err(ImageError::UnusualColours));
    }
    // Out of place: one viewer reads it, another does not.
    let late = plain.followed_by(b"tRNS", &[0, 3]);
    assert_eq!(decode(&late.write(grey)), Err(ImageError::Corrupt));
}

#[test]
fn a_png_without_its_end_is_whole_when_its_pixels_are() {
    let bytes = Png::new(40, 30, 8, 0).write(grey);
    let whole = decode(&bytes).unwrap();
    assert_eq!(decode(&bytes[..bytes.len() - 12]).unwrap(), whole);
    assert_eq!(decode(&[&bytes[..], b"and more"].concat()).unwrap(), whole);
    for missing in [13, 20, 200, 900] {
        let error = decode(&bytes[..bytes.len() - 12 - missing]).unwrap_err();
        assert_eq!(error, ImageError::Truncated, "{missing}");
    }
}

#[test]
fn webp_gives_the_pixels_of_libwebp() {
    for (width, height) in [(97, 65), (64, 48), (17, 33), (1, 1)] {
        let image = ppm(width, height, &drawn(width, height));
        for how in [
            &["-q", "80"][..],
            &["-q", "5"],
            &["-q", "100"],
            &["-q", "75", "-sns", "80", "-segments", "4", "-f", "60", "-strong"],
            &["-q", "50", "-nostrong", "-sharpness", "4"],
            &["-q", "60", "-f", "0"],
            &["-lossless"],
            &["-lossless", "-z", "9"],
            &["-near_lossless", "20"],
        ] {
            let arguments = [how, &["-quiet", "-o", "-", "--", "-"]].concat();
            let webp = make("cwebp", &arguments, &image);
            let what = format!("{width}x{height} {how:?}");
            let ours = decode(&webp).unwrap_or_else(|error| panic!("{what}: {error}"));
            assert_same(&ours, &by_libwebp(&webp).unwrap(), 2, &what);
            // With the sizes of the container set right, so that only the pixels tell.
            for percent in [20, 50, 80, 95] {
                let mut cut = webp[..webp.len() * percent / 100 / 2 * 2].to_vec();
                if width < 17 || cut.len() < 60 {
                    continue;
                }
                let length = cut.len() as u32;
                cut[4..8].copy_from_slice(&(length - 8).to_le_bytes());
                cut[16..20].copy_from_slice(&(length - 20).to_le_bytes());
                assert!(decode(&cut).is_err(), "{what} at {percent} %");
            }
        }
    }
}

#[test]
fn a_webp_that_is_transparent_or_has_frames_is_rejected() {
    let transparent = Png::new(40, 30, 8, 6).write(|x, _, channel| match channel {
        3 => {
            if x < 20 {
                255
            } else {
                90
            }
        }
        _ => 120,
    });
    for how in [&["-q", "80"][..], &["-lossless", "-exact"]] {
        let arguments = [how, &["-quiet", "-o", "-", "--", "-"]].concat();
        let webp = make("cwebp", &arguments, &transparent);
        assert_eq!(decode(&webp), Err(ImageError::NotOpaque), "{how:?}");
        // The container denies what the image has: some viewers believe one, some the other.
        if &webp[12..16] == b"VP8X" {
            let mut denied = webp.clone();
            denied[20] &= !0x10;
            assert_eq!(decode(&denied), Err(ImageError::Corrupt));
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    for (name, shift) in [("a.png", 0), ("b.png", 90)] {
        let frame = Png::new(40, 30, 8, 0).write(|x, y, _| grey(x + shift, y, 0));
        std::fs::write(path(name), frame).unwrap();
    }
    let (a, b, out) = (path("a.png"), path("b.png"), path("both.webp"));
    make("img2webp", &["-d", "1", &a, "-d", "9000", &b, "-o", &out], &[]);
    assert_eq!(decode(&std::fs::read(&out).unwrap()), Err(ImageError::SeveralFrames));
    // Two images in one container, without an animation.
    let still = make("cwebp", &["-quiet", "-o", "-", "--", "-"], &std::fs::read(&a).unwrap());
    let mut twice = [&still[..], &still[12..]].concat();
    let length = twice.len() as u32 - 8;
    twice[4..8].copy_from_slice(&length.to_le_bytes());
    assert_eq!(decode(&twice), Err(ImageError::SeveralFrames));
    // What follows the container is nothing.
    assert!(decode(&[&still[..], &still[..]].concat()).is_ok());
}
