//! QR codes: `countersign qr`, and what `request --qr` shows. A code carries the bare token, or a link with the token after
//! `#`, which a phone's camera opens and which no web server gets to see.

use std::io::{self, IsTerminal as _};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, anyhow, bail};
use countersign_core::file;
use countersign_core::token::Unverified;
use qrcode::render::{svg, unicode};
use qrcode::{Color, EcLevel, QrCode, Version};
use serde_json::{Value, json};

use crate::args;
use crate::fail::{Failure, Outcome};
use crate::files::{self, Readers};
use crate::say::{self, Report};

/// What the largest QR code takes, in characters.
const LARGEST: usize = 2_953;
/// A module's edge in a picture.
const PIXELS: usize = 8;
/// The margin that scanners need, in modules.
const QUIET: usize = 4;

/// A QR code, with what it carries.
pub(crate) struct Code {
    qr: QrCode,
    carries: Carried,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Carried {
    Link,
    Token,
    /// The token, where the link did not fit.
    TokenForLink,
}

pub(crate) fn run(options: &args::Qr, as_json: bool) -> Outcome {
    options.image.as_deref().map(check_image).transpose()?;
    let token = file::read(&files::read_input(&options.file)?)?;
    let token_type = Unverified::decode(&token)?.token_type();
    let code = Code::of(&token, options.take_to.as_deref())?;
    match &options.image {
        Some(image) => code.write(image)?,
        None if !as_json => code.show()?,
        None => {}
    }
    let link = options.take_to.as_deref().and_then(|place| link(place, &token));
    Report::new(json!({
        "type": token_type.as_str(), "token": token, "link": link, "qr": code.json(), "image": options.image,
    }))
    .maybe("qr image", options.image.as_ref().map(|path| path.display()))
    .text(format!("This is {}. {}", token_type.with_article(), code.words()))
    .print(as_json)?;
    Ok(ExitCode::SUCCESS)
}

/// The link that opens `place` with the token; `None` where `place` is no address of a page.
pub(crate) fn link(place: &str, token: &str) -> Option<String> {
    let place = place.split('#').next().unwrap_or_default();
    let is_page = place.starts_with("https://") || place.starts_with("http://");
    is_page.then(|| format!("{place}#{token}"))
}

/// Whether a picture can be written there: said before anything is done that cannot be taken back.
pub(crate) fn check_image(path: &Path) -> anyhow::Result<()> {
    Picture::of(path)?;
    if path.exists() {
        bail!(
            "{} is there already and is not replaced. Nothing was changed: choose another name",
            path.display()
        );
    }
    Ok(())
}

impl Code {
    /// The smallest code that carries a link to `place`, or the bare token where there is no address or the link is too long.
    pub(crate) fn of(token: &str, place: Option<&str>) -> Result<Self, Failure> {
        let link = place.and_then(|place| link(place, token));
        let by_link = link.as_deref().and_then(smallest);
        let carries = match (&link, &by_link) {
            (_, Some(_)) => Carried::Link,
            (Some(_), None) => Carried::TokenForLink,
            (None, _) => Carried::Token,
        };
        match by_link.or_else(|| smallest(token)) {
            Some(qr) => Ok(Self { qr, carries }),
            None => Err(Failure::refused(
                "too-long-for-qr",
                format!(
                    "this has {} characters, and a QR code takes at most {LARGEST}",
                    token.len()
                ),
                "Carry the file instead.",
            )),
        }
    }

    /// On the terminal, two modules a character. There the colours are set: scanners want dark on light, whatever the theme.
    pub(crate) fn show(&self) -> anyhow::Result<()> {
        let text = self.qr.render::<unicode::Dense1x2>().build();
        if !io::stdout().is_terminal() {
            return say::print(&text);
        }
        let lines = text.lines().map(|line| format!("\x1b[30;107m{line}\x1b[0m"));
        say::print(&lines.collect::<Vec<_>>().join("\n"))
    }

    /// As a picture, whole or not at all.
    pub(crate) fn write(&self, path: &Path) -> Result<(), Failure> {
        let bytes = match Picture::of(path)? {
            Picture::Svg => self.qr.render::<svg::Color<'_>>().build().into_bytes(),
            Picture::Png => self.png().context("the picture could not be made")?,
        };
        Ok(files::create(path, &bytes, Readers::Everybody)?)
    }

    /// What it carries, in words.
    pub(crate) fn words(&self) -> &'static str {
        match self.carries {
            Carried::Link => "The QR code is a link: a phone's camera opens the page with it.",
            Carried::Token => "The QR code is the token itself: scan it on the page that takes it.",
            Carried::TokenForLink => {
                "The link is too long for a QR code: this one is the token itself. Scan it on the page that takes it."
            }
        }
    }

    pub(crate) fn json(&self) -> Value {
        let carries = if self.carries == Carried::Link { "link" } else { "token" };
        json!({"carries": carries, "version": version(&self.qr), "level": format!("{:?}", self.qr.error_correction_level())})
    }

    fn png(&self) -> anyhow::Result<Vec<u8>> {
        let (modules, colors) = (self.qr.width(), self.qr.to_colors());
        let edge = (modules + 2 * QUIET) * PIXELS;
        let dark = |x: usize, y: usize| {
            let module = |at: usize| (at / PIXELS).checked_sub(QUIET).filter(|at| *at < modules);
            module(x).zip(module(y)).is_some_and(|(x, y)| colors[y * modules + x] == Color::Dark)
        };
        let pixels: Vec<u8> =
            (0..edge * edge).map(|at| if dark(at % edge, at / edge) { 0 } else { 255 }).collect();
        let mut bytes = Vec::new();
        let side = u32::try_from(edge)?;
        let mut encoder = png::Encoder::new(&mut bytes, side, side);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&pixels)?;
        writer.finish()?;
        Ok(bytes)
    }
}

/// The smallest code, with as much error correction as that size has room for.
fn smallest(text: &str) -> Option<QrCode> {
    let least = QrCode::with_error_correction_level(text, EcLevel::L).ok()?;
    let same_size = [EcLevel::H, EcLevel::Q, EcLevel::M]
        .into_iter()
        .find_map(|level| QrCode::with_version(text, least.version(), level).ok());
    Some(same_size.unwrap_or(least))
}

fn version(qr: &QrCode) -> i16 {
    match qr.version() {
        Version::Normal(number) | Version::Micro(number) => number,
    }
}

enum Picture {
    Png,
    Svg,
}

impl Picture {
    fn of(path: &Path) -> anyhow::Result<Self> {
        match path.extension().and_then(|ending| ending.to_str()) {
            Some("png") => Ok(Self::Png),
            Some("svg") => Ok(Self::Svg),
            _ => Err(anyhow!(
                "{}: a picture ends in .png or .svg. Nothing was changed",
                path.display()
            )),
        }
    }
}
