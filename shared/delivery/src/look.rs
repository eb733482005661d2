//! What a delivery stands on, read once for all that a process has in hand at the moment: the deliveries themselves,
//! each app and each endpoint's health once, in one request; and each app's secrets opened once.

use crate::deliveries;
use crate::health::{self, Health};
use crate::record::Delivery;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use tenon_model::config::Secret;
use tenon_model::tenant_app::{Callback, TenantApp};
use tenon_model::webhook::Deliver;
use tenon_model::{AppId, TenantId};
use tenon_platform::table::{Key, Several, Stored};
use tenon_platform::together::Together;
use tenon_platform::{Context, Error, Result};
use tenon_tenants::apps;
use tokio::sync::OnceCell;

/// An app and how its endpoint does, as read a moment ago.
#[derive(Debug)]
pub(crate) struct Endpoint {
    pub app: Option<TenantApp>,
    pub health: Option<Stored<Health>>,
    secrets: OnceCell<Vec<Secret>>,
}

impl Endpoint {
    /// The secrets of its pushes that count, newest first.
    ///
    /// # Errors
    /// Those of [`apps::open`].
    pub(crate) async fn secrets(&self, ctx: &Context, app: &TenantApp, callback: &Callback) -> Result<&[Secret]> {
        let open = || apps::open(ctx, app, apps::CALLBACK_SECRET, &callback.secrets);
        Ok(self.secrets.get_or_try_init(open).await?)
    }
}

/// What was found.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub delivery: Option<Stored<Delivery>>,
    /// An error when the app's records cannot be read: then its deliveries alone fail.
    pub endpoint: Result<Arc<Endpoint>>,
}

#[derive(Clone)]
struct DeliveryId {
    tenant: TenantId,
    app: AppId,
    delivery: String,
}

impl DeliveryId {
    fn keys(&self) -> [Key; 3] {
        let Self { tenant, app, delivery } = self;
        [deliveries::key(tenant, app, delivery), apps::key(tenant, app), health::key(tenant, app)]
    }
}

/// Those that are about to be read.
#[derive(Default)]
struct Looks(Together<DeliveryId, Result<Found>>);

/// Looks at a delivery, together with the others that are looked at now.
///
/// # Errors
/// Those of the table.
pub(crate) async fn look(ctx: &Context, tenant: &TenantId, work: &Deliver) -> Result<Found> {
    let wanted = DeliveryId { tenant: tenant.clone(), app: work.app.clone(), delivery: work.delivery.clone() };
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
    Error::transient("platform.table", "a delivery was looked for and nothing came of it")
}

async fn read(ctx: Context, wanted: Vec<DeliveryId>) -> Vec<Result<Found>> {
    let mut several = match ctx.table.get_several(wanted.iter().flat_map(DeliveryId::keys)).await {
        Ok(several) => several,
        Err(error) => return wanted.iter().map(|_| Err(error.clone())).collect(),
    };
    let mut endpoints: HashMap<(TenantId, AppId), Result<Arc<Endpoint>>> = HashMap::new();
    let keys: Vec<Key> = wanted.iter().map(|wanted| wanted.keys()).map(|[delivery, ..]| delivery).collect();
    // Two messages may be of one delivery, which is rare.
    let distinct = keys.iter().collect::<HashSet<_>>().len() == keys.len();
    let mut deliveries: HashMap<Key, Result<Option<Stored<Delivery>>>> = HashMap::new();
    let found = wanted.into_iter().map(|wanted| {
        let [key, app, health] = wanted.keys();
        let endpoint = endpoints.entry((wanted.tenant, wanted.app));
        let endpoint = endpoint.or_insert_with(|| endpoint_of(&mut several, &app, &health)).clone();
        let delivery = match distinct {
            true => several.take(&key),
            false => deliveries.entry(key.clone()).or_insert_with(|| several.take(&key)).clone(),
        };
        Ok(Found { delivery: delivery?, endpoint })
    });
    found.collect()
}

fn endpoint_of(several: &mut Several, app: &Key, health: &Key) -> Result<Arc<Endpoint>> {
    let app = several.take::<TenantApp>(app)?.map(|stored| stored.data);
    Ok(Arc::new(Endpoint { app, health: several.take(health)?, secrets: OnceCell::new() }))
}
