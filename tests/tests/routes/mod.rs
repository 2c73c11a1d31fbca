//! Every URL of the portal stands in `router.rs` or below it, in its table, beside its access.

use crate::source::Source;

/// Where the table is made.
const TABLE_FILE: &str = "router/table.rs";

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

/// Whether this is the router's, or one of its areas.
fn is_router(source: &Source) -> bool {
    source.path == "router.rs" || source.path.starts_with("router/")
}

/// How many URLs the table has.
pub(crate) fn listed(sources: &[Source]) -> usize {
    sources.iter().filter(|source| is_router(source)).map(listed_in).sum()
}

fn listed_in(router: &Source) -> usize {
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
    if is_router(source) {
        complain(without_access(source), "a URL without its access");
        complain(made_elsewhere(source), "a router beside the table's");
    } else {
        complain(calls(source), "a URL outside the router");
        complain(source.places("Router"), "a router outside the router");
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
    let made = if source.path == TABLE_FILE { source.places(MADE) } else { Vec::new() };
    let is_first = |place: &usize| made.first().is_some_and(|first| *place == first + 2);
    source.places("Router : :").into_iter().filter(|place| !is_first(place)).collect()
}

#[test]
fn a_url_beside_the_table_is_seen() {
    let found = |path: &str, text: &str| complaints(&Source::of(path, text)).len();
    let table = "fn new(app: &App) -> Self { Self { app, router: Router::new() } }\n\
        fn route(self) { self.router = self.router.route(path, methods); }";
    let with = |text: &str| found(TABLE_FILE, &format!("{table}\n{text}"));
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
    let area = "fn routes(t: Table<'_>) -> Table<'_> { t.route(\"/\", Access::Public, get(home)) }";
    assert_eq!(found("router/pages/public.rs", area), 0);
    for bad in [
        "fn f() { Self { app, router: Router::new() } }",
        "fn routes(t: Table<'_>) -> Table<'_> { t.route(\"/\", get(home)) }",
    ] {
        assert_ne!(found("router/pages/public.rs", bad), 0, "{bad}");
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
