//! What came with the form: files, zips of them, pasted text, a typed license key.

use axum::extract::Multipart;

use crate::bundle::read::{Brought, MOST_FILES, Unpacker};
use crate::language::Language;
use crate::pages::ErrorPage;

/// The form as it was sent.
#[derive(Default)]
pub(super) struct Upload {
    parts: Vec<(String, Vec<u8>)>,
    pub(super) license_key: String,
    /// What was typed into a search beside the files.
    pub(super) search: String,
    /// A batch that was reviewed, to be looked at again.
    pub(super) batch: Option<String>,
}

impl Upload {
    /// Reads the form; its size is limited where its route is.
    pub(super) async fn read(mut form: Multipart, language: Language) -> Result<Self, ErrorPage> {
        let mut upload = Self::default();
        // What a review sends back for another look keeps its name.
        let mut name_of_next = None;
        let broken = |_| ErrorPage::upload("error-upload-broken");
        while let Some(field) = form.next_field().await.map_err(broken)? {
            let name = field.name().unwrap_or_default().to_owned();
            let file_name = field.file_name().unwrap_or_default().to_owned();
            let bytes = field.bytes().await.map_err(broken)?;
            let text = || String::from_utf8_lossy(&bytes).trim().to_owned();
            match name.as_str() {
                "license_key" => upload.license_key = text(),
                "q" => upload.search = text(),
                "batch" => upload.batch = Some(text()),
                "name" => name_of_next = Some(text()),
                "file" if !(bytes.is_empty() && file_name.is_empty()) => {
                    upload.parts.push((file_name, bytes.to_vec()));
                }
                "pasted" if !bytes.trim_ascii().is_empty() => {
                    let name = name_of_next.take().unwrap_or_else(|| language.t("pasted-text"));
                    upload.parts.push((name, bytes.to_vec()));
                }
                _ => {}
            }
            if upload.parts.len() > MOST_FILES {
                return Err(ErrorPage::too_much(&crate::bundle::unread::TooMuch::Files));
            }
        }
        Ok(upload)
    }

    /// Whether there is anything but what was typed into the search.
    pub(super) fn has_files(&self) -> bool {
        !self.parts.is_empty()
    }

    /// Takes in a text as if it was a file.
    pub(super) fn add(&mut self, name: &str, bytes: &[u8]) {
        self.parts.push((name.to_owned(), bytes.to_vec()));
    }

    /// Takes requests of an earlier review in, with their names.
    pub(super) fn add_all<'a>(&mut self, requests: impl Iterator<Item = (&'a str, &'a str)>) {
        let parts = requests.map(|(token, name)| (name.to_owned(), token.as_bytes().to_vec()));
        self.parts.extend(parts);
    }

    /// The files, those in zips among them. Inflating takes a while: it keeps no other visitor waiting.
    pub(super) async fn unpack(self) -> Result<Vec<Brought>, ErrorPage> {
        let unpack = move || {
            let mut unpacker = Unpacker::default();
            for (name, bytes) in self.parts {
                unpacker.add(&name, bytes)?;
            }
            Ok(unpacker.finish())
        };
        let unpacked = tokio::task::spawn_blocking(unpack).await;
        unpacked
            .map_err(|error| ErrorPage::internal(&error))?
            .map_err(|much| ErrorPage::too_much(&much))
    }
}
