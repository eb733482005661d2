//! Files of a document in its form, and what becomes of one that cannot be carried.

use super::main_job::purchase_request;
use serde_json::{Value, json};
use tenon_model::run::Run;
use tenon_model::{DocumentKey, FlowId, TenantId};
use tenon_sandbox::{Fault, FaultKind, NewDraft, Vendor};
use tenon_tests::{TestApp, TestAppOptions};

async fn app(files: Value) -> TestApp {
    let app = TestApp::new(TestAppOptions::default()).await;
    let mut config = tenon_tests::standard_config();
    config["flows"][0]["form"]["attachments"] = files;
    app.apply(config).await;
    app
}

fn with_files(app: &TestApp, files: &[(&str, &[u8])]) -> NewDraft {
    let entry = app.sandbox.b1().add_attachment(app.clock.now_ms(), files);
    purchase_request().field("AttachmentEntry", entry)
}

async fn submitted(app: &mut TestApp, draft: NewDraft) -> i64 {
    let (draft, _) = app.sandbox.b1().create_draft(app.clock.now_ms(), draft).unwrap();
    app.minutes_until(5, "submission", |s| s.open_instance(draft).is_some()).await;
    app.minute().await;
    draft
}

/// What the form's control of files holds.
fn held(app: &TestApp, draft: i64) -> Value {
    let values = app.instances_of(draft)[0]["formComponentValues"].as_array().unwrap().clone();
    let control = values.iter().find(|v| v["name"] == "附件");
    control.map_or(Value::Null, |c| serde_json::from_str(c["value"].as_str().unwrap()).unwrap())
}

async fn run_of(app: &TestApp, draft: i64) -> Run {
    let flow = FlowId::new("purchase-request");
    let runs = tenon_platform::runs::newest(&app.ctx, &TenantId::operator(), &flow, 50).await.unwrap();
    runs.into_iter().find(|r| r.document == Some(DocumentKey::Number(draft))).unwrap()
}

#[tokio::test]
async fn a_drafts_files_are_in_its_form_with_their_names_and_bytes() {
    let mut app = app(json!({ "to": "附件" })).await;
    let draft = with_files(&app, &[("报价'单.pdf", b"%PDF-1.7"), ("图.png", b"\x89PNG\0\xff")]);
    let draft = submitted(&mut app, draft).await;
    let (files, held) = (app.sandbox.dingtalk().files(), held(&app, draft));
    assert_eq!(
        files.iter().map(|f| f.bytes.to_vec()).collect::<Vec<_>>(),
        [b"%PDF-1.7".to_vec(), b"\x89PNG\0\xff".to_vec()]
    );
    let one = &held[0];
    assert_eq!(
        (one["fileName"].as_str(), one["fileType"].as_str(), one["fileSize"].as_str(), one["fileId"].as_str()),
        (Some("报价'单.pdf"), Some("pdf"), Some("8"), Some(files[0].id.as_str()))
    );
    assert!(one["spaceId"].is_string() && held.as_array().unwrap().len() == 2);
    let run = run_of(&app, draft).await;
    assert_eq!(run.message, "submitted; waiting for the decision");
}

#[tokio::test]
async fn without_the_table_no_file_is_read_and_without_files_none_is_missed() {
    let mut app = app(Value::Null).await;
    let draft = with_files(&app, &[("a.pdf", b"123456789")]);
    let draft = submitted(&mut app, draft).await;
    assert_eq!((app.sandbox.dingtalk().files().len(), held(&app, draft)), (0, Value::Null));
    let mut app = self::app(json!({ "to": "附件", "required": true })).await;
    let draft = submitted(&mut app, purchase_request()).await;
    assert_eq!(held(&app, draft), Value::Null);
}

#[tokio::test]
async fn a_file_that_is_too_large_or_of_another_type_is_named_and_the_others_go() {
    let mut app = app(json!({ "to": "附件", "max_mb": 1, "types": ["pdf", ".TXT"], "max_files": 2 })).await;
    let large = vec![7; 1024 * 1024 + 1];
    let files: [(&str, &[u8]); 5] = [
        ("大.pdf", &large),
        ("a.exe", b"MZ....."),
        ("a.pdf", b"1234567"),
        ("b.txt", b"1234567"),
        ("c.pdf", b"1234567"),
    ];
    let draft = with_files(&app, &files);
    let draft = submitted(&mut app, draft).await;
    let held = held(&app, draft);
    let names: Vec<&str> = held.as_array().unwrap().iter().map(|f| f["fileName"].as_str().unwrap()).collect();
    assert_eq!(names, ["a.pdf", "b.txt"]);
    let run_message = run_of(&app, draft).await.message;
    for name in ["大.pdf", "a.exe", "c.pdf", "1048576 bytes", "takes 2 files"] {
        assert!(run_message.contains(name), "{name} not in {run_message}");
    }
}

#[tokio::test]
async fn an_upload_that_fails_is_named_and_not_fatal_unless_it_is_required() {
    let commit = "/v1.0/storage/spaces/2307001/files/commit";
    let failing = || Fault::new(FaultKind::Html(502)).vendor(Vendor::DingTalk).on("POST", commit).always();
    let mut app = app(json!({ "to": "附件" })).await;
    app.sandbox.inject(failing());
    let draft = with_files(&app, &[("a.pdf", b"123456789")]);
    let draft = submitted(&mut app, draft).await;
    let run_message = run_of(&app, draft).await.message;
    assert!(run_message.contains("a.pdf") && held(&app, draft).is_null(), "{run_message}");

    let mut app = self::app(json!({ "to": "附件", "required": true })).await;
    app.sandbox.inject(Fault::new(FaultKind::Html(502)).vendor(Vendor::DingTalk).on("POST", commit).times(2));
    let draft = with_files(&app, &[("a.pdf", b"123456789"), ("b.pdf", b"987654321")]);
    let draft = submitted(&mut app, draft).await;
    assert_eq!(held(&app, draft).as_array().unwrap().len(), 2, "it waited until all of them were stored");
    assert_eq!(app.sandbox.dingtalk().files().len(), 2, "what was stored is not stored again");
}

#[tokio::test]
async fn a_folder_that_b1_has_not_mounted_is_told_as_its_fault() {
    let mut app = app(json!({ "to": "附件" })).await;
    app.sandbox.configure(|o| o.b1.attachments_unmounted = true);
    let draft = with_files(&app, &[("a.pdf", b"123456789")]);
    let draft = submitted(&mut app, draft).await;
    let run_message = run_of(&app, draft).await.message;
    assert!(run_message.contains("not mounted the folder of attachments"), "{run_message}");
}
