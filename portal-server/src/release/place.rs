//! Where the files of releases lie: a folder, or a bucket of anything that speaks S3.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;

use anyhow::{Context as _, bail};

/// Where the files of releases lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A folder of this machine.
    Folder(PathBuf),
    /// A bucket.
    Bucket(Bucket),
}

/// A bucket, and how it is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    /// Its name.
    pub name: String,
    /// What the names of all objects begin with; may be empty.
    pub prefix: String,
    /// The server; `None`: Amazon's for the region.
    pub endpoint: Option<String>,
    /// The region.
    pub region: String,
    /// The keys; `None`: those of the machine's or container's role.
    pub credentials: Option<Credentials>,
}

/// Keys to a bucket. The secret parts are never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The access key's id.
    pub id: String,
    /// The secret key.
    pub secret: String,
    /// The session's token, for keys that end.
    pub token: Option<String>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credentials({})", self.id)
    }
}

impl Place {
    /// What a person gives: `s3://BUCKET/PREFIX`, or else a folder. `variable` reads the environment, for a bucket:
    /// `AWS_ENDPOINT_URL_S3` or `AWS_ENDPOINT_URL`, `AWS_REGION`, `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`,
    /// `AWS_SESSION_TOKEN`.
    ///
    /// # Errors
    /// When it is no place that files can be kept in.
    pub fn parse(text: &str, variable: impl Fn(&str) -> Option<String>) -> anyhow::Result<Self> {
        match text.split_once("://") {
            Some(("s3", rest)) => Ok(Self::Bucket(bucket(rest, variable)?)),
            Some(_) => bail!("{text}: give s3://BUCKET/PREFIX or a folder"),
            None if text.is_empty() => bail!("give s3://BUCKET/PREFIX or a folder"),
            None => Ok(Self::Folder(text.into())),
        }
    }

    /// The place without anything that may change or is secret: to notice that files lie elsewhere.
    pub fn name(&self) -> String {
        match self {
            // The folder may be moved with the data.
            Self::Folder(_) => "folder".to_owned(),
            Self::Bucket(bucket) if bucket.prefix.is_empty() => format!("s3://{}", bucket.name),
            Self::Bucket(bucket) => format!("s3://{}/{}", bucket.name, bucket.prefix),
        }
    }
}

fn bucket(rest: &str, variable: impl Fn(&str) -> Option<String>) -> anyhow::Result<Bucket> {
    let (name, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    if name.is_empty() || !name.chars().all(allowed) {
        bail!("s3://{rest}: the name of a bucket has letters, digits, full stops and hyphens");
    }
    let prefix = prefix.trim_matches('/');
    let is_plain =
        |part: &str| !part.is_empty() && part.chars().all(allowed) && !part.starts_with('.');
    if !prefix.is_empty() && !prefix.split('/').all(is_plain) {
        bail!("s3://{rest}: a prefix has letters, digits, full stops, hyphens, and / between");
    }
    let set = |name: &str| variable(name).filter(|value| !value.is_empty());
    let endpoint = set("AWS_ENDPOINT_URL_S3").or_else(|| set("AWS_ENDPOINT_URL"));
    if let Some(endpoint) = &endpoint {
        check_endpoint(endpoint)?;
    }
    let credentials = match (set("AWS_ACCESS_KEY_ID"), set("AWS_SECRET_ACCESS_KEY")) {
        (Some(id), Some(secret)) => {
            Some(Credentials { id, secret, token: set("AWS_SESSION_TOKEN") })
        }
        (None, None) => None,
        _ => bail!(
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY belong together, and only one is set"
        ),
    };
    Ok(Bucket {
        name: name.to_owned(),
        prefix: prefix.to_owned(),
        endpoint,
        region: set("AWS_REGION")
            .or_else(|| set("AWS_DEFAULT_REGION"))
            .unwrap_or_else(|| "us-east-1".to_owned()),
        credentials,
    })
}

/// HTTPS, or HTTP that does not leave this machine.
fn check_endpoint(endpoint: &str) -> anyhow::Result<()> {
    if endpoint.starts_with("https://") || is_loopback_http(endpoint) {
        return Ok(());
    }
    bail!(
        "the endpoint {endpoint} is not https: the files and the keys' signatures would travel in the open. Plain http is \
         taken for 127.0.0.1, [::1] and localhost only"
    )
}

pub(super) fn is_loopback_http(endpoint: &str) -> bool {
    let host = || -> anyhow::Result<String> {
        let uri: axum::http::Uri = endpoint.parse()?;
        Ok(uri.host().context("no host")?.trim_matches(['[', ']']).to_owned())
    };
    let is_loopback = |host: String| {
        host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    };
    endpoint.starts_with("http://") && host().is_ok_and(is_loopback)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(variables: &[(&str, &str)], text: &str) -> anyhow::Result<Place> {
        Place::parse(text, |name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn a_bucket_is_an_url_and_anything_else_a_folder() {
        assert_eq!(with(&[], "releases").unwrap(), Place::Folder("releases".into()));
        let place = with(&[], "s3://acme-releases/portal/one/").unwrap();
        assert_eq!(place.name(), "s3://acme-releases/portal/one");
        for bad in [
            "",
            "gs://a",
            "s3://",
            "s3:///a",
            "s3://a b",
            "s3://a/../b",
            "s3://a/b//c",
            "s3://a/?x",
        ] {
            assert!(with(&[], bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn keys_never_travel_in_the_open() {
        for (endpoint, good) in [
            ("https://s3.example", true),
            ("http://127.0.0.1:9000", true),
            ("http://[::1]:9000", true),
            ("http://localhost:9000", true),
            ("http://s3.example", false),
            ("http://127.0.0.1.evil.example", false),
            ("http://localhost@evil.example", false),
            ("http://10.0.0.1", false),
            ("ftp://127.0.0.1", false),
            ("HTTP://evil.example", false),
        ] {
            let parsed = with(&[("AWS_ENDPOINT_URL", endpoint)], "s3://a");
            assert_eq!(parsed.is_ok(), good, "{endpoint}");
        }
    }

    #[test]
    fn half_a_pair_of_keys_is_refused_and_the_secret_is_not_printed() {
        assert!(with(&[("AWS_ACCESS_KEY_ID", "id")], "s3://a").is_err());
        let keys = [("AWS_ACCESS_KEY_ID", "id"), ("AWS_SECRET_ACCESS_KEY", "hush")];
        let shown = format!("{:?}", with(&keys, "s3://a").unwrap());
        assert!(shown.contains("id") && !shown.contains("hush"), "{shown}");
    }
}
