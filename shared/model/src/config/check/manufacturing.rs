//! Rules of flows between a company and its factory's MES.

use super::rules::{CommonRule, FlowRule, Why};
use super::{Bounds, DAY_S, EVERY, Findings, bounds};
use crate::config::{
    Config, Connection, Field, FieldFormat, Flow, MesItemsFlow, MesWorkOrdersFlow, ProductionReceiptsFlow, range,
};
use std::collections::{BTreeMap, BTreeSet};

const OVERLAP: Bounds = bounds(60_000, DAY_S, Why::LookOverlap);
const DELAY: Bounds = bounds(1_000, 3_600, Why::LookDelay);
const SWEEP: Bounds = bounds(3_600_000, 31 * DAY_S, Why::Sweep);
const SWEEP_EVERY: Bounds = bounds(3_600_000, 7 * DAY_S, Why::SweepEvery);

/// Checks a flow of items.
pub(super) fn items(found: &mut Findings, path: &str, flow: &MesItemsFlow) {
    found.duration(&format!("{path}.every"), flow.every, &EVERY);
    found.duration(&format!("{path}.source.overlap"), flow.source.overlap, &OVERLAP);
    page_size(found, path, flow.source.page_size, 1, 1000);
    if let Some(since) = &flow.source.since
        && !is_day(since)
    {
        found.error(&format!("{path}.source.since"), FlowRule::NoDay { text: since.clone() });
    }
    fields(found, &format!("{path}.fields"), &flow.fields);
    for field in &flow.fields {
        if flow.constants.contains_key(&field.to) {
            let (to, from) = (field.to.clone(), field.from.clone());
            found.error(&format!("{path}.constants"), FlowRule::ConstantMapped { to, from });
        }
    }
    for name in ["materialCode", "items"] {
        if flow.constants.contains_key(name) || flow.fields.iter().any(|field| field.to == name) {
            found.error(&format!("{path}.fields"), FlowRule::MadeOfItem { name: name.to_owned() });
        }
    }
}

/// Checks a flow of work orders.
pub(super) fn work_orders(found: &mut Findings, path: &str, flow: &MesWorkOrdersFlow) {
    found.duration(&format!("{path}.every"), flow.every, &EVERY);
    page_size(found, path, flow.source.page_size, 1, 1000);
    let marks = &flow.marks;
    found.filled(&format!("{path}.marks.synced"), &marks.synced);
    found.filled(&format!("{path}.marks.flag"), &marks.flag);
    found.filled(&format!("{path}.marks.flag_value"), &marks.flag_value);
    if marks.synced_value == marks.unsynced_value {
        found.error(&format!("{path}.marks"), CommonRule::SameMarks);
    }
    if marks.synced == marks.flag {
        found.error(&format!("{path}.marks.flag"), FlowRule::FlagIsMark);
    }
    for (key, time) in [("start_time", &flow.start_time), ("finish_time", &flow.finish_time)] {
        if !is_time(time) {
            found.error(&format!("{path}.{key}"), FlowRule::NoTime { text: time.clone() });
        }
    }
    found.filled(&format!("{path}.work_order_type"), &flow.work_order_type);
    fields(found, &format!("{path}.fields"), &flow.fields);
}

/// Checks a flow of receipts.
pub(super) fn receipts(found: &mut Findings, path: &str, flow: &ProductionReceiptsFlow) {
    found.duration(&format!("{path}.every"), flow.every, &EVERY);
    let source = &flow.source;
    found.duration(&format!("{path}.source.overlap"), source.overlap, &OVERLAP);
    found.duration(&format!("{path}.source.delay"), source.delay, &DELAY);
    found.duration(&format!("{path}.source.sweep"), source.sweep, &SWEEP);
    found.duration(&format!("{path}.source.sweep_every"), source.sweep_every, &SWEEP_EVERY);
    page_size(found, path, source.page_size, 20, 200);
    found.filled(&format!("{path}.key_field"), &flow.key_field);
    if flow.key_field == flow.inbound_field {
        found.error(&format!("{path}.inbound_field"), FlowRule::ReportIdField);
    }
}

fn page_size(found: &mut Findings, path: &str, rows: u32, least: u32, most: u32) {
    if !(least..=most).contains(&rows) {
        let (least, most) = (least.into(), most.into());
        found.error(&format!("{path}.source.page_size"), CommonRule::Between { least, most });
    }
}

fn fields(found: &mut Findings, place: &str, fields: &[Field]) {
    let mut names = BTreeSet::new();
    for field in fields {
        if !names.insert(field.to.as_str()) {
            found.error(place, CommonRule::FilledTwice { name: field.to.clone() });
        }
        if range::pair(&field.from).is_some() || range::pair(&field.to).is_some() {
            found.error(place, FlowRule::RangeIntoMember { from: field.from.clone() });
        }
        if matches!(field.format, FieldFormat::Attachment | FieldFormat::Related) {
            found.error(place, FlowRule::NotOfAnMes { from: field.from.clone() });
        }
    }
}

fn is_day(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let number = |part: &str, length: usize, most: u32| {
        part.len() == length && part.parse::<u32>().is_ok_and(|n| (1..=most).contains(&n))
    };
    matches!(parts.as_slice(), [year, month, day] if number(year, 4, 9999) && number(month, 2, 12) && number(day, 2, 31))
}

fn is_time(text: &str) -> bool {
    let parts: Vec<&str> = text.split(':').collect();
    let number = |part: &str, most: u32| part.len() == 2 && part.parse::<u32>().is_ok_and(|n| n <= most);
    matches!(parts.as_slice(), [hour, minute, second] if number(hour, 23) && number(minute, 59) && number(second, 59))
}

/// Two companies on one factory never share a code.
pub(super) fn check_all(found: &mut Findings, config: &Config) {
    let mut by_mes: BTreeMap<&str, Vec<(&MesWorkOrdersFlow, &str)>> = BTreeMap::new();
    for flow in &config.flows {
        let Flow::MesWorkOrders(flow) = flow else { continue };
        let connection = config.connections.iter().find(|connection| connection.id() == &flow.mes);
        let Some(Connection::Blacklake(mes)) = connection else { continue };
        let prefix = flow.code_prefix.as_deref().unwrap_or_else(|| mes.code_prefix(&flow.erp));
        by_mes.entry(mes.factory_number.as_str()).or_default().push((flow, prefix));
    }
    for flows in by_mes.into_values() {
        for (place, (flow, prefix)) in flows.iter().enumerate() {
            let others = flows.iter().take(place);
            if let Some((other, _)) = others.into_iter().find(|(other, known)| other.erp != flow.erp && known == prefix)
            {
                let (other, erp) = (other.erp.to_string(), flow.erp.to_string());
                found.warn(&format!("flows[{}].code_prefix", flow.id), FlowRule::SameOrderCodes { other, erp });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::config::{Config, check};
    use serde_json::{Value, json};

    fn config(flow: Value) -> Value {
        let b1 = |id: &str| {
            json!({ "kind": "b1", "id": id, "base_url": "https://b1:50000", "company_db": "X", "username": "m",
                "password": "p" })
        };
        json!({
            "connections": [b1("b1-main"), b1("b1-two"), { "kind": "blacklake", "id": "mes-main",
                "base_url": "https://mes.example.com", "app_key": "k", "app_secret": "s", "factory_number": "34133123" }],
            "flows": [flow]
        })
    }

    fn flow(kind: &str, more: Value) -> Value {
        let mut flow = json!({ "id": "f", "kind": kind, "erp": "b1-main", "mes": "mes-main" });
        flow.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        flow
    }

    fn problems(config: Value) -> Vec<String> {
        check(&serde_json::from_value::<Config>(config).unwrap()).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_defaults_are_sound_and_every_duration_has_bounds() {
        for kind in ["mes-items", "mes-work-orders", "production-receipts"] {
            assert_eq!(problems(config(flow(kind, json!({})))), Vec::<String>::new(), "{kind}");
        }
        for (kind, key, short, long) in [
            ("mes-items", "overlap", "59s", "2d"),
            ("production-receipts", "overlap", "59s", "2d"),
            ("production-receipts", "delay", "500ms", "2h"),
            ("production-receipts", "sweep", "1m", "32d"),
            ("production-receipts", "sweep_every", "1m", "8d"),
        ] {
            for value in [short, long] {
                let found = problems(config(flow(kind, json!({ "source": { key: value } }))));
                assert!(found.len() == 1 && found[0].contains(key) && found[0].contains("between"), "{found:?}");
            }
        }
        for (kind, rows) in [("mes-items", 1001), ("production-receipts", 19), ("production-receipts", 201)] {
            assert!(problems(config(flow(kind, json!({ "source": { "page_size": rows } }))))[0].contains("page_size"));
        }
    }

    #[test]
    fn what_makes_no_sense_is_told() {
        for (kind, more, words) in [
            ("mes-items", json!({ "source": { "since": "gestern" } }), "no day"),
            ("mes-items", json!({ "constants": { "materialCode": "x" } }), "is no other"),
            (
                "mes-items",
                json!({ "fields": [{ "from": "A", "to": "x" }, { "from": "B", "to": "x" }] }),
                "filled twice",
            ),
            ("mes-work-orders", json!({ "finish_time": "24:00:00" }), "no time of day"),
            ("mes-work-orders", json!({ "marks": { "flag": "U_SyncStatus" } }), "the flag is another"),
            ("mes-work-orders", json!({ "marks": { "synced_value": "N" } }), "two values"),
            ("production-receipts", json!({ "key_field": "U_InboundType" }), "name another"),
        ] {
            let found = problems(config(flow(kind, more.clone())));
            assert!(found.iter().any(|problem| problem.contains(words)), "{more}: {found:?}");
        }
        let mut of_an_oa = config(flow("mes-items", json!({})));
        of_an_oa["flows"][0]["mes"] = json!("b1-main");
        assert!(problems(of_an_oa)[0].contains("blacklake is needed here"));
    }

    #[test]
    fn r_m17_apply_warns_when_two_companies_of_a_factory_have_no_prefixes() {
        let mut two = config(flow("mes-work-orders", json!({})));
        let mut second = flow("mes-work-orders", json!({ "erp": "b1-two" }));
        second["id"] = json!("g");
        two["flows"].as_array_mut().unwrap().push(second);
        let found = problems(two.clone());
        assert!(found.len() == 1 && found[0].contains("code_prefixes"), "{found:?}");
        two["connections"][2]["code_prefixes"] = json!({ "b1-two": "B-" });
        assert_eq!(problems(two.clone()), Vec::<String>::new());
        two["connections"][2]["code_prefixes"] = json!({ "b1-two": "B1" });
        assert!(problems(two)[0].contains("ends with a digit"));
    }
}
