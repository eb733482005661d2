//! Tenants' apps: `/system/tenant-management…`.

mod change;
mod list;
mod log;
mod one;
mod overview;

use crate::common::{Call, query_parameter};
use serde::Deserialize;
use tenon_catalog::areas::console::apps as routes;
use tenon_console_kit::{Console, ENVELOPE, frame, page};
use tenon_model::AppId;
use tenon_pages::console::apps as pages;
use tenon_platform::Rejection;
use tenon_platform::dispatch::{Reply, Service, on};

/// The function.
pub static SERVICE: Service<Console> = Service::new(Console, || {
    vec![
        on(routes::PAGE, tab),
        on(routes::CREATE, list::create),
        on(routes::APP, one::app),
        on(routes::EDIT, change::edit),
        on(routes::SWITCH, change::switch),
        on(routes::DELETE, change::delete),
        on(routes::SECRET, change::secret),
        on(routes::CALLBACK_SECRET, change::callback_secret),
        on(routes::QUOTA, change::quota),
        on(routes::CALL, log::one),
    ]
})
.answering(ENVELOPE);

/// The app of the path.
#[derive(Deserialize)]
struct OfApp {
    id: AppId,
}

async fn tab(call: Call, (): ()) -> Result<Reply, Rejection> {
    if !call.by.has_tenant() {
        return Ok(page(200, pages::choose_tenant(&frame(&call)?, "")));
    }
    match query_parameter(&call, "tab") {
        "apps" => list::page(&call).await,
        "logs" => log::page(&call).await,
        _ => overview::page(&call).await,
    }
}
