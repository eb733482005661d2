//! What databases answer, as ours.

use tenon_platform::error::{Error, ErrorKind};

/// Nothing reached the server, or the connection broke.
pub(crate) fn unreachable(why: impl std::fmt::Display) -> Error {
    let message = format!("the database cannot be reached: {why}; check host, port and the network");
    Error::transient("database.unreachable", message).with_kind(ErrorKind::Unreachable)
}

/// Another transaction stands in the way.
pub(crate) fn busy(why: impl std::fmt::Display) -> Error {
    Error::transient("database.busy", format!("another transaction holds what is needed: {why}"))
}

/// The user or its password is wrong.
pub(crate) fn login_refused(why: impl std::fmt::Display) -> Error {
    let message = format!("the database refused the login: {why}; correct username and password and apply it anew");
    Error::permanent("database.login-refused", message)
}

/// The user may not do this.
pub(crate) fn forbidden(why: impl std::fmt::Display) -> Error {
    let message = format!("the database forbids this: {why}; grant it to the user of the database");
    Error::permanent("database.forbidden", message)
}

/// Other objects depend on what is to be dropped.
pub(crate) fn depended_on(why: impl std::fmt::Display) -> Error {
    let message = format!("other objects depend on the table: {why}; drop them, or update the table instead");
    Error::permanent("database.depended-on", message).with_kind(ErrorKind::Refused)
}

/// The statement is refused as it stands.
pub(crate) fn refused(why: impl std::fmt::Display) -> Error {
    Error::permanent("database.refused", format!("the database refused: {why}")).with_kind(ErrorKind::Refused)
}

/// The database is in trouble of its own.
pub(crate) fn failed(why: impl std::fmt::Display) -> Error {
    Error::transient("database.failed", format!("the database failed: {why}"))
}

/// An error of a server.
pub(crate) fn of_sqlx(error: sqlx::Error) -> Error {
    match error {
        sqlx::Error::Database(reported) => {
            if let Some(reported) = reported.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>() {
                return of_number(reported.number(), reported.message())
                    .with_vendor_code(reported.number().to_string());
            }
            let code = reported.code().map(|code| code.into_owned()).unwrap_or_default();
            of_state(&code, reported.message()).with_vendor_code(code)
        }
        sqlx::Error::Io(why) => unreachable(why),
        sqlx::Error::Tls(why) => unreachable(format!("TLS: {why}; set ca_file, or tls")),
        sqlx::Error::PoolTimedOut => unreachable("no connection within the time"),
        sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => unreachable("the connections are closed"),
        sqlx::Error::Configuration(why) => refused(why),
        other => failed(other),
    }
}

/// By SQLSTATE, whose first two characters are its class.
fn of_state(state: &str, message: &str) -> Error {
    match (state, state.get(..2).unwrap_or_default()) {
        ("28P01" | "28000", _) => login_refused(message),
        ("3D000", _) => refused(message),
        ("42501", _) => forbidden(message),
        ("2BP01", _) => depended_on(message),
        (_, "40") | ("55P03", _) => busy(message),
        (_, "08" | "57") => unreachable(message),
        (_, "53" | "58" | "XX") => failed(message),
        _ => refused(message),
    }
}

/// By MySQL's number: its SQLSTATE is the same for most.
fn of_number(number: u16, message: &str) -> Error {
    match number {
        1205 | 1213 => busy(message),
        1044 | 1045 | 1698 => login_refused(message),
        1142 | 1143 | 1227 | 1290 | 1370 => forbidden(message),
        1040 | 1053 | 1158..=1161 | 1203 | 2006 | 2013 => unreachable(message),
        1021 | 1041 | 1114 => failed(message),
        1217 | 1451 | 3730 => depended_on(message),
        _ => refused(message),
    }
}

/// An error of a file.
pub(crate) fn of_sqlite(error: &rusqlite::Error) -> Error {
    use rusqlite::ErrorCode;
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => busy(error),
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::AuthorizationForStatementDenied) => {
            forbidden(error)
        }
        Some(ErrorCode::CannotOpen | ErrorCode::SystemIoFailure) => unreachable(error),
        Some(ErrorCode::DiskFull) => failed(error),
        _ => refused(error),
    }
}
