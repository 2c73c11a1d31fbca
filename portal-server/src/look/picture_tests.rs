use image::ImageBuffer;

use super::*;

/// Files of other programs.
const FILES: [(&str, &[u8]); 10] = [
    ("cmyk.jpg", include_bytes!("../../tests/pictures/cmyk.jpg")),
    ("grey.jpg", include_bytes!("../../tests/pictures/grey.jpg")),
    ("progressive.jpg", include_bytes!("../../tests/pictures/progressive.jpg")),
    ("lossy.webp", include_bytes!("../../tests/pictures/lossy.webp")),
    ("palette.png", include_bytes!("../../tests/pictures/palette.png")),
    ("one-bit.png", include_bytes!("../../tests/pictures/one-bit.png")),
    ("sixteen-bit.png", include_bytes!("../../tests/pictures/sixteen-bit.png")),
    ("turned-with-place.jpg", include_bytes!("../../tests/pictures/turned-with-place.jpg")),
    ("turned-with-place.webp", include_bytes!("../../tests/pictures/turned-with-place.webp")),
    ("turned-with-place.png", include_bytes!("../../tests/pictures/turned-with-place.png")),
];

/// Noise compresses worst of all.
fn noise(width: u32, height: u32, alpha: bool) -> RgbaImage {
    let mut state = 7_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    RgbaImage::from_fn(width, height, |_, _| {
        Rgba([next(), next(), next(), if alpha { next() } else { 255 }])
    })
}

fn file(picture: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.into().write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn plain(width: u32, height: u32, colour: [u8; 4]) -> RgbaImage {
    RgbaImage::from_pixel(width, height, Rgba(colour))
}

fn shown(png: &[u8]) -> RgbaImage {
    image::load_from_memory_with_format(png, ImageFormat::Png).unwrap().into_rgba8()
}

/// The types of a PNG file's chunks. A file with anything behind its end has none.
fn chunks(png: &[u8]) -> Vec<String> {
    let (mut at, mut found) = (8, Vec::new());
    while at < png.len() {
        let length = u32::from_be_bytes(png[at..at + 4].try_into().unwrap()) as usize;
        found.push(String::from_utf8(png[at + 4..at + 8].to_vec()).unwrap());
        at += 12 + length;
    }
    assert_eq!(at, png.len());
    found
}

#[test]
fn pictures_of_other_programs_are_taken_in_every_shape() {
    for (name, bytes) in FILES {
        let made = logo(bytes).unwrap_or_else(|why| panic!("{name}: {why:?}"));
        let [logo, icon] = &made[..] else { panic!("{name}") };
        let size = if name.starts_with("turned") { (20, 40) } else { (40, 20) };
        assert_eq!((logo.width, logo.height), size, "{name}");
        assert_eq!((icon.width, icon.height), (64, 64), "{name}");
        let picture = shown(&logo.png);
        assert_eq!(picture.dimensions(), size, "{name}");
        // The corner that is drawn upon, wherever it was turned to, and one that is not.
        let drawn = if name.starts_with("turned") { (15, 5) } else { (5, 5) };
        let (Rgba([r, ..]), Rgba([r2, g2, b2, _])) =
            (picture.get_pixel(drawn.0, drawn.1), picture.get_pixel(size.0 - 3, size.1 - 3));
        let darker = picture.get_pixel(drawn.0, drawn.1).0[1] < 150;
        assert!(darker || name == "palette.png" || *r == 0, "{name}: {r}");
        assert!(name == "palette.png" || [r2, g2, b2].iter().all(|c| **c > 230), "{name}");
    }
}

#[test]
fn attack_metadata_tells_where_a_photograph_was_taken() {
    for (name, bytes) in FILES.iter().filter(|(name, _)| name.starts_with("turned")) {
        let has = |bytes: &[u8], word: &[u8]| bytes.windows(word.len()).any(|w| w == word);
        assert!(has(bytes, b"Camera-of-Jane"), "{name} tells before");
        for picture in logo(bytes).unwrap() {
            assert!(!has(&picture.png, b"Camera"), "{name}");
            let written = chunks(&picture.png);
            assert!(
                written.iter().all(|c| ["IHDR", "IDAT", "IEND"].contains(&&**c)),
                "{written:?}"
            );
        }
    }
}

#[test]
fn attack_a_picture_with_another_file_behind_it() {
    let picture = plain(40, 20, [10, 90, 170, 255]);
    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP] {
        let opaque = DynamicImage::from(picture.clone()).into_rgb8();
        let clean = file(opaque, format);
        let alone = logo(&clean).unwrap();
        for behind in [
            &b"<script>alert(1)</script>"[..],
            b"<!doctype html><html><body onload=alert(1)>",
            b"PK\x03\x04\x14\0\0\0\0\0canary.exe PK\x05\x06",
            b"<?php system($_GET[0]); ?>",
            b"%PDF-1.7 canary",
        ] {
            let both = [&clean[..], behind].concat();
            // Whether it is taken or not: nothing of it comes out again.
            if let Ok(made) = logo(&both) {
                assert_eq!(made, alone, "{format:?}");
            } else {
                assert_eq!(format, ImageFormat::WebP, "{behind:?}");
            }
        }
    }
    // Markup in a comment of a PNG, which a browser that guesses would find first.
    let clean = file(picture.clone(), ImageFormat::Png);
    let text = [&b"tEXt"[..], b"Comment\0<script>alert(1)</script>"].concat();
    let length = u32::try_from(text.len() - 4).unwrap().to_be_bytes();
    let chunk = [&length[..], &text, &crc(&text).to_be_bytes()].concat();
    let commented = [&clean[..33], &chunk, &clean[33..]].concat();
    assert_eq!(logo(&commented).unwrap(), logo(&clean).unwrap());
}

/// The checksum of a PNG chunk.
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 }
        })
    })
}

#[test]
fn attack_an_svg_or_something_else_under_the_name_of_a_picture() {
    let svg = br#"<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>"#;
    let others: [&[u8]; 10] = [
        svg,
        b"<?xml version=\"1.0\"?><svg/>",
        b"\x1f\x8b\x08\0 packed svg",
        b"GIF89a<script>alert(1)</script>",
        b"<html><script>alert(1)</script>",
        b"",
        b"PK\x03\x04",
        include_bytes!("../../tests/pictures/animated.gif"),
        include_bytes!("../../tests/pictures/bitmap.bmp"),
        include_bytes!("../../tests/pictures/picture.tiff"),
    ];
    for other in others {
        assert_eq!(logo(other), Err(Unusable::Format), "{:?}", String::from_utf8_lossy(other));
        assert_eq!(icon(other), Err(Unusable::Format));
    }
    // A signature alone makes no picture of it.
    for head in [&b"\x89PNG\r\n\x1a\n"[..], b"\xff\xd8\xff\xe0", b"RIFF\x40\0\0\0WEBP"] {
        let made = logo(&[head, svg].concat());
        assert!(matches!(made, Err(Unusable::Damaged | Unusable::Size { .. })), "{made:?}");
    }
}

#[test]
fn attack_a_picture_that_moves() {
    for moving in [
        &include_bytes!("../../tests/pictures/animated.png")[..],
        include_bytes!("../../tests/pictures/animated.webp"),
    ] {
        assert_eq!(logo(moving), Err(Unusable::Animated));
    }
}

#[test]
fn attack_a_picture_that_is_cut_off_anywhere() {
    let whole = noise(40, 20, false);
    let rgb = DynamicImage::from(whole.clone()).into_rgb8();
    for bytes in [
        file(rgb.clone(), ImageFormat::Png),
        file(rgb.clone(), ImageFormat::Jpeg),
        file(rgb, ImageFormat::WebP),
        FILES[2].1.to_vec(),
        FILES[3].1.to_vec(),
    ] {
        assert!(logo(&bytes).is_ok());
        // The last bytes of a PNG say that it ends here, those of the others may be padding.
        for end in (0..bytes.len() - 16).step_by(5) {
            assert!(logo(&bytes[..end]).is_err(), "{:?} {end} of {}", &bytes[..4], bytes.len());
        }
    }
}

#[test]
fn attack_sizes_beyond_what_is_read() {
    let of = |width, height| file(plain(width, height, [1, 2, 3, 255]), ImageFormat::Png);
    for (width, height) in [(4097, 8), (8, 4097), (4096, 2049), (7, 100), (100, 7)] {
        assert_eq!(logo(&of(width, height)), Err(Unusable::Size { width, height }));
    }
    assert_eq!(logo(&vec![0; MOST_BYTES + 1]), Err(Unusable::Bytes));
    for (width, height, shown) in [(4096, 8, (320, 1)), (8, 4096, (1, 64)), (4096, 2048, (128, 64))]
    {
        let made = logo(&of(width, height)).unwrap();
        assert_eq!((made[0].width, made[0].height), shown);
    }
}

#[test]
fn sixteen_bits_a_channel_are_read_up_to_the_most_pixels() {
    let deep = ImageBuffer::from_pixel(4096, 2048, Rgba([40_000_u16, 20_000, 10_000, 65_535]));
    let made = logo(&file(deep, ImageFormat::Png)).unwrap();
    assert_eq!(*shown(&made[0].png).get_pixel(60, 30), Rgba([156, 78, 39, 255]));
}

#[test]
fn the_heaviest_pictures_fit_into_what_pages_may_carry() {
    for alpha in [true, false] {
        for (width, height) in [(640, 128), (320, 64), (500, 500), (64, 64)] {
            let made = logo(&file(noise(width, height, alpha), ImageFormat::Png)).unwrap();
            let sizes: Vec<_> = made.iter().map(|picture| picture.png.len()).collect();
            assert!(sizes[0] <= MOST_LOGO_BYTES && sizes[1] <= MOST_ICON_BYTES, "{sizes:?}");
            let (wide, high) = LOGO;
            assert!(made[0].width <= wide && made[0].height <= high);
        }
    }
}

#[test]
fn what_is_not_seen_lends_its_colour_to_nothing() {
    // Red, where it is transparent, around a blue middle: the edges stay blue.
    let picture = RgbaImage::from_fn(400, 400, |x, y| {
        let inside = (100..300).contains(&x) && (100..300).contains(&y);
        if inside { Rgba([0, 0, 255, 255]) } else { Rgba([255, 0, 0, 0]) }
    });
    let made = logo(&file(picture, ImageFormat::Png)).unwrap();
    let reddest = shown(&made[0].png).pixels().map(|p| if p.0[3] > 0 { p.0[0] } else { 0 }).max();
    assert_eq!(reddest, Some(0));
}

#[test]
fn a_logo_that_would_not_be_seen_gets_a_ground() {
    let drawn = |colour: [u8; 3]| {
        let [r, g, b] = colour;
        let picture = RgbaImage::from_fn(100, 40, |x, _| {
            if x % 2 == 0 || x < 50 { Rgba([r, g, b, 255]) } else { Rgba([0, 0, 0, 0]) }
        });
        logo(&file(picture, ImageFormat::Png)).unwrap()[0].ground
    };
    assert_eq!(drawn([10, 20, 40]), Ground::Light);
    assert_eq!(drawn([250, 250, 250]), Ground::Dark);
    assert_eq!(drawn([220, 40, 40]), Ground::Any);
    let opaque = logo(&file(plain(100, 40, [0, 0, 0, 255]), ImageFormat::Png)).unwrap();
    assert_eq!(opaque[0].ground, Ground::Any, "it brings its own");
}

#[test]
fn the_same_picture_gives_the_same_bytes() {
    let bytes = file(noise(200, 50, true), ImageFormat::Png);
    assert_eq!(logo(&bytes), logo(&bytes));
}
