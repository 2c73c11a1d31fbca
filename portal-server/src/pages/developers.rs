//! `/developers/api`: the API's document as a page, to be read without a script and tried out with one. The texts of the
//! operations are English, as in the document.

use std::fmt::Write as _;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use countersign_store::TokenScope;
use serde_json::Value;

use super::{ErrorPage, Frame, page};
use crate::access::Visitor;
use crate::api::document::{self, Entry, document, problems};
use crate::app::App;
use crate::router;

#[derive(Template)]
#[template(path = "developers_api.html")]
struct ApiPage {
    frame: Frame,
    document: &'static str,
    groups: Vec<Group>,
}

/// The operations of one noun.
struct Group {
    noun: String,
    operations: Vec<Shown>,
}

/// An operation, ready to be shown.
struct Shown {
    name: &'static str,
    method: String,
    path: String,
    summary: &'static str,
    more: &'static str,
    scope: Option<TokenScope>,
    parameters: Vec<Line>,
    members: Vec<Line>,
    /// A body that works, or an empty one; not there where none is taken.
    body: Option<String>,
    /// Whether the body is something else than JSON.
    is_plain: bool,
    status: u16,
    answer: Vec<Line>,
    problems: Vec<(u16, Vec<&'static str>)>,
}

/// A parameter or a member.
struct Line {
    name: String,
    /// Where a parameter stands.
    place: String,
    is_needed: bool,
    kind: String,
    description: String,
}

pub(crate) async fn api(State(app): State<App>, visitor: Visitor) -> Result<Response, ErrorPage> {
    let entries = router::documented(&app);
    let document = document(&entries);
    let mut groups: Vec<Group> = Vec::new();
    for entry in &entries {
        let shown = shown(entry, &document);
        match groups.iter_mut().find(|group| group.noun == entry.noun()) {
            Some(group) => group.operations.push(shown),
            None => groups.push(Group { noun: entry.noun().to_owned(), operations: vec![shown] }),
        }
    }
    let frame = Frame::new(&app, &visitor);
    Ok(page(&ApiPage { frame, document: document::PATH, groups }))
}

fn shown(entry: &Entry, document: &Value) -> Shown {
    let described = &entry.described;
    let method = described.method.as_str();
    let operation = &document["paths"][&entry.path][method.to_ascii_lowercase()];
    let content = &operation["requestBody"]["content"];
    let json = &content["application/json"];
    let example = json["examples"]["example"]["value"].as_object();
    let status = described.status.as_u16();
    let answer = &operation["responses"][status.to_string()]["content"]["application/json"];
    Shown {
        name: described.name,
        method: method.to_owned(),
        path: entry.path.clone(),
        summary: described.summary,
        more: described.more,
        scope: entry.scope(),
        parameters: operation["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .map(parameter)
            .collect(),
        members: members(&json["schema"], document),
        body: (!content.is_null()).then(|| match example {
            Some(example) => serde_json::to_string_pretty(example).unwrap_or_default(),
            None => String::new(),
        }),
        is_plain: !described.plain.is_empty() && example.is_none(),
        status,
        answer: members(&answer["schema"], document),
        problems: problems(entry).into_iter().collect(),
    }
}

fn parameter(parameter: &Value) -> Line {
    let text = |name: &str| parameter[name].as_str().unwrap_or_default().to_owned();
    Line {
        name: text("name"),
        place: text("in"),
        is_needed: parameter["required"] == true,
        kind: kind(&parameter["schema"]),
        description: text("description"),
    }
}

/// The members of an object; of a list those of its items.
fn members(schema: &Value, document: &Value) -> Vec<Line> {
    let schema = resolved(schema, document);
    let items = &schema["properties"]["items"]["items"];
    if !items.is_null() {
        return members(items, document);
    }
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    let line = |(name, member): (&String, &Value)| Line {
        name: name.clone(),
        place: String::new(),
        is_needed: required.iter().any(|needed| needed == name),
        kind: kind(resolved(member, document)),
        description: member["description"]
            .as_str()
            .or_else(|| resolved(member, document)["description"].as_str())
            .unwrap_or_default()
            .to_owned(),
    };
    schema["properties"].as_object().into_iter().flatten().map(line).collect()
}

fn resolved<'a>(schema: &'a Value, document: &'a Value) -> &'a Value {
    let reference = schema["$ref"].as_str().or_else(|| schema["anyOf"][0]["$ref"].as_str());
    let pointer = reference.and_then(|reference| reference.strip_prefix('#'));
    pointer.and_then(|pointer| document.pointer(pointer)).unwrap_or(schema)
}

/// A type in a few words, as the document has it.
fn kind(schema: &Value) -> String {
    if let Some(values) = schema["enum"].as_array() {
        let shown: Vec<String> = values.iter().map(Value::to_string).collect();
        return shown.join(" | ");
    }
    let mut kind = match &schema["type"] {
        Value::String(kind) => kind.clone(),
        Value::Array(kinds) => {
            kinds.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" | ")
        }
        _ => String::new(),
    };
    for (name, sign) in [("minimum", '≥'), ("maximum", '≤'), ("maxLength", '≤')] {
        if let Some(number) = schema[name].as_i64().filter(|number| *number != 0) {
            let _ = write!(kind, " {sign} {number}");
        }
    }
    kind
}
