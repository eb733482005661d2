//! `[aiflow_apps.process]`: how the processes of an enterprise run, and what its ERP is told of them.

use crate::duration;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// How the processes that an app defines run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ProcessSettings {
    /// Where the ERP takes in what became of an order: `/odoo/api/…` is appended. Without it nothing is told, and service
    /// tasks name whole addresses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub odoo_url: Option<String>,
    /// What the ERP is told of by itself.
    pub push: Vec<Push>,
    /// What addresses of service tasks must begin with; empty for any that outgoing calls may reach.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub service_urls: Vec<String>,
    /// Names and codes of people who may discard whatever anybody began.
    pub admins: Vec<String>,
    /// How often a task may be urged.
    #[serde(with = "duration::text")]
    pub urge_every: Duration,
    /// How long a plain `/flow/onAudit` that says the same counts as a repetition, where no approval is stored for it.
    #[serde(with = "duration::text")]
    pub repeat_within: Duration,
    /// Who has a role that processes name: codes of people.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub roles: BTreeMap<String, Vec<String>>,
    /// Who manages a department, by its name or code, where the directory does not say: codes of people.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub managers: BTreeMap<String, Vec<String>>,
}

/// What an ERP is told of by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Push {
    /// Steps of an order: it began, was approved, refused, discarded.
    Receive,
    /// Who decided a task, and how.
    ApprovalLog,
}

impl ProcessSettings {
    /// Whether nothing was said.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// The address that a service task names: one that begins with `/` is the ERP's.
    pub fn address(&self, named: &str) -> Option<String> {
        match named.starts_with('/') {
            true => self.odoo_url.as_ref().map(|base| format!("{}{named}", base.trim_end_matches('/'))),
            false => Some(named.to_owned()),
        }
    }

    /// Whether a service task may call this address.
    pub fn may_call(&self, address: &str) -> bool {
        let begins = |with: &String| {
            let with = with.trim_end_matches('/');
            address.strip_prefix(with).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
        };
        self.service_urls.is_empty() || self.service_urls.iter().chain(&self.odoo_url).any(begins)
    }
}

impl Default for ProcessSettings {
    fn default() -> Self {
        Self {
            odoo_url: None,
            push: vec![Push::Receive, Push::ApprovalLog],
            service_urls: Vec::new(),
            admins: vec!["admin".to_owned()],
            urge_every: Duration::from_secs(600),
            repeat_within: Duration::from_secs(60),
            roles: BTreeMap::new(),
            managers: BTreeMap::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_task_calls_what_its_settings_name_and_nothing_that_only_looks_like_it() {
        let settings = ProcessSettings {
            odoo_url: Some("https://odoo.example.com/".to_owned()),
            service_urls: vec!["https://api.example.com/v1".to_owned()],
            ..ProcessSettings::default()
        };
        assert_eq!(settings.address("/odoo/api/x").as_deref(), Some("https://odoo.example.com/odoo/api/x"));
        for good in
            ["https://odoo.example.com/odoo/api/x", "https://api.example.com/v1", "https://api.example.com/v1/a?b"]
        {
            assert!(settings.may_call(good), "{good}");
        }
        for bad in
            ["https://odoo.example.com.evil.example/", "https://api.example.com/v2", "https://api.example.com/v10"]
        {
            assert!(!settings.may_call(bad), "{bad}");
        }
        assert!(ProcessSettings::default().may_call("https://anywhere.example"));
        assert_eq!(ProcessSettings::default().address("/x"), None);
    }
}
