//! Findings, and the rules that many keys share.

use super::rules::{CommonRule, Rule, Why};
use super::{Kinds, Problem};
use crate::ids::TenantId;
use crate::localized::OneOf;
use crate::{duration, network};
use std::time::Duration;

/// What a duration may be, and why not more or less.
pub(super) struct Bounds {
    pub least: Duration,
    pub most: Duration,
    pub why: Why,
}

/// From `least_ms` to `most_s`.
pub(super) const fn bounds(least_ms: u64, most_s: u64, why: Why) -> Bounds {
    Bounds { least: Duration::from_millis(least_ms), most: Duration::from_secs(most_s), why }
}

/// What was found so far, with the rules that many keys share.
#[derive(Default)]
pub(super) struct Findings(Vec<Problem>);

impl Findings {
    pub fn into_problems(self) -> Vec<Problem> {
        self.0
    }

    pub fn error(&mut self, path: &str, rule: impl Into<Rule>) {
        self.0.push(Problem { path: path.to_owned(), rule: rule.into(), warning: false });
    }

    pub fn warn(&mut self, path: &str, rule: impl Into<Rule>) {
        self.0.push(Problem { path: path.to_owned(), rule: rule.into(), warning: true });
    }

    pub fn id(&mut self, path: &str, id: &str) {
        let sound = !id.is_empty() && id.len() <= 64 && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if !sound {
            self.error(&format!("{path}.id"), CommonRule::Id);
        }
    }

    pub fn tenant(&mut self, path: &str, id: &str) {
        let sound = (1..=64).contains(&id.len())
            && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
            && id != TenantId::operator().as_str();
        if !sound {
            self.error(path, CommonRule::Tenant);
        }
    }

    pub fn network(&mut self, path: &str, text: &str) {
        if let Err(why) = network::parse(text) {
            self.error(path, CommonRule::Network { text: text.to_owned(), why });
        }
    }

    pub fn duration(&mut self, path: &str, value: Duration, bounds: &Bounds) {
        if value < bounds.least || value > bounds.most {
            let [value, least, most] = [value, bounds.least, bounds.most].map(duration::format);
            self.error(path, CommonRule::Duration { value, least, most, why: bounds.why.clone() });
        }
    }

    pub fn filled(&mut self, path: &str, value: &str) {
        if value.trim().is_empty() {
            self.error(path, CommonRule::Empty);
        }
    }

    pub fn url(&mut self, path: &str, value: &str) {
        if !(value.starts_with("https://") || value.starts_with("http://")) {
            self.error(path, CommonRule::Url);
        }
    }

    /// A connection that a flow names must be there and be of one of these kinds.
    pub fn expect_kind(&mut self, path: &str, id: &str, wanted: &'static [&'static str], kinds: &Kinds<'_>) {
        match kinds.get(id) {
            Some(found) if wanted.contains(found) => {}
            Some(found) => {
                let (id, found) = (id.to_owned(), (*found).to_owned());
                self.error(path, CommonRule::Kind { id, found, wanted: OneOf(wanted) });
            }
            None => {
                let known = kinds.keys().copied().collect();
                self.error(path, CommonRule::UnknownConnection { id: id.to_owned(), known });
            }
        }
    }
}
