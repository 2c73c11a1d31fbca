//! What `/metrics` says, read as Prometheus reads it.

use std::collections::{BTreeMap, BTreeSet};

use countersign_portal::serve_metrics;

use crate::browser::CookieUser;
use crate::process::Portal;
use crate::world::TestPortal;

/// One answer: series with their values.
pub(crate) struct Scrape(BTreeMap<String, f64>);

impl Scrape {
    fn read(text: &str) -> Self {
        assert!(text.ends_with("# EOF\n"), "{text}");
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let pairs = lines.map(|line| line.rsplit_once(' ').unwrap());
        Self(pairs.map(|(series, value)| (series.to_owned(), value.parse().unwrap())).collect())
    }

    /// The value of one series, written as it stands there, without the portal's prefix.
    #[track_caller]
    pub(crate) fn value(&self, series: &str) -> f64 {
        let named = format!("countersign_{series}");
        let found = self.0.get(&named).or_else(|| self.0.get(series));
        *found.unwrap_or_else(|| panic!("{series} is missing in {:#?}", self.0.keys()))
    }

    pub(crate) fn series(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Names without labels, as queries have them.
    pub(crate) fn names(&self) -> BTreeSet<&str> {
        self.series().map(|series| series.split('{').next().unwrap()).collect()
    }

    /// Names of labels.
    pub(crate) fn label_names(&self) -> BTreeSet<&str> {
        let parts = self.series().flat_map(|series| series.split(['{', ',']).skip(1));
        parts.filter_map(|part| part.split_once('=')).map(|(name, _)| name).collect()
    }

    /// All values of a label.
    pub(crate) fn labels(&self, label: &str) -> BTreeSet<&str> {
        let start = format!("{label}=\"");
        let value = |series: &'_ str| -> Option<(usize, usize)> {
            let (_, labels) = series.split_once('{')?;
            let offset = series.len() - labels.len();
            let at = labels
                .match_indices(&start)
                .find(|(at, _)| *at == 0 || labels.as_bytes()[at - 1] == b',')?;
            let from = offset + at.0 + start.len();
            Some((from, from + series[from..].find('"')?))
        };
        self.series().filter_map(|series| value(series).map(|(a, b)| &series[a..b])).collect()
    }
}

/// Asks a portal in this process.
pub(crate) async fn of(portal: &TestPortal) -> Scrape {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let serving = tokio::spawn(serve_metrics(listener, portal.app.clone()));
    let page = CookieUser::new(&url).get("/metrics").await.is(200);
    serving.abort();
    Scrape::read(&page.text)
}

/// Asks a process that was started with `--metrics`.
pub(crate) async fn of_process(portal: &Portal) -> Scrape {
    let mut said = portal.said().iter();
    let url = said.find_map(|line| line.strip_prefix("metrics       ")).unwrap();
    let url = url.strip_suffix("/metrics").unwrap();
    Scrape::read(&CookieUser::new(url).get("/metrics").await.is(200).text)
}
