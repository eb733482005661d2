//! What tables are there, and what people have hung on them.

use crate::Db;
use crate::dialect::Dialect;
use crate::table::{Cell, ColumnKind, FoundColumn, Table};
use crate::write::bound;
use tenon_platform::error::Result;

/// What hangs on a table and does not come along when another takes its place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extras {
    /// Rights of others, as `SELECT to boards`.
    pub grants: Vec<String>,
    /// Indexes beside those of its keys.
    pub indexes: Vec<String>,
    /// Triggers.
    pub triggers: Vec<String>,
    /// Views and foreign keys of others that cannot be without the table.
    pub dependents: Vec<String>,
}

/// A value of a column as text, by this engine.
pub(crate) fn as_text(dialect: Dialect, expression: &str) -> String {
    match dialect {
        Dialect::Postgres => format!("{expression}::text"),
        Dialect::Mysql => format!("CAST({expression} AS CHAR)"),
        Dialect::Sqlite => expression.to_owned(),
    }
}

impl Db {
    /// A table of this name; `None` when there is none.
    ///
    /// # Errors
    /// The database's.
    pub async fn describe(&self, name: &str) -> Result<Option<Table>> {
        let dialect = self.dialect();
        let (columns, comment, unique) = match dialect {
            Dialect::Sqlite => (
                "SELECT name, type FROM pragma_table_info(?1)",
                "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?1 COLLATE NOCASE",
                "SELECT (SELECT group_concat(name, char(10)) FROM (SELECT name FROM pragma_index_info(l.name) ORDER BY seqno)) \
                 FROM pragma_index_list(?1) l WHERE l.\"unique\" = 1 AND l.partial = 0 \
                 UNION ALL SELECT group_concat(name, char(10)) FROM (SELECT name FROM pragma_table_info(?1) WHERE pk > 0 ORDER BY pk)",
            ),
            Dialect::Postgres => (
                "SELECT a.attname::text, format_type(a.atttypid, NULL)::text FROM pg_attribute a \
                 WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum",
                "SELECT coalesce(obj_description(c.oid, 'pg_class'), '')::text FROM pg_class c \
                 WHERE c.oid = to_regclass($1) AND c.relkind IN ('r', 'p')",
                "SELECT string_agg(a.attname::text, E'\\n' ORDER BY k.place) FROM pg_index i \
                 CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k(att, place) \
                 JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.att \
                 WHERE i.indrelid = to_regclass($1) AND i.indisunique AND i.indpred IS NULL GROUP BY i.indexrelid",
            ),
            Dialect::Mysql => (
                "SELECT CAST(column_name AS CHAR), CAST(data_type AS CHAR) FROM information_schema.columns \
                 WHERE table_schema = DATABASE() AND table_name = ? ORDER BY ordinal_position",
                "SELECT CAST(table_comment AS CHAR) FROM information_schema.tables \
                 WHERE table_schema = DATABASE() AND table_name = ? AND table_type = 'BASE TABLE'",
                "SELECT CAST(GROUP_CONCAT(column_name ORDER BY seq_in_index SEPARATOR '\\n') AS CHAR) \
                 FROM information_schema.statistics \
                 WHERE table_schema = DATABASE() AND table_name = ? AND non_unique = 0 GROUP BY index_name",
            ),
        };
        let named = || vec![self.looked_up(name)];
        let Some(comment) = self.rows(comment, named()).await?.into_iter().next() else { return Ok(None) };
        let comment = comment.into_iter().next().flatten().unwrap_or_default();
        let comment = if dialect == Dialect::Sqlite { first_remark(&comment) } else { comment };
        let columns = self.rows(columns, named()).await?.into_iter().filter_map(|row| column(dialect, row)).collect();
        let unique = self.rows(unique, named()).await?.into_iter().filter_map(|row| row.into_iter().next().flatten());
        let unique = unique.map(|names| names.split('\n').map(str::to_owned).collect()).collect();
        Ok(Some(Table { name: name.to_owned(), columns, unique, comment }))
    }

    /// What hangs on a table.
    ///
    /// # Errors
    /// The database's.
    pub async fn extras(&self, name: &str) -> Result<Extras> {
        let mut extras = Extras::default();
        match self.dialect() {
            Dialect::Sqlite => {
                let sql = "SELECT type, name FROM sqlite_master WHERE tbl_name = ?1 COLLATE NOCASE AND sql IS NOT NULL \
                           AND type IN ('index', 'trigger')";
                for row in self.rows(sql, vec![Some(name.to_owned())]).await? {
                    match (first(&row), row.get(1).cloned().flatten()) {
                        ("trigger", Some(name)) => extras.triggers.push(name),
                        (_, Some(name)) => extras.indexes.push(name),
                        _ => {}
                    }
                }
            }
            Dialect::Postgres => self.extras_of_postgres(name, &mut extras).await?,
            Dialect::Mysql => {
                let indexes = "SELECT DISTINCT CAST(index_name AS CHAR) FROM information_schema.statistics \
                               WHERE table_schema = DATABASE() AND table_name = ? AND index_name <> 'PRIMARY'";
                let triggers = "SELECT CAST(trigger_name AS CHAR) FROM information_schema.triggers \
                                WHERE event_object_schema = DATABASE() AND event_object_table = ?";
                let keys = "SELECT DISTINCT CAST(CONCAT('foreign key of ', table_name) AS CHAR) \
                            FROM information_schema.key_column_usage \
                            WHERE referenced_table_schema = DATABASE() AND referenced_table_name = ?";
                extras.indexes = self.list(indexes, name).await?;
                extras.triggers = self.list(triggers, name).await?;
                extras.dependents = self.list(keys, name).await?;
            }
        }
        Ok(extras)
    }

    async fn extras_of_postgres(&self, name: &str, extras: &mut Extras) -> Result<()> {
        let grants = "SELECT concat(string_agg(privilege_type::text, ', ' ORDER BY privilege_type::text), ' to ', grantee::text) \
                      FROM information_schema.role_table_grants WHERE table_schema = current_schema() \
                      AND to_regclass(quote_ident(table_name::text)) = to_regclass($1) \
                      AND grantee <> current_user GROUP BY grantee";
        let indexes = "SELECT c.relname::text FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid \
                       WHERE i.indrelid = to_regclass($1) AND NOT EXISTS \
                       (SELECT 1 FROM pg_constraint k WHERE k.conindid = i.indexrelid)";
        let triggers = "SELECT tgname::text FROM pg_trigger WHERE tgrelid = to_regclass($1) AND NOT tgisinternal";
        let dependents = "SELECT DISTINCT concat('view ', c.oid::regclass::text) FROM pg_depend d \
                          JOIN pg_rewrite r ON r.oid = d.objid JOIN pg_class c ON c.oid = r.ev_class \
                          WHERE d.classid = 'pg_rewrite'::regclass AND d.refobjid = to_regclass($1) \
                          AND c.oid <> d.refobjid \
                          UNION SELECT concat('foreign key of ', conrelid::regclass::text) FROM pg_constraint \
                          WHERE contype = 'f' AND confrelid = to_regclass($1) AND conrelid <> confrelid";
        extras.grants = self.list(grants, name).await?;
        extras.indexes = self.list(indexes, name).await?;
        extras.triggers = self.list(triggers, name).await?;
        extras.dependents = self.list(dependents, name).await?;
        Ok(())
    }

    async fn list(&self, sql: &str, name: &str) -> Result<Vec<String>> {
        let rows = self.rows(sql, vec![self.looked_up(name)]).await?;
        Ok(rows.into_iter().filter_map(|row| row.into_iter().next().flatten()).collect())
    }

    /// PostgreSQL looks a table up by what would stand in a statement.
    fn looked_up(&self, name: &str) -> Cell {
        match self.dialect() {
            Dialect::Postgres => Some(self.dialect().name(name)),
            _ => Some(name.to_owned()),
        }
    }

    /// How many rows a table has.
    ///
    /// # Errors
    /// The database's.
    pub async fn count(&self, table: &str) -> Result<u64> {
        let dialect = self.dialect();
        let sql = format!("SELECT {} FROM {}", as_text(dialect, "count(*)"), dialect.name(table));
        let rows = self.rows(sql, Vec::new()).await?;
        Ok(rows.first().and_then(|row| first(row).parse().ok()).unwrap_or(0))
    }

    /// The next keys of a table behind one, in the database's own order.
    ///
    /// # Errors
    /// The database's.
    pub async fn keys_after(
        &self,
        table: &str,
        key: &[FoundColumn],
        after: Option<&[Cell]>,
        most: usize,
    ) -> Result<Vec<Vec<Cell>>> {
        let dialect = self.dialect();
        // By the table's columns, and not by what is shown of them, which PostgreSQL would put in the order of texts.
        let names: Vec<String> = key.iter().map(|column| format!("k.{}", dialect.name(&column.name))).collect();
        let shown: Vec<String> = names.iter().map(|name| as_text(dialect, name)).collect();
        let names = names.join(", ");
        let from = format!("SELECT {} FROM {} AS k", shown.join(", "), dialect.name(table));
        let (mut sql, mut values) = (from, Vec::new());
        if let Some(after) = after {
            let marks: Vec<String> =
                key.iter().enumerate().map(|(at, column)| bound(dialect, at + 1, column)).collect();
            sql.push_str(&format!(" WHERE ({names}) > ({})", marks.join(", ")));
            values = after.to_vec();
        }
        sql.push_str(&format!(" ORDER BY {names} LIMIT {most}"));
        self.rows(sql, values).await
    }

    /// The keys of a table whose first column has one of these values.
    ///
    /// # Errors
    /// The database's.
    pub async fn keys_within(&self, table: &str, key: &[FoundColumn], of: &[Cell]) -> Result<Vec<Vec<Cell>>> {
        let dialect = self.dialect();
        let Some(lead) = key.first() else { return Ok(Vec::new()) };
        let shown: Vec<String> = key.iter().map(|column| as_text(dialect, &dialect.name(&column.name))).collect();
        let mut found = Vec::new();
        for some in of.chunks(900) {
            let marks: Vec<String> = (1..=some.len()).map(|number| bound(dialect, number, lead)).collect();
            let sql = format!(
                "SELECT {} FROM {} WHERE {} IN ({})",
                shown.join(", "),
                dialect.name(table),
                dialect.name(&lead.name),
                marks.join(", ")
            );
            found.extend(self.rows(sql, some.to_vec()).await?);
        }
        Ok(found)
    }
}

fn first(row: &[Cell]) -> &str {
    row.first().and_then(Option::as_deref).unwrap_or_default()
}

fn column(dialect: Dialect, row: Vec<Cell>) -> Option<FoundColumn> {
    let mut row = row.into_iter();
    let (name, declared) = (row.next().flatten()?, row.next().flatten().unwrap_or_default());
    let kind = kind_of(dialect, &declared.to_ascii_lowercase());
    Some(FoundColumn { name, declared, kind })
}

/// What a column holds by its type.
fn kind_of(dialect: Dialect, declared: &str) -> ColumnKind {
    let has = |words: &[&str]| words.iter().any(|word| declared.contains(word));
    match dialect {
        Dialect::Sqlite if declared.is_empty() => ColumnKind::Decimal,
        _ if has(&["interval", "point"]) => ColumnKind::Text,
        _ if has(&["int", "serial"]) => ColumnKind::Integer,
        _ if has(&["numeric", "decimal", "real", "double", "float", "money"]) => ColumnKind::Decimal,
        _ if has(&["date", "time"]) => ColumnKind::Time,
        _ => ColumnKind::Text,
    }
}

/// The remark that stands first in the definition of a table.
fn first_remark(sql: &str) -> String {
    let inside = sql.split_once("/*").and_then(|(_, rest)| rest.split_once("*/")).map(|(inside, _)| inside);
    // Only right behind the bracket: any other is a column's.
    let before = sql.split_once("/*").map_or("", |(before, _)| before);
    match inside {
        Some(inside) if before.trim_end().ends_with('(') => inside.trim().to_owned(),
        _ => String::new(),
    }
}
