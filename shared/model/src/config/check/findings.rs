//! Findings, and the rules that many keys share.

use super::{Kinds, Problem};
use crate::ids::TenantId;
use crate::{duration, network};
use std::time::Duration;

/// What a duration may be, and why not more or less.
pub(super) struct Bounds {
    pub least: Duration,
    pub most: Duration,
    pub why: &'static str,
}

/// From `least_ms` to `most_s`.
pub(super) const fn bounds(least_ms: u64, most_s: u64, why: &'static str) -> Bounds {
    Bounds { least: Duration::from_millis(least_ms), most: Duration::from_secs(most_s), why }
}

/// What was found so far, with the rules that many keys share.
#[derive(Default)]
pub(super) struct Findings(Vec<Problem>);

impl Findings {
    pub fn into_problems(self) -> Vec<Problem> {
        self.0
    }

    pub fn error(&mut self, path: &str, message: &str) {
        self.0.push(Problem { path: path.to_owned(), message: message.to_owned(), warning: false });
    }

    pub fn warn(&mut self, path: &str, message: &str) {
        self.0.push(Problem { path: path.to_owned(), message: message.to_owned(), warning: true });
    }

    pub fn id(&mut self, path: &str, id: &str) {
        let sound = !id.is_empty() && id.len() <= 64 && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if !sound {
            self.error(&format!("{path}.id"), "use 1 to 64 letters, digits and dashes");
        }
    }

    pub fn tenant(&mut self, path: &str, id: &str) {
        let sound = (1..=64).contains(&id.len())
            && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
            && id != TenantId::operator().as_str();
        if !sound {
            self.error(path, "use 1 to 64 letters, digits, dashes and underscores; default is the operator's own");
        }
    }

    pub fn network(&mut self, path: &str, text: &str) {
        if let Err(why) = network::parse(text) {
            self.error(path, &format!("{text}: {why}"));
        }
    }

    pub fn duration(&mut self, path: &str, value: Duration, bounds: &Bounds) {
        if value < bounds.least || value > bounds.most {
            let (least, most) = (duration::format(bounds.least), duration::format(bounds.most));
            let message = format!("{} is not between {least} and {most}: {}", duration::format(value), bounds.why);
            self.error(path, &message);
        }
    }

    pub fn filled(&mut self, path: &str, value: &str) {
        if value.trim().is_empty() {
            self.error(path, "is empty");
        }
    }

    pub fn url(&mut self, path: &str, value: &str) {
        if !(value.starts_with("https://") || value.starts_with("http://")) {
            self.error(path, "must begin with https:// (or http:// on a private network)");
        }
    }

    /// A connection that a flow names must be there and be of one of these kinds.
    pub fn expect_kind(&mut self, path: &str, id: &str, wanted: &[&str], kinds: &Kinds<'_>) {
        match kinds.get(id) {
            Some(found) if wanted.contains(found) => {}
            Some(found) => {
                let wanted = wanted.join(" or ");
                self.error(path, &format!("connection {id} is of kind {found}; {wanted} is needed here"));
            }
            None => self.error(path, &format!("there is no connection {id}; known are: {}", join(kinds.keys()))),
        }
    }
}

fn join<'a>(names: impl Iterator<Item = &'a &'a str>) -> String {
    let names: Vec<&str> = names.copied().collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}
