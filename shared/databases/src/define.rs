//! Making tables, putting one in the place of another, and dropping what Tenon made.

use crate::Db;
use crate::dialect::Dialect;
use crate::error::depended_on;
use crate::fence::Fence;
use crate::table::{Column, NewTable};
use crate::write::{Outcome, Statement};
use tenon_platform::error::{Error, ErrorKind, Result};

/// How a table is called that was put out of the way.
const ASIDE: &str = "__old";
/// Longest comment, in characters: MySQL's columns take 1024.
const LONGEST_COMMENT: usize = 500;

impl Db {
    /// Makes a table.
    ///
    /// # Errors
    /// The database's.
    pub async fn create(&self, table: &NewTable) -> Result<()> {
        self.define(definition(self.dialect(), table)).await
    }

    /// Drops a table that Tenon made; nothing happens where there is none.
    ///
    /// # Errors
    /// `database.not-ours` for a table without Tenon's mark; the database's.
    pub async fn drop_ours(&self, name: &str) -> Result<()> {
        match self.describe(name).await? {
            None => Ok(()),
            Some(table) if table.is_ours() => {
                self.define(vec![format!("DROP TABLE {}", self.dialect().name(name))]).await
            }
            Some(_) => Err(not_ours(name)),
        }
    }

    /// Puts new tables in the place of those of their names, in one step: whoever reads sees the old ones or the new
    /// ones. The old ones are dropped. `Lost` when somebody else has taken the fence.
    ///
    /// # Errors
    /// `database.not-ours` for an old table without Tenon's mark, `database.depended-on` where something of others
    /// needs an old table; nothing is changed then.
    pub async fn swap(&self, fence: &Fence, state: &str, pairs: &[(String, String)]) -> Result<Outcome> {
        let dialect = self.dialect();
        let mut old = Vec::new();
        for (_, name) in pairs {
            match self.describe(name).await? {
                Some(table) if !table.is_ours() => return Err(not_ours(name)),
                Some(_) => {
                    let dependents = self.extras(name).await?.dependents;
                    if !dependents.is_empty() {
                        return Err(depended_on(dependents.join(", ")));
                    }
                    old.push(name.as_str());
                }
                None => {}
            }
        }
        let kept = fence.keep(dialect, state);
        if dialect == Dialect::Mysql {
            return self.swap_by_rename(kept, pairs, &old).await;
        }
        let mut statements = vec![kept];
        statements.extend(old.iter().map(|name| Statement::definition(format!("DROP TABLE {}", dialect.name(name)))));
        statements.extend(pairs.iter().map(|(new, name)| {
            Statement::definition(format!("ALTER TABLE {} RENAME TO {}", dialect.name(new), dialect.name(name)))
        }));
        self.transact(statements).await
    }

    /// Drops what stood in the place of a table before, where whoever put another there died before that.
    ///
    /// # Errors
    /// The database's.
    pub async fn drop_aside(&self, name: &str) -> Result<()> {
        match self.dialect() {
            Dialect::Mysql => self.drop_ours(&beside(name, ASIDE)).await,
            // Its step is a transaction.
            Dialect::Sqlite | Dialect::Postgres => Ok(()),
        }
    }

    /// MySQL's definitions end transactions; its RENAME takes all tables at once.
    async fn swap_by_rename(&self, kept: Statement, pairs: &[(String, String)], old: &[&str]) -> Result<Outcome> {
        let dialect = Dialect::Mysql;
        let aside = |name: &str| beside(name, ASIDE);
        for name in old {
            self.drop_ours(&aside(name)).await?;
        }
        if self.transact(vec![kept]).await? == Outcome::Lost {
            return Ok(Outcome::Lost);
        }
        let mut renames: Vec<String> =
            old.iter().map(|name| format!("{} TO {}", dialect.name(name), dialect.name(&aside(name)))).collect();
        renames.extend(pairs.iter().map(|(new, name)| format!("{} TO {}", dialect.name(new), dialect.name(name))));
        self.define(vec![format!("RENAME TABLE {}", renames.join(", "))]).await?;
        for name in old {
            self.drop_ours(&aside(name)).await?;
        }
        Ok(Outcome::Done(0))
    }
}

/// The name of a table that stands beside another.
#[must_use]
pub fn beside(name: &str, ending: &str) -> String {
    let room = Dialect::Mysql.longest_name().saturating_sub(ending.len());
    let mut end = room.min(name.len());
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{ending}", name.get(..end).unwrap_or_default())
}

fn not_ours(name: &str) -> Error {
    let message = format!(
        "the table {name} was not made by Tenon and is not dropped; rename it, or name another table or database for the flow"
    );
    Error::permanent("database.not-ours", message).with_kind(ErrorKind::Exists)
}

/// The statements that make a table with its comments.
fn definition(dialect: Dialect, table: &NewTable) -> Vec<String> {
    let name = dialect.name(&table.name);
    let in_key = |column: &Column| table.key.contains(&column.name);
    let columns: Vec<String> = table
        .columns
        .iter()
        .map(|column| {
            let mut line = format!("{} {}", dialect.name(&column.name), dialect.type_of(column.kind, in_key(column)));
            if in_key(column) {
                line.push_str(" NOT NULL");
            }
            match dialect {
                Dialect::Mysql => line.push_str(&format!(" COMMENT {}", dialect.text(short(&column.comment)))),
                Dialect::Sqlite => line.push_str(&format!(" {}", Dialect::remark(short(&column.comment)))),
                Dialect::Postgres => {}
            }
            line
        })
        .collect();
    let key = format!("PRIMARY KEY ({})", dialect.names(table.key.iter().map(String::as_str)));
    let columns = columns.join(",\n  ");
    let comment = short(&table.comment);
    match dialect {
        Dialect::Sqlite => {
            vec![format!("CREATE TABLE {name} ( {}\n  {columns},\n  {key})", Dialect::remark(comment))]
        }
        Dialect::Mysql => vec![format!(
            "CREATE TABLE {name} (\n  {columns},\n  {key}) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COMMENT={}",
            dialect.text(comment)
        )],
        Dialect::Postgres => {
            let mut all = vec![
                format!("CREATE TABLE {name} (\n  {columns},\n  {key})"),
                format!("COMMENT ON TABLE {name} IS {}", dialect.text(comment)),
            ];
            all.extend(table.columns.iter().map(|column| {
                let (column, described) = (dialect.name(&column.name), dialect.text(short(&column.comment)));
                format!("COMMENT ON COLUMN {name}.{column} IS {described}")
            }));
            all
        }
    }
}

fn short(text: &str) -> &str {
    text.char_indices().nth(LONGEST_COMMENT).map_or(text, |(end, _)| text.get(..end).unwrap_or_default())
}
