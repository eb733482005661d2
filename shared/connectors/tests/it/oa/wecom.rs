//! WeCom, simulated.

use super::fixture::{Fixture, On, Trouble};
use crate::support::{TestConnections, wecom_connection};
use std::time::Duration;
use tenon_model::InstanceId;
use tenon_model::config::{Connection, Secret, WecomConnection};
use tenon_model::oa::{Field, FieldValue, FormDraft, Outcome};
use tenon_platform::Context;
use tenon_platform::http::Failure;
use tenon_sandbox::{CallbackOutcome, Fault, FaultKind, Vendor, WecomControl, WecomOptions, WecomTemplate};

const CREATE: &str = "/cgi-bin/oa/applyevent";
const READ: &str = "/cgi-bin/oa/getapprovaldetail";

pub struct Simulated(TestConnections);

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

impl Fixture for Simulated {
    async fn new() -> Self {
        let options = WecomOptions {
            callback_url: Some("http://tenon.test/callbacks/wecom/wecom-main".into()),
            templates: [("TMPL-1".to_owned(), template())].into(),
            ..WecomOptions::default()
        };
        Self(TestConnections::new(options).await)
    }

    fn ctx(&self) -> &Context {
        &self.0.ctx
    }

    fn connection(&self) -> Connection {
        Connection::Wecom(wecom_connection())
    }

    fn refused(&self) -> Connection {
        Connection::Wecom(WecomConnection { secret: Secret::new("wrong"), ..wecom_connection() })
    }

    fn draft(&self) -> FormDraft {
        let field = |name: &str, value| Field { name: name.into(), value };
        let row = |item: &str, quantity: &str| {
            vec![field("品名", FieldValue::Text(item.into())), field("数量", FieldValue::Number(quantity.into()))]
        };
        FormDraft {
            template: "TMPL-1".into(),
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
        let path = if on == On::Create { CREATE } else { READ };
        let kind = match trouble {
            Trouble::LostBefore => FaultKind::DropBeforeCommit,
            Trouble::LostAfter => FaultKind::DropAfterCommit,
            Trouble::Expired => FaultKind::ExpireSessions,
            Trouble::Limited => FaultKind::RateLimited,
            Trouble::Forbidden => FaultKind::Status(200, r#"{"errcode":48002,"errmsg":"api forbidden"}"#.into()),
            Trouble::Unreachable => {
                let once = std::sync::atomic::AtomicBool::new(false);
                return self.0.wire.answer(move |sent| {
                    let first = sent.url.contains(path) && !once.swap(true, std::sync::atomic::Ordering::SeqCst);
                    first.then(|| Err(Failure::NotSent("no route".into())))
                });
            }
        };
        self.0.sandbox.inject(Fault::new(kind).vendor(Vendor::WeCom).on("POST", path));
    }

    fn end(&self, instance: &InstanceId, outcome: Outcome, words: &str) {
        let (now, id, wecom) = (self.0.now(), instance.as_str(), self.0.sandbox.wecom());
        match outcome {
            Outcome::Agreed => wecom.approve(now, id, "", words).unwrap(),
            Outcome::Refused => wecom.refuse(now, id, "", words).unwrap(),
            Outcome::Withdrawn => wecom.withdraw(now, id).unwrap(),
            Outcome::Deleted => wecom.delete(now, id).unwrap(),
        }
    }

    fn refuse_events(&self) {
        for wait in [0, 6, 11, 300] {
            self.0.wait(Duration::from_secs(wait));
            for delivery in self.0.sandbox.due_callbacks(self.0.now()) {
                self.0.sandbox.callback_result(self.0.now(), delivery.id, CallbackOutcome::NoAnswer);
            }
        }
        assert!(self.0.sandbox.wecom().callbacks().iter().all(|c| (c.state, c.attempts) == ("failed", 3)));
    }

    fn logins(&self) -> usize {
        self.0.wire.sent("GET", "/cgi-bin/gettoken").len()
    }

    fn creates(&self) -> usize {
        self.0.wire.sent("POST", CREATE).len()
    }

    fn instances(&self) -> usize {
        self.0.sandbox.wecom().instance_count()
    }
}
