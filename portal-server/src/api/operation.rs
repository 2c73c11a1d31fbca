//! One operation of the API: what it takes and answers are types, and what the document says of it is read off these types and
//! off the route that it stands under. So the document cannot say anything else than the code.

use std::future::Future;

use axum::body::Bytes;
use axum::extract::{FromRequestParts as _, Path, Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodFilter, MethodRouter, on};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::body;
use super::once::Keyed;
use crate::access::token::Holder;
use crate::app::App;
use crate::problem::Problem;

/// Nothing is taken here.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}

/// The id in a path.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct ById {
    /// The id.
    id: String,
}

impl ById {
    /// The id; what cannot be one is not there.
    pub(crate) fn id<T: std::str::FromStr>(&self) -> Result<T, Problem> {
        self.id.parse().map_err(|_| Problem::not_found())
    }
}

/// What somebody asks for, read and found to be of its form.
pub(crate) struct Call<P = Nothing, Q = Nothing, B = Nothing> {
    pub(crate) holder: Holder,
    pub(crate) path: P,
    pub(crate) query: Q,
    pub(crate) body: B,
    pub(crate) uri: Uri,
    app: App,
    headers: HeaderMap,
    keyed: Option<Keyed>,
}

impl<P, Q, B> Call<P, Q, B> {
    /// The portal, for reading.
    pub(crate) fn app(&self) -> &App {
        &self.app
    }

    /// The portal, for the one write that this call makes. `subject` is where what is written can be looked at.
    pub(crate) fn writing(&self, subject: &str) -> App {
        match &self.keyed {
            Some(keyed) => self.app.once(keyed.once(subject.to_owned(), self.app.now())),
            None => self.app.clone(),
        }
    }

    /// A header that may come once.
    pub(crate) fn header(&self, name: &str) -> Option<&HeaderValue> {
        self.headers.get(name)
    }

    /// Who does it, in the audit log.
    pub(crate) fn actor(&self) -> String {
        format!("token:{}", self.holder.token.id)
    }

    /// The one revision that is to be changed, where the call says so.
    ///
    /// # Errors
    /// When it says something that no revision is.
    pub(crate) fn revision(&self) -> Result<Option<i64>, Problem> {
        let mut given = self.headers.get_all(header::IF_MATCH).iter();
        let Some(first) = given.next() else { return Ok(None) };
        let text = first.to_str().ok().filter(|_| given.next().is_none());
        match text.map(str::trim) {
            Some("*") => Ok(None),
            Some(tag) => {
                let tag = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"'));
                let is_number = |tag: &&str| tag.bytes().all(|byte| byte.is_ascii_digit());
                let tag = tag.filter(is_number).and_then(|tag| tag.parse().ok());
                tag.map(Some).ok_or_else(Problem::bad_if_match)
            }
            None => Err(Problem::bad_if_match()),
        }
    }
}

/// What is answered.
#[derive(Debug)]
pub(crate) struct Answer<T> {
    pub(crate) body: T,
    status: StatusCode,
    headers: HeaderMap,
    is_kept: bool,
}

impl<T> Answer<T> {
    /// Here it is.
    pub(crate) fn shown(body: T) -> Self {
        Self { body, status: StatusCode::OK, headers: HeaderMap::new(), is_kept: true }
    }

    /// It was made, and can be looked at there.
    pub(crate) fn made(body: T, location: &str) -> Self {
        let answer = Self { status: StatusCode::CREATED, ..Self::shown(body) };
        answer.with(header::LOCATION, location)
    }

    /// The same, which has a secret in it: it is said this once, and is kept for nobody who asks again with the same key.
    pub(crate) fn said_once(self) -> Self {
        Self { is_kept: false, ..self }
    }

    /// The same with its revision.
    pub(crate) fn revised(self, revision: i64) -> Self {
        self.with(header::ETAG, &format!("\"{revision}\""))
    }

    pub(crate) fn with(mut self, name: header::HeaderName, value: &str) -> Self {
        self.headers.extend(HeaderValue::from_str(value).ok().map(|value| (name, value)));
        self
    }
}

/// How a type is described: its schema, with what it needs beside it.
pub(crate) type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// What the document says of an operation, beside its route.
#[derive(Clone)]
pub(crate) struct Described {
    pub(crate) method: Method,
    /// Its name, for programs that are generated from the document.
    pub(crate) name: &'static str,
    /// What it does, in a few words.
    pub(crate) summary: &'static str,
    /// What else is to be known.
    pub(crate) more: &'static str,
    pub(crate) path: Option<SchemaOf>,
    pub(crate) query: Option<SchemaOf>,
    /// The body, and whether there may be none.
    pub(crate) body: Option<SchemaOf>,
    pub(crate) answer: Option<SchemaOf>,
    pub(crate) status: StatusCode,
    /// Further types that a body may have or an answer has, as they are: files and lines.
    pub(crate) plain: &'static [&'static str],
    pub(crate) plain_answer: &'static [&'static str],
    /// Codes of problems, beside those that every operation has.
    pub(crate) problems: &'static [(u16, &'static str)],
    /// Whether it is read and answered by this file, and not by a door of its own.
    pub(crate) is_typed: bool,
    pub(crate) has_revision: bool,
    pub(crate) is_list: bool,
    pub(crate) takes_key: bool,
    /// Whether it is done again as often as it is sent, or comes to the same however often.
    pub(crate) is_keyless: bool,
    /// Headers that it looks at: name, what they say, and their pattern.
    pub(crate) headers: &'static [(&'static str, &'static str, &'static str)],
    /// Whether a table may be sent instead of JSON.
    pub(crate) takes_table: bool,
    /// A body that works.
    pub(crate) example: Option<fn() -> Value>,
}

/// An operation: what answers, and what is said of it.
pub(crate) struct Operation {
    pub(crate) methods: MethodRouter<App>,
    pub(crate) described: Described,
}

impl Described {
    pub(crate) fn new(method: Method, name: &'static str, summary: &'static str) -> Self {
        Self {
            method,
            name,
            summary,
            more: "",
            path: None,
            query: None,
            body: None,
            answer: None,
            status: StatusCode::OK,
            plain: &[],
            plain_answer: &[],
            problems: &[],
            is_typed: false,
            has_revision: false,
            is_list: false,
            takes_key: false,
            is_keyless: false,
            headers: &[],
            takes_table: false,
            example: None,
        }
    }

    /// Reads something.
    pub(crate) fn get(name: &'static str, summary: &'static str) -> Self {
        Self::new(Method::GET, name, summary)
    }

    /// Makes or does something.
    pub(crate) fn post(name: &'static str, summary: &'static str) -> Self {
        Self::new(Method::POST, name, summary)
    }

    /// Changes what is given, and leaves the rest.
    pub(crate) fn patch(name: &'static str, summary: &'static str) -> Self {
        Self::new(Method::PATCH, name, summary)
    }

    pub(crate) fn more(self, more: &'static str) -> Self {
        Self { more, ..self }
    }

    pub(crate) fn lists(self) -> Self {
        Self { is_list: true, ..self }
    }

    pub(crate) fn creates(self) -> Self {
        Self { status: StatusCode::CREATED, ..self }
    }

    /// A key would change nothing.
    pub(crate) fn keyless(self) -> Self {
        Self { is_keyless: true, ..self }
    }

    pub(crate) fn headers(
        self,
        headers: &'static [(&'static str, &'static str, &'static str)],
    ) -> Self {
        Self { headers, ..self }
    }

    pub(crate) fn revised(self) -> Self {
        Self { has_revision: true, ..self }
    }

    pub(crate) fn refuses(self, problems: &'static [(u16, &'static str)]) -> Self {
        Self { problems, ..self }
    }

    /// Takes a table (CSV), too.
    pub(crate) fn takes_table(self) -> Self {
        Self { takes_table: true, plain: &[body::CSV], ..self }
    }

    pub(crate) fn example(self, example: fn() -> Value) -> Self {
        Self { example: Some(example), ..self }
    }

    /// What it takes and answers is what the handler says.
    pub(crate) fn run<P, Q, B, T, F, Fut>(self, handler: F) -> Operation
    where
        P: DeserializeOwned + JsonSchema + Send + 'static,
        Q: DeserializeOwned + JsonSchema + Send + 'static,
        B: DeserializeOwned + JsonSchema + Send + 'static,
        T: Serialize + JsonSchema + Send + 'static,
        F: Fn(Call<P, Q, B>) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Result<Answer<T>, Problem>> + Send + 'static,
    {
        let writes = self.method != Method::GET;
        let body: Option<SchemaOf> = writes.then_some(|g| g.subschema_for::<B>());
        let kind = match writes {
            false => Kind::None,
            true if self.takes_table => Kind::Table,
            true => Kind::Json,
        };
        self.taking(
            Takes { kind, is_keyed: false, read: |bytes| body::parse(bytes) },
            body,
            handler,
        )
    }

    /// As `run`, with a body that is none of ours: at most so many bytes of one of these types.
    pub(crate) fn run_bytes<P, Q, T, F, Fut>(
        self,
        kinds: &'static [&'static str],
        most: usize,
        handler: F,
    ) -> Operation
    where
        P: DeserializeOwned + JsonSchema + Send + 'static,
        Q: DeserializeOwned + JsonSchema + Send + 'static,
        T: Serialize + JsonSchema + Send + 'static,
        F: Fn(Call<P, Q, Bytes>) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Result<Answer<T>, Problem>> + Send + 'static,
    {
        let kind = Kind::Bytes { kinds, most };
        let read = |bytes: &Bytes| Ok(bytes.clone());
        Self { plain: kinds, ..self }.taking(Takes { kind, is_keyed: false, read }, None, handler)
    }

    fn taking<P, Q, B, T, F, Fut>(
        self,
        takes: Takes<B>,
        body: Option<SchemaOf>,
        handler: F,
    ) -> Operation
    where
        P: DeserializeOwned + JsonSchema + Send + 'static,
        Q: DeserializeOwned + JsonSchema + Send + 'static,
        B: Send + 'static,
        T: Serialize + JsonSchema + Send + 'static,
        F: Fn(Call<P, Q, B>) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Result<Answer<T>, Problem>> + Send + 'static,
    {
        let is_keyed = self.method != Method::GET && !self.is_keyless;
        let takes = Takes { is_keyed, ..takes };
        let filter = match self.method {
            Method::POST => MethodFilter::POST,
            Method::PATCH => MethodFilter::PATCH,
            _ => MethodFilter::GET,
        };
        let endpoint = move |State(app): State<App>, request: Request| {
            let handler = handler.clone();
            async move {
                let done = perform(app, request, takes, handler).await;
                done.unwrap_or_else(|problem| problem.into_response())
            }
        };
        let described = Self {
            path: Some(|g| g.subschema_for::<P>()),
            query: Some(|g| g.subschema_for::<Q>()),
            body,
            answer: Some(|g| g.subschema_for::<T>()),
            takes_key: is_keyed,
            is_typed: true,
            ..self
        };
        Operation { methods: on(filter, endpoint), described }
    }
}

/// What is read of a body.
#[derive(Debug, Clone, Copy)]
enum Kind {
    None,
    Json,
    Table,
    Bytes { kinds: &'static [&'static str], most: usize },
}

/// What an operation takes, and how it is read.
struct Takes<B> {
    kind: Kind,
    is_keyed: bool,
    read: fn(&Bytes) -> Result<B, Problem>,
}

impl<B> Clone for Takes<B> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<B> Copy for Takes<B> {}

async fn perform<P, Q, B, T, F, Fut>(
    app: App,
    request: Request,
    takes: Takes<B>,
    handler: F,
) -> Result<Response, Problem>
where
    P: DeserializeOwned + Send,
    Q: DeserializeOwned,
    T: Serialize,
    F: Fn(Call<P, Q, B>) -> Fut,
    Fut: Future<Output = Result<Answer<T>, Problem>>,
{
    let (mut parts, sent) = request.into_parts();
    let holder = Holder::from_request_parts(&mut parts, &app).await?;
    body::check_accept(&parts.headers)?;
    let path = Path::<P>::from_request_parts(&mut parts, &()).await;
    let path = path.map_err(|_| Problem::not_found())?.0;
    let query = Query::<Q>::try_from_uri(&parts.uri);
    let query = query.map_err(|error| Problem::bad_query(&error.body_text()))?.0;
    let bytes = match takes.kind {
        Kind::None => "{}".into(),
        Kind::Json => body::read(&parts.headers, sent).await?,
        Kind::Table => body::read_table(&parts.headers, sent).await?,
        Kind::Bytes { kinds, most } => body::read_bytes(&parts.headers, sent, kinds, most).await?,
    };
    let keyed = match takes.is_keyed {
        true => Keyed::of(&parts, &bytes, holder.token.id)?,
        false => None,
    };
    if let Some(keyed) = &keyed
        && let Some(before) = keyed.answered(&app).await?
    {
        return Ok(before);
    }
    let body = (takes.read)(&bytes)?;
    let (uri, headers) = (parts.uri, parts.headers);
    let call =
        Call { holder, path, query, body, uri, app: app.clone(), headers, keyed: keyed.clone() };
    let answer = handler(call).await?;
    let text = serde_json::to_string(&answer.body).map_err(|error| Problem::internal(&error))?;
    if let Some(keyed) = keyed.filter(|_| answer.is_kept) {
        keyed.note(&app, answer.status, &text).await;
    }
    let mut response = json(answer.status, text);
    response.headers_mut().extend(answer.headers);
    Ok(response)
}

/// A body that is JSON already.
pub(crate) fn json(status: StatusCode, text: String) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], text).into_response()
}
