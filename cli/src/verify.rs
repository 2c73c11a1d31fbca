//! `countersign verify`

use std::io::Read as _;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use countersign_core::request::VerifiedRequest;
use countersign_core::token::Unverified;
use countersign_core::trust::Roots;
use countersign_core::{Expect, PublicKey, TokenType, file, pem};
use serde_json::json;

use crate::args::Verify;

pub(crate) fn run(options: &Verify) -> anyhow::Result<ExitCode> {
    let expect: Expect = options
        .expect
        .parse()
        .with_context(|| format!("--expect {}: say request, response or a type", options.expect))?;
    let roots = options.root.iter().map(|key| read_key(key)).collect::<anyhow::Result<Vec<_>>>()?;
    let bytes = read_input(&options.file)?;
    let token = file::read(&bytes);
    let token_type =
        token.as_ref().ok().and_then(|t| Unverified::decode(t).ok()).map(|t| t.token_type());
    let verdict = token.and_then(|token| verify(&token, token_type, expect, &Roots::new(roots)));
    let typ = token_type.map(TokenType::as_str);
    let (code, message, exit) = match &verdict {
        Ok(message) => ("ok", message.clone(), ExitCode::SUCCESS),
        Err(error) => {
            (error.code().as_str(), format!("{error}. {}", error.advice()), ExitCode::from(1))
        }
    };
    if options.json {
        println!("{}", json!({"verdict": code, "type": typ, "message": message}));
    } else {
        println!("{code}: {message}");
    }
    Ok(exit)
}

fn verify(
    token: &str,
    token_type: Option<TokenType>,
    expect: Expect,
    roots: &Roots,
) -> countersign_core::Result<String> {
    let verified = match token_type {
        Some(t) if t.is_response() => {
            expect.check(t)?;
            roots.verify_response(token, expect).map(|_| ())
        }
        Some(t @ TokenType::SigningKey) => {
            expect.check(t).and_then(|()| roots.verify_delegation(token).map(|_| ()))
        }
        Some(t @ TokenType::Revocations) => {
            expect.check(t).and_then(|()| roots.verify_revocations(token).map(|_| ()))
        }
        // A token that does not decode says here what is wrong with it.
        Some(t) => {
            expect.check(t).and_then(|()| VerifiedRequest::verify(token, expect).map(|_| ()))
        }
        None => Unverified::decode(token).map(|_| ()),
    };
    verified.map(|()| {
        token_type
            .map_or(String::new(), |t| format!("this is {}, and it verifies", t.with_article()))
    })
}

fn read_input(path: &Path) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    // One byte more than a file may have is enough to refuse it.
    let most = file::MAX_FILE as u64 + 1;
    if path == Path::new("-") {
        std::io::stdin().take(most).read_to_end(&mut bytes)?;
    } else {
        let open = std::fs::File::open(path)
            .with_context(|| format!("{} cannot be opened", path.display()))?;
        open.take(most)
            .read_to_end(&mut bytes)
            .with_context(|| format!("{} cannot be read", path.display()))?;
    }
    Ok(bytes)
}

/// The 43 characters of `x`, or a file with them or with SPKI PEM.
fn read_key(key: &str) -> anyhow::Result<PublicKey> {
    if let Ok(key) = key.parse() {
        return Ok(key);
    }
    let text = std::fs::read_to_string(key).with_context(|| {
        format!("--root {key}: no such key file, and not 43 characters of a key")
    })?;
    if text.contains("PRIVATE KEY") {
        bail!(
            "--root {key}: this is a private key. Give its public half, the file that ends in .pub"
        );
    }
    text.trim()
        .parse()
        .or_else(|_| pem::read_public(&text))
        .with_context(|| format!("--root {key}"))
}
