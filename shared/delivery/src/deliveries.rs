//! Deliveries in the table: one partition for each app, sorted by the event's time.

use crate::events::KEPT_S;
use crate::record::Delivery;
use tenon_crypto::digest::sha256_hex;
use tenon_model::{AppId, TenantId};
use tenon_platform::table::{Claim, Expect, Key, Page, Range, Stored, Write};
use tenon_platform::{Context, Result};

const COLLECTION: &str = "DELIVERY";

pub(crate) fn key(tenant: &TenantId, app: &AppId, id: &str) -> Key {
    Key::new(tenant, COLLECTION, &[app.as_str()], id)
}

/// The id of the delivery of an event to an app: always the same, so that a repeated fan-out makes no
/// second one; sorts by the event's time; without a full stop, which `webhook-id` must not have.
pub fn id(event: &str, at_ms: i64, app: &AppId) -> String {
    let mut hash = sha256_hex(format!("{}/{}/{event}", app.as_str().len(), app.as_str()).as_bytes());
    hash.truncate(20);
    format!("msg_{at_ms:011x}{hash}")
}

/// One delivery.
pub async fn get(ctx: &Context, tenant: &TenantId, app: &AppId, id: &str) -> Result<Option<Stored<Delivery>>> {
    ctx.table.get(&key(tenant, app, id)).await
}

/// Several deliveries, each by its app and id; those that are not there are left out.
pub async fn get_many(
    ctx: &Context,
    tenant: &TenantId,
    wanted: impl Iterator<Item = (AppId, String)>,
) -> Result<Vec<Delivery>> {
    let keys: Vec<Key> = wanted.map(|(app, id)| key(tenant, &app, &id)).collect();
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let mut found = ctx.table.get_many::<Delivery>(&keys).await?;
    Ok(keys.iter().filter_map(|key| Some(found.remove(key)?.data)).collect())
}

/// Stores a new delivery, unless there is one of its id.
pub async fn create(ctx: &Context, tenant: &TenantId, delivery: &Delivery) -> Result<Claim<Delivery>> {
    let key = key(tenant, &delivery.app, &delivery.id);
    ctx.table.claim(&key, delivery, Some(kept_until(delivery)), ctx.now_ms()).await
}

/// The write that stores a new delivery, unless there is one of its id.
pub fn create_write(tenant: &TenantId, delivery: &Delivery, now_ms: i64) -> Result<Write> {
    let write = Write::put(key(tenant, &delivery.app, &delivery.id), delivery, Expect::AbsentAt(now_ms))?;
    Ok(write.expiring(Some(kept_until(delivery))))
}

/// The write that stores a changed delivery over the version it was read at.
pub fn write(tenant: &TenantId, delivery: &Delivery, version: u64) -> Result<Write> {
    let write = Write::put(key(tenant, &delivery.app, &delivery.id), delivery, Expect::Version(version))?;
    Ok(write.expiring(Some(kept_until(delivery))))
}

fn kept_until(delivery: &Delivery) -> i64 {
    delivery.begun_ms / 1000 + KEPT_S
}

/// Which deliveries of an app are wanted.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Events from this epoch ms on.
    pub from_ms: i64,
    /// Events up to and including this epoch ms.
    pub to_ms: i64,
    /// Only those beyond this id, in the direction of reading.
    pub beyond: Option<String>,
    /// Newest first.
    pub newest_first: bool,
    /// At most this many.
    pub limit: u32,
}

/// Deliveries of an app by their events' time. There may be more when as many came as were wanted.
pub async fn page(ctx: &Context, tenant: &TenantId, app: &AppId, wanted: &Wanted) -> Result<Page<Delivery>> {
    // Beside digits and letters, `!` sorts before and `~` after all that an id can have.
    let mut from = format!("msg_{:011x}", wanted.from_ms.max(0));
    let mut up_to = format!("msg_{:011x}~", wanted.to_ms.max(0));
    match &wanted.beyond {
        Some(id) if wanted.newest_first => up_to = up_to.min(before(id)),
        Some(id) => from = from.max(format!("{id}!")),
        None => {}
    }
    if from > up_to {
        return Ok(Page { items: Vec::new(), next: None });
    }
    let range = Range {
        from: Some(from),
        up_to: Some(up_to),
        backwards: wanted.newest_first,
        limit: Some(wanted.limit),
        ..Range::default()
    };
    ctx.table.query(&Key::partition_of(tenant, COLLECTION, &[app.as_str()]), range).await
}

/// The greatest text that sorts before an id and after every smaller id of its length.
fn before(id: &str) -> String {
    let mut text = id.to_owned();
    match text.pop() {
        Some(last) => {
            let lower = char::from_u32(u32::from(last).saturating_sub(1)).unwrap_or('!');
            format!("{text}{lower}~")
        }
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_the_same_for_the_same_event_and_app_and_sorts_by_time() {
        let (a, b) = (AppId::new("app-1"), AppId::new("app-2"));
        assert_eq!(id("e", 5, &a), id("e", 5, &a));
        assert_ne!(id("e", 5, &a), id("e", 5, &b));
        assert_ne!(id("e", 5, &a), id("f", 5, &a));
        assert!(id("z", 5, &a) < id("a", 6, &a));
        assert!(!id("e.1", 1_795_305_600_000, &a).contains('.'));
    }

    #[test]
    fn before_lies_between_an_id_and_the_one_before() {
        for (smaller, id) in [("msg_0a0", "msg_0a1"), ("msg_09f", "msg_0a0"), ("msg_0a9", "msg_0aa")] {
            assert!(before(id).as_str() < id && before(id).as_str() > smaller, "{smaller} {} {id}", before(id));
        }
    }
}
