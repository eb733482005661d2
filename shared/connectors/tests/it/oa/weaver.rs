//! E-cology, simulated.

use super::simulated::{self, Simulator};
use crate::support::Route;
use crate::weaver::connection;
use tenon_model::config::{Connection, Secret, WeaverConnection};
use tenon_model::oa::Outcome;
use tenon_sandbox::{ActionError, Sandbox, SandboxOptions, Vendor, WeaverOptions, WeaverPush, WeaverWorkflow};

pub struct Ecology;

pub type Simulated = simulated::Simulated<Ecology>;

impl Simulator for Ecology {
    const VENDOR: Vendor = Vendor::Weaver;
    const TEMPLATE: &'static str = "23";
    const LOGIN: Route = ("POST", "/api/ec/dev/auth/applytoken");
    const CREATE: Route = ("POST", "/api/workflow/paService/doCreateRequest");
    const READ: Route = ("GET", "/api/workflow/paService/getRequestStatus");
    const FORBIDDEN: (u16, &'static str) = (200, r#"{"code":"NO_PERMISSION","errMsg":{}}"#);
    const DELIVERIES: &'static [u64] = &[0, 61, 61];

    fn options() -> SandboxOptions {
        let form = WeaverWorkflow::new("采购申请", &["申请人", "金额"]).table("物料明细", &["品名", "数量"]);
        WeaverOptions {
            workflows: [(Self::TEMPLATE.to_owned(), form)].into(),
            push: Some(WeaverPush::to("http://tenon.test/callbacks/weaver/weaver-main/approvals", "code")),
            ..WeaverOptions::default()
        }
        .into()
    }

    fn connection() -> Connection {
        Connection::Weaver(Box::new(connection()))
    }

    fn refused() -> Connection {
        Connection::Weaver(Box::new(WeaverConnection { secret: Secret::new("wrong-secret"), ..connection() }))
    }

    fn end(sandbox: &Sandbox, now_ms: i64, id: &str, outcome: Outcome, words: &str) -> Result<(), ActionError> {
        let weaver = sandbox.weaver();
        match outcome {
            Outcome::Agreed => weaver.approve(now_ms, id, "李总", words),
            Outcome::Refused => weaver.refuse(now_ms, id, "李总", words),
            Outcome::Withdrawn => weaver.give_back(now_ms, id),
            Outcome::Deleted => weaver.delete(now_ms, id),
        }
    }

    fn instances(sandbox: &Sandbox) -> usize {
        sandbox.weaver().request_count()
    }

    fn assert_given_up(sandbox: &Sandbox) {
        assert!(sandbox.weaver().pushes().iter().all(|push| (push.state, push.attempts) == ("failed", 3)));
    }
}
