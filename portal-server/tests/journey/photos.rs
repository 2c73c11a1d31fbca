//! Photographs of codes, as phones make them.

use image::{DynamicImage, GrayImage, Luma, RgbImage};
use qrcode::{Color, EcLevel, QrCode};
use reqwest::multipart::{Form, Part};

use crate::played::Machine;
use crate::world::browser::Answer;
use crate::world::{CookieUser, TestPortal};

async fn drop_photo(staff: &CookieUser, bytes: Vec<u8>) -> Answer {
    let file = Part::bytes(bytes).file_name("photo.jpg");
    staff.upload("/admin/activations", Form::new().part("file", file)).await
}

/// A code somewhere in a picture that no format makes small.
fn photo(text: &str, width: u32, height: u32) -> RgbImage {
    let code = QrCode::with_error_correction_level(text, EcLevel::L).unwrap();
    let (modules, scale, quiet) = (code.width() as u32, 10, 6);
    let colors = code.to_colors();
    let drawn =
        GrayImage::from_fn((modules + 2 * quiet) * scale, (modules + 2 * quiet) * scale, |x, y| {
            let at = |v: u32| (v / scale).checked_sub(quiet).filter(|v| *v < modules);
            let dark = at(x)
                .zip(at(y))
                .is_some_and(|(x, y)| colors[(y * modules + x) as usize] == Color::Dark);
            Luma([if dark { 20 } else { 235 }])
        });
    let noise: Vec<u8> = (0..65_521_u32)
        .map(|n| (n.wrapping_mul(n).wrapping_mul(2_654_435_761) >> 24) as u8 / 4 + 96)
        .collect();
    let mut pixels = noise.repeat((width * height * 3) as usize / noise.len() + 1);
    pixels.truncate((width * height * 3) as usize);
    let mut picture = RgbImage::from_raw(width, height, pixels).unwrap();
    let drawn = DynamicImage::ImageLuma8(drawn).into_rgb8();
    image::imageops::overlay(&mut picture, &drawn, i64::from(width / 4), i64::from(height / 5));
    picture
}

fn written(picture: &RgbImage, quality: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    let encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, quality);
    picture.write_with_encoder(encoder).unwrap();
    bytes
}

#[tokio::test]
async fn a_photograph_of_twelve_million_pixels_and_some_megabytes_is_read() {
    let portal = TestPortal::new().await;
    let staff = portal.admin().await;
    let key = portal.license(1, None).await;
    let request = Machine::new("lab-7", &portal.product).activation(&key);
    let bytes = written(&photo(&request, 4032, 3024), 60);
    let size = bytes.len() / (1024 * 1024);
    assert!((2..8).contains(&size), "{size} MB");
    drop_photo(&staff, bytes).await.is(200).says("lab-7").says("id=\"confirm\"");
}

#[tokio::test]
async fn attack_photographs_beyond_what_is_read_are_refused_with_what_is() {
    let portal = TestPortal::new().await;
    let staff = portal.admin().await;
    // Its head says that it has many pixels.
    let mut large = written(&RgbImage::new(64, 64), 60);
    let frame = large.windows(2).position(|marker| marker == [0xff, 0xc0]).unwrap();
    large[frame + 5..frame + 9].copy_from_slice(&[15, 160, 19, 136]);
    let page = drop_photo(&staff, large).await.is(200);
    page.says("5000 × 4000").says("at most 16 million");
    let mut heavy = written(&RgbImage::new(64, 64), 60);
    heavy.resize(8 * 1024 * 1024 + 1, 0);
    drop_photo(&staff, heavy).await.is(200).says("more than 8 MB");
}
