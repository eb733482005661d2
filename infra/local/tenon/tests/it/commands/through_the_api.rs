//! The commands through the operators' API print what they print where the data is.

use super::TestApp;
use serde_json::{Value, json};
use std::time::Duration;
use tenon::commands::{apply, check, dead_letters, kept, person, process, sandbox_people, token};
use tenon::environment::Environment;
use tenon::output::ExitKind;
use tenon_model::TenantId;
use tenon_model::config::Sso;
use tenon_platform::kept::Kind;
use tenon_platform::queue::APPROVALS_SUBMIT;

/// A document without what no two looks have in common.
fn timeless(mut document: Value) -> Value {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                fields.retain(|name, _| {
                    !["took_ms", "last_ms", "age_ms", "messages", "silent", "remedy", "told"].contains(&name.as_str())
                        && !name.ends_with("_age_ms")
                });
                fields.values_mut().for_each(strip);
            }
            Value::Array(all) => all.iter_mut().for_each(strip),
            _ => {}
        }
    }
    strip(&mut document);
    document
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_prints_the_same_through_the_api() {
    let test_app = TestApp::open().await;
    let mut config = test_app.config();
    config.sso = Some(Box::new(Sso { login_page: "https://erp.example.com/login".to_owned(), ..Sso::default() }));
    sandbox_people::oa_of_database(&mut config, &test_app.folder.path().join("none"));
    output!(apply::apply, test_app.write(&config), test_app).0.unwrap();
    let id = {
        let environment = Environment::open(&test_app.place).await.unwrap();
        let (ctx, tenant) = (&environment.ctx, TenantId::operator());
        let dead = APPROVALS_SUBMIT.dead_letters();
        ctx.queue.send(&dead, "{}".to_owned(), Duration::ZERO).await.unwrap();
        tenon_platform::kept::keep(ctx, &tenant, Kind::Entry, "ding", "not understood", b"{\"a\":1}").await.unwrap().id
    };
    let read = |line: &str| super::audit::read::<token::TokenArgs>(line);
    let (_, made) = output!(token::token, read("token create --role operator"), test_app);
    let all = check::CheckArgs { connection: None };
    let one = check::CheckArgs { connection: Some("b1-sandbox".to_owned()) };
    let kept_all = kept::KeptArgs { id: None, forget: false };
    let kept_one = kept::KeptArgs { id: Some(id.clone()), forget: false };
    let forget = kept::KeptArgs { id: Some(id), forget: true };
    let letters = super::audit::read::<dead_letters::DeadLettersArgs>("dead-letters");
    let nobody = super::audit::read::<person::PersonArgs>("person nobody");
    let none = super::audit::read::<process::ProcessArgs>("process show none");
    let here = (
        output!(check::check, all, test_app),
        output!(check::check, one, test_app),
        output!(kept::kept, kept_all, test_app),
        output!(kept::kept, kept_one, test_app),
        output!(dead_letters::dead_letters, letters, test_app),
        output!(person::person, nobody, test_app),
        output!(process::process, none, test_app),
    );

    let (server, remote) = test_app.serve(made["token"].as_str().unwrap()).await;

    let there = remote_output!(check::remote, all, remote);
    assert_eq!(there.0, here.0.0);
    let (there, here_all) = (timeless(there.1), timeless(here.0.1));
    let members = ["connections", "flows", "queues", "breakers", "schedules", "sso", "databases", "oa_integration"];
    for member in members {
        assert!(!there[member].is_null(), "{member}");
        assert_eq!(there[member], here_all[member], "{member}");
    }
    assert_eq!(there["sso"]["tried"], json!(["off; people are led to https://erp.example.com/login"]));
    assert!(there["oa_integration"]["problems"][0].as_str().unwrap().contains("database oa-sandbox"), "{there}");
    let there = remote_output!(check::remote, one, remote);
    assert_eq!((there.0, timeless(there.1)), (here.1.0, timeless(here.1.1)));
    assert_eq!(remote_output!(kept::remote, kept_all, remote), here.2);
    assert_eq!(remote_output!(kept::remote, kept_one, remote), here.3);
    let there = remote_output!(dead_letters::remote, letters, remote);
    assert_eq!((there.0, timeless(there.1)), (here.4.0, timeless(here.4.1)));
    assert_eq!(remote_output!(person::remote, nobody, remote).0, here.5.0);
    assert_eq!(remote_output!(process::remote, none, remote).0, here.6.0);
    assert_eq!(here.6.0, Err(ExitKind::NotFound));
    remote_output!(kept::remote, forget, remote).0.unwrap();
    assert_eq!(remote_output!(kept::remote, forget, remote).0, Err(ExitKind::NotFound));
    server.stop().await;
}
