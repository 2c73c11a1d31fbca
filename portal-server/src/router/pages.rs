//! Every page.

mod account;
mod customer;
mod public;
mod reseller;
mod running;
mod selling;

use crate::app::App;
use crate::router::table::Table;

pub(super) fn routes(app: &App) -> Table<'_> {
    let table = public::routes(Table::new(app));
    let table = account::routes(table);
    let table = customer::routes(table);
    let table = selling::routes(table);
    let table = running::routes(table);
    reseller::routes(table)
}
