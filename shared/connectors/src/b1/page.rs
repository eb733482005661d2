//! Pages of entity sets.

use super::{B1, Query, json_of};
use crate::base::Effect;
use crate::base::encode::decode_query;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::HashSet;
use tenon_platform::error::{Error, Result};
use tenon_platform::http::Answer;

/// Where the next page begins. Can be stored.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Cursor {
    /// `$skip` or `$skiptoken`.
    option: String,
    value: String,
    /// Rows before it, which count against `$top`.
    seen: u64,
}

/// One page.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// The rows.
    pub values: Vec<Value>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<Cursor>,
}

/// One answer: its rows, and the link to the next as B1 gave it.
pub(super) struct Answered {
    pub values: Vec<Value>,
    pub link: Option<String>,
}

impl B1<'_> {
    /// One page of a set.
    ///
    /// # Errors
    /// `b1.next-link` when B1's link to the next page leads nowhere or back.
    pub async fn page(&self, set: &str, query: &Query, cursor: Option<Cursor>) -> Result<Page> {
        let entity = super::Entity::new(set);
        let mut pairs = query.pairs();
        let seen = cursor.as_ref().map_or(0, |c| c.seen);
        if let Some(top) = query.top {
            pairs.push(("$top".to_owned(), top.saturating_sub(seen).to_string()));
        }
        let mut page = self.page_of(entity.path(), set, pairs, query.page_size, cursor).await?;
        if query.top.is_some_and(|top| page.next.as_ref().is_some_and(|n| n.seen >= top)) {
            page.next = None;
        }
        Ok(page)
    }

    /// Every row of a set. `limit_pages` bounds a set that grows faster than it is read.
    ///
    /// # Errors
    /// `b1.next-link` also when there are more pages than that.
    pub async fn read_all(&self, set: &str, query: &Query, limit_pages: u32) -> Result<Vec<Value>> {
        let mut values = Vec::new();
        let mut met = HashSet::new();
        let mut cursor = None;
        for _ in 0..limit_pages {
            let page = self.page(set, query, cursor).await?;
            values.extend(page.values);
            let Some(next) = page.next else { return Ok(values) };
            if !met.insert((next.option.clone(), next.value.clone())) {
                return Err(bad_link("leads back to a page that was read").during(format!("b1 GET {set}")));
            }
            cursor = Some(next);
        }
        Err(Error::permanent("b1.next-link", format!("there are more than {limit_pages} pages; narrow the filter"))
            .during(format!("b1 GET {set}")))
    }

    /// One page of anything that answers in pages. B1's link sometimes loses the filter, so only
    /// its position is taken and the query is made again.
    pub(super) async fn page_of(
        &self,
        path: &str,
        shown: &str,
        mut pairs: Vec<(String, String)>,
        page_size: Option<u32>,
        cursor: Option<Cursor>,
    ) -> Result<Page> {
        if let Some(cursor) = &cursor {
            pairs.push((cursor.option.clone(), cursor.value.clone()));
        }
        let Answered { values, link } = self.answered(path, shown, pairs, page_size).await?;
        let next = link.map(|link| follow(&link, cursor.as_ref(), values.len())).transpose();
        Ok(Page { next: next.map_err(|e| e.during(format!("b1 GET {shown}")))?, values })
    }

    /// One answer of anything that answers in pages.
    pub(super) async fn answered(
        &self,
        path: &str,
        shown: &str,
        pairs: Vec<(String, String)>,
        page_size: Option<u32>,
    ) -> Result<Answered> {
        let mut request = Self::get(path, &pairs, shown, self.read_timeout(path));
        if let Some(rows) = page_size {
            request = request.header("prefer", &format!("odata.maxpagesize={rows}"));
        }
        let answer = self.send(&request).await?;
        read(&answer).map_err(|e| e.during(format!("b1 GET {shown}")))
    }
}

/// A page: its values and its link.
pub(super) fn read(answer: &Answer) -> Result<Answered> {
    let mut body = json_of(answer, Effect::Read)?;
    let Some(Value::Array(values)) = body.get_mut("value").map(Value::take) else {
        return Err(Error::permanent("b1.answer", "the answer has no list of values; is this an entity set?"));
    };
    let link = ["odata.nextLink", "@odata.nextLink"].iter().find_map(|name| body.get(*name)?.as_str());
    let link = link.filter(|l| !l.is_empty()).map(str::to_owned);
    Ok(Answered { values, link })
}

/// The position a link points at, which must lie behind the present one.
pub(super) fn follow(link: &str, from: Option<&Cursor>, rows: usize) -> Result<Cursor> {
    let query = link.split_once('?').map_or("", |(_, query)| query);
    let mut found: Option<(&str, String)> = None;
    for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
        let name = decode_query(name);
        for option in ["$skiptoken", "$skip"] {
            if name == option && found.as_ref().is_none_or(|(kept, _)| *kept == "$skip") {
                found = Some((option, decode_query(value)));
            }
        }
    }
    let Some((option, value)) = found else { return Err(bad_link("names no position")) };
    let skip = |text: &str| text.parse::<u64>().ok();
    let advances = match from {
        Some(from) if from.option == option => match (skip(&from.value), skip(&value)) {
            (Some(old), Some(new)) => new > old,
            _ => from.value != value,
        },
        None if option == "$skip" => skip(&value).is_some_and(|n| n > 0),
        _ => true,
    };
    if !advances {
        return Err(bad_link("leads back to the page it came with"));
    }
    let seen = from.map_or(0, |c| c.seen) + u64::try_from(rows).unwrap_or(u64::MAX);
    Ok(Cursor { option: option.to_owned(), value, seen })
}

pub(super) fn bad_link(why: &str) -> Error {
    Error::permanent(
        "b1.next-link",
        format!("B1's link to the next page {why}; add an order by the key, or raise page_size"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(option: &str, value: &str) -> Cursor {
        Cursor { option: option.into(), value: value.into(), seen: 20 }
    }

    #[test]
    fn only_the_position_is_taken_from_any_form_of_link() {
        for link in [
            "Drafts?$filter=U_A eq 'N'&$skip=20",
            "/b1s/v1/Drafts?$skip=20&$orderby=DocEntry",
            "https://host:50000/b1s/v1/Drafts?%24skip=20",
        ] {
            assert_eq!(follow(link, None, 20).unwrap(), at("$skip", "20"), "{link}");
        }
        assert_eq!(follow("Items?$skiptoken='a%20b'&$skip=3", None, 20).unwrap(), at("$skiptoken", "'a b'"));
    }

    #[test]
    fn a_link_that_does_not_advance_is_refused() {
        let here = at("$skip", "40");
        for (link, from) in [
            ("Drafts?$skip=40", Some(&here)),
            ("Drafts?$skip=20", Some(&here)),
            ("Drafts?$skip=0", None),
            ("Drafts?$filter=x", None),
            ("Drafts", None),
        ] {
            assert_eq!(follow(link, from, 20).unwrap_err().code, "b1.next-link", "{link}");
        }
        let token = at("$skiptoken", "'b'");
        assert!(follow("Items?$skiptoken='b'", Some(&token), 20).is_err());
        assert!(follow("Items?$skiptoken='c'", Some(&token), 20).is_ok());
    }
}
