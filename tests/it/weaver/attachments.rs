//! Files of a document within a request's form: R-W46.

use super::test_app::{config, purchase_request, request_of, run_of, with};
use serde_json::{Value, json};
use tenon_model::run::RunStatus;
use tenon_sandbox::WeaverWorkflow;
use tenon_tests::TestApp;

fn carrying(c: &mut Value) {
    config(c);
    c["flows"][0]["form"]["attachments"] = json!({ "to": "fj", "types": ["pdf", "xlsx"] });
}

/// A site whose purchase requests have a field of files that takes these types, of so many bytes each.
async fn new_app(types: &[&str], bytes: usize) -> TestApp {
    let app = with(carrying).await;
    let form = WeaverWorkflow::new("采购申请", &["sqr", "xqrq", "erpkey"])
        .table("formtable_main_45_dt1", &["wlbm", "sl"])
        .files("fj", types, bytes);
    app.sandbox.weaver().set_workflow("23", form);
    app
}

async fn with_files(app: &mut TestApp, files: &[(&str, &[u8])]) -> i64 {
    let entry = app.sandbox.b1().add_attachment(app.clock.now_ms(), files);
    let draft = purchase_request("66").field("AttachmentEntry", entry);
    let (draft, _) = app.sandbox.b1().create_draft(app.clock.now_ms(), draft).unwrap();
    for _ in 0..4 {
        app.minute().await;
    }
    draft
}

// R-W46
#[tokio::test]
async fn files_arrive_in_the_form_whole_and_under_their_names() {
    let mut app = new_app(&["pdf", "xlsx"], 1024).await;
    let draft =
        with_files(&mut app, &[("报价'单 1.pdf", b"%PDF-1.7 \x00\xff"), ("b.XLSX", b"PK"), ("c.exe", b"MZ")]).await;
    let request = request_of(&app, "23", &draft.to_string()).unwrap();
    let files = app.sandbox.weaver().files(&request);
    let shown: Vec<(&str, &str, &[u8])> =
        files.iter().map(|file| (file.field.as_str(), file.name.as_str(), file.bytes.as_slice())).collect();
    assert_eq!(shown, [("fj", "报价'单 1.pdf", b"%PDF-1.7 \x00\xff" as &[u8]), ("fj", "b.XLSX", b"PK")]);
    assert_eq!(app.draft(draft)["U_REQUESTID"], request.as_str());
    let run = run_of(&app, "pr", draft).await;
    assert!(run.message.contains("c.exe"), "what is left out is told: {}", run.message);
}

// R-W46: the form's own limits are the OA's, which refuses the whole request
#[tokio::test]
async fn a_file_that_the_forms_field_does_not_take_is_named_and_nothing_is_marked() {
    for (types, bytes, words) in [(&["docx"][..], 1024, "类型"), (&["pdf"][..], 3, "大小")] {
        let mut app = new_app(types, bytes).await;
        let draft = with_files(&mut app, &[("a.pdf", b"%PDF")]).await;
        let run = run_of(&app, "pr", draft).await;
        assert_eq!((run.status, run.code.as_deref()), (RunStatus::Failed, Some("weaver.refused")));
        assert!(run.message.contains("a.pdf") && run.message.contains(words), "{}", run.message);
        assert_eq!((app.sandbox.weaver().request_count(), &app.draft(draft)["U_REQUESTID"]), (0, &Value::Null));
    }
}
