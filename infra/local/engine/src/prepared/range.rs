//! Ranges of one partition.

use super::sql::TEXT;
use super::{Done, HandOn, PARTITION_LIMIT, Prepared, SORT_LIMIT, text, wire};
use rusqlite::ToSql;
use tenon_platform::table::INDEX;
use tenon_platform::table::engine::{Found, Item, Wanted};

/// Bytes of one page, at most. DynamoDB reckons less for a record than its JSON has, and ends a page at 1 MB.
const MAX_BYTES: usize = 1_000_000;
/// Sorts after whatever a text goes on with.
const LAST: &str = "\u{10ffff}\u{10ffff}";

impl Prepared {
    /// A page of records.
    pub(crate) fn query(&self, table: &str, wanted: &Wanted) -> Done<Found> {
        if table != self.table || wanted.limit == Some(0) {
            return Err(HandOn);
        }
        let range = Range::of(wanted)?;
        let (sql, texts) = range.statement(self, wanted)?;
        let limit = wanted.limit.map_or(-1, i64::from);
        let mut values: Vec<&dyn ToSql> = texts.iter().map(|text| text as &dyn ToSql).collect();
        values.push(&limit);
        let found = {
            let connection = self.to_read();
            let mut statement = connection.prepare_cached(&sql)?;
            let mut rows = statement.query(values.as_slice())?;
            let (mut found, mut bytes) = (Vec::<String>::new(), 0);
            while let Some(row) = rows.next()? {
                let json: String = row.get(0)?;
                bytes += json.len();
                if bytes > MAX_BYTES {
                    return Err(HandOn);
                }
                found.push(json);
            }
            found
        };
        let items = found.iter().map(|json| wire::read(json)).collect::<Done<Vec<_>>>()?;
        // As DynamoDB, which does not look whether anything follows.
        let full = wanted.limit.is_some_and(|limit| items.len() >= usize::try_from(limit).unwrap_or(usize::MAX));
        let next = items.last().filter(|_| full).map(|last| key_of(last, range.keys()));
        Ok(Found { items, next })
    }
}

/// What is asked for, in words that are known.
struct Range<'w> {
    indexed: bool,
    partition: &'w str,
    /// Signs and bounds of the sort key.
    bounds: Vec<(&'static str, String)>,
}

impl<'w> Range<'w> {
    fn of(wanted: &'w Wanted) -> Done<Self> {
        let (indexed, pk, sk) = match wanted.index {
            None => (false, "pk", "sk"),
            Some(INDEX) => (true, "gsi1pk", "gsi1sk"),
            Some(_) => return Err(HandOn),
        };
        let (of, rest) = wanted.condition.split_once(" AND ").unwrap_or((&wanted.condition, ""));
        let partition = of.strip_prefix(pk).and_then(|rest| rest.strip_prefix(" = ")).ok_or(HandOn)?;
        let partition = text(&wanted.values, partition, PARTITION_LIMIT)?.ok_or(HandOn)?;
        let bound =
            |name: &str| -> Done<String> { text(&wanted.values, name, SORT_LIMIT)?.map(str::to_owned).ok_or(HandOn) };
        let bounds = if rest.is_empty() {
            Vec::new()
        } else if let Some(prefix) = rest.strip_prefix("begins_with(").and_then(|rest| rest.strip_suffix(')')) {
            let prefix = prefix.strip_prefix(sk).and_then(|rest| rest.strip_prefix(", ")).ok_or(HandOn)?;
            let prefix = bound(prefix)?;
            vec![("<", format!("{prefix}{LAST}")), (">=", prefix)]
        } else {
            let rest = rest.strip_prefix(sk).and_then(|rest| rest.strip_prefix(' ')).ok_or(HandOn)?;
            let words: Vec<&str> = rest.split(' ').collect();
            match words.as_slice() {
                ["BETWEEN", from, "AND", up_to] => {
                    let (from, up_to) = (bound(from)?, bound(up_to)?);
                    if from > up_to {
                        return Err(HandOn);
                    }
                    vec![(">=", from), ("<=", up_to)]
                }
                ["<", to] => vec![("<", bound(to)?)],
                ["<=", to] => vec![("<=", bound(to)?)],
                [">", from] => vec![(">", bound(from)?)],
                [">=", from] => vec![(">=", bound(from)?)],
                _ => return Err(HandOn),
            }
        };
        Ok(Self { indexed, partition, bounds })
    }

    /// The attributes that say where a page ended.
    fn keys(&self) -> &'static [&'static str] {
        if self.indexed { &["gsi1pk", "gsi1sk", "pk", "sk"] } else { &["pk", "sk"] }
    }

    /// The statement, with the texts that it names and room for a limit.
    fn statement(&self, of: &Prepared, wanted: &'w Wanted) -> Done<(String, Vec<&str>)> {
        let (start, sort, order) = match self.indexed {
            false => (&of.sql.of_table, "sk", ["sk", "", ""]),
            true => (&of.sql.of_index, "gsi_sk", ["gsi_sk", "table_pk", "table_sk"]),
        };
        let (mut sql, mut texts) = (start.clone(), vec![self.partition]);
        for (sign, bound) in &self.bounds {
            sql.push_str(&format!(" AND {sort} {sign} {TEXT}"));
            texts.push(bound);
        }
        let (sign, direction) = if wanted.backwards { ("<", "DESC") } else { (">", "ASC") };
        let order = order.into_iter().filter(|column| !column.is_empty());
        if let Some(after) = &wanted.start {
            let place = self.place(after)?;
            let columns: Vec<&str> = order.clone().collect();
            let marks = vec![TEXT; columns.len()].join(", ");
            sql.push_str(&format!(" AND ({}) {sign} ({marks})", columns.join(", ")));
            texts.extend(place);
        }
        let order: Vec<String> = order.map(|column| format!("{column} {direction}")).collect();
        sql.push_str(&format!(" ORDER BY {} LIMIT ?", order.join(", ")));
        Ok((sql, texts))
    }

    /// Where a former page of the same range ended.
    fn place<'s>(&self, after: &'s Item) -> Done<Vec<&'s str>> {
        let part = |name: &str| -> Done<&'s str> { text(after, name, PARTITION_LIMIT)?.ok_or(HandOn) };
        let whole = after.len() == self.keys().len();
        if self.indexed {
            let same = whole && part("gsi1pk")? == self.partition;
            if same { Ok(vec![part("gsi1sk")?, part("pk")?, part("sk")?]) } else { Err(HandOn) }
        } else {
            let same = whole && part("pk")? == self.partition;
            if same { Ok(vec![part("sk")?]) } else { Err(HandOn) }
        }
    }
}

fn key_of(item: &Item, names: &[&str]) -> Item {
    let of = |name: &&str| Some(((*name).to_owned(), item.get(*name)?.clone()));
    names.iter().filter_map(of).collect()
}
