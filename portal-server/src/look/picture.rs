//! Pictures that somebody uploads: measured before they are decoded, turned upright, made small and written anew as PNG.
//! Nothing of the bytes that came is in the bytes that go out: no metadata, no second file behind the picture.

use std::io::Cursor;

use countersign_store::{Ground, NewPicture, PicturePlace};
use image::codecs::jpeg::JpegDecoder;
use image::codecs::png::{CompressionType, FilterType as PngFilter, PngDecoder, PngEncoder};
use image::codecs::webp::WebPDecoder;
use image::imageops::{FilterType, overlay, resize};
use image::metadata::Orientation;
use image::{
    DynamicImage, ExtendedColorType, ImageDecoder, ImageEncoder as _, ImageFormat, ImageResult,
    Limits, Rgba, RgbaImage,
};

use super::colour::{DARK_CARD, LIGHT_CARD, Rgb};
use super::jpeg;
use crate::language::Say;

/// How large a picture may be that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// The most bytes.
    pub bytes: usize,
    /// The most pixels on a side.
    pub side: u32,
    /// The most pixels.
    pub pixels: u64,
}

/// The most bytes of a picture that is shown.
pub const MOST_BYTES: usize = 2 * 1024 * 1024;
/// Of logos and icons.
pub const SHOWN: Bounds = Bounds { bytes: MOST_BYTES, side: 4096, pixels: 8 * 1024 * 1024 };
/// Of photographs of codes, as phones make them.
pub const PHOTO: Bounds = Bounds { bytes: 8 * 1024 * 1024, side: 8192, pixels: 16_000_000 };
/// The most bytes that pixels take, however many bits each has: one step more for each bit is what makes a picture heavy.
const MOST_DECODED: u64 = 64 * 1024 * 1024;
/// Less is no picture that somebody could make out.
const SHORTEST_SIDE: u32 = 8;
/// What a decoder may take besides.
const DECODER_BYTES: u64 = 80 * 1024 * 1024;
/// What everything but pixels may take in a PNG.
const HEAD_BYTES: u64 = 2 * 1024 * 1024;

/// Twice the size in which a page shows it, in pixels: for screens with fine pixels.
const LOGO: (u32, u32) = (320, 64);
/// The most bytes of a logo as it is sent with pages. One that does not fit (a photograph, noise) is made smaller.
const MOST_LOGO_BYTES: usize = 16 * 1024;
const ICON: u32 = 64;
const MOST_ICON_BYTES: usize = 6 * 1024;
/// How much smaller each further try is.
const SMALLER: f64 = 0.8;

/// Why a picture is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unusable {
    /// More bytes than are read.
    Bytes,
    /// Neither PNG nor JPEG nor WebP, whatever its name says.
    Format,
    /// More pixels than are read, or hardly any.
    Size {
        /// As its head says.
        width: u32,
        /// As its head says.
        height: u32,
    },
    /// It moves.
    Animated,
    /// It ends early, or its parts do not fit.
    Damaged,
}

impl Unusable {
    /// What happened, as a sentence, where so much is read.
    pub fn say(self, bounds: Bounds) -> Say {
        match self {
            Self::Bytes => Say::new("picture-bytes").with("most", bounds.bytes / (1024 * 1024)),
            Self::Format => Say::new("picture-format"),
            Self::Size { width, height } => Say::new("picture-size")
                .with("width", width.to_string())
                .with("height", height.to_string())
                .with("shortest", SHORTEST_SIDE)
                .with("longest", bounds.side.to_string())
                .with("most", bounds.pixels / 1_000_000),
            Self::Animated => Say::new("picture-animated"),
            Self::Damaged => Say::new("picture-damaged"),
        }
    }
}

/// The pictures to show for a logo that was brought: itself, and an icon made of it.
///
/// # Errors
/// With the reason why it is not taken.
pub fn logo(bytes: &[u8]) -> Result<Vec<NewPicture>, Unusable> {
    let read = read(bytes)?;
    let logo = written(PicturePlace::Logo, MOST_LOGO_BYTES, |scale| {
        let (wide, high) = LOGO;
        fitted(&read, scaled(wide, scale), scaled(high, scale))
    })?;
    Ok(vec![logo, icon_of(&read, PicturePlace::LogoIcon)?])
}

/// The picture to show for an icon that was brought.
///
/// # Errors
/// With the reason why it is not taken.
pub fn icon(bytes: &[u8]) -> Result<Vec<NewPicture>, Unusable> {
    Ok(vec![icon_of(&read(bytes)?, PicturePlace::Icon)?])
}

/// The picture in shades of grey, on white, as it came: for who looks for a code in it.
///
/// # Errors
/// With the reason why it is not taken.
pub(crate) fn grey(bytes: &[u8]) -> Result<image::GrayImage, Unusable> {
    let (picture, orientation) = opened(bytes, PHOTO)?;
    // Large ones have no alpha: one copy less of them.
    let grey = if picture.color().has_alpha() {
        on_white(&picture.into_rgba8())
    } else {
        picture.into_luma8()
    };
    let mut upright = DynamicImage::ImageLuma8(grey);
    upright.apply_orientation(orientation);
    Ok(upright.into_luma8())
}

fn on_white(picture: &RgbaImage) -> image::GrayImage {
    let shade = |x: u32, y: u32| {
        let Rgba([r, g, b, a]) = *picture.get_pixel(x, y);
        let (sum, alpha) = (u32::from(r) * 2 + u32::from(g) * 5 + u32::from(b), u32::from(a));
        // Between 0 and 255.
        image::Luma([((sum / 8 * alpha + 255 * (255 - alpha)) / 255) as u8])
    };
    image::GrayImage::from_fn(picture.width(), picture.height(), shade)
}

/// Decodes it, upright, with straight colours of 8 bits.
fn read(bytes: &[u8]) -> Result<RgbaImage, Unusable> {
    let (mut picture, orientation) = opened(bytes, SHOWN)?;
    picture.apply_orientation(orientation);
    Ok(picture.into_rgba8())
}

/// Decodes it as it is, and says how it is to be turned.
fn opened(bytes: &[u8], bounds: Bounds) -> Result<(DynamicImage, Orientation), Unusable> {
    if bytes.len() > bounds.bytes {
        return Err(Unusable::Bytes);
    }
    let damaged = |_| Unusable::Damaged;
    match image::guess_format(bytes).map_err(|_| Unusable::Format)? {
        ImageFormat::Png => {
            check_size(png_size(bytes).ok_or(Unusable::Damaged)?, bounds)?;
            let decoder = PngDecoder::with_limits(Cursor::new(bytes), head_limits(bounds));
            let decoder = decoder.map_err(damaged)?;
            let animated = decoder.is_apng().map_err(damaged)?;
            decoded(decoder, animated, bounds)
        }
        ImageFormat::Jpeg => {
            let decoder = JpegDecoder::new(Cursor::new(bytes)).map_err(damaged)?;
            check_size(decoder.dimensions(), bounds)?;
            // The decoder fills in what is missing.
            if !jpeg::is_whole(bytes) {
                return Err(Unusable::Damaged);
            }
            decoded(decoder, false, bounds)
        }
        ImageFormat::WebP => {
            let decoder = WebPDecoder::new(Cursor::new(bytes)).map_err(damaged)?;
            let animated = decoder.has_animation();
            decoded(decoder, animated, bounds)
        }
        _ => Err(Unusable::Format),
    }
}

fn limits(bounds: Bounds) -> Limits {
    let mut limits = Limits::no_limits();
    limits.max_image_width = Some(bounds.side);
    limits.max_image_height = Some(bounds.side);
    limits.max_alloc = Some(DECODER_BYTES);
    limits
}

/// What stands around the pixels of a PNG (comments, profiles) is packed as well, and inflates to no more than this.
fn head_limits(bounds: Bounds) -> Limits {
    let mut limits = limits(bounds);
    limits.max_alloc = Some(HEAD_BYTES);
    limits
}

/// What the first chunk says.
fn png_size(bytes: &[u8]) -> Option<(u32, u32)> {
    let number = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    Some((number(16)?, number(20)?))
}

/// Whether the picture has a size that is read, as its head says: nothing of it has been decoded yet.
fn check_size((width, height): (u32, u32), bounds: Bounds) -> Result<(), Unusable> {
    let sides = SHORTEST_SIDE..=bounds.side;
    let fits = sides.contains(&width) && sides.contains(&height);
    let few = u64::from(width) * u64::from(height) <= bounds.pixels;
    if fits && few { Ok(()) } else { Err(Unusable::Size { width, height }) }
}

fn decoded(
    mut decoder: impl ImageDecoder,
    animated: bool,
    bounds: Bounds,
) -> Result<(DynamicImage, Orientation), Unusable> {
    let (width, height) = decoder.dimensions();
    check_size((width, height), bounds)?;
    if decoder.total_bytes() > MOST_DECODED {
        return Err(Unusable::Size { width, height });
    }
    if animated {
        return Err(Unusable::Animated);
    }
    let decode = || -> ImageResult<(DynamicImage, Orientation)> {
        decoder.set_limits(limits(bounds))?;
        let orientation = decoder.orientation()?;
        Ok((DynamicImage::from_decoder(decoder)?, orientation))
    };
    decode().map_err(|_| Unusable::Damaged)
}

fn scaled(pixels: u32, scale: f64) -> u32 {
    // Between 0 and `pixels`.
    (f64::from(pixels) * scale).round().max(1.0) as u32
}

/// The whole picture within so many pixels; never larger than it is.
fn fitted(picture: &RgbaImage, wide: u32, high: u32) -> RgbaImage {
    let (width, height) = picture.dimensions();
    let scale = (f64::from(wide) / f64::from(width)).min(f64::from(high) / f64::from(height));
    let mut copy = picture.clone();
    if scale >= 1.0 {
        return copy;
    }
    // Pixels that are not seen would lend their colour to their neighbours.
    copy.pixels_mut().for_each(|Rgba([r, g, b, a])| {
        for channel in [r, g, b] {
            *channel = (u16::from(*channel) * u16::from(*a) / 255) as u8;
        }
    });
    let mut small =
        resize(&copy, scaled(width, scale), scaled(height, scale), FilterType::Lanczos3);
    small.pixels_mut().for_each(|Rgba([r, g, b, a])| {
        for channel in [r, g, b] {
            let straight = u16::from(*channel) * 255 / u16::from(*a).max(1);
            *channel = straight.min(255) as u8;
        }
    });
    small
}

/// The picture in the middle of a square.
fn icon_of(picture: &RgbaImage, place: PicturePlace) -> Result<NewPicture, Unusable> {
    written(place, MOST_ICON_BYTES, |scale| {
        let side = scaled(ICON, scale);
        let small = fitted(picture, side, side);
        let mut square = RgbaImage::new(side, side);
        let middle = |length: u32| i64::from((side - length) / 2);
        overlay(&mut square, &small, middle(small.width()), middle(small.height()));
        square
    })
}

/// Writes what `at` draws at a scale, at the largest one that fits into so many bytes.
fn written(
    place: PicturePlace,
    most: usize,
    at: impl Fn(f64) -> RgbaImage,
) -> Result<NewPicture, Unusable> {
    let mut scale = 1.0;
    loop {
        let picture = at(scale);
        let png = png(&picture).map_err(|_| Unusable::Damaged)?;
        let (width, height) = picture.dimensions();
        if png.len() <= most || width.max(height) <= 16 {
            return Ok(NewPicture { place, width, height, ground: ground(&picture), png });
        }
        scale *= SMALLER;
    }
}

fn png(picture: &RgbaImage) -> ImageResult<Vec<u8>> {
    let (mut bytes, (width, height)) = (Vec::new(), picture.dimensions());
    let encoder =
        PngEncoder::new_with_quality(&mut bytes, CompressionType::Best, PngFilter::Adaptive);
    if is_opaque(picture) {
        let rgb: Vec<u8> = picture.pixels().flat_map(|Rgba([r, g, b, _])| [*r, *g, *b]).collect();
        encoder.write_image(&rgb, width, height, ExtendedColorType::Rgb8)?;
    } else {
        encoder.write_image(picture.as_raw(), width, height, ExtendedColorType::Rgba8)?;
    }
    Ok(bytes)
}

fn is_opaque(picture: &RgbaImage) -> bool {
    picture.pixels().all(|Rgba([.., a])| *a == 255)
}

/// Below this contrast a shape is hardly seen.
const SEEN: f64 = 1.6;

/// What a picture with transparent parts needs behind it, for a quarter of what it shows not to be lost.
fn ground(picture: &RgbaImage) -> Ground {
    if is_opaque(picture) {
        return Ground::Any;
    }
    let (mut all, mut lost_on_light, mut lost_on_dark) = (0, 0, 0);
    for Rgba([r, g, b, _]) in picture.pixels().filter(|Rgba([.., a])| *a > 127) {
        let colour = Rgb(*r, *g, *b);
        all += 1;
        lost_on_light += usize::from(colour.contrast(LIGHT_CARD) < SEEN);
        lost_on_dark += usize::from(colour.contrast(DARK_CARD) < SEEN);
    }
    let is_lost = |lost: usize| lost * 4 > all;
    match (is_lost(lost_on_light), is_lost(lost_on_dark)) {
        (false, true) => Ground::Light,
        (true, false) => Ground::Dark,
        _ => Ground::Any,
    }
}

#[cfg(test)]
#[path = "picture_tests.rs"]
mod tests;
