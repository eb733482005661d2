//! Finding items that have changed: by the ERP's own stamps from the newest that was seen, with an overlap. Our clock only
//! keeps a stamp from the future from hiding what comes until then.

use super::{ITEMS, KEY, material, way};
use crate::kinds::Scope;
use crate::manufacturing::find::{self, Found};
use crate::manufacturing::message::Seen;
use crate::manufacturing::progress::{self, Progress};
use crate::poll::Counts;
use crate::zone;
use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::time::Duration;
use tenon_connectors::b1::literal;
use tenon_connectors::blacklake;
use tenon_connectors::erp::{self, Erp, Filter, Rows};
use tenon_model::DocumentKey;
use tenon_model::config::MesItemsFlow;
use tenon_model::manufacturing::ItemWork;
use tenon_model::run::Trigger;
use tenon_platform::{Error, Result};

/// A look that has less time than this left goes on in the next.
const TIME_OF_A_PAGE: Duration = Duration::from_secs(40);
/// Items that one look queues, at most; the rest is the next one's.
const MAX_ITEMS: u64 = 1_000;
/// Bytes of an item that travel in a message.
const MAX_ITEM: usize = 60 * 1024;
/// Before everything.
const BEGINNING: &str = "1970-01-01 00:00:00";

/// How far the items were looked at.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Mark {
    /// The newest change that was seen, `2026-11-20 09:00:31` by the ERP's clock.
    pub until: String,
    /// A look that did not end in one go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rest: Option<Rest>,
}

/// Where a look goes on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Rest {
    /// The last item that it has seen.
    behind: DocumentKey,
    /// The newest change that it has seen, or the end of its time when that is earlier.
    until: String,
}

/// Finds items that have changed and queues them, and again those that are due again.
pub(super) async fn find_and_queue(
    at: Scope<'_>,
    flow: &MesItemsFlow,
    trigger: Trigger,
    counts: &mut Counts,
) -> Result<()> {
    let Scope { ctx, tenant, loaded } = at;
    let facts = erp::of(loaded, &flow.erp)?;
    let prefix = blacklake::of(loaded, &flow.mes)?.material_prefix(&flow.erp).to_owned();
    let way_flow = loaded.flow(&flow.id)?;
    let way = way(way_flow, flow);
    find::queue_due::<ItemWork>(at, &way, trigger, counts).await?;

    let mapping = material::mapping(flow, &prefix);
    let known = progress::load::<Mark>(ctx, tenant, &flow.id).await?.filter(|known| known.mapping == mapping);
    let mark = known.map(|known| known.mark).unwrap_or_default();
    let from = match mark.until.as_str() {
        "" => flow.source.since.as_ref().map_or_else(|| BEGINNING.to_owned(), |day| format!("{day} 00:00:00")),
        until => minus(until, flow.source.overlap),
    };
    let begun_ms = ctx.now_ms();
    let now = zone::local(begun_ms, &facts.time_zone, "%Y-%m-%d %H:%M:%S")?;
    let (mut behind, mut newest) = match mark.rest.clone() {
        Some(rest) => (Some(rest.behind), rest.until),
        None => (None, mark.until.clone()),
    };
    let erp = Erp::open(ctx, tenant, loaded, &flow.erp)?;
    let filter = filter(flow, &from, behind.as_ref());
    let rows = Rows::Documents { object: ITEMS, filter: Filter::Own(&filter), select: &[] };
    let mut pages = erp.pages(rows, KEY, flow.source.page_size).await?;
    let mut is_whole = true;
    while let Some(values) = pages.next().await? {
        counts.pages += 1;
        counts.found += values.len() as u64;
        let mut found = Vec::with_capacity(values.len());
        for value in values {
            let Value::Object(item) = value else { continue };
            newest = newest.max(stamp(&item));
            let shown = shown(flow, &prefix, &item, ctx.now_ms())?;
            behind = Some(shown.key.clone());
            found.push(shown);
        }
        find::queue::<ItemWork>(at, &way, found, trigger, counts, find::is_there).await?;
        if counts.queued >= MAX_ITEMS || ctx.time_left().is_some_and(|left| left < TIME_OF_A_PAGE) {
            is_whole = false;
            break;
        }
    }
    // What changed while the pages were read may stand on one that was read before.
    let took = Duration::from_millis(u64::try_from(ctx.now_ms() - begun_ms).unwrap_or(0));
    let until = minus(newest.clone().min(now).as_str(), took);
    let mark = match (is_whole, behind) {
        (false, Some(behind)) => Mark { until: mark.until, rest: Some(Rest { behind, until: newest }) },
        _ => Mark { until: until.max(mark.until), rest: None },
    };
    progress::store(ctx, tenant, &flow.id, &Progress { mark, mapping }).await
}

/// The filter of a look.
pub(super) fn filter(flow: &MesItemsFlow, from: &str, behind: Option<&DocumentKey>) -> String {
    let (day, time) = from.split_once(' ').unwrap_or((from, "00:00:00"));
    let since = |date: &str, clock: &str| format!("{date} gt '{day}' or ({date} eq '{day}' and {clock} ge '{time}')");
    let mut filter = format!("({} or {})", since("UpdateDate", "UpdateTime"), since("CreateDate", "CreateTime"));
    if let Some(own) = &flow.source.filter {
        filter = format!("({own}) and {filter}");
    }
    match behind {
        Some(key) => format!("{filter} and {KEY} gt {}", literal(key)),
        None => filter,
    }
}

fn shown(flow: &MesItemsFlow, prefix: &str, item: &Map<String, Value>, read_ms: i64) -> Result<Found> {
    let key = item
        .get(KEY)
        .and_then(DocumentKey::from_json)
        .ok_or_else(|| Error::permanent("flow.key", format!("{ITEMS} has a record without {KEY}")))?;
    let fingerprint = material::of_item(flow, prefix, item).fingerprint;
    let fields = Value::Object(material::kept(flow, item)).to_string();
    let fits = fields.len() <= MAX_ITEM;
    Ok(Found { key, page: Seen { fields, fingerprint, read_ms }, fits })
}

/// When an item was made or changed last, by the ERP's clock: `2026-11-20 09:00:31`.
fn stamp(item: &Map<String, Value>) -> String {
    let of = |date: &str, time: &str| {
        let day = item.get(date).and_then(Value::as_str).and_then(|text| text.get(..10)).unwrap_or_default().to_owned();
        if day.is_empty() { day } else { format!("{day} {}", clock(item.get(time))) }
    };
    of("UpdateDate", "UpdateTime").max(of("CreateDate", "CreateTime"))
}

/// A time of day as the ERP writes it: `09:00:31`, `9:00`, or the number 90031 or 900.
fn clock(time: Option<&Value>) -> String {
    let parts: Vec<u32> = match time {
        Some(Value::String(text)) => text.split(':').map(|part| part.trim().parse().unwrap_or(0)).collect(),
        Some(other) => {
            let number = u32::try_from(other.as_u64().unwrap_or(0)).unwrap_or(0);
            if number > 2_359 {
                vec![number / 10_000, number / 100 % 100, number % 100]
            } else {
                vec![number / 100, number % 100]
            }
        }
        None => Vec::new(),
    };
    let part = |place: usize| parts.get(place).copied().unwrap_or(0);
    format!("{:02}:{:02}:{:02}", part(0), part(1), part(2))
}

/// So much earlier. What cannot be read stays as it is.
fn minus(moment: &str, time: Duration) -> String {
    let Ok(parsed) = moment.replacen(' ', "T", 1).parse::<DateTime>() else { return moment.to_owned() };
    let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
    let earlier = parsed.checked_sub(jiff::SignedDuration::from_secs(seconds)).unwrap_or(parsed);
    earlier.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn flow(source: Value) -> MesItemsFlow {
        serde_json::from_value(json!({ "id": "items", "erp": "b1", "mes": "mes", "source": source })).unwrap()
    }

    #[test]
    fn r_m7_the_overlap_reaches_over_midnight_and_the_filter_with_it() {
        assert_eq!(minus("2026-11-21 00:00:30", Duration::from_secs(120)), "2026-11-20 23:58:30");
        let text = filter(&flow(json!({})), "2026-11-20 23:58:30", None);
        assert_eq!(
            text,
            "(UpdateDate gt '2026-11-20' or (UpdateDate eq '2026-11-20' and UpdateTime ge '23:58:30') or \
             CreateDate gt '2026-11-20' or (CreateDate eq '2026-11-20' and CreateTime ge '23:58:30'))"
        );
        let own = filter(
            &flow(json!({ "filter": "InventoryItem eq 'tYES'" })),
            BEGINNING,
            Some(&DocumentKey::Text("A'1".into())),
        );
        assert!(own.starts_with("(InventoryItem eq 'tYES') and (UpdateDate gt '1970-01-01'"), "{own}");
        assert!(own.ends_with("and ItemCode gt 'A''1'"), "{own}");
    }

    #[test]
    fn r_m7_a_stamp_is_read_however_it_is_written() {
        let of =
            |date: Value, time: Value| stamp(json!({ "UpdateDate": date, "UpdateTime": time }).as_object().unwrap());
        let at = "2026-11-20 09:05:31";
        assert_eq!(of(json!("2026-11-20T00:00:00Z"), json!("09:05:31")), at);
        assert_eq!(of(json!("2026-11-20"), json!(90_531)), at);
        assert_eq!(of(json!("2026-11-20"), json!(905)), "2026-11-20 09:05:00");
        assert_eq!(of(json!("2026-11-20"), json!(null)), "2026-11-20 00:00:00");
        assert_eq!(of(json!(null), json!("09:05:31")), "");
        let created = json!({ "UpdateDate": null, "CreateDate": "2026-11-21", "CreateTime": "00:00:01" });
        assert_eq!(stamp(created.as_object().unwrap()), "2026-11-21 00:00:01");
        assert_eq!(minus("unreadable", Duration::from_secs(1)), "unreadable");
    }
}
