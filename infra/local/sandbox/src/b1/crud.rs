//! Reading, creating, changing and deleting entities.

use super::NextLink;
use super::entities::{EntitySet, Row, Stored};
use super::errors::{B1Error, Result};
use super::odata::query::{self, ListQuery};
use super::target::{KeyPart, WrittenKey};
use super::{B1, Call, Cx, Version, prices, schema};
use crate::reply::{self, Reply};
use crate::url;
use http::header::{ETAG, LOCATION};
use serde_json::{Value, json};

const PAGE_SIZE: usize = 20;

impl Call<'_> {
    pub(super) fn key(&self) -> Result<&WrittenKey> {
        self.target.key.as_ref().ok_or_else(|| B1Error::malformed("The resource path has no key"))
    }

    /// Rows a page: `B1S-PageSize`, `Prefer: odata.maxpagesize`, or 20. `None` is no paging.
    pub(super) fn page_size(&self) -> Option<usize> {
        let preferred = self
            .header("prefer")
            .into_iter()
            .flat_map(|p| p.split([',', ';']))
            .find_map(|p| p.trim().strip_prefix("odata.maxpagesize=").and_then(|n| n.trim().parse().ok()));
        let size = preferred.or_else(|| self.header("b1s-pagesize")?.trim().parse().ok()).unwrap_or(PAGE_SIZE);
        (size > 0).then_some(size)
    }

    fn prefers(&self, what: &str) -> bool {
        self.header("prefer").is_some_and(|p| p.split([',', ';']).any(|p| p.trim() == what))
    }

    /// A link to the rows after `skip`, in the form the site uses.
    pub(super) fn next_link(&self, form: NextLink, path: &str, skip: usize, top: Option<usize>) -> String {
        let own = url::find(&self.query, "$skip").unwrap_or("0").to_owned();
        let skip = if form == NextLink::Loops { own } else { skip.to_string() };
        let mut pairs: Vec<String> = Vec::new();
        if form != NextLink::DropsFilter {
            let kept = self.query.iter().filter(|(n, _)| n != "$skip" && n != "$top");
            pairs.extend(kept.map(|(n, v)| format!("{}={}", url::encode(n).replace("%24", "$"), url::encode(v))));
            pairs.extend(top.map(|t| format!("$top={t}")));
        }
        pairs.push(format!("$skip={skip}"));
        let link = format!("{path}?{}", pairs.join("&"));
        match form {
            NextLink::Absolute => format!("{}{}{link}", self.origin, self.root),
            NextLink::RootPath => format!("{}{link}", self.root),
            _ => link,
        }
    }

    pub(super) fn next_link_name(&self) -> &'static str {
        if self.version == Version::V1 { "odata.nextLink" } else { "@odata.nextLink" }
    }

    fn check_etag(&self, set: &EntitySet, stored: &Stored) -> Result<()> {
        match (self.header("if-match"), set.etag_of(stored)) {
            (Some(wanted), Some(current)) if wanted != "*" && wanted != current => {
                Err(B1Error::new(412, -2039, "Another user or another operation modified data (ODBC -2039)"))
            }
            _ => Ok(()),
        }
    }
}

impl B1 {
    pub(super) fn count(&self, call: &Call<'_>) -> Result<Reply> {
        let set = self.set(&call.target.name)?;
        let query = ListQuery::parse(set, &call.query)?;
        let count = query::matching(set, &query)?.len();
        Ok(reply::with_body(200, "text/plain", count.to_string()))
    }

    pub(super) fn list(&mut self, cx: &Cx<'_>, call: &Call<'_>) -> Result<Reply> {
        let set = self.set(&call.target.name)?;
        let query = ListQuery::parse(set, &call.query)?;
        let found = query::matching(set, &query)?;
        let total = found.len();
        let page = cx.options.rows_a_page.or(call.page_size());
        let wanted = query.top.unwrap_or(usize::MAX).min(page.unwrap_or(usize::MAX));
        let value: Vec<Value> = found
            .into_iter()
            .skip(query.skip)
            .take(wanted)
            .map(|s| shown(set, s, &query.select, call.version))
            .collect();
        let shown_until = query.skip + value.len();
        let left_of_top = query.top.map(|t| t.saturating_sub(value.len()));
        let more = shown_until < total || (cx.options.links_to_nothing && !value.is_empty());
        let more = more && left_of_top != Some(0);
        let mut body = Row::new();
        let v1 = call.version == Version::V1;
        let context = format!("{}{}$metadata#{}", call.origin, call.root, set.name);
        body.insert(if v1 { "odata.metadata" } else { "@odata.context" }.into(), json!(context));
        if query.count {
            let count = if v1 && cx.options.count_as_text { json!(total.to_string()) } else { json!(total) };
            body.insert(if v1 { "odata.count" } else { "@odata.count" }.into(), count);
        }
        body.insert("value".into(), Value::Array(value));
        if more {
            let link = call.next_link(cx.options.next_link, &set.name, shown_until, left_of_top);
            body.insert(call.next_link_name().into(), json!(link));
        }
        Ok(reply::json(200, &Value::Object(body)))
    }

    pub(super) fn read(&self, call: &Call<'_>) -> Result<Reply> {
        let set = self.set(&call.target.name)?;
        let stored = set.get(&set.resolve(call.key()?)?)?;
        let query = ListQuery::parse(set, &call.query)?;
        Ok(entity_reply(200, set, stored, &query.select, call))
    }

    pub(super) fn create(&mut self, cx: &mut Cx<'_>, call: &Call<'_>) -> Result<Reply> {
        let mut row = call.object()?;
        let name = call.target.name.as_str();
        let set = self.set(name)?;
        set.check_properties(row.keys().map(String::as_str))?;
        if cx.options.approval_on_post.contains(name) {
            return self.taken_by_approval(cx, call, row);
        }
        let reference = row.get("CardCode").and_then(Value::as_str).map(str::to_owned);
        self.check_partner(name, reference.as_deref())?;
        self.check_items(name, &row)?;
        let posting = self.check_posting(cx.options, name, &call.body, &mut row)?;
        match name {
            "SpecialPrices" => prices::complete(&mut row)?,
            "ProductionOrders" => {
                self.check_order(&row)?;
                self.complete_document(cx.now_ms, name, &mut row);
            }
            "SQLQueries" => super::sql::check(&row)?,
            "Items" => {
                self.check_item(&row)?;
                Self::complete_item(&mut row);
                self.complete_document(cx.now_ms, name, &mut row);
            }
            "ProductTrees" => {
                Self::complete_tree(&mut row);
                self.check_new_key(name, &row)?;
                self.check_tree(&row)?;
            }
            _ => self.complete_document(cx.now_ms, name, &mut row),
        }
        Self::number_rows(&mut row);
        let key = self.set_mut(name)?.insert(row)?;
        if let Some(posting) = posting {
            self.book(cx, &key, posting)?;
        }
        self.created(call, name, &key)
    }

    /// A key that is taken is told before anything else.
    fn check_new_key(&self, name: &str, row: &Row) -> Result<()> {
        let set = self.set(name)?;
        let taken = set.key_of(row).is_some_and(|key| set.rows.contains_key(&key));
        if taken { Err(B1Error::exists()) } else { Ok(()) }
    }

    pub(super) fn created(&self, call: &Call<'_>, name: &str, key: &[KeyPart]) -> Result<Reply> {
        let set = self.set(name)?;
        let stored = set.get(key)?;
        let mut reply = if call.prefers("return-no-content") {
            reply::no_content()
        } else {
            entity_reply(201, set, stored, &None, call)
        };
        let parts: Vec<String> = match key {
            [one] => vec![one.to_string()],
            _ => set.key.names.iter().zip(key).map(|(n, p)| format!("{n}={p}")).collect(),
        };
        let location = format!("{}{}{name}({})", call.origin, call.root, url::encode(&parts.join(",")));
        reply::add(&mut reply, LOCATION, &location);
        Ok(reply)
    }

    /// A company that has business partners knows who is meant; an empty one takes any code.
    fn check_partner(&self, set: &str, code: Option<&str>) -> Result<()> {
        let partners = self.set("BusinessPartners")?;
        let Some(code) = code.filter(|_| set != "BusinessPartners" && !partners.rows.is_empty()) else {
            return Ok(());
        };
        if partners.rows.contains_key([KeyPart::Text(code.to_owned())].as_slice()) {
            Ok(())
        } else {
            Err(B1Error::not_found().with_status(400))
        }
    }

    /// The same for the items of a document's lines.
    fn check_items(&self, set: &str, row: &Row) -> Result<()> {
        let items = self.set("Items")?;
        if items.rows.is_empty() || schema::set_object(set).is_none() {
            return Ok(());
        }
        let lines = row.get("DocumentLines").and_then(Value::as_array).into_iter().flatten();
        let mut codes = lines.filter_map(|line| line.get("ItemCode")?.as_str());
        match codes.find(|code| !items.rows.contains_key([KeyPart::Text((*code).to_owned())].as_slice())) {
            None => Ok(()),
            Some(_) => Err(B1Error::not_found().with_status(400)),
        }
    }

    pub(super) fn update(&mut self, cx: &Cx<'_>, call: &Call<'_>) -> Result<Reply> {
        let patch = call.object()?;
        let replace = call.header("b1s-replacecollectionsonpatch").is_some_and(|v| v.eq_ignore_ascii_case("true"));
        let is_order = call.target.name == "ProductionOrders";
        if is_order {
            let orders = self.set(&call.target.name)?;
            let stored = &orders.get(&orders.resolve(call.key()?)?)?.row;
            self.check_order_change(cx.options, stored, &patch)?;
        }
        let set = self.set_mut(&call.target.name)?;
        let key = set.resolve(call.key()?)?;
        let stored = set.get(&key)?;
        call.check_etag(set, stored)?;
        set.check_properties(patch.keys().map(String::as_str))?;
        if let Some(name) = set.key.names.iter().find(|n| patch.get(*n).is_some_and(|v| stored.row.get(*n) != Some(v)))
        {
            return Err(B1Error::validation(format!("[{name}] is the key and cannot be changed")));
        }
        // User fields of a closed document can still be written.
        if set.name == "Drafts"
            && stored.row.get("DocumentStatus") == Some(&json!("bost_Close"))
            && !patch.keys().all(|name| name.starts_with("U_"))
        {
            return Err(B1Error::business("The document is closed and cannot be changed"));
        }
        if set.name == "Items" {
            self.check_item(&patch)?;
        }
        let put = call.method == "PUT";
        if call.target.name == "ProductTrees" {
            return self.update_tree(call, &key, patch, replace || put);
        }
        let set = self.set_mut(&call.target.name)?;
        let prices = set.name == "SpecialPrices";
        let keys = set.key.names.clone();
        let name_of_set = set.name.clone();
        set.change(&key, |row| {
            if put {
                row.retain(|name, _| keys.contains(name));
            }
            for (name, value) in patch {
                let old = row.remove(&name);
                let merged = prices::merge_collection(&name, old, value, replace || put, prices);
                row.insert(name, merged);
            }
            super::company::stamp(&name_of_set, cx.now_ms, row);
        })?;
        if is_order {
            self.order_changed(cx.options, cx.now_ms, &key)?;
        }
        Ok(reply::no_content())
    }

    /// A bill of materials is checked as it would be afterwards.
    fn update_tree(&mut self, call: &Call<'_>, key: &[KeyPart], patch: Row, replace: bool) -> Result<Reply> {
        let set = self.set(&call.target.name)?;
        let mut row = set.get(key)?.row.clone();
        for (name, value) in patch {
            let old = row.remove(&name);
            let merged = prices::merge_collection(&name, old, value, replace, false);
            row.insert(name, merged);
        }
        Self::complete_tree(&mut row);
        self.check_tree(&row)?;
        self.set_mut(&call.target.name)?.change(key, |stored| *stored = row)?;
        Ok(reply::no_content())
    }

    pub(super) fn delete(&mut self, call: &Call<'_>) -> Result<Reply> {
        let set = self.set_mut(&call.target.name)?;
        let key = set.resolve(call.key()?)?;
        call.check_etag(set, set.get(&key)?)?;
        if schema::set_object(&set.name).is_some() {
            return Err(B1Error::not_supported());
        }
        set.remove(&key)?;
        Ok(reply::no_content())
    }
}

/// One entity as it is listed. The body's ETag is the version before the present one when only some
/// properties are asked for: the vendor's is stale then, and using it leads to 412.
fn shown(set: &EntitySet, stored: &Stored, select: &Option<Vec<String>>, version: Version) -> Value {
    let mut row: Row = match select {
        None => {
            // Every property is shown, the empty ones as null.
            let empty = schema::document_properties(&set.name).map(|name| (name.to_owned(), Value::Null));
            let mut row: Row = empty.chain(stored.row.clone()).collect();
            if let Some(Value::Array(lines)) = row.get_mut("DocumentLines") {
                lines.iter_mut().filter_map(Value::as_object_mut).for_each(show_empty);
            }
            row
        }
        Some(names) => names.iter().map(|n| (n.clone(), stored.row.get(n).cloned().unwrap_or(Value::Null))).collect(),
    };
    let seen = Stored { row: Row::new(), version: stored.version - u64::from(select.is_some() && stored.version > 0) };
    if let Some(etag) = set.etag_of(&seen) {
        row.insert(if version == Version::V1 { "odata.etag" } else { "@odata.etag" }.into(), json!(etag));
    }
    Value::Object(row)
}

fn show_empty(line: &mut Row) {
    for name in schema::line_properties() {
        line.entry(name).or_insert(Value::Null);
    }
}

fn entity_reply(status: u16, set: &EntitySet, stored: &Stored, select: &Option<Vec<String>>, call: &Call<'_>) -> Reply {
    let mut body = shown(set, stored, select, call.version);
    if let Value::Object(fields) = &mut body {
        let name = if call.version == Version::V1 { "odata.metadata" } else { "@odata.context" };
        let context = format!("{}{}$metadata#{}/@Element", call.origin, call.root, set.name);
        fields.insert(name.into(), json!(context));
    }
    let mut reply = reply::json(status, &body);
    if let Some(etag) = set.etag_of(stored) {
        reply::add(&mut reply, ETAG, &etag);
    }
    reply
}
