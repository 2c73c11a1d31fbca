//! How a route is added: never without who may use it.

use axum::Router;
use axum::http::Method;
use axum::middleware::from_fn_with_state;
use axum::routing::MethodRouter;
use tower_http::csrf::CsrfLayer;

use crate::access::{self, Access};
use crate::api::document::Entry;
use crate::api::operation::{Described, Operation};
use crate::app::App;
use crate::limits;
use crate::problem::Problem;

/// A URL with who may use it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The path, with its parameters in braces.
    pub path: String,
    /// Who may use it.
    pub access: Access,
    /// The one method that this is about; `None`: all that it takes.
    pub method: Option<Method>,
}

/// Routes under construction: a route cannot be added without its access.
pub(super) struct Table<'a> {
    pub(super) app: &'a App,
    pub(super) router: Router<App>,
    pub(super) routes: Vec<Route>,
    pub(super) documented: Vec<Entry>,
}

impl<'a> Table<'a> {
    pub(super) fn new(app: &'a App) -> Self {
        Self { app, router: Router::new(), routes: Vec::new(), documented: Vec::new() }
    }

    pub(super) fn route(mut self, path: &str, access: Access, methods: MethodRouter<App>) -> Self {
        let methods = self.guarded(access, methods);
        self.routes.push(Route { path: path.to_owned(), access, method: None });
        self.router = self.router.route(path, methods);
        self
    }

    /// One method of a URL, with what the document says of it.
    pub(super) fn operation(mut self, path: &str, access: Access, operation: Operation) -> Self {
        let Operation { methods, described } = operation;
        let methods = self.guarded(access, methods);
        let is_first = self.routes.iter().all(|route| route.path != path);
        let methods =
            if is_first { methods.fallback(async || Problem::wrong_method()) } else { methods };
        let method = Some(described.method.clone());
        self.routes.push(Route { path: path.to_owned(), access, method });
        self.documented.push(Entry { path: path.to_owned(), access, described });
        self.router = self.router.route(path, methods);
        self
    }

    /// What the document says of the URL before.
    pub(super) fn described(mut self, described: Described) -> Self {
        if let Some(Route { path, access, .. }) = self.routes.last().cloned() {
            self.documented.push(Entry { path, access, described });
        }
        self
    }

    pub(super) fn guarded(&self, access: Access, methods: MethodRouter<App>) -> MethodRouter<App> {
        match access {
            // Programs bring no cookie: nothing to look up, and nobody's form to be forged.
            Access::Api => return methods,
            Access::Token(scope) => {
                let state = (self.app.clone(), scope);
                // A method that there is not is refused without a token.
                return methods.route_layer(from_fn_with_state(state, access::token::enforce));
            }
            _ => {}
        }
        let forgery = CsrfLayer::new().with_rejection_response(|_| access::foreign_form());
        let enforce = from_fn_with_state((self.app.clone(), access), access::enforce);
        methods.layer(forgery).layer(enforce)
    }

    /// As `route`, limited per address.
    pub(super) fn limited(self, path: &str, access: Access, methods: MethodRouter<App>) -> Self {
        self.limited_with(path, access, methods, |methods| methods)
    }

    /// As `limited`, with outermost layers that have the refusals of the limit, too.
    pub(super) fn limited_with(
        self,
        path: &str,
        access: Access,
        methods: MethodRouter<App>,
        outermost: impl FnOnce(MethodRouter<App>) -> MethodRouter<App>,
    ) -> Self {
        let methods = match limits::layer(self.app.config()) {
            Some(limit) => methods.layer(limit),
            None => methods,
        };
        let methods = outermost(methods);
        self.route(path, access, methods)
    }
}
