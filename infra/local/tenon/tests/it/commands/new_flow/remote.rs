//! `tenon --api … new flow`: the installation behind the API reads both sides and stores the flow.

use super::super::TestApp;
use super::{ORDER, order_form, owned, pairs};
use serde_json::{Value, json};
use tenon::commands::new::{self, FlowArgs, NewArgs};
use tenon::commands::{apply, token};
use tenon::environment::Environment;
use tenon::output::ExitKind;
use tenon::remote::Remote;
use tenon_model::config::Flow;
use tenon_model::{FlowId, TenantId};
use tenon_platform::audit;
use tenon_sandbox::{Fault, FaultKind, UserFieldRight, WecomControl};

/// Why a mapping is not stored through the API.
async fn refused(remote: &Remote, body: Value) -> String {
    remote.put::<Value>("/admin/v1/flows/orders", &body).await.unwrap_err().message
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn through_the_api_a_flow_is_matched_tried_and_stored_switched_off_and_mapped_anew() {
    let test_app = TestApp::open().await;
    let (sandbox, now) = (&test_app.sandbox.sandbox, 1_790_000_000_000);
    sandbox.wecom().set_template(ORDER, order_form());
    sandbox
        .b1()
        .create_document(
            now,
            "PurchaseOrders",
            json!({"CardName": "华南", "U_UserID": "zhangsan", "U_ISSYN": "N",
        "DocTotal": 12.5, "DocumentLines": [{"ItemCode": "A1", "Quantity": 2, "PriceAfterVAT": 6.25}]}),
        )
        .unwrap();
    output!(apply::apply, test_app.write(&test_app.config()), test_app).0.unwrap();
    let before = test_app.text();
    let (_, made) = output!(
        token::token,
        super::super::audit::read::<token::TokenArgs>("token create --role operator --name console"),
        test_app
    );
    let (server, remote) = test_app.serve(made["token"].as_str().unwrap()).await;
    let listed = async || {
        let all: Value = remote.get("/admin/v1/flows", &[("q", "orders".to_owned())]).await.unwrap();
        all["flows"].as_array().unwrap().iter().find(|flow| flow["id"] == "orders").cloned()
    };

    // Looking stores nothing.
    let mut args = test_app.args("wecom-sandbox", ORDER);
    (args.dry_run, args.preview) = (true, Some("first".into()));
    let (done, proposed) = remote_output!(new::remote, NewArgs::flow(args.clone()), remote);
    assert_eq!((done, &proposed["stored"]), (Ok(()), &json!(false)), "{proposed}");
    let header = [
        ("DocEntry", "Text-1"),
        ("CardName", "Text-2"),
        ("DocDate", "Date-3"),
        ("DocTotal", "Money-4"),
        ("Project", "Text-5"),
    ];
    assert_eq!(pairs(&proposed["lines"]), owned(&header), "{proposed}");
    assert_eq!(
        (&proposed["unfilled"], &proposed["fields"][0]["is"]["state"]),
        (&json!(["审批级别"]), &json!("missing"))
    );
    assert!(proposed["preview"].to_string().contains("华南"), "{proposed}");
    assert_eq!(listed().await, None);
    // A flow that nobody has looked at is not stored so that it runs.
    let (done, told) = remote_output!(new::remote, NewArgs::flow(FlowArgs { enabled: true, ..args.clone() }), remote);
    assert_eq!(done, Err(ExitKind::Usage), "{told}");
    assert!(told["error"]["message"].as_str().unwrap().contains("switched off"), "{told}");

    // Stored, once however often.
    (args.dry_run, args.preview) = (false, None);
    for _ in 0..2 {
        let (done, stored) = remote_output!(new::remote, NewArgs::flow(args.clone()), remote);
        assert_eq!((done, &stored["stored"]), (Ok(()), &json!(true)), "{stored}");
        let chosen: Value = header.iter().map(|(from, to)| ((*to).to_owned(), json!(from))).collect();
        assert_eq!(stored["choices"]["header"], chosen);
    }
    let flow = listed().await.unwrap();
    assert_eq!((&flow["enabled"], &flow["paged"]), (&json!(false), &json!(true)), "{flow}");
    assert_eq!(test_app.text(), before, "no file is written");
    let mut other = args.clone();
    other.object = "PurchaseRequests".into();
    assert_eq!(remote_output!(new::remote, NewArgs::flow(other), remote).0, Err(ExitKind::Usage));
    let mut taken = args.clone();
    taken.id = Some("purchase-request".into());
    let (_, told) = remote_output!(new::remote, NewArgs::flow(taken), remote);
    assert!(told["error"]["message"].as_str().unwrap().contains("flow.taken"), "{told}");
    let mut nobodys = args.clone();
    nobodys.oa = "nobody".into();
    assert_eq!(remote_output!(new::remote, NewArgs::flow(nobodys), remote).0, Err(ExitKind::NotFound));

    // Another mapping of it: what cannot be chosen, what was not shown, what was.
    let shown: Value = remote.post("/admin/v1/flows/propose", &json!({ "flow": "orders" })).await.unwrap();
    let mut choices = shown["choices"].clone();
    choices["header"]["Text-6"] = json!("NoSuchField");
    let told = refused(&remote, json!({ "choices": choices, "revision": shown["revision"] })).await;
    assert!(told.contains("flow.mapping-unfit") && told.contains("审批级别 (Text-6): NoSuchField"), "{told}");
    choices["header"]["Text-6"] = json!("Comments");
    let own = json!({ "choices": choices, "revision": shown["revision"] });
    let mut changed = order_form();
    changed.controls.push(WecomControl::new("Text", "Text-20", "合同编号"));
    sandbox.wecom().set_template(ORDER, changed);
    let told = refused(&remote, own.clone()).await;
    assert!(told.contains("flow.mapping-changed") && told.contains("the form of flow orders"), "{told}");
    sandbox.wecom().set_template(ORDER, order_form());
    let stored: Value = remote.put("/admin/v1/flows/orders", &own).await.unwrap();
    assert_eq!(stored, json!({ "flow": "orders", "stored": true }));
    choices["header"]["Text-6"] = json!("JournalMemo");
    let late = json!({ "choices": choices, "revision": shown["revision"] });
    let told = refused(&remote, late).await;
    assert!(told.contains("flow.mapping-changed") && told.contains("the mapping of flow orders"), "{told}");
    server.stop().await;

    let environment = Environment::open(&test_app.place).await.unwrap();
    let (ctx, operator) = (&environment.ctx, TenantId::operator());
    let loaded = ctx.config.load(&operator).await.unwrap();
    let Flow::Approval(flow) = loaded.flow(&FlowId::new("orders")).unwrap() else { panic!("another kind") };
    let from = flow.form.fields.iter().find(|field| field.to == "Text-6").map(|field| field.from.as_str());
    assert_eq!((from, flow.enabled), (Some("Comments"), false));
    let log = audit::list(ctx, &operator, None, 20).await.unwrap().entries;
    let noted: Vec<_> = log.iter().filter(|entry| entry.via == audit::Via::Api).map(|e| (&*e.did, &*e.of)).collect();
    assert_eq!(noted, [("change-flow", "orders"), ("store-flow", "orders")], "{log:?}");
    assert!(log[0].by.starts_with("console (tok-"), "{log:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn through_the_api_the_fields_are_made_once_each_is_answered_for_and_choices_are_taken() {
    let test_app = TestApp::open().await;
    let sandbox = &test_app.sandbox.sandbox;
    sandbox.wecom().set_template(ORDER, order_form());
    output!(apply::apply, test_app.write(&test_app.config()), test_app).0.unwrap();
    let (_, made) = output!(
        token::token,
        super::super::audit::read::<token::TokenArgs>("token create --role operator --name console"),
        test_app
    );
    let (server, remote) = test_app.serve(made["token"].as_str().unwrap()).await;
    let names = || -> Vec<String> {
        let all = sandbox.b1().user_fields("OPOR");
        all.iter().map(|own| own["Name"].as_str().unwrap().to_owned()).collect()
    };
    let mut args = test_app.args("wecom-sandbox", ORDER);
    (args.create_fields, args.dry_run) = (true, true);
    let (done, proposed) = remote_output!(new::remote, NewArgs::flow(args.clone()), remote);
    assert_eq!((done, names().len()), (Ok(()), 0), "{proposed}");

    // Without the right to see or make any, each is told so.
    sandbox.configure(|options| options.b1.user_fields = UserFieldRight::None);
    let connects = json!({ "erp": "b1-sandbox", "object": "PurchaseOrders", "oa": "wecom-sandbox", "template": ORDER });
    let asked = json!({ "flow": "orders", "connects": connects, "fields": proposed["fields"] });
    let denied: Value = remote.post("/admin/v1/flows/fields", &asked).await.unwrap();
    assert_eq!(denied["fields"].as_array().unwrap().len(), 4, "{denied}");
    for field in denied["fields"].as_array().unwrap() {
        assert_eq!(field["is"]["state"], "failed", "{denied}");
        assert!(field["is"]["message"].as_str().unwrap().contains("not permitted"), "{denied}");
    }
    sandbox.configure(|options| options.b1.user_fields = UserFieldRight::Full);

    // The second is refused; the third is made and the answer is lost; the fourth is made.
    let post = |kind, skip| {
        let fault = Fault::new(kind);
        let fault = Fault { method: Some("POST".into()), path: Some("/b1s/v1/UserFieldsMD".into()), ..fault };
        sandbox.inject(Fault { skip, ..fault });
    };
    let refusal = r#"{"error":{"code":-5002,"message":{"lang":"en-us","value":"table OPOR is locked"}}}"#;
    post(FaultKind::Status(400, refusal.into()), 1);
    post(FaultKind::DropAfterCommit, 1);
    args.dry_run = false;
    // What a person chose otherwise.
    let mut choices = proposed["choices"].clone();
    choices["header"]["Text-6"] = json!("Comments");
    let file = test_app.folder.path().join("choices.json");
    // As editors of Windows save it, with a byte-order mark in front.
    std::fs::write(&file, format!("\u{feff}{}", json!({ "choices": choices }))).unwrap();
    args.choices = Some(file);
    let (done, stored) = remote_output!(new::remote, NewArgs::flow(args.clone()), remote);
    assert_eq!(done, Err(ExitKind::Partly), "{stored}");
    let states = |document: &Value| -> Vec<(String, String)> {
        let of = |field: &Value, at: &str| field.pointer(at).and_then(Value::as_str).unwrap().to_owned();
        document["fields"].as_array().unwrap().iter().map(|own| (of(own, "/name"), of(own, "/is/state"))).collect()
    };
    let wanted = [("U_ISSYN", "created"), ("U_SPNO", "missing"), ("U_UserID", "created"), ("U_SUCCESS", "created")];
    assert_eq!(states(&stored), owned(&wanted), "{stored}");
    assert_eq!((&stored["stored"], &stored["choices"]["header"]["Text-6"]), (&json!(true), &json!("Comments")));
    assert_eq!(names(), ["ISSYN", "UserID", "SUCCESS"]);
    // Again makes what is left.
    let (done, stored) = remote_output!(new::remote, NewArgs::flow(args.clone()), remote);
    let wanted = [("U_ISSYN", "found"), ("U_SPNO", "created"), ("U_UserID", "found"), ("U_SUCCESS", "found")];
    assert_eq!((done, states(&stored)), (Ok(()), owned(&wanted)), "{stored}");
    assert_eq!(names(), ["ISSYN", "UserID", "SUCCESS", "SPNO"]);

    // The list that was shown once more: nothing is made twice, and nothing is noted.
    let body = |fields: &Value| json!({ "flow": "orders", "fields": fields });
    let again: Value = remote.post("/admin/v1/flows/fields", &body(&proposed["fields"])).await.unwrap();
    assert_eq!(
        (&again["erp"], states(&again)),
        (&json!("b1-sandbox"), owned(&wanted.map(|(name, _)| (name, "found"))))
    );
    assert_eq!(names().len(), 4);
    // What the flow does not need so is made by nobody's word.
    for (name, value) in [("/0/name", json!("U_Other")), ("/1/size", json!(254)), ("/0/table", json!("OCRD"))] {
        let mut fields = proposed["fields"].clone();
        *fields.pointer_mut(name).unwrap() = value;
        let told = remote.post::<Value>("/admin/v1/flows/fields", &body(&fields)).await.unwrap_err().message;
        let index: usize = name[1..2].parse().unwrap();
        let named =
            format!("{} of {}", fields[index]["name"].as_str().unwrap(), fields[index]["table"].as_str().unwrap());
        assert!(told.contains("flow.fields-changed") && told.contains(&named), "{name}: {told}");
        assert!(!told.contains("U_UserID"), "{told}");
    }
    assert!(remote.post::<Value>("/admin/v1/flows/fields", &body(&json!([]))).await.is_err());
    assert_eq!((names().len(), sandbox.b1().user_fields("OCRD").len()), (4, 0));
    server.stop().await;

    let environment = Environment::open(&test_app.place).await.unwrap();
    let log = audit::list(&environment.ctx, &TenantId::operator(), None, 50).await.unwrap().entries;
    let mut noted: Vec<&str> =
        log.iter().filter(|entry| entry.did == "create-erp-field").map(|entry| &*entry.of).collect();
    noted.sort_unstable();
    // Those that were made and the one that was tried twice, then all four that were tried without the right.
    let mut wanted = ["OPOR.U_ISSYN", "OPOR.U_SPNO", "OPOR.U_UserID", "OPOR.U_SUCCESS"].repeat(2);
    wanted.push("OPOR.U_SPNO");
    wanted.sort_unstable();
    assert_eq!(noted, wanted, "{log:?}");
    let entry = log.iter().find(|entry| entry.did == "create-erp-field").unwrap();
    assert!(entry.by.starts_with("console (tok-") && entry.via == audit::Via::Api, "{entry:?}");
    assert_eq!((&entry.detail["erp"], &entry.detail["flow"]), (&json!("b1-sandbox"), &json!("orders")));
}

#[tokio::test]
async fn a_file_of_choices_that_is_no_json_is_named_with_the_place_and_what_to_do() {
    let test_app = TestApp::open().await;
    // Nobody is asked before the file was read.
    let remote = Remote::new("http://127.0.0.1:1", Some("tnn_x".to_owned())).unwrap();
    let file = test_app.folder.path().join("choices.json");
    let mut args = test_app.args("wecom-sandbox", ORDER);
    args.choices = Some(file.clone());
    let failed = async || {
        let (done, told) = remote_output!(new::remote, NewArgs::flow(args.clone()), remote);
        assert_eq!(done, Err(ExitKind::Usage), "{told}");
        let text = |at: &str| told["error"][at].as_str().unwrap_or_default().to_owned();
        (text("message"), text("hint"))
    };

    let shown = file.display();
    for (text, wrong) in [
        (&b"{\n  \"choices\": { \"header\": { \"Text-6\": Comments } }\n}"[..], "expected value at line 2 column 38"),
        (b"{\n  \"choices\": {", "EOF while parsing an object at line 2 column 14"),
        // As a shell of Windows redirects it.
        (b"\xff\xfe{\0}\0", "expected value at line 1 column 1"),
        (b"", "EOF while parsing a value at line 1 column 0"),
    ] {
        std::fs::write(&file, text).unwrap();
        let (message, hint) = failed().await;
        assert_eq!(message, format!("{shown} is no JSON: {wrong}"));
        assert!(hint.contains("save it as UTF-8") && hint.contains("--dry-run > FILE"), "{hint}");
    }

    std::fs::remove_file(&file).unwrap();
    let (message, _) = failed().await;
    assert!(message.starts_with(&format!("{shown} cannot be read: ")), "{message}");
}
