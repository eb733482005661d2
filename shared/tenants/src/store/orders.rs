//! Reading orders: newest first, page by page.
//!
//! An order is entered in the index under its module and state, in its tenant's partition as in the operator's,
//! so that no list reads what it does not show; how many there are is counted when they change. A page costs one
//! request for the number of all, one or two for each pair of module and state that is asked about (one when none
//! is), and one more for each 500 orders before it.

use super::keys;
use super::records::{Order, OrderState};
use tenon_model::{Module, TenantId};
use tenon_platform::Context;
use tenon_platform::Rejection;
use tenon_platform::table::{Count, Key, Merged, Range, Stored, StoredIn, Write};

/// How deep the list can be leafed through by page.
const DEPTH: usize = 10_000;
/// Orders asked for at once, at most.
const CHUNK: usize = 500;
/// Records that the counters of a tenant are spread over: transactions that meet at one are cancelled.
const SHARDS: u32 = 8;

/// Which orders are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Whose; the operator's own list holds those of every tenant.
    pub of: TenantId,
    /// Of this module.
    pub module: Option<Module>,
    /// In this state.
    pub state: Option<OrderState>,
    /// From 1; 1 with a cursor.
    pub page: usize,
    /// Orders of a page.
    pub size: usize,
    /// Where the page before ended.
    pub cursor: Option<String>,
}

/// One page.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// How many there are in all.
    pub total: i64,
    /// Newest first.
    pub orders: Vec<Order>,
    /// Where the next page begins; absent at the end.
    pub next: Option<String>,
}

/// One page of a tenant's orders, or of all tenants'.
///
/// # Errors
/// 400 that names `page` or `cursor`; those of the table.
pub async fn page(ctx: &Context, wanted: &Wanted) -> Result<Page, Rejection> {
    check(wanted)?;
    let total = total(ctx, wanted).await?;
    let begin = (wanted.page - 1) * wanted.size;
    let limit = u32::try_from((begin + wanted.size + 2).min(CHUNK)).ok();
    let (partitions, lies) = partitions(wanted);
    let range = Range { limit, ..Range::default() };
    let mut list = Merged::<Order>::new(partitions, lies, range, wanted.cursor.clone());
    list.pass(&ctx.table, begin).await?;
    let mut orders = Vec::new();
    while orders.len() < wanted.size
        && let Some(stored) = list.next(&ctx.table).await?
    {
        orders.push(stored.data);
    }
    let more = orders.len() == wanted.size && list.next(&ctx.table).await?.is_some();
    let next = orders.last().filter(|_| more).map(|last| last.number.clone());
    Ok(Page { total, orders, next })
}

fn check(wanted: &Wanted) -> Result<(), Rejection> {
    if wanted.page.saturating_mul(wanted.size) > DEPTH {
        return Err(Rejection::field("page", format!("page乘以size不能超过{DEPTH}，更早的订单请用cursor")));
    }
    let Some(cursor) = &wanted.cursor else { return Ok(()) };
    if wanted.page != 1 {
        return Err(Rejection::field("page", "不能与cursor同时使用"));
    }
    let known = (1..=64).contains(&cursor.len()) && cursor.bytes().all(|b| b.is_ascii_alphanumeric());
    if known { Ok(()) } else { Err(Rejection::field("cursor", "不是本列表返回的nextCursor")) }
}

/// Where the orders lie that are wanted. The list of all of them is never behind what was just stored.
fn partitions(wanted: &Wanted) -> (Vec<String>, StoredIn) {
    if wanted.module.is_none() && wanted.state.is_none() {
        return (vec![keys::orders(&wanted.of)], StoredIn::InTable);
    }
    let pairs = pairs(wanted).map(|(module, state)| keys::orders_so(&wanted.of, module, state));
    (pairs.collect(), StoredIn::InIndex)
}

fn pairs(wanted: &Wanted) -> impl Iterator<Item = (Module, OrderState)> {
    let modules = Module::ALL.into_iter().filter(|module| wanted.module.is_none_or(|w| w == *module));
    modules.flat_map(|module| {
        let states = OrderState::ALL.into_iter().filter(|state| wanted.state.is_none_or(|w| w == *state));
        states.map(move |state| (module, state))
    })
}

fn count_key(of: &TenantId, shard: u32) -> Key {
    Key::new(of, "STORE-ORDER-TOTALS", &[], shard.to_string())
}

fn counter(module: Module, state: OrderState) -> String {
    format!("{}-{}", module.code(), state.word())
}

async fn total(ctx: &Context, wanted: &Wanted) -> tenon_platform::Result<i64> {
    let keys: Vec<Key> = (0..SHARDS).map(|shard| count_key(&wanted.of, shard)).collect();
    let counters = ctx.table.counters(&keys).await?;
    let names: Vec<String> = pairs(wanted).map(|(module, state)| counter(module, state)).collect();
    Ok(counters.values().flatten().filter(|(name, _)| names.contains(name)).map(|(_, count)| count).sum())
}

/// The writes that count an order which was in another state, or in none; in both lists it is on.
pub(super) fn counted(order: &Order, before: Option<OrderState>) -> Vec<Write> {
    if before == Some(order.state) {
        return Vec::new();
    }
    let sum = order.number.bytes().fold(0_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte)));
    let count = |of: &TenantId| {
        let count = Count::new(count_key(of, sum % SHARDS)).add(&counter(order.module, order.state), 1);
        Write::count(match before {
            Some(before) => count.add(&counter(order.module, before), -1),
            None => count,
        })
    };
    vec![count(&TenantId::operator()), count(&order.tenant)]
}

/// One order, whosever it is.
pub(super) async fn by_number(ctx: &Context, number: &str) -> tenon_platform::Result<Option<Stored<Order>>> {
    ctx.table.get(&keys::any_order(number)).await
}
