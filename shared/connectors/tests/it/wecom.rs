//! What is WeCom's alone.

use crate::support::{TestConnections, answer, wecom_connection};
use serde_json::{Value, json};
use tenon_connectors::oa::Oa;
use tenon_model::config::Connection;
use tenon_model::oa::{Field, FieldValue, FormDraft, LostCreate};
use tenon_platform::Retry;
use tenon_sandbox::{Fault, FaultKind, Records, Vendor, WecomControl, WecomOptions, WecomTemplate};

const CREATE: &str = "/cgi-bin/oa/applyevent";

async fn connections(options: WecomOptions) -> TestConnections {
    let templates = [("TMPL-1".to_owned(), form("Text-1"))].into();
    TestConnections::new(WecomOptions { templates, ..options }).await
}

fn form(id: &str) -> WecomTemplate {
    WecomTemplate::new("超领料单")
        .with(WecomControl::new("Text", id, "单据编号"))
        .with(WecomControl::new("Text", "Text-2", "原因"))
}

fn oa(connections: &TestConnections) -> Oa<'_> {
    Oa::over(&connections.ctx, &connections.tenant, &Connection::Wecom(wecom_connection()), 1).unwrap()
}

fn draft(fields: &[(&str, &str)]) -> FormDraft {
    let field = |(name, text): &(&str, &str)| Field { name: (*name).into(), value: FieldValue::Text((*text).into()) };
    FormDraft {
        template: "TMPL-1".into(),
        originator: "lisi".into(),
        fields: fields.iter().map(field).collect(),
        ..FormDraft::default()
    }
}

// R-C27, story E7/7
#[tokio::test]
async fn a_form_that_was_changed_is_read_anew_once_and_a_title_that_is_gone_is_named() {
    let connections = connections(WecomOptions::default()).await;
    let form_draft = draft(&[("单据编号", "7"), ("原因", "报废")]);
    oa(&connections).create(&form_draft).await.unwrap();
    connections.sandbox.wecom().set_template("TMPL-1", form("Text-9"));
    oa(&connections).create(&form_draft).await.unwrap();
    assert_eq!(connections.sandbox.wecom().instance_count(), 2);
    assert_eq!(connections.wire.sent("POST", "/gettemplatedetail").len(), 2, "kept until it was wrong");
    assert_eq!(connections.wire.sent("POST", CREATE).len(), 3);
    connections
        .sandbox
        .wecom()
        .set_template("TMPL-1", WecomTemplate::new("超领料单").with(WecomControl::new("Text", "Text-2", "原因")));
    let error = oa(&connections).create(&form_draft).await.unwrap_err();
    assert_eq!((error.code, error.retry), ("wecom.form", Retry::Permanent));
    assert!(error.message.contains("单据编号") && error.message.contains("原因"), "{error}");
}

// R-C37
#[tokio::test]
async fn an_originator_whom_the_app_does_not_see_is_told_in_words() {
    let connections =
        connections(WecomOptions { hidden_users: ["lisi".to_owned()].into(), ..WecomOptions::default() }).await;
    let error = oa(&connections).create(&draft(&[("单据编号", "7")])).await.unwrap_err();
    assert_eq!((error.code, error.retry), ("wecom.refused", Retry::Permanent));
    assert!(error.message.contains("visible range"), "{error}");
    assert_eq!(error.vendor_code.as_deref(), Some("301055"));
}

// R-C14: the number is a text, and both records are read
#[tokio::test]
async fn the_record_of_either_age_is_read() {
    for records in [Records::SpRecord, Records::ProcessList, Records::Both] {
        let connections = connections(WecomOptions { records, ..WecomOptions::default() }).await;
        let id = oa(&connections).create(&draft(&[("单据编号", "7")])).await.unwrap();
        connections.sandbox.wecom().approve(connections.now(), id.as_str(), "", "同意").unwrap();
        let read = oa(&connections).read(&id).await.unwrap().unwrap();
        let last = read.last_decision().unwrap();
        assert_eq!((last.user.as_str(), last.comment.as_deref()), ("felix", Some("同意")), "{records:?}");
        assert_eq!(read.operations.len(), 1);
        let request: Value =
            serde_json::from_slice(&connections.wire.sent("POST", "/getapprovaldetail")[0].body).unwrap();
        assert_eq!(request, json!({"sp_no": id.as_str()}));
    }
}

// R-C32
#[tokio::test]
async fn a_window_is_never_longer_than_wecom_takes_and_is_read_to_the_last_cursor() {
    let connections = connections(WecomOptions::default()).await;
    let start = connections.now();
    for n in 0..130 {
        oa(&connections).create(&draft(&[("单据编号", &n.to_string())])).await.unwrap();
    }
    connections.wait(std::time::Duration::from_secs(70 * 86_400));
    let late = oa(&connections).create(&draft(&[("单据编号", "late")])).await.unwrap();
    let lost = LostCreate {
        title: None,
        template: "TMPL-1".into(),
        originator: Some("lisi".into()),
        from_ms: start,
        to_ms: connections.now() + 1,
    };
    let found = oa(&connections).find(&lost).await.unwrap();
    assert_eq!(found.len(), 131);
    assert_eq!(found.last(), Some(&late));
}

// R-C2
#[tokio::test]
async fn a_token_is_renewed_once_for_each_of_the_codes_that_say_so_and_never_shown() {
    for code in [40014, 42001, 40001, 41001] {
        let connections = connections(WecomOptions::default()).await;
        oa(&connections).create(&draft(&[("单据编号", "1")])).await.unwrap();
        let once = FaultKind::Status(200, format!(r#"{{"errcode":{code},"errmsg":"token"}}"#));
        connections.sandbox.inject(Fault::new(once).vendor(Vendor::WeCom).on("POST", CREATE));
        oa(&connections).create(&draft(&[("单据编号", "2")])).await.unwrap();
        assert_eq!(connections.wire.sent("GET", "/gettoken").len(), 2, "{code}");
        assert_eq!(connections.sandbox.wecom().instance_count(), 2, "{code}");
    }
    let connections = connections(WecomOptions::default()).await;
    connections.wire.answer(|sent| {
        sent.url.contains("gettoken").then(|| answer(200, r#"{"errcode":40013,"errmsg":"invalid corpid"}"#)).flatten()
    });
    let error = oa(&connections).check().await.unwrap_err();
    assert_eq!(error.code, "wecom.login-refused");
    assert!(error.message.contains("corp_id") && !error.message.contains("sandbox-wecom-secret"), "{error}");
}
