//! Words that stand in no SELECT that is let through, unless they are quoted or name a column behind its table.

use std::sync::LazyLock;

/// Words that begin a statement of their own, or a clause that the parser takes for a name: MSSQL needs nothing between two statements, so `from OITM shutdown` is two.
/// And words that make of a SELECT something that writes, locks or reaches elsewhere.
const STATEMENTS: &[&str] = &[
    "ALTER",
    "ATTACH",
    "BACKUP",
    "BEGIN",
    "BREAK",
    "BULK",
    "CALL",
    "CHECKPOINT",
    "CLOSE",
    "COMMIT",
    "COMPUTE",
    "CONTINUE",
    "CREATE",
    "CURRVAL",
    "DBCC",
    "DEALLOCATE",
    "DECLARE",
    "DELETE",
    "DENY",
    "DETACH",
    "DISABLE",
    "DO",
    "DROP",
    "DUMP",
    "DUMPFILE",
    "ENABLE",
    "EXEC",
    "EXECUTE",
    "EXPLAIN",
    "EXPORT",
    "GO",
    "GOTO",
    "GRANT",
    "HINT",
    "IF",
    "IMPORT",
    "INSERT",
    "INTO",
    "KILL",
    "LINENO",
    "LOAD",
    "LOCK",
    "MERGE",
    "NEXTVAL",
    "OPEN",
    "OPENDATASOURCE",
    "OPENJSON",
    "OPENQUERY",
    "OPENROWSET",
    "OPENXML",
    "OPTION",
    "OUTFILE",
    "PRAGMA",
    "PRINT",
    "PROC",
    "PROCEDURE",
    "RAISERROR",
    "READTEXT",
    "RECEIVE",
    "RECONFIGURE",
    "RECURSIVE",
    "RENAME",
    "RESTORE",
    "RETURN",
    "REVERT",
    "REVOKE",
    "ROLLBACK",
    "SAVE",
    "SAVEPOINT",
    "SEND",
    "SET",
    "SETUSER",
    "SHUTDOWN",
    "STATISTICS",
    "THROW",
    "TRAN",
    "TRANSACTION",
    "TRUNCATE",
    "UNLOAD",
    "UNLOCK",
    "UPDATE",
    "UPDATETEXT",
    "UPSERT",
    "USE",
    "USING",
    "VACUUM",
    "WAITFOR",
    "WHILE",
    "WRITETEXT",
];

/// Words that tell who asks, or where. They are called without parentheses.
const INFORMERS: &[&str] = &[
    "CURRENT_CONNECTION",
    "CURRENT_OBJECT_SCHEMA",
    "CURRENT_ROLE",
    "CURRENT_SCHEMA",
    "CURRENT_SITE_ID",
    "CURRENT_TRANSACTION_ISOLATION_LEVEL",
    "CURRENT_USER",
    "SESSION_CONTEXT",
    "SESSION_USER",
    "SYSTEM_USER",
    "SYSUUID",
    "USER",
];

/// What a word outside quotes is, when it is one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Forbidden {
    /// It begins another statement, or changes what a SELECT does.
    Statement,
    /// It tells who asks.
    Informer,
}

/// Beginnings of MSSQL's system procedures, which are called without a word before them.
const PROCEDURES: [&str; 2] = ["XP_", "SP_"];

/// Longer than each of them.
const MAX_LENGTH: usize = 40;

/// Room for a word in capitals.
pub(crate) struct Capitals([u8; MAX_LENGTH]);

impl Capitals {
    pub fn new() -> Self {
        Self([0; MAX_LENGTH])
    }

    /// The beginning of a word in capitals: all of it, where it is not longer than those that are looked for.
    pub fn of(&mut self, word: &str) -> &str {
        let beginning = word.get(..word.floor_char_boundary(MAX_LENGTH)).unwrap_or_default();
        let Some(room) = self.0.get_mut(..beginning.len()) else { return "" };
        room.copy_from_slice(beginning.as_bytes());
        room.make_ascii_uppercase();
        std::str::from_utf8(room).unwrap_or_default()
    }
}

/// Whether a word, in capitals, is one of these.
pub(crate) fn forbidden(word: &str) -> Option<Forbidden> {
    static KNOWN: LazyLock<Vec<(&str, Forbidden)>> = LazyLock::new(|| {
        let statements = STATEMENTS.iter().map(|word| (*word, Forbidden::Statement));
        let informers = INFORMERS.iter().map(|word| (*word, Forbidden::Informer));
        let mut all: Vec<_> = statements.chain(informers).collect();
        all.sort_unstable_by_key(|(word, _)| *word);
        all
    });
    match KNOWN.binary_search_by_key(&word, |(known, _)| known) {
        Ok(place) => KNOWN.get(place).map(|(_, forbidden)| *forbidden),
        Err(_) if PROCEDURES.iter().any(|beginning| word.starts_with(beginning)) => Some(Forbidden::Informer),
        Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_has_room_and_is_found() {
        for word in STATEMENTS.iter().chain(INFORMERS) {
            assert_eq!(Capitals::new().of(&word.to_lowercase()), *word);
            assert!(forbidden(word).is_some(), "{word}");
        }
        assert_eq!(forbidden("XP_CMDSHELL"), Some(Forbidden::Informer));
        assert_eq!(forbidden("ITEMCODE"), None);
    }

    #[test]
    fn a_long_procedure_is_one_all_the_same() {
        for long in [format!("xp_{}", "a".repeat(80)), "sp_读".to_owned()] {
            assert!(crate::scan::statement(&format!("select 1 from OITM {long}")).is_err(), "{long}");
        }
    }
}
