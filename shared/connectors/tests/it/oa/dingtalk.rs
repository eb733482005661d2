//! DingTalk, simulated.

use super::simulated::{self, Simulator};
use crate::support::{Route, dingtalk_connection};
use tenon_model::config::{Connection, DingtalkConnection, Secret};
use tenon_model::oa::Outcome;
use tenon_sandbox::{ActionError, DingTalkOptions, Sandbox, SandboxOptions, Vendor};

pub struct DingTalk;

pub type Simulated = simulated::Simulated<DingTalk>;

impl Simulator for DingTalk {
    const VENDOR: Vendor = Vendor::DingTalk;
    const TEMPLATE: &'static str = "PROC-1";
    const LOGIN: Route = ("POST", "/oauth2/accessToken");
    const CREATE: Route = ("POST", "/v1.0/workflow/processInstances");
    const READ: Route = ("GET", "/v1.0/workflow/processInstances");
    const FORBIDDEN: (u16, &'static str) =
        (403, r#"{"code":"Forbidden.AccessDenied.AccessTokenPermissionDenied","message":"无权限"}"#);
    // Three deliveries in about 40 s fail, and minutes later the events are in the list.
    const DELIVERIES: &'static [u64] = &[0, 11, 31, 300];

    fn options() -> SandboxOptions {
        let columns = vec!["品名".to_owned(), "数量".to_owned()];
        let form = vec![("申请人".to_owned(), vec![]), ("金额".to_owned(), vec![]), ("物料明细".to_owned(), columns)];
        DingTalkOptions {
            callback_url: Some("http://tenon.test/callbacks/dingtalk/ding-main".into()),
            forms: [(Self::TEMPLATE.to_owned(), form)].into(),
            ..DingTalkOptions::default()
        }
        .into()
    }

    fn connection() -> Connection {
        Connection::Dingtalk(dingtalk_connection())
    }

    fn refused() -> Connection {
        Connection::Dingtalk(DingtalkConnection { app_secret: Secret::new("wrong"), ..dingtalk_connection() })
    }

    fn end(sandbox: &Sandbox, now_ms: i64, id: &str, outcome: Outcome, words: &str) -> Result<(), ActionError> {
        let dingtalk = sandbox.dingtalk();
        match outcome {
            Outcome::Agreed => dingtalk.approve(now_ms, id, "", words),
            Outcome::Refused => dingtalk.refuse(now_ms, id, "", words),
            Outcome::Withdrawn => dingtalk.terminate(now_ms, id),
            Outcome::Deleted => dingtalk.delete(now_ms, id),
        }
    }

    fn instances(sandbox: &Sandbox) -> usize {
        sandbox.dingtalk().instance_count()
    }
}
