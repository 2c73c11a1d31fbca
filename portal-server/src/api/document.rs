//! The OpenAPI document: made of the routes of `router.rs` and of what stands beside their handlers.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, get};
use countersign_core::Hash;
use countersign_store::TokenScope;
use schemars::generate::{Contract, SchemaSettings};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::operation::{Described, SchemaOf};
use crate::access::Access;
use crate::app::App;
use crate::problem::Problem;
use crate::router;

/// Where it is served.
pub(crate) const PATH: &str = "/api/v1/openapi.json";
const JSON: &str = "application/json";
const PROBLEM: &str = "application/problem+json";

const INTRODUCTION: &str = "Programs act for somebody by a token: `Authorization: Bearer cst_…`, made on the page API tokens with the scopes \
    that it needs. Times are seconds since 1970 (UTC). Lists come in pages: `limit`, `cursor`, and `next` in the answer. A write with \
    an `Idempotency-Key` is done once, however often it is sent within a day. Every error is a problem (RFC 9457) with a stable `code`.";

/// An operation with its route.
pub(crate) struct Entry {
    pub(crate) path: String,
    pub(crate) access: Access,
    pub(crate) described: Described,
}

impl Entry {
    /// The scope that it takes, if it takes a token.
    pub(crate) fn scope(&self) -> Option<TokenScope> {
        match self.access {
            Access::Token(scope) => Some(scope),
            _ => None,
        }
    }

    /// The noun that it is about.
    pub(crate) fn noun(&self) -> &str {
        self.path.split('/').nth(3).unwrap_or_default()
    }
}

/// An error (RFC 9457).
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Problem")]
#[allow(dead_code, reason = "it describes what problem.rs writes")]
struct ProblemBody {
    /// `urn:countersign:problem:` and the code.
    #[serde(rename = "type")]
    kind: String,
    /// What it is, in a few words.
    title: String,
    /// The status again.
    status: u16,
    /// What happened.
    detail: String,
    /// What to go by: it stays the same.
    code: String,
    /// What to do next, and what state things are in.
    advice: String,
    /// By what the operator finds the request in the log.
    request_id: Option<String>,
}

struct Served {
    text: String,
    tag: String,
}

/// `GET /api/v1/openapi.json`
pub(crate) fn serve() -> MethodRouter<App> {
    get(answer).fallback(async || Problem::wrong_method())
}

async fn answer(State(app): State<App>, headers: HeaderMap) -> Response {
    static SERVED: OnceLock<Served> = OnceLock::new();
    let Served { text, tag } = SERVED.get_or_init(|| {
        let text = document(&router::documented(&app)).to_string();
        let tag = format!("\"{}\"", Hash::of(&text));
        Served { text, tag }
    });
    let kept = [(header::ETAG, tag.as_str()), (header::CACHE_CONTROL, "public, max-age=300")];
    let known = headers.get_all(header::IF_NONE_MATCH).iter();
    let mut known = known.filter_map(|tags| tags.to_str().ok()).flat_map(|tags| tags.split(','));
    if known.any(|known| {
        matches!(known.trim().trim_start_matches("W/"), "*")
            || known.trim().trim_start_matches("W/") == tag
    }) {
        return (StatusCode::NOT_MODIFIED, kept).into_response();
    }
    ([(header::CONTENT_TYPE, JSON)], kept, text.clone()).into_response()
}

/// The document of these operations.
pub(crate) fn document(entries: &[Entry]) -> Value {
    let mut writer = Writer::new();
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for entry in entries {
        let method = entry.described.method.as_str().to_ascii_lowercase();
        paths.entry(&entry.path).or_default().insert(method, writer.described(entry));
    }
    let problem = writer.answers.subschema_for::<ProblemBody>();
    debug_assert_eq!(problem.get("$ref"), Some(&json!("#/components/schemas/Problem")));
    json!({
        "openapi": "3.1.0",
        "info": {"title": "Countersign", "version": env!("CARGO_PKG_VERSION"), "description": INTRODUCTION},
        "jsonSchemaDialect": "https://spec.openapis.org/oas/3.1/dialect/base",
        "servers": [{"url": "/", "description": "This portal"}],
        "paths": paths,
        "components": {
            "schemas": writer.schemas(),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": scopes()}},
        },
    })
}

fn scopes() -> String {
    let line = |scope: &TokenScope| format!("- `{}`: {}", scope.as_str(), scope.describe());
    let lines: Vec<String> = TokenScope::ALL.iter().map(line).collect();
    format!("A token with the scope of the operation.\n\n{}", lines.join("\n"))
}

struct Writer {
    /// What is read.
    bodies: SchemaGenerator,
    /// What is written.
    answers: SchemaGenerator,
    /// Parameters, which stand where they are.
    inline: SchemaGenerator,
}

impl Writer {
    fn new() -> Self {
        let settings = || {
            let settings = SchemaSettings::draft2020_12();
            settings.with(|s| {
                s.definitions_path = "/components/schemas".into();
                s.meta_schema = None;
            })
        };
        Self {
            bodies: settings().into_generator(),
            answers: settings().with(|s| s.contract = Contract::Serialize).into_generator(),
            inline: settings().with(|s| s.inline_subschemas = true).into_generator(),
        }
    }

    fn schemas(mut self) -> Map<String, Value> {
        let mut all = self.bodies.take_definitions(true);
        all.extend(self.answers.take_definitions(true));
        all
    }

    fn described(&mut self, entry: &Entry) -> Value {
        let described = &entry.described;
        let mut operation = json!({
            "operationId": described.name,
            "summary": described.summary,
            "tags": [entry.noun()],
            "parameters": self.parameters(described),
            "responses": self.responses(entry),
            "security": entry.scope().map_or(json!([]), |scope| json!([{"token": [scope.as_str()]}])),
        });
        if !described.more.is_empty() {
            operation["description"] = json!(described.more);
        }
        if let Some(content) = self.body(described) {
            operation["requestBody"] = content;
        }
        operation
    }

    fn body(&mut self, described: &Described) -> Option<Value> {
        let mut content = Map::new();
        let mut needed = !described.plain.is_empty();
        if let Some(schema_of) = described.body {
            let schema = schema_of(&mut self.bodies);
            let mut media = json!({"schema": schema});
            if let Some(example) = described.example {
                media["examples"] = json!({"example": {"value": example()}});
            }
            let name = schema.get("$ref").and_then(Value::as_str).unwrap_or_default();
            let name = name.rsplit('/').next().unwrap_or_default().to_owned();
            let required = self.bodies.definitions().get(&name).and_then(|s| s.get("required"));
            needed |= required.is_some();
            content.insert(JSON.to_owned(), media);
        }
        for kind in described.plain {
            let schema = match described.is_typed && described.body.is_none() {
                true => json!({"type": "string", "format": "binary"}),
                false => json!({"type": "string"}),
            };
            content.insert((*kind).to_owned(), json!({"schema": schema}));
        }
        (!content.is_empty()).then(|| json!({"required": needed, "content": content}))
    }

    fn parameters(&mut self, described: &Described) -> Vec<Value> {
        let mut all = Vec::new();
        for (place, schema_of) in [("path", described.path), ("query", described.query)] {
            all.extend(schema_of.into_iter().flat_map(|of| self.parameters_in(place, of)));
        }
        if described.takes_key {
            all.push(json!({
                "name": "Idempotency-Key", "in": "header", "required": false,
                "description": "Chosen by whoever sends it: the same again with the same key is done once.",
                "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!#-\\[\\]-~]{1,255}$"},
            }));
        }
        for (name, description, pattern) in described.headers {
            all.push(json!({
                "name": name, "in": "header", "required": false, "description": description,
                "schema": {"type": "string", "pattern": pattern},
            }));
        }
        if described.has_revision && described.takes_key {
            all.push(json!({
                "name": "If-Match", "in": "header", "required": false,
                "description": "The revision that is to be changed, in quotes, as ETag says it.",
                "schema": {"type": "string", "pattern": "^(\\*|\"[0-9]{1,15}\")$"},
            }));
        }
        all
    }

    fn parameters_in(&mut self, place: &str, schema_of: SchemaOf) -> Vec<Value> {
        let schema = schema_of(&mut self.inline).to_value();
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        let Some(properties) = schema["properties"].as_object() else { return Vec::new() };
        let one = |(name, schema): (&String, &Value)| {
            let mut schema = without_null(schema);
            let description = schema.as_object_mut().and_then(|s| s.remove("description"));
            json!({
                "name": name, "in": place, "required": place == "path" || required.contains(&json!(name)),
                "description": description, "schema": schema,
            })
        };
        properties.iter().map(one).collect()
    }

    fn responses(&mut self, entry: &Entry) -> Map<String, Value> {
        let described = &entry.described;
        let mut content = Map::new();
        if let Some(schema_of) = described.answer {
            let schema: Schema = schema_of(&mut self.answers);
            content.insert(JSON.to_owned(), json!({"schema": schema}));
        }
        for kind in described.plain_answer {
            content.insert((*kind).to_owned(), json!({"schema": {"type": "string"}}));
        }
        let mut headers = limit_headers(entry);
        let text = json!({"type": "string"});
        if described.status == StatusCode::CREATED {
            headers.insert("Location".into(), json!({"description": "Where it can be looked at.", "required": true, "schema": text}));
        }
        if described.has_revision {
            headers.insert("ETag".into(), json!({"description": "Its revision.", "schema": text}));
        }
        if described.is_list {
            headers.insert(
                "Link".into(),
                json!({"description": "The next page, as rel=next.", "schema": text}),
            );
        }
        let done =
            json!({"description": described.summary, "headers": headers, "content": content});
        let mut all = Map::from_iter([(described.status.as_u16().to_string(), done)]);
        for (status, codes) in problems(entry) {
            let codes: Vec<String> = codes.iter().map(|code| format!("`{code}`")).collect();
            let mut headers = limit_headers(entry);
            if status == 429 || status == 503 {
                headers.insert(
                    "Retry-After".into(),
                    json!({"description": "Seconds to wait.", "schema": {"type": "integer"}}),
                );
            }
            let description = format!("A problem: {}.", codes.join(", "));
            let content = json!({PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}});
            all.insert(
                status.to_string(),
                json!({"description": description, "headers": headers, "content": content}),
            );
        }
        all
    }
}

fn limit_headers(entry: &Entry) -> Map<String, Value> {
    if entry.scope().is_none() {
        return Map::new();
    }
    let header =
        |description: &str| json!({"description": description, "schema": {"type": "string"}});
    Map::from_iter([
        (
            "RateLimit-Policy".to_owned(),
            header("How many requests a token may make in how many seconds."),
        ),
        (
            "RateLimit".to_owned(),
            header("How many are left, and in how many seconds there are all again."),
        ),
    ])
}

/// Codes by status.
pub(crate) fn problems(entry: &Entry) -> BTreeMap<u16, Vec<&'static str>> {
    let described = &entry.described;
    let mut all: Vec<(u16, &'static str)> = described.problems.to_vec();
    if entry.scope().is_some() {
        let tokens =
            ["token-needed", "token-unknown", "token-expired", "token-revoked", "token-suspended"];
        all.extend(tokens.map(|code| (401, code)));
        all.extend([(403, "insufficient-scope")]);
    }
    all.extend([(405, "method-not-allowed"), (429, "rate-limited"), (503, "unavailable")]);
    if described.query.is_some() {
        all.push((400, "bad-query"));
    }
    if described.is_typed {
        all.push((406, "not-acceptable"));
    }
    if described.has_revision && described.takes_key {
        all.push((400, "bad-if-match"));
    }
    if described.is_list {
        all.push((400, "bad-cursor"));
    }
    if described.is_typed && described.method != Method::GET {
        if described.body.is_some() {
            all.push((400, "bad-json"));
        }
        all.extend([(400, "broken-body"), (413, "too-long"), (415, "unsupported-media-type")]);
    }
    if described.takes_key {
        all.extend([
            (400, "bad-idempotency-key"),
            (409, "idempotency-key-in-use"),
            (409, "done-before"),
            (422, "idempotency-key-reused"),
        ]);
    }
    let mut by_status: BTreeMap<u16, Vec<&'static str>> = BTreeMap::new();
    for (status, code) in all {
        let codes = by_status.entry(status).or_default();
        if !codes.contains(&code) {
            codes.push(code);
        }
    }
    by_status
}

/// A parameter is there or not: it is never null.
fn without_null(schema: &Value) -> Value {
    let mut schema = schema.clone();
    if let Some(kinds) = schema["type"].as_array() {
        let kinds: Vec<Value> = kinds.iter().filter(|kind| **kind != "null").cloned().collect();
        schema["type"] = if let [one] = kinds.as_slice() { one.clone() } else { json!(kinds) };
    }
    if let Some(values) = schema.get_mut("enum").and_then(Value::as_array_mut) {
        values.retain(|value| !value.is_null());
    }
    let choices = schema.get("anyOf").and_then(Value::as_array).cloned().unwrap_or_default();
    let choices: Vec<Value> =
        choices.into_iter().filter(|choice| choice["type"] != "null").collect();
    if let ([Value::Object(one)], Value::Object(schema)) = (choices.as_slice(), &mut schema) {
        schema.remove("anyOf");
        for (name, value) in one {
            schema.entry(name.clone()).or_insert(value.clone());
        }
    }
    schema
}
