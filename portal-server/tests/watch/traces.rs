//! Traces, as a collector gets them.

use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;

use crate::installation::Installation;

type Received = Arc<Mutex<Vec<Bytes>>>;

/// A collector: its address, and what it has got.
async fn collector() -> (String, Received) {
    let received = Received::default();
    let take = async |State(received): State<Received>, body: Bytes| {
        received.lock().unwrap().push(body);
    };
    let router = axum::Router::new().route("/v1/traces", post(take)).with_state(received.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (url, received)
}

fn spans(received: &Received) -> Vec<Span> {
    let all = received.lock().unwrap();
    let requests = all.iter().map(|body| ExportTraceServiceRequest::decode(body.clone()).unwrap());
    let resources = requests.flat_map(|request| request.resource_spans);
    let scopes = resources.flat_map(|resource| resource.scope_spans);
    scopes.flat_map(|scope| scope.spans).collect()
}

fn attribute(span: &Span, name: &str) -> Option<Value> {
    let found = span.attributes.iter().find(|attribute| attribute.key == name)?;
    found.value.clone()?.value
}

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The span of `GET /healthz`, asked with a traceparent of somebody.
async fn traced(options: &[&str]) -> (Span, String) {
    let (url, received) = collector().await;
    let here = Installation::new();
    let mut server = here.serve_with("warn", &[options, &["--otlp", &url]].concat());
    let visitor = server.visitor();
    let parent = format!("00-{TRACE}-{PARENT}-01");
    let get = visitor.request("GET", "/healthz").header("traceparent", parent);
    let id = visitor.send(get).await.is(200).header("x-request-id").to_owned();
    // What is not sent by then is sent at the end.
    server.terminate();
    tokio::task::spawn_blocking(move || {
        assert_eq!(server.end_of_its_own().code(), Some(0), "{}", server.log());
    })
    .await
    .unwrap();
    let found = spans(&received).into_iter().find(|span| span.name == "GET /healthz");
    (found.unwrap_or_else(|| panic!("{:#?}", spans(&received))), id)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_is_a_span_of_the_trace_that_the_proxy_began() {
    let (span, id) = traced(&["--behind-proxy"]).await;
    assert_eq!((hex(&span.trace_id), hex(&span.parent_span_id)), (TRACE.into(), PARENT.into()));
    assert_eq!(span.kind, 2, "a server's");
    let text = |value: &str| Some(Value::StringValue(value.to_owned()));
    assert_eq!(attribute(&span, "http.route"), text("/healthz"));
    assert_eq!(attribute(&span, "http.request.method"), text("GET"));
    assert_eq!(attribute(&span, "id"), text(&id));
    assert_eq!(attribute(&span, "http.response.status_code"), Some(Value::IntValue(200)));
    assert!(span.end_time_unix_nano >= span.start_time_unix_nano);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_a_stranger_who_puts_their_request_under_a_trace_of_ours() {
    let (span, _) = traced(&[]).await;
    assert_ne!(hex(&span.trace_id), TRACE);
    assert_eq!(span.parent_span_id, [0; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_goes_out_with_a_trace() {
    let (url, received) = collector().await;
    let here = Installation::new();
    let mut server = here.serve_with("trace", &["--otlp", &url]);
    let setup = server.setup_link();
    let admin = server.visitor();
    let form =
        [("email", "ada@acme.example"), ("name", "Ada"), ("password", "a-password-of-an-admin")];
    admin.post(&setup, &form).await.leads_to("/admin");
    let cookie = admin.cookie().unwrap();
    admin.get("/admin").await.is(200);
    admin.get("/login?next=a-query-that-nobody-reads").await;
    server.terminate();
    tokio::task::spawn_blocking(move || server.end_of_its_own()).await.unwrap();
    let names: Vec<String> = spans(&received).into_iter().map(|span| span.name).collect();
    assert!(names.iter().any(|name| name == "POST /setup/{token}"), "{names:?}");
    let sent = received.lock().unwrap().concat();
    let sent = String::from_utf8_lossy(&sent);
    let secrets = [
        setup.strip_prefix("/setup/").unwrap(),
        "a-password-of-an-admin",
        cookie.split_once('=').unwrap().1,
        "ada@acme.example",
        "a-query-that-nobody-reads",
    ];
    for secret in secrets {
        assert!(!sent.contains(secret), "{secret} went out");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collector_that_is_not_there_is_in_nobodys_way() {
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let here = Installation::new();
    let mut server = here.serve_with("warn", &["--otlp", &format!("http://{gone}")]);
    server.visitor().get("/login").await.is(200);
    server.terminate();
    assert_eq!(server.end_of_its_own().code(), Some(0), "{}", server.log());
}
