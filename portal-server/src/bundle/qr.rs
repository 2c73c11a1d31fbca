//! Pictures of QR codes, as a phone or the command line made them: decoded within the limits that pictures have here.

use countersign_core::file;

use super::unread::Unread;
use crate::look::picture::{self, Unusable};

/// Why a picture gave nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoCode {
    /// The picture itself.
    Picture(Unusable),
    /// There is no code in it that could be made out.
    Nothing,
}

impl From<NoCode> for Unread {
    fn from(no_code: NoCode) -> Self {
        match no_code {
            NoCode::Picture(unusable) => Self::Picture(unusable),
            NoCode::Nothing => Self::NoCode,
        }
    }
}

/// Whether the bytes are of a kind of picture that is read.
pub fn is_picture(bytes: &[u8]) -> bool {
    let jpeg = bytes.starts_with(b"\xFF\xD8\xFF");
    let webp = bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP".as_slice());
    jpeg || webp || bytes.starts_with(b"\x89PNG\r\n\x1A\n")
}

/// What the codes in a picture say; where there are several, the first that has a token.
///
/// # Errors
/// When it is no picture that is read, or has no code that could be made out.
pub fn read(bytes: &[u8]) -> Result<String, NoCode> {
    let grey = picture::grey(bytes).map_err(NoCode::Picture)?;
    let (width, height) = (grey.width() as usize, grey.height() as usize);
    let pixel = |x: usize, y: usize| grey.as_raw()[y * width + x];
    let mut prepared = rqrr::PreparedImage::prepare_from_greyscale(width, height, pixel);
    let codes = prepared.detect_grids();
    let texts: Vec<String> = codes.iter().filter_map(|code| Some(code.decode().ok()?.1)).collect();
    let has_token = |text: &&String| file::read(text.as_bytes()).is_ok();
    let found = texts.iter().find(has_token).or(texts.first());
    found.cloned().ok_or(NoCode::Nothing)
}
