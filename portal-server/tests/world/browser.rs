//! A browser: keeps the portal's cookies, follows nothing, and says where its forms come from.

use std::collections::BTreeMap;
use std::sync::Mutex;

use reqwest::header::{COOKIE, HOST, HeaderMap, LOCATION, SET_COOKIE};
use reqwest::multipart::{Form, Part};
use reqwest::{Client, RequestBuilder, StatusCode};
use serde_json::Value;

/// The names of the session's cookie, with and without HTTPS.
const SESSION: [&str; 2] = ["__Host-countersign", "countersign"];

/// Somebody with a browser.
pub(crate) struct CookieUser {
    http: Client,
    url: String,
    /// The host that it asks for, as a proxy passes it on; `None`: that of `url`.
    host: Option<String>,
    /// Values by name.
    cookies: Mutex<BTreeMap<String, String>>,
}

impl CookieUser {
    pub(crate) fn new(url: &str) -> Self {
        let http = Client::builder().redirect(reqwest::redirect::Policy::none());
        let (http, url) = (http.build().unwrap(), url.to_owned());
        Self { http, url, host: None, cookies: Mutex::default() }
    }

    /// The same browser at another host of the portal.
    pub(crate) fn at(mut self, host: &str) -> Self {
        self.host = Some(host.to_owned());
        self
    }

    /// Another browser with the same session: who copied its cookie.
    pub(crate) fn thief(&self) -> Self {
        let thief = Self { host: self.host.clone(), ..Self::new(&self.url) };
        thief.plant(self.cookie().as_deref().unwrap_or_default());
        thief
    }

    /// The cookie of the session as it is sent, `name=value`.
    pub(crate) fn cookie(&self) -> Option<String> {
        let all = self.cookies.lock().unwrap();
        let mut found = all.iter().filter(|(name, _)| SESSION.contains(&name.as_str()));
        found.next().map(|(name, value)| format!("{name}={value}"))
    }

    /// The value of a cookie by name.
    pub(crate) fn cookie_named(&self, name: &str) -> Option<String> {
        self.cookies.lock().unwrap().get(name).cloned()
    }

    /// Puts a cookie into this browser; without a value it goes.
    pub(crate) fn plant(&self, cookie: &str) {
        let Some((name, value)) = cookie.split_once('=') else { return };
        let mut all = self.cookies.lock().unwrap();
        if value.is_empty() {
            all.remove(name);
        } else {
            all.insert(name.to_owned(), value.to_owned());
        }
    }

    /// All cookies as they are sent.
    fn all_cookies(&self) -> Option<String> {
        let all = self.cookies.lock().unwrap();
        let pairs: Vec<String> =
            all.iter().map(|(name, value)| format!("{name}={value}")).collect();
        Some(pairs.join("; ")).filter(|cookies| !cookies.is_empty())
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(self.request("GET", path)).await
    }

    /// A form of this portal's own pages.
    pub(crate) async fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        self.send(self.request("POST", path).header("sec-fetch-site", "same-origin").form(form))
            .await
    }

    /// Files and fields, as the upload form sends them.
    pub(crate) async fn upload(&self, path: &str, form: Form) -> Answer {
        let post = self.request("POST", path).header("sec-fetch-site", "same-origin");
        self.send(post.multipart(form)).await
    }

    pub(crate) async fn log_in(&self, email: &str, password: &str) -> Answer {
        self.post("/login", &[("email", email), ("password", password)]).await
    }

    /// A request to be dressed by the caller; [`Self::send`] adds the cookie.
    pub(crate) fn request(&self, method: &str, path: &str) -> RequestBuilder {
        let request = self.http.request(method.parse().unwrap(), format!("{}{path}", self.url));
        self.host.iter().fold(request, |request, host| request.header(HOST, host))
    }

    pub(crate) async fn send(&self, request: RequestBuilder) -> Answer {
        let request = self.all_cookies().into_iter().fold(request, |r, c| r.header(COOKIE, c));
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status(), answer.headers().clone());
        for cookie in headers.get_all(SET_COOKIE) {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            self.plant(pair);
        }
        let bytes = answer.bytes().await.unwrap().to_vec();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Answer { status, headers, text, bytes }
    }
}

/// A multipart form of one file.
pub(crate) fn file(name: &str, content: &str) -> Form {
    Form::new().part("file", Part::text(content.to_owned()).file_name(name.to_owned()))
}

/// A PNG file of one colour.
pub(crate) fn picture(width: u32, height: u32) -> Vec<u8> {
    let picture = image::RgbImage::from_pixel(width, height, image::Rgb([200, 30, 60]));
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// What came back; each check returns it again, for the next one.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
    pub(crate) bytes: Vec<u8>,
}

impl Answer {
    #[track_caller]
    pub(crate) fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    #[track_caller]
    pub(crate) fn leads_to(self, location: &str) -> Self {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{}", self.text);
        assert_eq!(self.header(LOCATION.as_str()), location);
        self
    }

    #[track_caller]
    pub(crate) fn says(self, words: &str) -> Self {
        assert!(self.text.contains(words), "{words:?} is missing in {}", self.text);
        self
    }

    #[track_caller]
    pub(crate) fn hides(self, words: &str) -> Self {
        assert!(!self.text.contains(words), "{words:?} is in {}", self.text);
        self
    }

    /// An RFC 9457 problem with this status and code.
    #[track_caller]
    pub(crate) fn refuses_as(self, status: u16, code: &str) -> Self {
        let answer = self.is(status);
        assert_eq!(answer.header("content-type"), "application/problem+json");
        let problem = answer.json();
        assert_eq!((&problem["code"], &problem["status"]), (&code.into(), &status.into()));
        assert_eq!(problem["type"], format!("urn:countersign:problem:{code}"));
        for member in ["title", "detail", "advice"] {
            assert!(problem[member].as_str().is_some_and(|text| !text.is_empty()), "{problem}");
        }
        answer
    }

    /// A header, empty when it is missing.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// The header that sets this cookie.
    #[track_caller]
    pub(crate) fn set_cookie(&self, name: &str) -> &str {
        let mut all = self.headers.get_all(SET_COOKIE).iter().map(|value| value.to_str().unwrap());
        let found = all.find(|cookie| cookie.split('=').next() == Some(name));
        found.unwrap_or_else(|| panic!("{name} is not set: {:?}", self.headers))
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }
}
