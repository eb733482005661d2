//! List options: what is selected, in which order, from where to where.

use super::filter::Filter;
use crate::b1::entities::{EntitySet, Stored};
use crate::b1::errors::{B1Error, Result};
use serde_json::Value;
use std::cmp::Ordering;

/// The options of a list or a read.
#[derive(Debug, Default)]
pub(crate) struct ListQuery {
    pub filter: Option<Filter>,
    pub select: Option<Vec<String>>,
    /// Property and whether it descends.
    pub order: Vec<(String, bool)>,
    pub top: Option<usize>,
    pub skip: usize,
    pub count: bool,
}

impl ListQuery {
    pub(crate) fn parse(set: &EntitySet, query: &[(String, String)]) -> Result<Self> {
        let mut options = Self::default();
        for (name, value) in query {
            let number =
                || value.parse::<usize>().map_err(|_| B1Error::malformed(format!("Invalid value of {name}: {value}")));
            match name.as_str() {
                "$filter" => options.filter = Some(Filter::parse(value)?),
                "$select" => options.select = Some(names(value)).filter(|n| !n.is_empty() && !n.contains(&"*".into())),
                "$orderby" => options.order = order(value)?,
                "$top" => options.top = Some(number()?),
                "$skip" | "$skiptoken" => options.skip = number()?,
                "$inlinecount" => options.count = value == "allpages",
                "$count" => options.count = value == "true",
                other if other.starts_with('$') => {
                    return Err(B1Error::malformed(format!("Query option {other} is not supported")));
                }
                _ => {}
            }
        }
        let named = options.filter.as_ref().map(Filter::properties).unwrap_or_default();
        set.check_properties(named)?;
        set.check_properties(options.select.iter().flatten().map(String::as_str))?;
        set.check_properties(options.order.iter().map(|(n, _)| n.as_str()))?;
        Ok(options)
    }
}

fn names(value: &str) -> Vec<String> {
    value.split(',').map(str::trim).filter(|n| !n.is_empty()).map(str::to_owned).collect()
}

fn order(value: &str) -> Result<Vec<(String, bool)>> {
    names(value)
        .iter()
        .map(|part| {
            let mut words = part.split_whitespace();
            match (words.next(), words.next(), words.next()) {
                (Some(name), None | Some("asc"), None) => Ok((name.to_owned(), false)),
                (Some(name), Some("desc"), None) => Ok((name.to_owned(), true)),
                _ => Err(B1Error::malformed(format!("Invalid $orderby: {part}"))),
            }
        })
        .collect()
}

/// The rows that pass the filter, ordered, before paging.
pub(crate) fn matching<'a>(set: &'a EntitySet, query: &ListQuery) -> Result<Vec<&'a Stored>> {
    let mut rows = Vec::new();
    for stored in set.rows.values() {
        if query.filter.as_ref().map_or(Ok(true), |f| f.accepts(&stored.row))? {
            rows.push(stored);
        }
    }
    rows.sort_by(|a, b| {
        let by = |(name, descending): &(String, bool)| {
            let ordering = compare(a.row.get(name), b.row.get(name));
            if *descending { ordering.reverse() } else { ordering }
        };
        query.order.iter().map(by).find(|o| *o != Ordering::Equal).unwrap_or(Ordering::Equal)
    });
    Ok(rows)
}

fn compare(a: Option<&Value>, b: Option<&Value>) -> Ordering {
    match (a, b) {
        (Some(Value::Number(a)), Some(Value::Number(b))) => {
            a.as_f64().partial_cmp(&b.as_f64()).unwrap_or(Ordering::Equal)
        }
        (Some(Value::String(a)), Some(Value::String(b))) => a.cmp(b),
        (Some(a), Some(b)) => a.is_null().cmp(&b.is_null()).reverse(),
        (a, b) => a.is_some().cmp(&b.is_some()),
    }
}
