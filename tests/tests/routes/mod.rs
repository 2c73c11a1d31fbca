//! Every URL of the portal stands in `router.rs`, in its table, beside its access.

use crate::source::Source;

const ROUTER: &str = "router.rs";

/// The ways of the table that take a URL.
const TABLE: [&str; 4] = ["route", "limited", "limited_with", "operation"];

/// How the table's own functions hand a URL on.
const HANDED_ON: [&str; 3] = [
    "self . limited_with ( path , access , methods ,",
    "self . route ( path , access , methods )",
    "self . router . route ( path , methods )",
];

/// The one place where a router is made.
const MADE: &str = "router : Router : : new ( )";

/// Ways around the table.
const AROUND: [&str; 4] = ["route_service", "nest", "nest_service", "fallback_service"];

/// How many URLs the table has.
pub(crate) fn listed(router: &Source) -> usize {
    calls(router).into_iter().filter(|call| router.text(call + 3).is_some()).count()
}

pub(crate) fn complaints(source: &Source) -> Vec<String> {
    let mut found = Vec::new();
    let mut complain = |places: Vec<usize>, what| {
        found.extend(places.into_iter().map(|place| source.complaint(place, what)));
    };
    for way in AROUND {
        complain(source.places(&format!(". {way} (")), "a way around the table");
    }
    if source.path == ROUTER {
        complain(without_access(source), "a URL without its access");
        complain(made_elsewhere(source), "a router beside the table's");
    } else {
        complain(calls(source), "a URL outside router.rs");
        complain(source.places("Router"), "a router outside router.rs");
    }
    found
}

fn calls(source: &Source) -> Vec<usize> {
    TABLE.iter().flat_map(|way| source.places(&format!(". {way} ("))).collect()
}

/// `.route("/url", Access::…, …)` is right, and so is what the table's functions do.
fn without_access(source: &Source) -> Vec<usize> {
    let listed = |call: usize| {
        let accesses = [
            ", Access : : _ ,",
            ", Access : : Token ( TokenScope : : _ ) ,",
            ", Access : : Staff ( Permission : : _ ) ,",
            ", Access : : Page ( Permission : : _ , Permission : : _ ) ,",
        ];
        source.text(call + 3).is_some() && accesses.iter().any(|a| source.is_at(call + 4, a))
    };
    let handed_on = |call: usize| {
        HANDED_ON.iter().any(|pattern| {
            let before = pattern.split(' ').take_while(|word| *word != "(").count() - 2;
            call >= before && source.is_at(call - before, pattern)
        })
    };
    calls(source).into_iter().filter(|call| !listed(*call) && !handed_on(*call)).collect()
}

/// Every `Router::…` but the one that is the table's.
fn made_elsewhere(source: &Source) -> Vec<usize> {
    let made = source.places(MADE);
    let is_first = |place: &usize| made.first().is_some_and(|first| *place == first + 2);
    source.places("Router : :").into_iter().filter(|place| !is_first(place)).collect()
}

#[test]
fn a_url_beside_the_table_is_seen() {
    let found = |path: &str, text: &str| complaints(&Source::of(path, text)).len();
    let table = "fn new(app: &App) -> Self { Self { app, router: Router::new() } }\n\
        fn route(self) { self.router = self.router.route(path, methods); }";
    let with = |text: &str| found(ROUTER, &format!("{table}\n{text}"));
    assert_eq!(
        with("fn f() { Table::new(app).route(\"/\", Access::Public, get(pages::home)) }"),
        0
    );
    for by in [
        "Access::Token(TokenScope::PushJournal), post(push)",
        "Access::Staff(Permission::SeeAll), get(list)",
        "Access::Page(Permission::SeeAll, Permission::ManageLicenses), get(list).post(create)",
    ] {
        assert_eq!(with(&format!("fn f() {{ Table::new(app).route(\"/\", {by}) }}")), 0, "{by}");
    }
    for bad in [
        "fn f() { Table::new(app).route(\"/\", Access::Token(scope), post(push)) }",
        "fn f() { Table::new(app).route(\"/\", Access::Staff(may), post(push)) }",
        "fn f() { Table::new(app).route(\"/\", Access::Page(Permission::SeeAll, may), post(push)) }",
        "fn f() { Table::new(app).route(\"/\", get(pages::home)) }",
        "fn f() { Table::new(app).limited(\"/\", access, get(pages::home)) }",
        "fn f() { Table::new(app).route(HOME, Access::Public, get(pages::home)) }",
        "fn f() { pages.router.route(\"/\", get(pages::home)) }",
        "fn f() { Router::new().merge(pages) }",
        "fn f() { pages.router.nest(\"/a\", other) }",
    ] {
        assert_ne!(with(bad), 0, "{bad}");
    }
    for bad in [
        "pub(crate) fn routes() -> Router<App> { other() }",
        "fn f(api: R) -> R { api.route(\"/\", get(home)) }",
        "fn f(api: R) -> R { api.route_service(\"/\", files) }",
    ] {
        assert_ne!(found("pages/admin.rs", bad), 0, "{bad}");
    }
    assert_eq!(found("pages/admin.rs", "fn f() -> MethodRouter<App> { get(home) }"), 0);
}
