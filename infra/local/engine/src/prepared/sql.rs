//! The statements' words. Names of tables and columns are those of the engine, which keeps a text of a key with its kind
//! before it.

/// Begins a transaction that writes.
pub(super) const WRITING: &str = "BEGIN IMMEDIATE";

/// A text of a key in a range.
pub(super) const TEXT: &str = "'S:' || ?";

/// The statements on one table.
pub(super) struct Sql {
    /// A record's row and JSON, by its key.
    pub get: String,
    pub insert: String,
    /// By row.
    pub update: String,
    /// By row.
    pub delete: String,
    /// Enters a record in the index.
    pub enter: String,
    /// Moves a record's entry, by the record's key.
    pub move_entry: String,
    /// Takes a record's entry out, by the record's key.
    pub leave: String,
    /// Rows after a row, with their keys and the second they expire at.
    pub expiring: String,
    /// The partitions of the index.
    pub indexed: String,
    /// Records of a partition, and of a partition of the index, to be continued.
    pub of_table: String,
    pub of_index: String,
}

impl Sql {
    pub fn of(table: &str) -> Self {
        let index = quoted(&format!("{table}::gsi::{}", tenon_platform::table::INDEX));
        let table = quoted(table);
        Self {
            get: format!("SELECT rowid, item_json FROM {table} WHERE pk = 'S:' || ?1 AND sk = 'S:' || ?2"),
            insert: format!(
                "INSERT INTO {table} (pk, sk, item_json, item_size, hash_prefix) VALUES ('S:' || ?1, 'S:' || ?2, ?3, ?4, ?5)"
            ),
            update: format!("UPDATE {table} SET item_json = ?1, item_size = ?2 WHERE rowid = ?3"),
            delete: format!("DELETE FROM {table} WHERE rowid = ?1"),
            enter: format!(
                "INSERT OR REPLACE INTO {index} (gsi_pk, gsi_sk, table_pk, table_sk, item_json) \
                 VALUES ('S:' || ?1, 'S:' || ?2, 'S:' || ?3, 'S:' || ?4, ?5)"
            ),
            move_entry: format!(
                "UPDATE {index} SET gsi_pk = 'S:' || ?1, gsi_sk = 'S:' || ?2, item_json = ?5 \
                 WHERE table_pk = 'S:' || ?3 AND table_sk = 'S:' || ?4"
            ),
            leave: format!("DELETE FROM {index} WHERE table_pk = 'S:' || ?1 AND table_sk = 'S:' || ?2"),
            expiring: format!(
                "SELECT rowid, substr(pk, 3), substr(sk, 3), CAST(item_json ->> '$.expires_at.N' AS INTEGER) FROM {table} \
                 WHERE rowid > ?1 ORDER BY rowid LIMIT ?2"
            ),
            indexed: format!("SELECT DISTINCT substr(gsi_pk, 3) FROM {index}"),
            of_table: format!("SELECT item_json FROM {table} WHERE pk = {TEXT}"),
            of_index: format!("SELECT item_json FROM {index} WHERE gsi_pk = {TEXT}"),
        }
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
