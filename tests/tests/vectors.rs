//! The vectors of docs/format.md, made by an independent implementation, and the Wycheproof Ed25519 set.
//! One test name per vector.
#![allow(missing_docs, clippy::unwrap_used)] // a test program: a failed unwrap is a failed test

use std::collections::BTreeMap;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use countersign_core::fingerprint::Fingerprint;
use countersign_core::install::{self, AskedHere, Machine};
use countersign_core::license_key::LicenseKey;
use countersign_core::request::VerifiedRequest;
use countersign_core::revocations::VerifiedRevocations;
use countersign_core::rotation::Rotation;
use countersign_core::token::{TokenType, Unverified};
use countersign_core::trust::Roots;
use countersign_core::{
    Expect, Hash, Id, ProductId, Result, SigningKey, Thumbprint, file, key, trial,
};
use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::Value;

fn main() {
    let mut trials = Vec::new();
    trials.extend(tokens());
    trials.extend(releases());
    trials.extend(keys());
    trials.extend(checkpoints());
    trials.extend(trust());
    trials.extend(installs());
    trials.extend(files());
    trials.extend(license_keys());
    trials.push(Trial::test("fingerprints::acme-cad", || fingerprint(&load("fingerprints.json"))));
    trials.extend(works());
    trials.extend(wycheproof_set());
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

fn load(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors").join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).unwrap()
}

fn cases(file: &Value) -> Vec<Value> {
    file["cases"].as_array().unwrap().clone()
}

fn text<'a>(case: &'a Value, name: &str) -> &'a str {
    case[name].as_str().unwrap_or_else(|| panic!("{name} in {case}"))
}

fn roots(file: &Value) -> Roots {
    let keys = file["roots"].as_object().unwrap();
    Roots::new(keys.iter().map(|(thumbprint, x)| {
        let key: countersign_core::PublicKey = x.as_str().unwrap().parse().unwrap();
        assert_eq!(key.thumbprint().to_string(), *thumbprint);
        key
    }))
}

fn works() -> Vec<Trial> {
    let named = |case: Value| {
        let name = format!("trial-work::{}", text(&case, "name"));
        Trial::test(name, move || work(&case))
    };
    cases(&load("trial-work.json")).into_iter().map(named).collect()
}

fn work(case: &Value) -> std::result::Result<(), Failed> {
    let (token, bits) = (text(case, "token"), case["bits"].as_u64().unwrap());
    let bits = u32::try_from(bits).unwrap();
    let ok = trial::is_work(&Hash::of(token), text(case, "nonce"), bits);
    same(&ok.to_string(), &case["ok"].to_string())?;
    same(&trial::trial_id(token).to_string(), text(case, "trial_id"))
}

/// `ok`, or the error code.
fn verdict<T>(result: Result<T>) -> &'static str {
    result.map_or_else(|e| e.code().as_str(), |_| "ok")
}

fn same(found: &str, expected: &str) -> std::result::Result<(), Failed> {
    if found == expected {
        Ok(())
    } else {
        Err(format!("found {found:?}, expected {expected:?}").into())
    }
}

fn tokens() -> Vec<Trial> {
    let file = load("tokens.json");
    let roots = roots(&file);
    let trial = |case: Value| {
        let roots = roots.clone();
        Trial::test(format!("tokens::{}", text(&case, "name")), move || {
            let (token, expect) =
                (text(&case, "token"), text(&case, "expect").parse::<Expect>().unwrap());
            // Which side verifies is the caller's choice, as in a program: by what it asks for.
            let found = match expect {
                Expect::Request => verdict(VerifiedRequest::verify(token, expect)),
                Expect::Type(t) if t.is_request() => {
                    verdict(VerifiedRequest::verify(token, expect))
                }
                _ => verdict(roots.verify_response(token, expect)),
            };
            same(found, text(&case, "verdict"))
        })
    };
    cases(&file).into_iter().map(trial).collect()
}

fn releases() -> Vec<Trial> {
    let file = load("releases.json");
    let roots = roots(&file);
    let trial = |case: Value| {
        let roots = roots.clone();
        Trial::test(format!("releases::{}", text(&case, "name")), move || {
            let (token, expect) =
                (text(&case, "token"), text(&case, "expect").parse::<Expect>().unwrap());
            let found = match expect {
                Expect::Request => verdict(VerifiedRequest::verify(token, expect)),
                Expect::Response => verdict(roots.verify_response(token, expect)),
                _ => verdict(roots.verify_release(token)),
            };
            same(found, text(&case, "verdict"))
        })
    };
    cases(&file).into_iter().map(trial).collect()
}

/// Whatever the token is, by a verifier that knows the roots of the case and nothing else.
fn keys() -> Vec<Trial> {
    let file = load("keys.json");
    let trial = |case: Value| {
        let roots = roots_of(&file, &case);
        Trial::test(format!("keys::{}", text(&case, "name")), move || {
            let (token, expect) =
                (text(&case, "token"), text(&case, "expect").parse::<Expect>().unwrap());
            same(verify(&roots, token, expect), text(&case, "verdict"))
        })
    };
    cases(&file).into_iter().map(trial).collect()
}

/// Checkpoints of an audit log, and a log as another program writes it.
fn checkpoints() -> Vec<Trial> {
    let file = load("checkpoints.json");
    let roots = roots(&file);
    let token = |case: Value| {
        let roots = roots.clone();
        Trial::test(format!("checkpoints::{}", text(&case, "name")), move || {
            same(verdict(roots.verify_checkpoint(text(&case, "token"))), text(&case, "verdict"))
        })
    };
    let mut trials: Vec<Trial> = cases(&file).into_iter().map(token).collect();
    for case in file["logs"].as_array().unwrap().clone() {
        let roots = roots.clone();
        let name = format!("checkpoints::{}", text(&case, "name"));
        trials.push(Trial::test(name, move || log(&roots, &case)));
    }
    trials
}

fn log(roots: &Roots, case: &Value) -> std::result::Result<(), Failed> {
    let lines: Vec<&str> =
        case["lines"].as_array().unwrap().iter().map(|l| l.as_str().unwrap()).collect();
    for (line, hash) in lines.iter().zip(case["hashes"].as_array().unwrap()) {
        same(&Hash::of(line).to_string(), hash.as_str().unwrap())?;
    }
    let kept = roots.verify_checkpoint(text(case, "checkpoint")).unwrap();
    let kept = kept.claims();
    let head = countersign_audit::Head { n: kept.n, hash: kept.hash };
    let known = countersign_audit::Known { name: "kept".into(), log: Some(kept.log), head };
    let file = lines.join("\n") + "\n";
    let verified = countersign_audit::verify(file.as_bytes(), None, vec![known]).unwrap();
    same(&format!("{:?}", verified.findings), "[]")?;
    same(&format!("{:?}", verified.proven), &format!("{:?}", Some((kept.n, 0))))?;
    // Written again it is the same, byte for byte.
    for line in &lines[1..] {
        let entry: countersign_audit::Entry<'_> = serde_json::from_str(line).unwrap();
        same(&entry.line().0, line)?;
    }
    Ok(())
}

fn verify(roots: &Roots, token: &str, expect: Expect) -> &'static str {
    let token_type = match Unverified::decode(token).map(|t| t.token_type()) {
        Ok(t) => t,
        Err(e) => return e.code().as_str(),
    };
    if let Err(e) = expect.check(token_type) {
        return e.code().as_str();
    }
    match token_type {
        TokenType::SigningKey => verdict(roots.verify_delegation(token)),
        TokenType::Revocations => verdict(roots.verify_revocations(token)),
        TokenType::RootKey => verdict(roots.clone().learn(&[token])),
        TokenType::Release => verdict(roots.verify_release(token)),
        TokenType::Proposal => verdict(roots.verify_proposal(token)),
        TokenType::Approval => verdict(roots.verify_approval(token)),
        TokenType::AuditCheckpoint => verdict(roots.verify_checkpoint(token)),
        t if t.is_request() => verdict(VerifiedRequest::verify(token, expect)),
        _ => verdict(roots.verify_response(token, expect)),
    }
}

/// The roots that a case names, of those that the file lists.
fn roots_of(file: &Value, case: &Value) -> Roots {
    let names = case["roots"].as_array().unwrap().iter().map(|kid| kid.as_str().unwrap());
    Roots::new(names.map(|kid| text(&file["roots"], kid).parse().unwrap()))
}

/// A machine that has seen something before, and what arrives there.
fn trust() -> Vec<Trial> {
    let file = load("trust.json");
    let trial = |case: Value| {
        let all: Vec<String> = file["roots"].as_object().unwrap().keys().cloned().collect();
        let plain = roots_of(&file, &case);
        Trial::test(format!("trust::{}", text(&case, "name")), move || {
            let machine = machine_of(&case, &plain);
            let learned = arrives(&machine, &case);
            same(
                learned.as_ref().map_or_else(|e| e.code().as_str(), |_| "ok"),
                text(&case, "verdict"),
            )?;
            let Ok(learned) = learned else { return Ok(()) };
            same(&learned.warnings.join(" "), &strings(&case["warnings"]).join(" "))?;
            let wanted = &case["learns"];
            if wanted["roots"].is_array() {
                let trusted = all.iter().filter(|kid| learned.roots.trusts(&kid.parse().unwrap()));
                let trusted: Vec<String> = trusted.cloned().collect();
                let mut wanted = strings(&wanted["roots"]);
                wanted.sort();
                same(&trusted.join(" "), &wanted.join(" "))?;
            }
            if let Some(signed) = wanted["signed"].as_u64() {
                same(&learned.signed.to_string(), &signed.to_string())?;
            }
            if wanted["revoked"].is_array() {
                same(&learned.revoked.join(" "), &strings(&wanted["revoked"]).join(" "))?;
            }
            Ok(())
        })
    };
    cases(&file).into_iter().map(trial).collect()
}

/// What a machine knows after something arrived.
struct Learned {
    roots: Roots,
    signed: u64,
    revoked: Vec<String>,
    warnings: Vec<String>,
}

fn machine_of(case: &Value, plain: &Roots) -> VectorMachine {
    let mut roots = plain.clone();
    for token in strings(&case["rotations"]) {
        roots.learn(&[token]).unwrap();
    }
    // A list may have been seen before the rotations were.
    let known = |token: String| {
        plain.verify_revocations(&token).or_else(|_| roots.verify_revocations(&token)).unwrap()
    };
    let request = |(id, asked): (&String, &Value)| {
        let asked = AskedHere {
            hash: text(asked, "hash").parse().unwrap(),
            made_at: asked["made_at"].as_u64().unwrap(),
            may_reset: asked["may_reset"].as_bool().unwrap(),
        };
        (id.clone(), asked)
    };
    VectorMachine {
        product: text(case, "product").parse().unwrap(),
        device: text(case, "device_jkt").parse().unwrap(),
        fingerprint: Fingerprint::from_json(&case["fingerprint"]).unwrap(),
        requests: case["requests"].as_object().unwrap().iter().map(request).collect(),
        deactivated: Vec::new(),
        revoked: Vec::new(),
        lists: strings(&case["lists"]).into_iter().map(known).collect(),
        signed: case["signed"].as_u64().unwrap(),
        tolerance: case["tolerance"].as_u64().unwrap(),
        roots,
    }
}

fn arrives(machine: &VectorMachine, case: &Value) -> Result<Learned> {
    let (token, now) = (text(case, "token"), case["now"].as_u64().unwrap());
    let mut learned = Learned {
        roots: machine.roots.clone(),
        signed: machine.signed,
        revoked: Vec::new(),
        warnings: Vec::new(),
    };
    let mut lists = machine.lists.clone();
    match Unverified::decode(token)?.token_type() {
        TokenType::RootKey => {
            learned.roots = install::check_rotation(machine, token)?;
            learned.signed = learned.signed.max(Rotation::verify(token)?.issued_at);
        }
        TokenType::Revocations => {
            let list = install::check_revocations(machine, token)?;
            learned.signed = learned.signed.max(list.list.issued_at);
            lists.push(list);
        }
        _ => {
            let accepted = install::check(machine, token, Expect::Response, now)?;
            learned.roots = accepted.verified.roots().clone();
            learned.signed = learned.signed.max(accepted.verified.signed_time());
            learned.warnings = accepted.warnings.iter().map(|w| w.code().to_owned()).collect();
        }
    }
    let entries =
        lists.iter().flat_map(|l| l.list.revoked.iter().map(|entry| (&l.root, entry.kid)));
    let counting = entries.filter(|(root, kid)| learned.roots.may_revoke(root, kid));
    learned.revoked = counting.map(|(_, kid)| kid.to_string()).collect();
    learned.revoked.sort();
    Ok(learned)
}

struct VectorMachine {
    roots: Roots,
    product: ProductId,
    device: Thumbprint,
    fingerprint: Fingerprint,
    requests: BTreeMap<String, AskedHere>,
    deactivated: Vec<String>,
    revoked: Vec<String>,
    lists: Vec<VerifiedRevocations>,
    signed: u64,
    tolerance: u64,
}

impl Machine for VectorMachine {
    fn roots(&self) -> &Roots {
        &self.roots
    }
    fn product(&self) -> &ProductId {
        &self.product
    }
    fn device(&self) -> Thumbprint {
        self.device
    }
    fn fingerprint(&self) -> Option<&Fingerprint> {
        Some(&self.fingerprint)
    }
    fn request(&self, id: &Id) -> Option<AskedHere> {
        self.requests.get(&id.to_string()).copied()
    }
    fn is_revoked(&self, roots: &Roots, kid: &Thumbprint, serial: Option<u64>) -> bool {
        let counts = |l: &VerifiedRevocations| roots.may_revoke(&l.root, kid);
        self.revoked.contains(&kid.to_string())
            || self.lists.iter().any(|l| counts(l) && l.list.names(kid, serial))
    }
    fn is_deactivated(&self, activation: &Id) -> bool {
        self.deactivated.contains(&activation.to_string())
    }
    fn installed_at(&self, _: &Id) -> Option<u64> {
        None
    }
    fn signed(&self) -> u64 {
        self.signed
    }
    fn tolerance(&self) -> u64 {
        self.tolerance
    }
}

fn strings(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|v| v.as_str().unwrap().to_owned()).collect()
}

fn installs() -> Vec<Trial> {
    let file = load("install.json");
    let roots = roots(&file);
    let trial = |case: Value| {
        let outstanding = case["outstanding"].as_object().unwrap().iter();
        let machine = VectorMachine {
            roots: roots.clone(),
            product: text(&case, "product").parse().unwrap(),
            device: text(&case, "device_jkt").parse().unwrap(),
            fingerprint: Fingerprint::from_json(&case["fingerprint"]).unwrap(),
            requests: outstanding
                .map(|(id, h)| {
                    let hash = h.as_str().unwrap().parse().unwrap();
                    (id.clone(), AskedHere { hash, made_at: 0, may_reset: true })
                })
                .collect(),
            deactivated: strings(&case["deactivated"]),
            revoked: strings(&case["revoked_kids"]),
            lists: Vec::new(),
            signed: 0,
            tolerance: 86_400,
        };
        Trial::test(format!("install::{}", text(&case, "name")), move || {
            let seed = hex(text(&case, "device_seed_hex"));
            let key = SigningKey::from_seed(&seed.try_into().unwrap());
            same(&key.public_key().thumbprint().to_string(), text(&case, "device_jkt"))?;
            let now = case["now"].as_u64().unwrap();
            let found = install::check(&machine, text(&case, "token"), Expect::Response, now);
            same(verdict(found), text(&case, "verdict"))
        })
    };
    cases(&file).into_iter().map(trial).collect()
}

fn files() -> Vec<Trial> {
    let trial = |case: Value| {
        Trial::test(format!("files::{}", text(&case, "name")), move || {
            let read = file::read(&STANDARD.decode(text(&case, "base64")).unwrap());
            same(verdict(read.clone()), text(&case, "verdict"))?;
            match read {
                Ok(token) => {
                    Unverified::decode(&token).unwrap();
                    same(&token, text(&case, "token"))
                }
                Err(_) => Ok(()),
            }
        })
    };
    cases(&load("files.json")).into_iter().map(trial).collect()
}

fn license_keys() -> Vec<Trial> {
    let trial = |case: Value| {
        Trial::test(format!("license-keys::{}", text(&case, "typed")), move || {
            let key = text(&case, "typed").parse::<LicenseKey>();
            if !case["valid"].as_bool().unwrap() {
                return key.map_or(Ok(()), |_| Err("a wrong check character was taken".into()));
            }
            let key = key?;
            same(key.normal(), text(&case, "normal"))?;
            same(&key.id().to_string(), text(&case, "id"))?;
            let (jkt, jti) =
                (text(&case, "jkt").parse().unwrap(), text(&case, "jti").parse().unwrap());
            same(&key.proof(&jkt, &jti).to_string(), text(&case, "proof"))
        })
    };
    cases(&load("license-keys.json")).into_iter().map(trial).collect()
}

fn fingerprint(case: &Value) -> std::result::Result<(), Failed> {
    let raw = case["raw"].as_object().unwrap();
    let raw = raw.iter().map(|(name, value)| (name.as_str(), value.as_str().unwrap()));
    let found = Fingerprint::of_raw(&text(case, "product").parse().unwrap(), raw).unwrap();
    same(&found.to_json().to_string(), &case["fingerprint"].to_string())
}

fn wycheproof_set() -> Vec<Trial> {
    use wycheproof::eddsa::{TestName, TestSet};
    let set = TestSet::load(TestName::Ed25519).unwrap();
    let mut trials = Vec::new();
    for group in set.test_groups {
        for test in group.tests {
            let key = group.key.pk.clone();
            let name = format!("wycheproof::{} {}", test.tc_id, test.comment);
            trials.push(Trial::test(name, move || {
                let accepted = key::verify(&key, &test.msg, &test.sig);
                if accepted == test.result.must_fail() {
                    return Err(format!("accepted: {accepted}, flags {:?}", test.flags).into());
                }
                Ok(())
            }));
        }
    }
    trials
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap()).collect()
}
