//! WeCom, simulated.

use super::simulated::{self, Simulator};
use crate::support::{Route, wecom_connection};
use tenon_model::config::{Connection, Secret, WecomConnection};
use tenon_model::oa::Outcome;
use tenon_sandbox::{ActionError, Sandbox, SandboxOptions, Vendor, WecomControl, WecomOptions, WecomTemplate};

/// A form with a text, an amount, and a table one of whose columns no mapping fills.
pub fn template() -> WecomTemplate {
    let columns = vec![
        WecomControl::new("Text", "Text-11", "品名"),
        WecomControl::new("Number", "Number-12", "数量"),
        WecomControl::new("Textarea", "Textarea-13", "备注"),
    ];
    WecomTemplate::new("采购申请")
        .with(WecomControl::new("Text", "Text-1", "申请人").required())
        .with(WecomControl::new("Money", "Money-2", "金额"))
        .with(WecomControl::table("Table-3", "物料明细", columns))
        .with(WecomControl::new("Tips", "Tips-4", "说明"))
}

pub struct WeCom;

pub type Simulated = simulated::Simulated<WeCom>;

impl Simulator for WeCom {
    const VENDOR: Vendor = Vendor::WeCom;
    const TEMPLATE: &'static str = "TMPL-1";
    const LOGIN: Route = ("GET", "/cgi-bin/gettoken");
    const CREATE: Route = ("POST", "/cgi-bin/oa/applyevent");
    const READ: Route = ("POST", "/cgi-bin/oa/getapprovaldetail");
    const FORBIDDEN: (u16, &'static str) = (200, r#"{"errcode":48002,"errmsg":"api forbidden"}"#);
    const DELIVERIES: &'static [u64] = &[0, 6, 11, 300];

    fn options() -> SandboxOptions {
        WecomOptions {
            callback_url: Some("http://tenon.test/callbacks/wecom/wecom-main".into()),
            templates: [(Self::TEMPLATE.to_owned(), template())].into(),
            ..WecomOptions::default()
        }
        .into()
    }

    fn connection() -> Connection {
        Connection::Wecom(wecom_connection())
    }

    fn refused() -> Connection {
        Connection::Wecom(WecomConnection { secret: Secret::new("wrong"), ..wecom_connection() })
    }

    fn end(sandbox: &Sandbox, now_ms: i64, id: &str, outcome: Outcome, words: &str) -> Result<(), ActionError> {
        let wecom = sandbox.wecom();
        match outcome {
            Outcome::Agreed => wecom.approve(now_ms, id, "", words),
            Outcome::Refused => wecom.refuse(now_ms, id, "", words),
            Outcome::Withdrawn => wecom.withdraw(now_ms, id),
            Outcome::Deleted => wecom.delete(now_ms, id),
        }
    }

    fn instances(sandbox: &Sandbox) -> usize {
        sandbox.wecom().instance_count()
    }

    fn assert_given_up(sandbox: &Sandbox) {
        assert!(sandbox.wecom().callbacks().iter().all(|c| (c.state, c.attempts) == ("failed", 3)));
    }
}
