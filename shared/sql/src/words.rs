//! Words that stand in no SELECT that is let through, unless they are quoted or name a column behind its table.

use std::collections::HashMap;
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

/// Whether a word, in capitals, is one of these.
pub(crate) fn forbidden(word: &str) -> Option<Forbidden> {
    static KNOWN: LazyLock<HashMap<&str, Forbidden>> = LazyLock::new(|| {
        let statements = STATEMENTS.iter().map(|word| (*word, Forbidden::Statement));
        statements.chain(INFORMERS.iter().map(|word| (*word, Forbidden::Informer))).collect()
    });
    match KNOWN.get(word) {
        Some(forbidden) => Some(*forbidden),
        None if PROCEDURES.iter().any(|beginning| word.starts_with(beginning)) => Some(Forbidden::Informer),
        None => None,
    }
}
