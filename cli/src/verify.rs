//! `countersign verify`

use std::process::ExitCode;

use anyhow::Context as _;
use countersign_core::request::VerifiedRequest;
use countersign_core::token::Unverified;
use countersign_core::trust::Roots;
use countersign_core::{Expect, TokenType, file};
use serde_json::json;

use crate::args::Verify;
use crate::files::{read_input, read_roots};
use crate::say::Report;

pub(crate) fn run(options: &Verify, as_json: bool) -> anyhow::Result<ExitCode> {
    let expect: Expect = options
        .expect
        .parse()
        .with_context(|| format!("--expect {}: say request, response or a type", options.expect))?;
    let roots = read_roots(&options.root)?;
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
    Report::new(json!({"verdict": code, "type": typ, "message": message}))
        .text(format!("{code}: {message}"))
        .print(as_json)?;
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
        Some(t @ TokenType::Release) => {
            expect.check(t).and_then(|()| roots.verify_release(token).map(|_| ()))
        }
        Some(t @ TokenType::AuditCheckpoint) => {
            expect.check(t).and_then(|()| roots.verify_checkpoint(token).map(|_| ()))
        }
        Some(t @ TokenType::RootKey) => {
            expect.check(t).and_then(|()| roots.clone().learn(&[token]))
        }
        Some(t @ TokenType::Proposal) => {
            expect.check(t).and_then(|()| roots.verify_proposal(token).map(|_| ()))
        }
        Some(t @ TokenType::Approval) => {
            expect.check(t).and_then(|()| roots.verify_approval(token).map(|_| ()))
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
