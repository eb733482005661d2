//! Files of a document in a form of WeCom's: R-C40.

use super::test_app::{app, configured, goods_issue, of_key};
use serde_json::{Value, json};
use tenon_sandbox::{Fault, FaultKind, Vendor};
use tenon_tests::TestApp;

async fn submitted(app: &mut TestApp, files: &[(&str, &[u8])]) -> i64 {
    let entry = app.sandbox.b1().add_attachment(app.clock.now_ms(), files);
    let draft = goods_issue("部门领用", &[&[1]]).field("AttachmentEntry", entry);
    let (draft, _) = app.sandbox.b1().create_draft(app.clock.now_ms(), draft).unwrap();
    app.minutes_until(5, "submission", |s| !of_key(s, draft).is_empty()).await;
    app.minute().await;
    draft
}

/// Ids of the files in the form.
fn held(app: &TestApp, draft: i64) -> Vec<String> {
    let number = of_key(app, draft).remove(0);
    let info = app.sandbox.wecom().instances().into_iter().find(|i| i["sp_no"] == number.as_str()).unwrap();
    let contents = info.pointer("/apply_data/contents").unwrap().as_array().unwrap().clone();
    let control = contents.into_iter().find(|c| c["id"] == "File-9");
    let files = control.map_or(Value::Null, |c| c["value"]["files"].clone());
    files.as_array().into_iter().flatten().map(|f| f["file_id"].as_str().unwrap().to_owned()).collect()
}

// R-C40
#[tokio::test]
async fn six_files_at_most_are_in_the_form_under_their_names() {
    let mut app = app().await;
    let names = ["一.pdf", "b.pdf", "c.pdf", "d.pdf", "e.pdf", "f.pdf", "g.pdf"];
    let files: Vec<(&str, &[u8])> = names.iter().map(|name| (*name, b"123456" as &[u8])).collect();
    let draft = submitted(&mut app, &files).await;
    let stored = app.sandbox.wecom().media();
    let ids: Vec<String> = stored.iter().map(|media| media.id.clone()).collect();
    assert_eq!(held(&app, draft), ids);
    let shown: Vec<&str> = stored.iter().map(|media| media.name.as_str()).collect();
    assert_eq!(shown, &names[..6]);
    assert!(stored.iter().all(|media| media.bytes.as_ref() == b"123456"));
}

// R-C40
#[tokio::test]
async fn what_wecom_does_not_take_is_left_out_and_the_form_goes() {
    let mut app = app().await;
    let refusal = FaultKind::Status(200, r#"{"errcode":40004,"errmsg":"invalid media type"}"#.to_owned());
    app.sandbox.inject(Fault::new(refusal).vendor(Vendor::WeCom).on("POST", "/cgi-bin/media/upload"));
    let draft = submitted(&mut app, &[("a.pdf", b"123456"), ("tiny.txt", b"12345"), ("b.pdf", b"123456")]).await;
    assert_eq!(held(&app, draft).len(), 1);
    assert_eq!(app.sandbox.wecom().media()[0].name, "b.pdf");
    let flow = tenon_model::FlowId::new("issue-dept");
    let runs = tenon_platform::runs::newest(&app.ctx, &tenon_model::TenantId::operator(), &flow, 5).await.unwrap();
    let run_message = &runs.iter().find(|r| r.document.is_some()).unwrap().message;
    assert!(
        run_message.contains("a.pdf") && run_message.contains("tiny.txt") && !run_message.contains("b.pdf"),
        "{run_message}"
    );
}

// R-C40
#[test]
fn a_mapping_to_a_control_of_files_is_refused_with_what_to_do() {
    let mut config = configured();
    let fields = config["flows"][0]["form"]["fields"].as_array_mut().unwrap();
    fields.push(json!({ "from": "U_Files", "to": "附件", "format": "attachment" }));
    config["flows"][1]["form"]["attachments"]["max_files"] = json!(7);
    let config: tenon_model::config::Config = serde_json::from_value(config).unwrap();
    let found: Vec<String> = tenon_model::config::check(&config).iter().map(ToString::to_string).collect();
    assert!(
        found.iter().any(|p| p.contains("U_Files is an attachment") && p.contains("form.attachments")),
        "{found:?}"
    );
    assert!(found.iter().any(|p| p.contains("max_files") && p.contains("between 1 and 6")), "{found:?}");
}
