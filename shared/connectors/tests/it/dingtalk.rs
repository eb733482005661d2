//! The DingTalk connector against the sandbox: tokens, errors, instances, searches, failed
//! callbacks.

use crate::support::{TestConnections, answer, dingtalk_connection};
use futures::future::join_all;
use std::time::Duration;
use tenon_connectors::oa::Oa;
use tenon_model::InstanceId;
use tenon_model::config::{Connection, DingtalkConnection, Secret};
use tenon_model::oa::{Field, FieldValue, FormDraft, LostCreate, Outcome, ReadValue};
use tenon_platform::http::Failure;
use tenon_platform::{Error, Retry};
use tenon_sandbox::{CallbackOutcome, DingTalkOptions, Fault, FaultKind, TableShape, Vendor};

const INSTANCES: &str = "/v1.0/workflow/processInstances";
const CREATE: &str = "POST /v1.0/workflow/processInstances";

impl TestConnections {
    fn dingtalk(&self) -> Oa<'_> {
        self.dingtalk_by(dingtalk_connection())
    }

    fn dingtalk_by(&self, connection: DingtalkConnection) -> Oa<'_> {
        Oa::over(&self.ctx, &self.tenant, &Connection::Dingtalk(connection), 1).unwrap()
    }

    fn tokens_issued(&self) -> u64 {
        self.sandbox.dingtalk().tokens_issued()
    }

    fn token_calls(&self) -> usize {
        self.wire.sent("POST", "/oauth2/accessToken").len()
    }

    fn instances(&self) -> usize {
        self.sandbox.dingtalk().instance_count()
    }
}

async fn connections() -> TestConnections {
    TestConnections::new(DingTalkOptions::default()).await
}

fn form() -> FormDraft {
    let field = |name: &str, value: &str| Field { name: name.into(), value: FieldValue::Text(value.into()) };
    let row = vec![field("品名", "A"), field("数量", "10")];
    FormDraft {
        originator: "zhangsan".into(),
        template: "PROC-1".into(),
        fields: vec![field("申请人", "张三"), Field { name: "物料明细".into(), value: FieldValue::Table(vec![row]) }],
        ..FormDraft::default()
    }
}

fn lost(from_ms: i64, to_ms: i64, originator: &str) -> LostCreate {
    LostCreate { template: "PROC-1".into(), title: None, originator: Some(originator.into()), from_ms, to_ms }
}

async fn created(connections: &TestConnections) -> InstanceId {
    connections.dingtalk().create(&form()).await.unwrap()
}

#[tokio::test]
async fn many_calls_at_once_and_other_processes_share_one_token() {
    let connections = connections().await;
    let (dingtalk, form) = (connections.dingtalk(), form());
    let ids = join_all((0..20).map(|_| dingtalk.create(&form))).await;
    assert!(ids.iter().all(Result::is_ok), "{ids:?}");
    let other = connections.another_process();
    other.dingtalk().read(ids[0].as_ref().unwrap()).await.unwrap();
    assert_eq!((connections.token_calls(), other.token_calls()), (1, 0));
}

#[tokio::test]
async fn a_known_token_costs_no_table_request_and_lies_sealed() {
    let connections = connections().await;
    let id = created(&connections).await;
    let before = connections.table_requests();
    for _ in 0..5 {
        connections.dingtalk().read(&id).await.unwrap();
    }
    assert_eq!(connections.table_requests(), before);
    let token = connections.wire.sent("GET", INSTANCES)[0].header("x-acs-dingtalk-access-token").to_owned();
    assert!(!token.is_empty());
    let key = tenon_platform::table::Key::new(&connections.tenant, "VENDOR-TOKEN", &["ding-main"], "app");
    let stored = connections.ctx.table.get::<serde_json::Value>(&key).await.unwrap().unwrap();
    assert!(!stored.data.to_string().contains(&token));
}

#[tokio::test]
async fn a_token_is_renewed_before_it_ends() {
    let connections = connections().await;
    let id = created(&connections).await;
    connections.wait(Duration::from_secs(7_200 - 301));
    connections.dingtalk().read(&id).await.unwrap();
    assert_eq!(connections.token_calls(), 1);
    connections.wait(Duration::from_secs(2));
    connections.dingtalk().read(&id).await.unwrap();
    assert_eq!(connections.token_calls(), 2);
}

#[tokio::test]
async fn a_token_that_is_no_longer_accepted_is_renewed_once_and_the_call_repeated() {
    let connections = connections().await;
    let id = created(&connections).await;
    connections.sandbox.inject(Fault::new(FaultKind::ExpireSessions).vendor(Vendor::DingTalk).on("POST", INSTANCES));
    created(&connections).await;
    assert_eq!((connections.tokens_issued(), connections.instances()), (2, 2));
    // The old API says the same in other words.
    connections.sandbox.inject(Fault::new(FaultKind::ExpireSessions).vendor(Vendor::DingTalk).on("GET", "/call_back"));
    connections.dingtalk().take_missed().await.unwrap();
    assert_eq!(connections.tokens_issued(), 3);
    // And when it never is, that is an error.
    connections
        .sandbox
        .inject(Fault::new(FaultKind::ExpireSessions).vendor(Vendor::DingTalk).on("GET", INSTANCES).always());
    let error = connections.dingtalk().read(&id).await.unwrap_err();
    assert_eq!((error.code, error.retry), ("dingtalk.session", Retry::Session));
}

#[tokio::test]
async fn a_refused_app_secret_is_tried_once_by_all_callers_until_a_check_succeeds() {
    let connections = connections().await;
    let wrong = || DingtalkConnection { app_secret: Secret::new("wrong"), ..dingtalk_connection() };
    let (dingtalk, new) = (connections.dingtalk_by(wrong()), form());
    let mut errors: Vec<Error> =
        join_all((0..8).map(|_| dingtalk.create(&new))).await.into_iter().map(Result::unwrap_err).collect();
    let other = connections.another_process();
    errors.push(other.dingtalk_by(wrong()).create(&new).await.unwrap_err());
    for error in &errors {
        assert_eq!((error.code, error.retry), ("dingtalk.login-refused", Retry::Blocked(Duration::from_secs(300))));
    }
    assert_eq!((connections.token_calls(), other.token_calls()), (1, 0));

    assert_eq!(dingtalk.check().await.unwrap_err().code, "dingtalk.login-refused");
    assert_eq!(connections.token_calls(), 2, "a check knocks");
    // Mended in the console, not in the configuration: the revision is the same.
    connections.sandbox.configure(|o| o.dingtalk.app_secret = "wrong".into());
    assert_eq!(dingtalk.create(&new).await.unwrap_err().code, "dingtalk.login-refused");
    dingtalk.check().await.unwrap();
    dingtalk.create(&new).await.unwrap();
}

#[tokio::test]
async fn an_instance_is_read_through_its_whole_life() {
    for table_shape in [TableShape::Rows, TableShape::AsWritten] {
        for success_as_text in [false, true] {
            let connections =
                TestConnections::new(DingTalkOptions { table_shape, success_as_text, ..DingTalkOptions::default() })
                    .await;
            let id = created(&connections).await;
            let running = connections.dingtalk().read(&id).await.unwrap().unwrap();
            assert_eq!((running.outcome, running.ended), (None, None));
            assert_eq!(running.originator, "zhangsan");
            assert_eq!(running.text("申请人"), Some("张三"));
            let table = running.fields.iter().find(|field| field.name == "物料明细").unwrap();
            let ReadValue::Table(rows) = &table.value else { panic!("{table:?}") };
            let cells: Vec<_> = rows[0].iter().map(|cell| (cell.name.as_str(), cell.value.text())).collect();
            assert_eq!((rows.len(), cells), (1, vec![("品名", Some("A")), ("数量", Some("10"))]));
            assert!(running.last_decision().is_none());

            connections.wait(Duration::from_secs(60));
            connections.sandbox.dingtalk().approve(connections.now(), id.as_str(), "", "同意采购").unwrap();
            let done = connections.dingtalk().read(&id).await.unwrap().unwrap();
            assert_eq!(done.outcome, Some(Outcome::Agreed));
            let finished = done.ended.unwrap().ms;
            assert!((0..60_000).contains(&(connections.now() - finished)), "times are to the minute, and China's");
            let decision = done.last_decision().unwrap();
            assert_eq!((decision.user.as_str(), decision.comment.as_deref()), ("manager01", Some("同意采购")));
        }
    }
}

#[tokio::test]
async fn refused_withdrawn_and_deleted_instances_are_told_apart() {
    let connections = connections().await;
    let (refused, withdrawn, deleted) =
        (created(&connections).await, created(&connections).await, created(&connections).await);
    connections.sandbox.dingtalk().refuse(connections.now(), refused.as_str(), "", "太贵").unwrap();
    connections.sandbox.dingtalk().terminate(connections.now(), withdrawn.as_str()).unwrap();
    connections.sandbox.dingtalk().delete(connections.now(), deleted.as_str()).unwrap();
    let read = |id: InstanceId| {
        let connections = &connections;
        async move { connections.dingtalk().read(&id).await.unwrap().map(|i| i.outcome) }
    };
    assert_eq!(read(refused).await, Some(Some(Outcome::Refused)));
    assert_eq!(read(withdrawn).await, Some(Some(Outcome::Withdrawn)));
    assert_eq!(read(deleted).await, None);
    assert_eq!(read(InstanceId::new("no such/instance")).await, None);
}

#[tokio::test]
async fn a_creation_without_an_answer_is_unknown_sent_once_and_found_by_search() {
    for (kind, happened) in [
        (FaultKind::DropBeforeCommit, 0),
        (FaultKind::DropAfterCommit, 1),
        (FaultKind::Html(502), 0),
        (FaultKind::Status(500, r#"{"code":"systemError","message":"系统错误"}"#.into()), 0),
        (FaultKind::StatusAfterCommit(504, r#"{"code":"serviceTimeout","message":"timeout"}"#.into()), 1),
    ] {
        let connections = connections().await;
        connections.sandbox.inject(Fault::new(kind.clone()).on("POST", INSTANCES));
        let error = connections.dingtalk().create(&form()).await.unwrap_err();
        assert_eq!((error.code, error.retry), ("dingtalk.unknown-outcome", Retry::UnknownOutcome), "{kind:?}");
        assert_eq!(connections.sandbox.snapshot().calls(CREATE), 1, "{kind:?}");
        let (start, end) = (connections.now() - 1000, connections.now() + 1000);
        let found = connections.dingtalk().find(&lost(start, end, "zhangsan")).await.unwrap();
        assert_eq!(found.len(), happened, "{kind:?}");
    }
}

#[tokio::test]
async fn a_creation_that_was_turned_away_may_be_repeated_and_one_that_is_wrong_may_not() {
    let connections = connections().await;
    connections.sandbox.configure(|o| o.dingtalk.processes = [("PROC-2".to_owned(), "采购".to_owned())].into());
    let error = connections.dingtalk().create(&form()).await.unwrap_err();
    assert_eq!((error.code, error.retry), ("dingtalk.refused", Retry::Permanent));
    assert_eq!((error.vendor_code.as_deref(), error.status), (Some("processCodeError"), Some(400)));
    assert_eq!(*error.operation, format!("dingtalk POST {INSTANCES}"));
    connections.wire.answer(|sent| (sent.url.ends_with(INSTANCES)).then(|| Err(Failure::NotSent("no route".into()))));
    let error = connections.dingtalk().create(&form()).await.unwrap_err();
    assert_eq!((error.code, error.retry), ("dingtalk.unreachable", Retry::Transient));
}

#[tokio::test]
async fn limits_of_both_apis_and_of_the_gateway_say_how_long_to_wait() {
    let connections = connections().await;
    let id = created(&connections).await;
    let wait = |error: Error| match error.retry {
        Retry::RateLimited(wait) => wait.as_secs(),
        other => panic!("{other:?}: {error}"),
    };
    for (kind, seconds) in [
        (FaultKind::RateLimited, 1..=60),
        (FaultKind::SystemBusy, 1..=60),
        (FaultKind::Html(403), 300..=300),
        (
            FaultKind::Status(200, r#"{"status":1111,"wait":5,"source":"x5","punish":"deny","uuid":"u"}"#.into()),
            300..=300,
        ),
    ] {
        connections.sandbox.inject(Fault::new(kind.clone()).on("GET", INSTANCES));
        let seconds_found = wait(connections.dingtalk().read(&id).await.unwrap_err());
        assert!(seconds.contains(&seconds_found), "{kind:?}: {seconds_found}");
    }
    connections.sandbox.inject(Fault::new(FaultKind::RateLimited).on("GET", "/call_back"));
    assert!((1..=60).contains(&wait(connections.dingtalk().take_missed().await.unwrap_err())));
    connections.sandbox.inject(Fault::new(FaultKind::SystemBusy).on("GET", "/call_back"));
    assert_eq!(connections.dingtalk().take_missed().await.unwrap_err().retry, Retry::Transient);
}

#[tokio::test]
async fn a_missing_permission_is_permanent_and_names_the_scope() {
    let connections = connections().await;
    let body = r#"{"code":"Forbidden.AccessDenied.AccessTokenPermissionDenied","message":"应用尚未开通所需的权限","accessdenieddetail":{"requiredScopes":["Workflow.Instance.Write"]}}"#;
    connections.sandbox.inject(Fault::new(FaultKind::Status(403, body.into())).on("POST", INSTANCES));
    let error = connections.dingtalk().create(&form()).await.unwrap_err();
    assert_eq!((error.code, error.retry), ("dingtalk.forbidden", Retry::Permanent));
    assert!(error.message.contains("Workflow.Instance.Write"));
}

#[tokio::test]
async fn a_search_reads_every_page_and_leaves_a_circle() {
    let connections = connections().await;
    let mut ids = Vec::new();
    for _ in 0..45 {
        ids.push(created(&connections).await);
    }
    let (start, end) = (connections.now() - 1000, connections.now() + 1000);
    assert_eq!(connections.dingtalk().list("PROC-1", start, end).await.unwrap(), ids);
    assert_eq!(connections.dingtalk().find(&lost(start, end, "lisi")).await.unwrap(), []);
    assert_eq!(connections.dingtalk().list("PROC-1", end, end + 1000).await.unwrap(), []);

    connections.wire.answer(|sent| {
        let circle = r#"{"result":{"list":["a"],"nextToken":7},"success":"true"}"#;
        if sent.url.ends_with("/instanceIds/query") { answer(200, circle) } else { None }
    });
    let error = connections.dingtalk().list("PROC-1", start, end).await.unwrap_err();
    assert_eq!(error.code, "dingtalk.answer");
}

#[tokio::test]
async fn undelivered_events_are_read_as_they_would_have_been_pushed() {
    let connections = TestConnections::new(DingTalkOptions {
        callback_url: Some("http://tenon.test/callbacks/dingtalk/ding-main".into()),
        ..DingTalkOptions::default()
    })
    .await;
    let id = created(&connections).await;
    connections.sandbox.dingtalk().approve(connections.now(), id.as_str(), "", "ok").unwrap();
    // Three deliveries in about 40 s fail, and minutes later the events are in the list.
    for wait in [0, 11, 31, 300] {
        connections.wait(Duration::from_secs(wait));
        for delivery in connections.sandbox.due_callbacks(connections.now()) {
            connections.sandbox.callback_result(connections.now(), delivery.id, CallbackOutcome::NoAnswer);
        }
    }
    let oa = connections.dingtalk();
    let failed = oa.read_missed(&oa.take_missed().await.unwrap()).unwrap();
    assert!(!failed.more && failed.odd.is_empty());
    let end = failed.events.iter().find(|event| event.outcome.is_some()).unwrap();
    assert_eq!((end.outcome, end.instance.as_ref()), (Some(Outcome::Agreed), Some(&id)), "{:?}", failed.events);
    // What was read is gone.
    let left = oa.read_missed(&oa.take_missed().await.unwrap()).unwrap();
    assert!(left.events.is_empty());
}

#[tokio::test]
async fn a_check_says_what_answered() {
    let connections = connections().await;
    let report = connections.dingtalk().check().await.unwrap();
    assert!(report.answered.contains("dingsandboxapp"), "{report:?}");
    assert_eq!(report.steps.len(), 2);
}

#[tokio::test]
async fn the_token_travels_as_each_api_wants_it_and_in_no_error() {
    let connections = connections().await;
    connections.dingtalk().take_missed().await.unwrap();
    let sent = connections.wire.sent("GET", "/call_back");
    let token = sent[0].url.split("access_token=").nth(1).unwrap().to_owned();
    assert!(sent[0].headers.get("x-acs-dingtalk-access-token").is_none());
    connections.sandbox.inject(Fault::new(FaultKind::DropBeforeCommit).on("GET", "/call_back"));
    let error = connections.dingtalk().take_missed().await.unwrap_err();
    assert!(!format!("{error:?} {error}").contains(&token));
    created(&connections).await;
    assert_eq!(connections.wire.sent("POST", INSTANCES)[0].header("x-acs-dingtalk-access-token"), token);
}

#[tokio::test]
async fn a_forms_controls_are_read_with_their_columns_or_refused_for_want_of_the_permission() {
    let form = vec![("申请人".to_owned(), vec![]), ("明细".to_owned(), vec!["品号".to_owned()])];
    let options = DingTalkOptions { forms: [("PROC-1".to_owned(), form)].into(), ..DingTalkOptions::default() };
    let connections = TestConnections::new(options).await;
    let controls = connections.dingtalk().form_controls("PROC-1").await.unwrap();
    assert_eq!((controls[0].name.as_str(), controls[1].name.as_str()), ("申请人", "明细"));
    assert_eq!(controls[1].columns[0].name, "品号");
    let refused = connections.dingtalk().form_controls("PROC-2").await.unwrap_err();
    assert!(refused.message.contains("Workflow.Form.Read"), "{}", refused.message);
}
