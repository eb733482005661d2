//! The table of what B1's fields are called on forms.

use crate::normal;
use std::collections::HashMap;
use std::sync::LazyLock;

/// How well a label stands for a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// It is a name of the field.
    Named,
    /// It may mean the field where nothing else does.
    Possible,
}

/// Where a field stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    /// Entity set.
    pub set: &'a str,
    /// Whether it is a field of lines.
    pub lines: bool,
}

/// One line of the table, by field.
struct Entry {
    place: &'static str,
    labels: HashMap<String, Claim>,
}

static TABLE: LazyLock<HashMap<&'static str, Vec<Entry>>> = LazyLock::new(|| {
    let mut table: HashMap<&str, Vec<Entry>> = HashMap::new();
    for line in include_str!("../data/synonyms.txt").lines().filter(|line| !line.starts_with('#')) {
        let Some((field, labels)) = line.split_once('=') else { continue };
        let (field, place) = field.trim().split_once('@').unwrap_or((field.trim(), ""));
        let (named, possible) = labels.split_once('|').unwrap_or((labels, ""));
        let each = |labels: &'static str, claim| {
            let labels = labels.split(',').map(normal::plain).filter(|label| !label.is_empty());
            labels.flat_map(move |label| [(usual(&label), claim), (label, claim)])
        };
        // What is said later counts.
        let labels = each(possible, Claim::Possible).chain(each(named, Claim::Named)).collect();
        table.entry(field).or_default().push(Entry { place, labels });
    }
    table
});

/// Labels of a key whatever the object: what the ERP itself tells documents apart by.
const KEYS: [&str; 4] = ["内部标识", "唯一标识", "内部主键", "主键"];

/// Words that labels begin with and that say nothing of a field of a document.
const PREFIXES: [&str; 8] = ["erp", "sap", "b1", "单据", "表单", "本单", "是否", "有无"];

/// What the objects themselves are called, which labels of their fields may begin with.
const OBJECTS: [(&str, &[&str]); 8] = [
    ("PurchaseRequests", &["采购申请", "请购", "采购"]),
    ("PurchaseOrders", &["采购订单", "采购"]),
    ("Orders", &["销售订单", "销售"]),
    ("Quotations", &["销售报价", "报价"]),
    ("Items", &["物料", "商品", "产品"]),
    ("BusinessPartners", &["业务伙伴", "客户", "供应商"]),
    ("ProductionOrders", &["生产订单", "生产", "工单"]),
    ("ProductTrees", &["物料清单", "bom", "产品"]),
];

/// Endings that mean the same, the first of each for all of them.
const ENDINGS: [&[&str]; 3] =
    [&["编号", "编码", "代码", "代号", "号码", "号"], &["名称", "姓名", "名"], &["日期", "日"]];

/// A label with the usual word for its ending: 客户编码 and 客户代码 are 客户编号.
fn usual(label: &str) -> String {
    for endings in ENDINGS {
        let (Some(first), Some(rest)) = (endings.first(), endings.iter().find_map(|ending| label.strip_suffix(ending)))
        else {
            continue;
        };
        if !rest.is_empty() {
            return format!("{rest}{first}");
        }
    }
    label.to_owned()
}

/// What the table says of a label and a field. Lines of the object's own count before those of all objects, which it
/// replaces.
pub fn claim(field: &str, place: Place<'_>, is_key: bool, label: &str) -> Option<Claim> {
    let entries = TABLE.get(field).map(Vec::as_slice).unwrap_or_default();
    if entries.is_empty() && !is_key {
        return None;
    }
    let own = match place.lines {
        true => format!("{}.lines", place.set),
        false => place.set.to_owned(),
    };
    let general = if place.lines { "lines" } else { "header" };
    let of = |wanted: &str| entries.iter().find(|entry| entry.place == wanted);
    let entry = of(&own).or_else(|| of(general)).or_else(|| of(""));
    let claim_of = |label: &str| {
        let known =
            entry.and_then(|entry| entry.labels.get(label).or_else(|| entry.labels.get(&usual(label))).copied());
        known.or_else(|| (is_key && KEYS.contains(&label)).then_some(Claim::Named))
    };
    let without = |prefixes: &[&str]| prefixes.iter().find_map(|prefix| claim_of(label.strip_prefix(prefix)?));
    let nouns = OBJECTS.iter().find(|(set, _)| *set == place.set).map_or(&[][..], |(_, nouns)| *nouns);
    claim_of(label).or_else(|| without(&PREFIXES)).or_else(|| without(nouns).map(|_| Claim::Possible))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_names_a_field_where_it_stands() {
        let order = |lines| Place { set: "PurchaseOrders", lines };
        assert_eq!(claim("ItemCode", order(true), false, "品号"), Some(Claim::Named));
        assert_eq!(claim("ItemCode", order(false), false, "品号"), None);
        assert_eq!(claim("DocDate", order(false), false, "日期"), Some(Claim::Possible));
        assert_eq!(claim("DocEntry", order(false), true, "单据内部标识"), Some(Claim::Named));
        assert_eq!(claim("Code", Place { set: "ITEM", lines: false }, true, "唯一标识"), Some(Claim::Named));
        let items = Place { set: "Items", lines: false };
        assert_eq!(claim("ItemCode", items, true, "物料编号"), Some(Claim::Named));
    }

    #[test]
    fn no_label_is_the_name_of_two_fields_of_one_place() {
        let mut owners: HashMap<(&str, &str), Vec<&str>> = HashMap::new();
        let doubles: Vec<String> = TABLE
            .iter()
            .flat_map(|(field, entries)| entries.iter().map(move |entry| (*field, entry)))
            .filter(|(_, entry)| entry.place == "lines" || entry.place == "header")
            .flat_map(|(field, entry)| {
                let named = entry.labels.iter().filter(|(_, claim)| **claim == Claim::Named);
                named.map(move |(label, _)| (entry.place, label.as_str(), field))
            })
            .filter_map(|(place, label, field)| {
                let owners = owners.entry((place, label)).or_default();
                owners.push(field);
                (owners.len() > 1).then(|| format!("{label}@{place}: {owners:?}"))
            })
            .collect();
        // The customer's date and tax words differ by localisation only.
        assert!(doubles.len() <= 8, "{doubles:#?}");
    }
}
