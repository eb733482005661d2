//! The systems of a sandbox, one line for each.

use crate::action::ActionError;
use crate::ids;
use crate::sandbox::{Sandbox, State};
use crate::snapshot::RequestRecord;
use crate::system::{Handle, Simulated, System};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

macro_rules! systems {
    ($($(#[$doc:meta])* $vendor:ident $name:ident: $system:ty, $options:ty, $snapshot:ty;)+) => {
        /// Which simulated system.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
        #[serde(rename_all = "lowercase")]
        pub enum Vendor {
            $($(#[$doc])* $vendor,)+
        }

        impl Vendor {
            /// The word for it in faults and in `/_sandbox/…`.
            pub(crate) fn word(self) -> &'static str {
                match self {
                    $(Self::$vendor => stringify!($name),)+
                }
            }
        }

        /// What a sandbox is set up with. The defaults are fixed demo credentials and the commonest behaviour of
        /// each vendor; the quirks seen at single sites are settings.
        #[derive(Clone, Debug)]
        pub struct SandboxOptions {
            /// Seeds ids, tokens and nonces; the same seed and calls give the same answers.
            pub seed: u64,
            $($(#[$doc])* pub $name: $options,)+
        }

        impl Default for SandboxOptions {
            fn default() -> Self {
                Self { seed: 1, $($name: <$options>::default(),)+ }
            }
        }

        $(impl From<$options> for SandboxOptions {
            fn from($name: $options) -> Self {
                Self { $name, ..Self::default() }
            }
        })+

        /// All systems at one moment.
        #[derive(Clone, Debug, Serialize)]
        pub struct Snapshot {
            $($(#[$doc])* pub $name: $snapshot,)+
            /// Requests that arrived, by method and entity set or path: `PATCH Drafts`,
            /// `POST /v1.0/workflow/processInstances`. Parts of a batch count too.
            pub requests: BTreeMap<String, u64>,
            /// Requests by method, entity set and key: `PATCH Drafts(16)`.
            pub requests_by_key: BTreeMap<String, u64>,
            /// The latest requests, oldest first, at most 2000.
            pub log: Vec<RequestRecord>,
        }

        pub(crate) struct Systems {
            $($name: $system,)+
        }

        impl Systems {
            pub(crate) fn new(options: SandboxOptions) -> Self {
                let seed = options.seed;
                Self { $($name: <$system>::new(ids::seed_of(seed, stringify!($name)), options.$name),)+ }
            }

            /// In the order of the registry.
            pub(crate) fn all(&mut self) -> Vec<(Vendor, &mut dyn System)> {
                vec![$((Vendor::$vendor, &mut self.$name as &mut dyn System),)+]
            }

            pub(crate) fn get(&mut self, vendor: Vendor) -> &mut dyn System {
                match vendor {
                    $(Vendor::$vendor => &mut self.$name,)+
                }
            }

            pub(crate) fn configure(&mut self, seed: u64, change: impl FnOnce(&mut SandboxOptions)) {
                let mut options = SandboxOptions { seed, $($name: self.$name.options().clone(),)+ };
                change(&mut options);
                $(*self.$name.options() = options.$name;
                self.$name.reconfigured();)+
            }
        }

        impl State {
            pub(crate) fn snapshot(&self) -> Snapshot {
                Snapshot {
                    $($name: self.systems.$name.snapshot(),)+
                    requests: self.traffic.by_entity.clone(),
                    requests_by_key: self.traffic.by_key.clone(),
                    log: self.traffic.log.iter().cloned().collect(),
                }
            }
        }

        impl Sandbox {
            $($(#[$doc])*
            pub fn $name(&self) -> Handle<'_, $system> {
                Handle::new(self.state(), |state| &mut state.systems.$name)
            })+
        }
    };
}

systems! {
    /// SAP Business One Service Layer.
    B1 b1: crate::b1::ServiceLayer, crate::b1::B1Options, crate::b1::B1Snapshot;
    /// DI API.
    DiApi di_api: crate::di_api::DiApi, crate::di_api::DiApiOptions, crate::di_api::DiApiSnapshot;
    /// A factory in the MES of Black Lake.
    Blacklake blacklake: crate::blacklake::Blacklake, crate::blacklake::BlacklakeOptions, crate::blacklake::BlacklakeSnapshot;
    /// Kingdee.
    Kingdee kingdee: crate::kingdee::Kingdee, crate::kingdee::KingdeeOptions, crate::kingdee::KingdeeSnapshot;
    /// DingTalk.
    DingTalk dingtalk: crate::dingtalk::DingTalk, crate::dingtalk::DingTalkOptions, crate::dingtalk::DingTalkSnapshot;
    /// WeCom.
    WeCom wecom: crate::wecom::WeCom, crate::wecom::WecomOptions, crate::wecom::WecomSnapshot;
    /// Feishu.
    Feishu feishu: crate::feishu::Feishu, crate::feishu::FeishuOptions, crate::feishu::FeishuSnapshot;
    /// An aiflow that is pushed to.
    Aiflow aiflow: crate::aiflow::Aiflow, crate::aiflow::AiflowOptions, crate::aiflow::AiflowSnapshot;
    /// Odoo's data over JSON-RPC.
    OdooHr odoo_hr: crate::odoo_hr::OdooHr, crate::odoo_hr::OdooHrOptions, crate::odoo_hr::OdooHrSnapshot;
    /// E-cology of Weaver.
    Weaver weaver: crate::weaver::Weaver, crate::weaver::WeaverOptions, crate::weaver::WeaverSnapshot;
    /// Odoo.
    Odoo odoo: crate::odoo::Odoo, crate::odoo::OdooOptions, crate::odoo::OdooSnapshot;
}

impl Systems {
    /// Whoever knows an action: the system it is prefixed with, or else the first one that has it.
    pub(crate) fn act(
        &mut self,
        now_ms: i64,
        method: &str,
        parts: &[&str],
        body: &[u8],
    ) -> Result<serde_json::Value, ActionError> {
        let prefixed = parts.split_first();
        for (vendor, system) in self.all() {
            let own = match prefixed {
                Some((first, rest)) if *first == vendor.word() => rest,
                _ => parts,
            };
            if let Some(done) = system.act(now_ms, method, own, body) {
                return done;
            }
        }
        Err(ActionError::NotFound(format!("action {method} /_sandbox/{}", parts.join("/"))))
    }
}
