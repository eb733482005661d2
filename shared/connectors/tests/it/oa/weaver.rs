//! E-cology, simulated.

use super::fixture::{Fixture, On, Trouble};
use crate::support::TestConnections;
use crate::weaver::connection;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tenon_model::InstanceId;
use tenon_model::config::{Connection, Secret, WeaverConnection};
use tenon_model::oa::{Field, FieldValue, FormDraft, Outcome};
use tenon_platform::Context;
use tenon_platform::http::Failure;
use tenon_sandbox::{Fault, FaultKind, Vendor, WeaverOptions, WeaverPush, WeaverWorkflow};

const CREATE: &str = "/api/workflow/paService/doCreateRequest";
const READ: &str = "/api/workflow/paService/getRequestStatus";

pub struct Simulated(TestConnections);

impl Fixture for Simulated {
    async fn new() -> Self {
        let form = WeaverWorkflow::new("采购申请", &["sqr", "je"]).table("formtable_main_45_dt1", &["wlbm", "sl"]);
        let options = WeaverOptions {
            workflows: [("23".to_owned(), form)].into(),
            push: Some(WeaverPush::to("http://tenon.test/callbacks/weaver/weaver-main/approvals", "code")),
            ..WeaverOptions::default()
        };
        Self(TestConnections::new(options).await)
    }

    fn ctx(&self) -> &Context {
        &self.0.ctx
    }

    fn connection(&self) -> Connection {
        Connection::Weaver(connection())
    }

    fn refused(&self) -> Connection {
        Connection::Weaver(WeaverConnection { secret: Secret::new("wrong-secret"), ..connection() })
    }

    fn draft(&self) -> FormDraft {
        let field = |name: &str, value| Field { name: name.into(), value };
        let row = |item: &str, quantity: &str| {
            vec![field("wlbm", FieldValue::Text(item.into())), field("sl", FieldValue::Number(quantity.into()))]
        };
        FormDraft {
            template: "23".into(),
            title: Some("采购申请 16".into()),
            originator: "66".into(),
            fields: vec![
                field("sqr", FieldValue::Text("张三".into())),
                field("je", FieldValue::Number("10.50".into())),
                field("formtable_main_45_dt1", FieldValue::Table(vec![row("A", "10"), row("B", "0.5")])),
            ],
            ..FormDraft::default()
        }
    }

    fn wait(&self, time: Duration) {
        self.0.wait(time);
    }

    fn disturb(&self, on: On, trouble: Trouble) {
        let (method, path) = if on == On::Create { ("POST", CREATE) } else { ("GET", READ) };
        let kind = match trouble {
            Trouble::LostBefore => FaultKind::DropBeforeCommit,
            Trouble::LostAfter => FaultKind::DropAfterCommit,
            Trouble::Expired => FaultKind::ExpireSessions,
            Trouble::Limited => FaultKind::RateLimited,
            Trouble::Forbidden => FaultKind::Status(200, r#"{"code":"NO_PERMISSION","errMsg":{}}"#.into()),
            Trouble::Unreachable => {
                let once = AtomicBool::new(false);
                return self.0.wire.answer(move |sent| {
                    let first = sent.url.contains(path) && !once.swap(true, Ordering::SeqCst);
                    first.then(|| Err(Failure::NotSent("no route".into())))
                });
            }
        };
        self.0.sandbox.inject(Fault::new(kind).vendor(Vendor::Weaver).on(method, path));
    }

    fn end(&self, instance: &InstanceId, outcome: Outcome, words: &str) {
        let (now, id, weaver) = (self.0.now(), instance.as_str(), self.0.sandbox.weaver());
        match outcome {
            Outcome::Agreed => weaver.approve(now, id, "李总", words).unwrap(),
            Outcome::Refused => weaver.refuse(now, id, "李总", words).unwrap(),
            Outcome::Withdrawn => weaver.give_back(now, id).unwrap(),
            Outcome::Deleted => weaver.delete(now, id).unwrap(),
        }
    }

    fn refuse_events(&self) {
        for wait in [0, 121, 121, 121] {
            self.0.wait(Duration::from_secs(wait));
            self.0.sandbox.due_callbacks(self.0.now());
        }
        assert!(self.0.sandbox.weaver().pushes().iter().all(|push| (push.state, push.attempts) == ("failed", 3)));
    }

    fn logins(&self) -> usize {
        self.0.wire.sent("POST", "/api/ec/dev/auth/applytoken").len()
    }

    fn creates(&self) -> usize {
        self.0.wire.sent("POST", CREATE).len()
    }

    fn instances(&self) -> usize {
        self.0.sandbox.weaver().request_count()
    }
}
