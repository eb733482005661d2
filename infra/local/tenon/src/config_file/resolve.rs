//! Puts values in the place of references: `env:NAME`, `secret:NAME`, `ca_file`.

use crate::output::Failure;
use crate::secrets::Lookup;
use std::path::Path;
use tenon_crypto::envelope::Codec;
use tenon_model::config::{Config, Connection, Database, Secret};

/// Fewest characters of an app code or of a tenant app's secret.
const CODE_LENGTH: usize = 16;

/// Fewest characters of a key of tokens.
const TOKEN_KEY_LENGTH: usize = 32;

/// What becomes of a secret that is written into the file itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Literals {
    /// It is taken: local data.
    Allowed,
    /// It is an error: a deployed table is configured from files that are shared.
    Refused,
}

/// Resolves the references of every connection and caller, reads each `ca_file` (relative to `folder`), and
/// checks what can be checked only with the values.
///
/// # Errors
/// A usage failure that lists every reference without a value, by key; the failure of the first
/// secret that Secrets Manager does not give.
pub async fn resolve(
    config: &mut Config,
    folder: &Path,
    literals: Literals,
    lookup: &dyn Lookup,
) -> Result<(), Failure> {
    let mut problems = Vec::new();
    for connection in &mut config.connections {
        let path = format!("connections[{}]", connection.id());
        for (key, secret) in connection.secrets_mut() {
            let found = value(secret.expose(), literals, lookup).await;
            match found.map_err(|f| Failure { message: format!("{path}.{key}: {}", f.message), ..f })? {
                Ok(value) => *secret = Secret::new(value),
                Err(problem) => problems.push(format!("{path}.{key}: {problem}")),
            }
        }
        if problems.is_empty() {
            problems.extend(inspect(connection, folder).err().map(|problem| format!("{path}.{problem}")));
        }
    }
    problems.extend(databases(config, folder, literals, lookup).await?);
    problems.extend(callers(config, literals, lookup).await?);
    problems.extend(aiflow_apps(config, literals, lookup).await?);
    problems.extend(token_keys(config, literals, lookup).await?);
    if let Some(sso) = config.sso.as_mut().filter(|sso| !sso.client_secret.is_empty()) {
        let found = value(sso.client_secret.expose(), literals, lookup).await;
        let at = |problem: String| format!("sso.client_secret: {problem}");
        match found.map_err(|f| Failure { message: at(f.message.clone()), ..f })? {
            Ok(value) => sso.client_secret = Secret::new(value),
            // What is off needs no secret yet.
            Err(_) if !sso.enabled => sso.client_secret = Secret::default(),
            Err(problem) => problems.push(at(problem)),
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(Failure::usage(problems.join("\n"))) }
}

/// Resolves the passwords of `databases`, reads their authorities and makes the paths of files absolute; returns what is
/// wrong with them.
async fn databases(
    config: &mut Config,
    folder: &Path,
    literals: Literals,
    lookup: &dyn Lookup,
) -> Result<Vec<String>, Failure> {
    let mut problems = Vec::new();
    for database in &mut config.databases {
        let path = format!("databases[{}]", database.id());
        match database {
            Database::Sqlite(file) => match std::path::absolute(folder.join(&file.path)) {
                Ok(whole) => file.path = whole.display().to_string(),
                Err(error) => problems.push(format!("{path}.path: {error}")),
            },
            Database::Postgres(server) | Database::Mysql(server) => {
                let found = value(server.password.expose(), literals, lookup).await;
                match found.map_err(|f| Failure { message: format!("{path}.password: {}", f.message), ..f })? {
                    Ok(value) => server.password = Secret::new(value),
                    Err(problem) => problems.push(format!("{path}.password: {problem}")),
                }
                let read = authority(server.ca_file.as_deref(), &mut server.ca_pem, folder);
                problems.extend(read.err().map(|problem| format!("{path}.{problem}")));
            }
        }
    }
    Ok(problems)
}

/// Resolves the codes of `apps` and the secrets of `openapi_apps`; returns what is wrong with them.
async fn callers(config: &mut Config, literals: Literals, lookup: &dyn Lookup) -> Result<Vec<String>, Failure> {
    let apps = config.apps.iter_mut();
    let apps = apps.filter_map(|a| Some((format!("apps[{}].app_code", a.id), a.app_code.as_mut()?)));
    let tenants = config.openapi_apps.iter_mut();
    let tenants = tenants.map(|a| (format!("openapi_apps[{}].app_secret", a.app_key), &mut a.app_secret));
    let mut problems = Vec::new();
    for (path, secret) in apps.chain(tenants) {
        let found = value(secret.expose(), literals, lookup).await;
        match found.map_err(|f| Failure { message: format!("{path}: {}", f.message), ..f })? {
            // What is looked up by its hash must be too long to guess.
            Ok(value) if value.chars().count() < CODE_LENGTH => {
                problems.push(format!("{path}: is shorter than {CODE_LENGTH} characters"));
            }
            Ok(value) => *secret = Secret::new(value),
            Err(problem) => problems.push(format!("{path}: {problem}")),
        }
    }
    let mut codes: Vec<&str> = config.apps.iter().filter_map(|a| a.app_code.as_ref()).map(Secret::expose).collect();
    codes.sort_unstable();
    if problems.is_empty() && codes.windows(2).any(|pair| matches!(pair, [one, other] if one == other)) {
        problems.push("apps: two of them have the same app_code; give each its own".to_owned());
    }
    Ok(problems)
}

/// Resolves the secrets of `aiflow_apps`, which may be as short as aiflow gave them; returns what is wrong with them.
async fn aiflow_apps(config: &mut Config, literals: Literals, lookup: &dyn Lookup) -> Result<Vec<String>, Failure> {
    let mut problems = Vec::new();
    for app in &mut config.aiflow_apps {
        let path = format!("aiflow_apps[{}/{}].app_secret", app.enterprise_code, app.app_id);
        let found = value(app.app_secret.expose(), literals, lookup).await;
        match found.map_err(|f| Failure { message: format!("{path}: {}", f.message), ..f })? {
            Ok(value) => app.app_secret = Secret::new(value),
            Err(problem) => problems.push(format!("{path}: {problem}")),
        }
    }
    Ok(problems)
}

/// Resolves the keys of the OA integration's tokens; returns what is wrong with them.
async fn token_keys(config: &mut Config, literals: Literals, lookup: &dyn Lookup) -> Result<Vec<String>, Failure> {
    let mut problems = Vec::new();
    let keys = config.oa_integration.iter_mut().flat_map(|oa| oa.token_keys.iter_mut());
    for (number, key) in keys.enumerate() {
        let path = format!("[oa_integration].token_keys[{number}]");
        let found = value(key.expose(), literals, lookup).await;
        match found.map_err(|f| Failure { message: format!("{path}: {}", f.message), ..f })? {
            // RFC 7518, 3.2: a key of HS256 has 256 bits at least.
            Ok(value) if value.len() < TOKEN_KEY_LENGTH => {
                problems.push(format!("{path}: is shorter than {TOKEN_KEY_LENGTH} characters"));
            }
            Ok(value) => *key = Secret::new(value),
            Err(problem) => problems.push(format!("{path}: {problem}")),
        }
    }
    Ok(problems)
}

/// The value of one secret, or what is wrong with how it is given.
async fn value(given: &str, literals: Literals, lookup: &dyn Lookup) -> Result<Result<String, String>, Failure> {
    let (found, whence) = if let Some(name) = given.strip_prefix("env:") {
        let Some(value) = lookup.env(name) else {
            return Ok(Err(format!("the environment variable {name} is not set")));
        };
        (value, format!("the environment variable {name}"))
    } else if let Some(name) = given.strip_prefix("secret:") {
        (lookup.secret(name).await?, format!("secret {name}"))
    } else if literals == Literals::Refused && !given.is_empty() {
        let problem = "a secret may not stand in the file of a deployed table; write \"env:NAME\" or \"secret:NAME\"";
        return Ok(Err(problem.to_owned()));
    } else {
        (given.to_owned(), "the value".to_owned())
    };
    // A secret file or variable made by `echo` ends in a line feed that no vendor's key has.
    let trimmed = found.trim_end_matches(['\r', '\n']);
    Ok(if trimmed.is_empty() { Err(format!("{whence} is empty")) } else { Ok(trimmed.to_owned()) })
}

/// What only the values show: `key: what is wrong`.
fn inspect(connection: &mut Connection, folder: &Path) -> Result<(), String> {
    match connection {
        Connection::B1(c) => {
            zone(&c.time_zone)?;
            authority(c.ca_file.as_deref(), &mut c.ca_pem, folder)
        }
        Connection::DiApi(c) => authority(c.ca_file.as_deref(), &mut c.ca_pem, folder),
        Connection::Blacklake(_) => Ok(()),
        Connection::Feishu(_) => Ok(()),
        Connection::Odoo(_) => Ok(()),
        Connection::Aiflow(_) => Ok(()),
        Connection::Kingdee(c) => zone(&c.time_zone),
        Connection::Dingtalk(c) => {
            Codec::new(c.token.expose(), c.aes_key.expose(), c.owner()).map(|_| ()).map_err(|e| format!("aes_key: {e}"))
        }
        Connection::Wecom(c) => {
            zone(&c.time_zone)?;
            Codec::new(c.token.expose(), c.aes_key.expose(), &c.corp_id)
                .map(|_| ())
                .map_err(|e| format!("aes_key: {e}"))
        }
        Connection::Weaver(c) => {
            zone(&c.time_zone)?;
            tenon_crypto::weaver::encrypt_for_server(c.spk.expose(), c.secret.expose().as_bytes())
                .map(drop)
                .map_err(|e| format!("spk: {e}"))
        }
    }
}

/// Reads the authority that signed a server's certificate.
fn authority(file: Option<&str>, pem: &mut Option<String>, folder: &Path) -> Result<(), String> {
    if let Some(file) = file {
        if pem.is_some() {
            return Err("ca_file: ca_pem is given as well; keep one of them".to_owned());
        }
        let file = folder.join(file);
        let text =
            std::fs::read_to_string(&file).map_err(|e| format!("ca_file: {} cannot be read: {e}", file.display()))?;
        *pem = Some(text);
    }
    match pem {
        Some(pem) if !pem.contains("-----BEGIN CERTIFICATE-----") => {
            Err("ca_file: holds no PEM certificate (-----BEGIN CERTIFICATE-----)".to_owned())
        }
        _ => Ok(()),
    }
}

fn zone(name: &str) -> Result<(), String> {
    match jiff::tz::TimeZone::get(name) {
        Ok(_) => Ok(()),
        Err(_) => Err(format!("time_zone: {name} is no IANA time zone, such as Asia/Shanghai")),
    }
}
