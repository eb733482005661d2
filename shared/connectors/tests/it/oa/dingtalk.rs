//! DingTalk, simulated.

use super::fixture::{Fixture, On, Trouble};
use crate::support::{TestConnections, dingtalk_connection};
use std::time::Duration;
use tenon_model::InstanceId;
use tenon_model::config::{Connection, DingtalkConnection, Secret};
use tenon_model::oa::{Field, FieldValue, FormDraft, Outcome};
use tenon_platform::Context;
use tenon_platform::http::Failure;
use tenon_sandbox::{CallbackOutcome, DingTalkOptions, Fault, FaultKind, Vendor};

const INSTANCES: &str = "/v1.0/workflow/processInstances";

pub struct Simulated(TestConnections);

impl Fixture for Simulated {
    async fn new() -> Self {
        let columns = vec!["品名".to_owned(), "数量".to_owned()];
        let form = vec![("申请人".to_owned(), vec![]), ("金额".to_owned(), vec![]), ("物料明细".to_owned(), columns)];
        let options = DingTalkOptions {
            callback_url: Some("http://tenon.test/callbacks/dingtalk/ding-main".into()),
            forms: [("PROC-1".to_owned(), form)].into(),
            ..DingTalkOptions::default()
        };
        Self(TestConnections::new(options).await)
    }

    fn ctx(&self) -> &Context {
        &self.0.ctx
    }

    fn connection(&self) -> Connection {
        Connection::Dingtalk(dingtalk_connection())
    }

    fn refused(&self) -> Connection {
        Connection::Dingtalk(DingtalkConnection { app_secret: Secret::new("wrong"), ..dingtalk_connection() })
    }

    fn draft(&self) -> FormDraft {
        let field = |name: &str, value| Field { name: name.into(), value };
        let row = |item: &str, quantity: &str| {
            vec![field("品名", FieldValue::Text(item.into())), field("数量", FieldValue::Number(quantity.into()))]
        };
        FormDraft {
            template: "PROC-1".into(),
            originator: "zhangsan".into(),
            fields: vec![
                field("申请人", FieldValue::Text("张三".into())),
                field("金额", FieldValue::Number("10.50".into())),
                field("物料明细", FieldValue::Table(vec![row("A", "10"), row("B", "0.5")])),
            ],
            ..FormDraft::default()
        }
    }

    fn wait(&self, time: Duration) {
        self.0.wait(time);
    }

    fn disturb(&self, on: On, trouble: Trouble) {
        let method = if on == On::Create { "POST" } else { "GET" };
        let kind = match trouble {
            Trouble::LostBefore => FaultKind::DropBeforeCommit,
            Trouble::LostAfter => FaultKind::DropAfterCommit,
            Trouble::Expired => FaultKind::ExpireSessions,
            Trouble::Limited => FaultKind::RateLimited,
            Trouble::Forbidden => FaultKind::Status(
                403,
                r#"{"code":"Forbidden.AccessDenied.AccessTokenPermissionDenied","message":"无权限"}"#.into(),
            ),
            Trouble::Unreachable => {
                let once = std::sync::atomic::AtomicBool::new(false);
                return self.0.wire.answer(move |sent| {
                    let hit = sent.method == method && sent.url.contains(INSTANCES);
                    let first = hit && !once.swap(true, std::sync::atomic::Ordering::SeqCst);
                    first.then(|| Err(Failure::NotSent("no route".into())))
                });
            }
        };
        self.0.sandbox.inject(Fault::new(kind).vendor(Vendor::DingTalk).on(method, INSTANCES));
    }

    fn end(&self, instance: &InstanceId, outcome: Outcome, words: &str) {
        let (now, id, sandbox) = (self.0.now(), instance.as_str(), self.0.sandbox.dingtalk());
        match outcome {
            Outcome::Agreed => sandbox.approve(now, id, "", words).unwrap(),
            Outcome::Refused => sandbox.refuse(now, id, "", words).unwrap(),
            Outcome::Withdrawn => sandbox.terminate(now, id).unwrap(),
            Outcome::Deleted => sandbox.delete(now, id).unwrap(),
        }
    }

    fn refuse_events(&self) {
        // Three deliveries in about 40 s fail, and minutes later the events are in the list.
        for wait in [0, 11, 31, 300] {
            self.0.wait(Duration::from_secs(wait));
            for delivery in self.0.sandbox.due_callbacks(self.0.now()) {
                self.0.sandbox.callback_result(self.0.now(), delivery.id, CallbackOutcome::NoAnswer);
            }
        }
    }

    fn logins(&self) -> usize {
        self.0.wire.sent("POST", "/oauth2/accessToken").len()
    }

    fn creates(&self) -> usize {
        self.0.wire.sent("POST", INSTANCES).len()
    }

    fn instances(&self) -> usize {
        self.0.sandbox.dingtalk().instance_count()
    }
}
