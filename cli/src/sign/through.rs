//! Requests that the portal answers, under the limits of their licenses and in the name of a token's owner: the same steps as
//! with a key. Nothing is signed here. Where the portal cannot be reached nothing falls back to a key: that is done on purpose,
//! or not at all.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{anyhow, ensure};
use countersign_core::request::{Ask, VerifiedRequest};
use countersign_core::trust::Roots;
use countersign_core::{Expect, Hash, file};
use serde_json::{Value, json};

use super::args::Sign;
use super::book::{Answered, Book};
use super::bulk::{self, hand_out, read, target, unreadable};
use super::groups::{self, Stop};
use super::inputs::{Input, Inputs};
use super::single;
use super::table::{Result as Became, Row, Table};
use super::tally::Tally;
use crate::fail::{Failure, Outcome};
use crate::files::{self, Carries};
use crate::portal::{Portal, Purpose};
use crate::say::{self, Report};

const PURPOSE: Purpose = Purpose {
    scope: "requests:answer",
    state: "Nothing was signed here, and what the portal has answered it will answer in the same way again.",
    way_out: "Check the address and the network, and run the same command again. To sign without the portal, on purpose: \
              give --key instead of --portal, and take the journal to the portal later (countersign journal push).",
};
/// So many requests are asked for at a time, where nothing else is said: the portal has others to answer, too.
const AT_A_TIME: usize = 4;
/// So many refused requests are named before it is asked.
const NAMED: usize = 5;

pub(crate) fn run(options: &Sign, url: &str, as_json: bool) -> Outcome {
    ensure_files(options)?;
    let desk = Desk::open(options, url)?;
    if !options.many.dry_run {
        bulk::ensure_agreed(options)?;
    }
    let looked = match options.many.yes {
        true => None,
        false => Some(Looked::make(options, &desk)?),
    };
    if options.many.dry_run {
        let looked = looked.unwrap_or_default();
        looked.report("Nothing was answered.").print(as_json)?;
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(looked) = &looked {
        say::print(&looked.report("").to_text())?;
        if looked.requests.is_empty() || !bulk::asks("Have the portal answer this? [y/N] ")? {
            return Err(anyhow!("nothing was answered").into());
        }
    }
    let mut table = options.many.report.as_deref().map(Table::create).transpose()?;
    let mut tally = Tally::default();
    let one = is_single(options);
    let answer = |inputs: Vec<_>| desk.answer(options, looked.as_ref(), inputs);
    let mut last = None;
    let ended = groups::each(Inputs::new(&options.files), jobs(options), answer, |done: Done| {
        if let Some(table) = &mut table
            && let Err(error) = table.add(&done.row)
        {
            tally.report_failed.get_or_insert(error);
        }
        last = one.then(|| done.answered).flatten().zip(done.row.response.clone());
        tally.count(done.row);
    });
    if let Some(Err(error)) = table.map(Table::finish) {
        tally.report_failed.get_or_insert(error);
    }
    match (last, &ended) {
        (Some((answered, out)), Stop::Done) if tally.is_well() => {
            if out == Path::new("-") {
                return Ok(ExitCode::SUCCESS);
            }
            let next = "Carry it back to the machine and install it there.";
            single::report(&answered.response, &out, None, &Book::none(), next).print(as_json)?;
            Ok(ExitCode::SUCCESS)
        }
        _ => tally.finish(options, &Book::none(), ended, as_json),
    }
}

/// Whether one file is named, whose response gets a place of its own.
fn is_single(options: &Sign) -> bool {
    matches!(options.files.as_slice(), [one] if !one.is_dir())
}

fn jobs(options: &Sign) -> usize {
    options.many.jobs.map_or(AT_A_TIME, usize::from)
}

fn ensure_files(options: &Sign) -> anyhow::Result<()> {
    ensure!(
        !options.files.iter().any(|path| path == Path::new("-")),
        "a request that the portal is to answer is looked at before: nothing was answered. Give it as a file"
    );
    ensure!(
        is_single(options) || options.out.as_deref() != Some(Path::new("-")),
        "several responses cannot go to standard output: nothing was answered. Give a folder with --out"
    );
    ensure!(
        !options.root.is_empty(),
        "what the portal answers is checked before it is handed out: nothing was answered. Give the root's public key with \
         --root"
    );
    Ok(())
}

type Found = Result<Input, (PathBuf, std::io::Error)>;

/// One request that was worked on.
struct Done {
    row: Row,
    answered: Option<Answered>,
}

struct Desk {
    portal: Portal,
    roots: Roots,
    license: Option<String>,
}

impl Desk {
    fn open(options: &Sign, url: &str) -> Result<Self, Failure> {
        let roots = Roots::new(files::read_roots(&options.root)?);
        let portal = Portal::open(url, &options.through.token, PURPOSE)?;
        Ok(Self { portal, roots, license: options.through.license.clone() })
    }

    /// What is sent: the token, and the license where the request names none.
    fn body(&self, request: &VerifiedRequest) -> Value {
        let names_none = matches!(request.claims().ask, Ask::Activation { license: None, .. });
        match self.license.as_ref().filter(|_| names_none) {
            Some(license) => json!({"request": request.token(), "license": license}),
            None => json!({"request": request.token()}),
        }
    }

    /// Has a group answered. An error concerns all that is sent, and ends the run.
    fn answer(
        &self,
        options: &Sign,
        looked: Option<&Looked>,
        inputs: Vec<Found>,
    ) -> Result<Vec<Done>, Failure> {
        let without = |path: PathBuf, failure: &Failure| {
            let became = if failure.is_refusal() { Became::Refused } else { Became::Failed };
            Done { row: Row::without(path, became, failure), answered: None }
        };
        let mut done = Vec::with_capacity(inputs.len());
        for input in inputs {
            let input = match input {
                Ok(input) => input,
                Err((path, error)) => {
                    done.push(without(path, &unreadable(error)));
                    continue;
                }
            };
            let request = match read(&input) {
                Ok(request) => request,
                Err(failure) => {
                    done.push(without(input.path, &failure));
                    continue;
                }
            };
            let is_new = looked.map(|looked| looked.requests.get(&request.hash()));
            let is_new = match is_new {
                Some(None) => {
                    let row = Row::without(input.path, Became::Refused, &bulk::not_shown());
                    done.push(Done { row: row.of(request.claims()), answered: None });
                    continue;
                }
                Some(Some(is_new)) => *is_new,
                None => true,
            };
            done.push(match self.one(&request, is_new)? {
                Ok(answered) => self.handed_out(options, &input, &request, answered),
                Err(failure) => {
                    let row = Row::without(input.path, Became::Refused, &failure);
                    Done { row: row.of(request.claims()), answered: None }
                }
            });
        }
        Ok(done)
    }

    /// The portal's answer, as the machine would check it.
    fn one(
        &self,
        request: &VerifiedRequest,
        is_new: bool,
    ) -> Result<Result<Answered, Failure>, Failure> {
        let answer = match self.portal.post("/api/v1/requests", &self.body(request))? {
            Ok(answer) => answer,
            Err(refused) => return Ok(Err(refused)),
        };
        let token = answer["token"].as_str().unwrap_or_default().to_owned();
        let verified = match self.roots.verify_response(&token, Expect::Response) {
            Ok(verified) => verified,
            Err(error) => return Ok(Err(untrue(&error.to_string()))),
        };
        let response = verified.claims().clone();
        let fits = response.request.hash == request.hash()
            && response.device == request.device_key().thumbprint();
        Ok(match fits {
            true => Ok(Answered { response, token, entry: None, is_new }),
            false => Err(untrue("it answers another request")),
        })
    }

    fn handed_out(
        &self,
        options: &Sign,
        input: &Input,
        request: &VerifiedRequest,
        answered: Answered,
    ) -> Done {
        if !is_single(options) {
            let mut row =
                hand_out(input, &target(input, options.out.as_deref()), request, &answered);
            if row.result == Became::Failed || row.code.is_some() {
                row.advice = Some("The portal has answered it: put this right and run the same command again, which writes the file.".to_owned());
            }
            return Done { row, answered: Some(answered) };
        }
        let name = request.claims().device_name();
        let out = options.out.clone().unwrap_or_else(|| {
            PathBuf::from(format!("{}.response", file::safe_name(name.unwrap_or("machine"))))
        });
        let text = file::response_file(&answered.token, &answered.response, name);
        let written = match already(&out, &answered.token) {
            true => Ok(Became::There),
            false => files::write_carrier(&out, &text, Carries::Response).map(|()| Became::Signed),
        };
        let row = match written {
            Ok(became) => bulk::blank(&input.path, became),
            Err(error) => {
                let failure = Failure::file(
                    &error,
                    "The portal has answered it: put this right and run the same command again, which writes the file.",
                );
                Row::without(input.path.clone(), Became::Failed, &failure)
            }
        };
        let row = Row { response: Some(out), ..row }.of(request.claims());
        Done { row: row.answered(&answered.response, None), answered: Some(answered) }
    }
}

/// Whether this very response lies there.
fn already(out: &Path, token: &str) -> bool {
    let there = files::read_input(out).ok().filter(|_| out != Path::new("-"));
    there.and_then(|bytes| file::read(&bytes).ok()).is_some_and(|there| there == token)
}

/// Nothing that does not hold is handed out, whoever says that it does.
fn untrue(why: &str) -> Failure {
    Failure::refused(
        "portal-untrue",
        format!("what the portal answered does not hold: {why}"),
        "It was not handed out. Check --portal and --root: the portal signs under another root, or it is not the vendor's.",
    )
}

/// What the portal would do, asked before.
#[derive(Default)]
struct Looked {
    /// Those that would be answered, and whether that would be something new.
    requests: HashMap<Hash, bool>,
    /// By product and effect: how many, and the words for one.
    kinds: BTreeMap<(String, String), (u64, String)>,
    refused: u64,
    codes: BTreeMap<String, u64>,
    named: Vec<String>,
}

enum Look {
    Would { hash: Hash, product: String, effect: String, words: String },
    Refused(String, Failure),
}

impl Looked {
    fn make(options: &Sign, desk: &Desk) -> Result<Self, Failure> {
        let mut looked = Self::default();
        let look = |inputs: Vec<Found>| inputs.into_iter().map(|i| look(desk, i)).collect();
        let ended = groups::each(Inputs::new(&options.files), jobs(options), look, |found| {
            looked.add(found);
        });
        match ended {
            Stop::Done => Ok(looked),
            Stop::At(failure) => Err(failure),
        }
    }

    fn add(&mut self, found: Look) {
        match found {
            Look::Would { hash, product, effect, words } => {
                if self.requests.insert(hash, effect != "again").is_none() {
                    self.kinds.entry((product, effect)).or_insert((0, words)).0 += 1;
                }
            }
            Look::Refused(name, failure) => {
                self.refused += 1;
                *self.codes.entry(failure.code().to_owned()).or_default() += 1;
                if self.named.len() < NAMED {
                    let (code, words) = (failure.code(), failure.words());
                    self.named.push(format!("{name}: {code}: {words}"));
                }
            }
        }
    }

    fn report(&self, last: &str) -> Report {
        let kinds = self.kinds.iter().map(|((product, effect), (count, words))| {
            json!({"product": product, "effect": effect, "count": count, "words": words})
        });
        let report = Report::new(json!({
            "would_answer": self.requests.len(), "kinds": kinds.collect::<Vec<_>>(), "refused": self.refused,
            "codes": self.codes,
        }));
        let report = report.field("to answer", self.requests.len());
        let report =
            self.kinds.iter().fold(report, |report, ((product, _), (count, words))| match count {
                1 => report.field(product, words),
                _ => report.field(product, format!("{count} like this: {words}")),
            });
        let codes = self.codes.iter().map(|(code, n)| format!("{n} {code}")).collect::<Vec<_>>();
        let refused =
            (self.refused > 0).then(|| format!("{}  ({})", self.refused, codes.join(", ")));
        let report = report.maybe("refused", refused);
        let report = self.named.iter().fold(report, |report, line| report.text(line.clone()));
        report.maybe_text((!last.is_empty()).then_some(last))
    }
}

fn look(desk: &Desk, input: Found) -> Result<Look, Failure> {
    let input = match input {
        Ok(input) => input,
        Err((path, error)) => {
            return Ok(Look::Refused(path.display().to_string(), unreadable(error)));
        }
    };
    let name = input.path.display().to_string();
    let request = match read(&input) {
        Ok(request) => request,
        Err(failure) => return Ok(Look::Refused(name, failure)),
    };
    let preview = match desk.portal.post("/api/v1/requests/preview", &desk.body(&request))? {
        Ok(preview) => preview,
        Err(refused) => return Ok(Look::Refused(name, refused)),
    };
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    if let Some(refusal) = preview.get("refusal").filter(|refusal| refusal.is_object()) {
        let [code, fact, advice] = ["code", "detail", "advice"].map(|name| text(&refusal[name]));
        return Ok(Look::Refused(name, Failure::refused(&code, fact, advice)));
    }
    let outcome = &preview["outcome"];
    Ok(Look::Would {
        hash: request.hash(),
        product: request.claims().product.to_string(),
        effect: text(&outcome["effect"]),
        words: text(&outcome["words"]),
    })
}
