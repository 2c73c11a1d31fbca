//! The contents of release files: written, read and deleted by a random key, a piece at a time.

use std::fs;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use axum::body::Body;
use countersign_core::Hash;
use countersign_crash::{Point, passes};
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::local::LocalFileSystem;
use object_store::path::Path as Key;
use object_store::{
    GetOptions, GetResultPayload, ObjectStore, ObjectStoreExt as _, RetryConfig, WriteMultipart,
};
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncSeekExt as _};
use tokio_util::io::ReaderStream;

use super::connect::Connector;
use super::place::{Bucket, Place, is_loopback_http};

const MIB: usize = 1024 * 1024;
/// What is read at once, in either direction.
const PIECE: usize = 256 * 1024;
/// S3 takes at most 10,000 parts, of at least 5 MiB.
const MOST_PARTS: u64 = 9_000;
const SMALLEST_PART: usize = 8 * MIB;
/// Parts that are under way at once: with the one that is filled, what an upload holds in memory.
const PARTS_AT_ONCE: usize = 3;
/// How long a bucket that does not answer is asked again.
const RETRY_TIMEOUT: Duration = Duration::from_secs(20);

/// Where the contents of release files lie. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Storage {
    store: Arc<dyn ObjectStore>,
    prefix: Key,
    name: String,
}

/// What was stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stored {
    /// Bytes.
    pub size: u64,
    /// SHA-256 of the content.
    pub sha256: Hash,
}

impl Storage {
    /// Opens the place; a folder is made, a bucket must be there.
    ///
    /// # Errors
    /// When the folder cannot be made or the bucket's settings are wrong. A bucket is not asked yet.
    pub fn open(place: &Place) -> anyhow::Result<Self> {
        let (store, prefix): (Arc<dyn ObjectStore>, _) = match place {
            Place::Folder(folder) => (Arc::new(open_folder(folder)?), Key::default()),
            Place::Bucket(bucket) => (Arc::new(open_bucket(bucket)?), Key::parse(&bucket.prefix)?),
        };
        Ok(Self { store, prefix, name: place.name() })
    }

    /// The place without anything that may change or is secret.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Stores all of `source` under `key`: whole, or not at all. `expected` bytes are a hint for the size of the parts.
    ///
    /// # Errors
    /// When the source or the place fails. Nothing is stored then, as far as the place can still be told to forget it.
    pub async fn put(
        &self,
        key: &str,
        source: &mut (impl AsyncRead + Unpin),
        expected: u64,
    ) -> anyhow::Result<Stored> {
        let key = self.key(key);
        let upload = self.store.put_multipart(&key).await.context("the place took no file")?;
        let mut write = WriteMultipart::new_with_chunk_size(upload, part_size(expected));
        match copy(source, &mut write).await {
            Ok(stored) => {
                passes(Point::ReleaseFileWritten);
                write.finish().await.context("the file could not be stored")?;
                self.check(&key, stored).await
            }
            Err(error) => {
                let _ = write.abort().await;
                Err(error)
            }
        }
    }

    /// The place says itself how much it has: what it lost on the way is noticed now, not by a customer.
    async fn check(&self, key: &Key, stored: Stored) -> anyhow::Result<Stored> {
        let found = self.store.head(key).await.context("the stored file is not there")?.size;
        if found != stored.size {
            let _ = self.store.delete(key).await;
            bail!("{} bytes were written and the place has {found}", stored.size);
        }
        Ok(stored)
    }

    /// A part of a content as the body of an answer. `size` is what the whole must have.
    ///
    /// # Errors
    /// When it is not there, has another size, or the place does not answer.
    pub async fn get(&self, key: &str, part: Range<u64>, size: u64) -> anyhow::Result<Body> {
        let length = part.end - part.start;
        let options = GetOptions { range: Some(part.into()), ..GetOptions::default() };
        let found = self.store.get_opts(&self.key(key), options).await?;
        if found.meta.size != size {
            bail!("{size} bytes were stored and the place has {}", found.meta.size);
        }
        match found.payload {
            GetResultPayload::File(file, _) => {
                let mut file = tokio::fs::File::from_std(file);
                file.set_max_buf_size(PIECE);
                file.seek(std::io::SeekFrom::Start(found.range.start)).await?;
                Ok(Body::from_stream(ReaderStream::with_capacity(file.take(length), PIECE)))
            }
            GetResultPayload::Stream(stream) => Ok(Body::from_stream(stream)),
        }
    }

    /// The size of a content; `None` when it is not there.
    ///
    /// # Errors
    /// When the place does not answer.
    pub async fn size(&self, key: &str) -> anyhow::Result<Option<u64>> {
        match self.store.head(&self.key(key)).await {
            Ok(found) => Ok(Some(found.size)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Deletes a content; that it is gone already is as well.
    ///
    /// # Errors
    /// When the place does not do it.
    pub async fn delete(&self, key: &str) -> anyhow::Result<()> {
        match self.store.delete(&self.key(key)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn key(&self, key: &str) -> Key {
        self.prefix.clone().join(key)
    }
}

fn open_folder(folder: &Path) -> anyhow::Result<LocalFileSystem> {
    let failed = || format!("the folder for releases, {}, cannot be made", folder.display());
    fs::create_dir_all(folder).with_context(failed)?;
    #[cfg(unix)]
    fs::set_permissions(folder, std::os::unix::fs::PermissionsExt::from_mode(0o700))
        .with_context(failed)?;
    // A file is on disk before its row is: a power cut leaves no row without a file.
    Ok(LocalFileSystem::new_with_prefix(folder).with_context(failed)?.with_fsync(true))
}

fn open_bucket(bucket: &Bucket) -> anyhow::Result<AmazonS3> {
    let builder = match &bucket.credentials {
        Some(keys) => {
            let builder = AmazonS3Builder::new()
                .with_access_key_id(&keys.id)
                .with_secret_access_key(&keys.secret);
            match &keys.token {
                Some(token) => builder.with_token(token),
                None => builder,
            }
        }
        // Roles of machines and containers come by many variables, which object_store knows.
        None => AmazonS3Builder::from_env(),
    };
    let loopback = bucket.endpoint.as_deref().is_some_and(is_loopback_http);
    let builder = match &bucket.endpoint {
        Some(endpoint) => builder.with_endpoint(endpoint),
        None => builder,
    };
    builder
        .with_bucket_name(&bucket.name)
        .with_region(&bucket.region)
        .with_allow_http(loopback)
        .with_skip_signature(false)
        .with_retry(RetryConfig { retry_timeout: RETRY_TIMEOUT, ..RetryConfig::default() })
        .with_http_connector(if loopback { Connector::Loopback } else { Connector::Https })
        .build()
        .with_context(|| format!("the bucket {}", bucket.name))
}

fn part_size(expected: u64) -> usize {
    let needed = usize::try_from(expected / MOST_PARTS).unwrap_or(usize::MAX);
    needed.next_multiple_of(MIB).max(SMALLEST_PART)
}

async fn copy(
    source: &mut (impl AsyncRead + Unpin),
    write: &mut WriteMultipart,
) -> anyhow::Result<Stored> {
    let (mut hasher, mut size) = (Sha256::new(), 0);
    let mut piece = vec![0; PIECE];
    loop {
        let read =
            source.read(&mut piece).await.context("the source could not be read to its end")?;
        if read == 0 {
            let sha256 = Hash::from(<[u8; 32]>::from(hasher.finalize()));
            return Ok(Stored { size, sha256 });
        }
        hasher.update(&piece[..read]);
        size += read as u64;
        write.wait_for_capacity(PARTS_AT_ONCE).await.context("the file could not be stored")?;
        write.write(&piece[..read]);
    }
}
