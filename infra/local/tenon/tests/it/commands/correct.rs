//! `tenon correct`: what could not be mapped of a run's input is shown, reviewed and put right, here and through the API.

use super::TestApp;
use super::audit::read;
use serde_json::{Value, json};
use tenon::commands::correct::{self, CorrectArgs};
use tenon::commands::{apply, show, token};
use tenon::environment::Environment;
use tenon::output::ExitKind;
use tenon_model::config::Config;
use tenon_model::document::DocumentRecord;
use tenon_model::run::{Run, RunStatus, Trigger};
use tenon_model::{FlowId, RunId, TenantId};
use tenon_platform::runs::Recorder;
use tenon_platform::table::{Expect, Key, Write};
use tenon_platform::{Clock, audit};

/// The sandbox's configuration with a flow of what the OA pushes.
fn config(test_app: &TestApp) -> Config {
    let mut config = test_app.config();
    let flow = json!({ "id": "quotations", "kind": "document", "erp": "b1-sandbox", "oa": "weaver-sandbox",
        "object": "Quotations", "lines": "DocumentLines", "form": {
            "fields": [{ "from": "kh", "to": "CardCode" }, { "from": "rq", "to": "DocDueDate", "format": "date" }],
            "lines": { "from": "mx", "fields": [{ "from": "wl", "to": "ItemCode" },
                                                { "from": "sl", "to": "Quantity", "format": "number" }] } } });
    config.flows.push(serde_json::from_value(flow).unwrap());
    config
}

/// A body that was pushed as this request, of which a date and a quantity could not be read. Its run.
async fn pushed(test_app: &TestApp, request: &str) -> String {
    let environment = Environment::open(&test_app.place).await.unwrap();
    let (ctx, tenant, id) = (&environment.ctx, TenantId::operator(), format!("r-{request}"));
    let now = ctx.now_ms();
    let body = json!({ "requestid": request, "kh": "C100", "rq": "明天", "mx": [{ "wl": "A-001", "sl": "两打" }] });
    let record: DocumentRecord = serde_json::from_value(json!({
        "flow": "quotations", "oa": "weaver-sandbox", "erp": "b1-sandbox", "object": "Quotations", "request": request,
        "attempt": 1, "state": "failed", "run": id, "code": "flow.mapping", "message": "rq is no date",
        "claimed_ms": now, "changed_ms": now, "mark": request, "pushed": body.to_string(),
    }))
    .unwrap();
    let key = Key::new(&tenant, "DOCUMENT", &["weaver-sandbox", "quotations"], request);
    ctx.table.write(Write::put(key, &record, Expect::AbsentAt(now)).unwrap()).await.unwrap();
    let run = Run {
        id: RunId::new(id.as_str()),
        flow: FlowId::new("quotations"),
        document: None,
        instance: Some(request.to_owned()),
        trigger: Trigger::Callback,
        status: RunStatus::Failed,
        started_ms: now,
        ended_ms: Some(now),
        message: "rq is no date".to_owned(),
        code: Some("flow.mapping".to_owned()),
        counts: std::collections::BTreeMap::new(),
    };
    Recorder::new(ctx, run.id.clone()).save(ctx, &tenant, &run).await.unwrap();
    id
}

fn args(line: &str) -> CorrectArgs {
    read(line)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_could_not_be_mapped_is_put_right_here_and_through_the_api() {
    let test_app = TestApp::open().await;
    let (b1, now) = (test_app.sandbox.sandbox.b1(), Clock::system().now_ms());
    b1.create_document(now, "BusinessPartners", json!({ "CardCode": "C100", "CardName": "宁波客户" })).unwrap();
    b1.create_document(now, "Items", json!({ "ItemCode": "A-001" })).unwrap();
    output!(apply::apply, test_app.write(&config(&test_app)), test_app).0.unwrap();
    let (first, second) = (pushed(&test_app, "88201").await, pushed(&test_app, "88202").await);
    let (_, made) = output!(token::token, read::<token::TokenArgs>("token create --role operator"), test_app);

    let (done, shown) = output!(correct::correct, args(&format!("correct {first}")), test_app);
    assert_eq!(done, Ok(()));
    let wrong = |shown: &Value| -> Vec<(String, String)> {
        let text = |one: &Value, name: &str| one[name].as_str().unwrap().to_owned();
        shown["wrong"].as_array().unwrap().iter().map(|one| (text(one, "path"), text(one, "value"))).collect()
    };
    let wanted = [("rq".to_owned(), "明天".to_owned()), ("mx[0].sl".to_owned(), "两打".to_owned())];
    assert_eq!(wrong(&shown), wanted, "{shown}");
    // Without a yes it is looked at; one value alone does not do; another place is none.
    let set = "--set rq=2026-12-01 --set mx[0].sl=24";
    let (done, review) = output!(correct::correct, args(&format!("correct {first} {set}")), test_app);
    assert_eq!((done, &review["result"]), (Ok(()), &Value::Null), "{review}");
    assert_eq!(review["changes"]["rq"], json!({ "was": "明天", "is": "2026-12-01" }));
    assert_eq!(review["fields"]["DocumentLines"][0]["Quantity"], json!(24));
    for set in ["--set rq=2026-12-01 --yes", "--set kh=C200 --yes", "--set rq= --yes"] {
        let (done, answer) = output!(correct::correct, args(&format!("correct {first} {set}")), test_app);
        assert_eq!(done, Err(ExitKind::Usage), "{set}: {answer}");
    }
    assert!(b1.rows("Quotations").is_empty());

    let (done, answer) = output!(correct::correct, args(&format!("correct {first} {set} --yes")), test_app);
    assert_eq!((done, &answer["worked_by"]), (Ok(()), &json!("this command")), "{answer}");
    assert!(answer["result"].as_str().unwrap().contains("request 88201 is corrected by"), "{answer}");
    let made_of_it = b1.rows("Quotations");
    assert_eq!(made_of_it.len(), 1);
    assert_eq!(made_of_it[0]["DocumentLines"][0]["Quantity"].as_f64(), Some(24.0), "{}", made_of_it[0]);
    let (_, run) = output!(show::show, show::ShowArgs { run: first.clone() }, test_app);
    assert_eq!(run["run"]["status"], "succeeded", "{run}");
    // Once is enough, and what is not there is told apart.
    let (done, again) = output!(correct::correct, args(&format!("correct {first} {set} --yes")), test_app);
    assert_eq!(done, Err(ExitKind::Usage), "{again}");
    assert!(again["error"]["message"].as_str().unwrap().contains("run.not-correctable"), "{again}");
    assert_eq!(output!(correct::correct, args("correct r-0"), test_app).0, Err(ExitKind::NotFound));
    assert_eq!(b1.rows("Quotations").len(), 1);
    {
        let environment = Environment::open(&test_app.place).await.unwrap();
        let log = audit::list(&environment.ctx, &TenantId::operator(), None, 20).await.unwrap().entries;
        let noted: Vec<_> = log.iter().filter(|entry| entry.did == "correct-run").collect();
        assert_eq!((noted.len(), &noted[0].of, noted[0].via), (1, &first, audit::Via::Command), "{noted:?}");
    }

    let (server, remote) = test_app.serve(made["token"].as_str().unwrap()).await;
    let (done, shown) = remote_output!(correct::remote, args(&format!("correct {second}")), remote);
    assert_eq!((done, wrong(&shown)), (Ok(()), wanted.to_vec()), "{shown}");
    let (done, there) = remote_output!(correct::remote, args(&format!("correct {second} {set}")), remote);
    assert_eq!((done, &there["changes"], &there["fields"]), (Ok(()), &review["changes"], &review["fields"]));
    let (done, there) =
        remote_output!(correct::remote, args(&format!("correct {second} --set rq=never --set mx[0].sl=1")), remote);
    assert_eq!(done, Err(ExitKind::Usage), "{there}");
    let (done, there) = remote_output!(correct::remote, args(&format!("correct {second} {set} --yes")), remote);
    assert_eq!((done, &there["worked_by"]), (Ok(()), &json!("the installation")), "{there}");
    assert!(there["result"].as_str().unwrap().contains("request 88202 is corrected by"), "{there}");
    let (done, again) = remote_output!(correct::remote, args(&format!("correct {second} {set} --yes")), remote);
    assert_eq!(done, Err(ExitKind::Usage), "{again}");
    assert_eq!(remote_output!(correct::remote, args("correct r-0"), remote).0, Err(ExitKind::NotFound));
    server.stop().await;
}
