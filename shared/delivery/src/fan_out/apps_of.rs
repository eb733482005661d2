//! What a fan-out stands on, read once for all events that a process has in hand at the moment: the events in one
//! request, and of each of their tenants the apps and how their endpoints do.

use crate::events;
use crate::health::{self, Health};
use std::collections::HashMap;
use std::sync::Arc;
use tenon_model::tenant_app::TenantApp;
use tenon_model::webhook::WebhookEvent;
use tenon_model::{AppId, TenantId};
use tenon_platform::table::Stored;
use tenon_platform::together::Together;
use tenon_platform::{Context, Error, Result};
use tenon_tenants::apps;

/// A tenant's apps.
#[derive(Debug)]
pub(super) struct Apps {
    pub apps: Vec<TenantApp>,
    /// By app; one of which nothing was noted is left out.
    pub health: HashMap<AppId, Health>,
}

/// What was found.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub event: Option<Stored<WebhookEvent>>,
    pub apps: Result<Arc<Apps>>,
}

type EventId = (TenantId, String);

/// Those that are about to be read.
#[derive(Default)]
struct Looks(Together<EventId, Result<Found>>);

/// Looks at an event, together with the others that are looked at now.
///
/// # Errors
/// Those of the table.
pub(super) async fn look(ctx: &Context, tenant: &TenantId, event: &str) -> Result<Found> {
    let wanted = (tenant.clone(), event.to_owned());
    let looks = ctx.extensions.get_or_init::<Looks>();
    let of = ctx.clone();
    let ticket = looks.0.hand_in(wanted.clone());
    match ticket.done(std::future::ready(()), |all| read(of, all)).await {
        Some(found) => found,
        // One of them cannot even be read: this one is read by itself.
        None => read(ctx.clone(), vec![wanted]).await.pop().unwrap_or_else(|| Err(unanswered())),
    }
}

fn unanswered() -> Error {
    Error::transient("platform.table", "an event was looked for and nothing came of it")
}

async fn read(ctx: Context, wanted: Vec<EventId>) -> Vec<Result<Found>> {
    let keys = wanted.iter().map(|(tenant, event)| events::key(tenant, event));
    let mut several = match ctx.table.get_several(keys).await {
        Ok(several) => several,
        Err(error) => return wanted.iter().map(|_| Err(error.clone())).collect(),
    };
    let mut events: HashMap<&EventId, Result<Option<Stored<WebhookEvent>>>> = HashMap::new();
    let mut tenants: HashMap<&TenantId, Result<Arc<Apps>>> = HashMap::new();
    let mut found = Vec::with_capacity(wanted.len());
    for one in &wanted {
        let (tenant, id) = one;
        if !tenants.contains_key(tenant) {
            tenants.insert(tenant, apps_of(&ctx, tenant).await.map(Arc::new));
        }
        // Two messages may be of one event.
        let event = events.entry(one).or_insert_with(|| several.take(&events::key(tenant, id))).clone();
        let apps = tenants.get(tenant).cloned().unwrap_or_else(|| Err(unanswered()));
        found.push(event.map(|event| Found { event, apps }));
    }
    found
}

async fn apps_of(ctx: &Context, tenant: &TenantId) -> Result<Apps> {
    let apps: Vec<TenantApp> = apps::list(ctx, tenant).await?.into_iter().map(|stored| stored.data).collect();
    let ids: Vec<&AppId> = apps.iter().map(|app| &app.id).collect();
    let health = health::get_many(ctx, tenant, &ids).await?;
    Ok(Apps { apps, health })
}
