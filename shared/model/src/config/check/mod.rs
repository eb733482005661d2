//! Rules a configuration must meet beyond its shape. A bad configuration fails when it is applied,
//! not with the first customer.

mod aiflow;
mod approval;
mod barcode;
mod base_data;
mod blacklake;
mod callers;
mod connection;
mod data_sync;
mod database;
mod directory;
mod document;
mod findings;
mod flow;
mod kingdee;
mod manufacturing;
mod notices;
mod oa_integration;
mod plm;
mod price;
mod production_issues;
mod rules;
mod sso;
mod weaver;

pub use rules::{Rule, StatementRule};

use super::Config;
use crate::Language;
use crate::localized::Localized;
use findings::{Bounds, Findings, bounds};
use rules::{CommonRule, Why};
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where: `flows[purchase-request].form.lines.to`.
    pub path: String,
    /// What is wrong and what to do.
    pub rule: Rule,
    /// Whether the configuration can still be applied.
    pub warning: bool,
}

impl Localized for Problem {
    fn text(&self, language: Language) -> String {
        format!("{}: {}", self.path, self.rule.text(language))
    }
}

/// In English.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(Language::En))
    }
}

/// Time-out of one call to a vendor, at most. A function makes several and ends after two minutes; a call
/// that may outlast it would be cut off with its outcome unknown.
pub const LONGEST_CALL: Duration = Duration::from_secs(60);

const DAY_S: u64 = 86_400;
const EVERY: Bounds = bounds(1_000, DAY_S, Why::Every);
/// Of flows to an E-cology, which is not looked after more often.
const EVERY_MINUTE: Bounds = bounds(60_000, DAY_S, Why::EveryMinute);

/// The kinds of the connections by their ids.
type Kinds<'a> = BTreeMap<&'a str, &'static str>;

/// Checks the whole configuration; an empty list is a sound one.
pub fn check(config: &Config) -> Vec<Problem> {
    let mut found = Findings::default();
    let mut kinds = Kinds::new();
    for (index, connection) in config.connections.iter().enumerate() {
        let id = connection.id().as_str();
        let path = format!("connections[{}]", if id.is_empty() { index.to_string() } else { id.to_owned() });
        found.id(&path, id);
        if kinds.insert(id, connection.kind()).is_some() {
            found.error(&path, CommonRule::SameConnection);
        }
        connection::check(&mut found, &path, connection);
    }
    database::check_all(&mut found, config);
    data_sync::check_all(&mut found, config);
    flow::check_all(&mut found, &config.flows, &kinds);
    base_data::check_connections(&mut found, config);
    base_data::check_companies(&mut found, config);
    barcode::check_all(&mut found, config, &kinds);
    callers::check(&mut found, config);
    aiflow::check(&mut found, config);
    weaver::check_all(&mut found, config);
    notices::check(&mut found, config, &kinds);
    manufacturing::check_all(&mut found, config);
    sso::check(&mut found, config);
    oa_integration::check(&mut found, config);
    found.into_problems()
}

#[cfg(test)]
mod tests;
