//! The operator's commands one after the other on one data directory, against the sandbox on
//! loopback, without a server.

use serde_json::Value;
use std::collections::BTreeSet;
use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tenon::commands::{apply, check, keys, preview, retry, run, runs, sandbox_config, show, up};
use tenon::environment::{Environment, Place};
use tenon::output::{ExitKind, Failure, Out};
use tenon_engine::TableQueue;
use tenon_engine::local::QUEUE_TABLE;
use tenon_model::config::{Config, Flow};
use tenon_model::message::Envelope;
use tenon_model::{ConnectionId, TenantId};
use tenon_platform::outbox::Entry;
use tenon_platform::queue::{APPROVALS_SUBMIT, Queue, WEBHOOK_RETRY};
use tenon_platform::table::{Expect, Key, Outcome, Write as TableWrite};
use tenon_platform::{Clock, Entropy, breaker};
use tenon_sandbox::NewDraft;

/// A data directory, a configuration file beside it, and the sandbox.
struct TestApp {
    folder: tempfile::TempDir,
    sandbox: up::RunningSandbox,
    place: Place,
}

#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Runs one command with `--json`; how it ended, and its document.
macro_rules! told {
    ($command:path, $args:expr, $test_app:expr) => {{
        let kept = Kept::default();
        let out = Out::to(true, Box::new(kept.clone()), Box::new(std::io::sink()));
        let done: Result<(), Failure> = $command(&$args, &$test_app.place, &out).await;
        if let Err(failure) = &done {
            out.failure(failure);
        }
        let document: Value = serde_json::from_slice(&kept.0.lock().unwrap()).unwrap();
        (done.map_err(|f| f.exit), document)
    }};
}

impl TestApp {
    async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let sandbox = up::start_sandbox(any, any).await.unwrap();
        let place = Place { data: folder.path().join("data"), deployed: false };
        Self { folder, sandbox, place }
    }

    fn config(&self) -> Config {
        let mut config = sandbox_config::config(&self.sandbox.url).unwrap();
        // The sandbox's are looked after every second, which a file may not ask of an E-cology.
        for flow in &mut config.flows {
            if let Flow::Approval(flow) = flow {
                flow.every = Duration::from_secs(60);
            }
        }
        config
    }

    fn write(&self, config: &Config) -> apply::ApplyArgs {
        let file: PathBuf = self.folder.path().join("tenon.toml");
        std::fs::write(&file, toml::to_string(config).unwrap()).unwrap();
        apply::ApplyArgs { config: file, dry_run: false, prune: false, new_key: false }
    }
}

#[tokio::test]
async fn a_document_is_previewed_submitted_and_found_in_the_history() {
    let test_app = TestApp::open().await;
    let (done, applied) = told!(apply::apply, test_app.write(&test_app.config()), test_app);
    assert_eq!(done, Ok(()));
    let connections: Vec<_> = test_app.config().connections.iter().map(|c| c.id().clone()).collect();
    assert_eq!(applied["result"]["connections"], serde_json::json!(connections));

    let (done, checked) = told!(check::check, check::CheckArgs { connection: None }, test_app);
    assert_eq!(done, Ok(()), "{checked}");

    let now = Clock::system().now_ms();
    let line = serde_json::json!({ "ItemCode": "A1", "ItemDescription": "螺丝", "Quantity": 10, "Price": 1.5 });
    let draft = NewDraft::new("1470000113").field("U_UserID", "user-zhang").field("RequesterName", "张三").line(line);
    let (key, _) = test_app.sandbox.sandbox.b1().create_draft(now, draft).unwrap();

    let flow = "purchase-request".to_owned();
    let (done, found) =
        told!(preview::preview, preview::PreviewArgs { flow: flow.clone(), document: None, body: None }, test_app);
    assert_eq!((done, &found["document"]["key"]), (Ok(()), &Value::from(key)), "{found}");

    let (done, ran) = told!(run::run, run::RunArgs { flow: flow.clone() }, test_app);
    assert_eq!((done, &ran["queued"], &ran["worked_by"]), (Ok(()), &Value::from(1), &Value::from("this command")));

    let (_, history) = told!(runs::runs, runs::RunsArgs { flow: Some(flow), limit: 20 }, test_app);
    let of_document = history["runs"].as_array().unwrap().iter().find(|r| r["document"] == key).unwrap();
    assert_eq!(of_document["status"], "running");
    let id = of_document["id"].as_str().unwrap().to_owned();

    let (_, shown) = told!(show::show, show::ShowArgs { run: id.clone() }, test_app);
    let names: Vec<&str> = shown["steps"].as_array().unwrap().iter().map(|s| s["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"create instance"), "{names:?}");

    let (done, again) = told!(retry::retry, retry::RetryArgs { run: id, accept_change: false, by: None }, test_app);
    assert_eq!((done, &again["worked_by"]), (Ok(()), &Value::Null));
    assert!(again["result"].as_str().unwrap().contains("still waits for the decision"), "{again}");
}

#[tokio::test]
async fn what_the_file_no_longer_has_is_removed_and_a_broken_file_changes_nothing() {
    let test_app = TestApp::open().await;
    let mut config = test_app.config();
    told!(apply::apply, test_app.write(&config), test_app).0.unwrap();

    let mut broken = config.clone();
    let Flow::Approval(first) = &mut broken.flows[0] else { panic!("the first is no approval flow") };
    first.form.template.clear();
    assert_eq!(told!(apply::apply, test_app.write(&broken), test_app).0, Err(ExitKind::Usage));
    let known = || runs::RunsArgs { flow: Some("quotation".to_owned()), limit: 1 };
    assert_eq!(told!(runs::runs, known(), test_app).0, Ok(()));

    config.flows.retain(|f| f.id().as_str() != "quotation");
    let dry = apply::ApplyArgs { dry_run: true, ..test_app.write(&config) };
    assert_eq!(told!(apply::apply, dry, test_app).1["applied"], false);
    assert_eq!(told!(runs::runs, known(), test_app).0, Ok(()));
    let (_, applied) = told!(apply::apply, test_app.write(&config), test_app);
    assert_eq!(applied["result"]["removed"], serde_json::json!(["flow quotation"]));
    assert_eq!(told!(runs::runs, known(), test_app).0, Err(ExitKind::NotFound));
}

#[tokio::test]
async fn a_connection_that_does_not_work_is_told_beside_one_that_does() {
    let test_app = TestApp::open().await;
    let mut config = test_app.config();
    let mut refused = BTreeSet::new();
    for connection in &mut config.connections {
        let id = connection.id().to_string();
        for (key, secret) in connection.secrets_mut() {
            if key == "password" {
                *secret = tenon_model::config::Secret::new("wrong");
                refused.insert(id.clone());
            }
        }
    }
    told!(apply::apply, test_app.write(&config), test_app).0.unwrap();
    let (done, checked) = told!(check::check, check::CheckArgs { connection: None }, test_app);
    assert_eq!(done, Err(ExitKind::Partly));
    let connections = checked["connections"].as_array().unwrap();
    assert_eq!(connections.len(), config.connections.len());
    for connection in connections {
        let refused = refused.contains(connection["connection"].as_str().unwrap());
        assert_eq!(connection["ok"], Value::Bool(!refused), "{connection}");
    }
    assert!(connections[0]["error"]["code"].as_str().unwrap().starts_with("b1."), "{checked}");
    assert!(!checked.to_string().contains("wrong\""), "{checked}");

    let unknown = check::CheckArgs { connection: Some("nope".to_owned()) };
    let (done, document) = told!(check::check, unknown, test_app);
    assert_eq!((done, &document["error"]["code"]), (Err(ExitKind::NotFound), &Value::from("config.connection")));
}

#[tokio::test]
async fn callers_are_stored_as_hashes_and_tenant_apps_keep_their_id() {
    use tenon_model::config::{App, OpenapiApp, Secret};
    use tenon_tenants::apps;
    let test_app = TestApp::open().await;
    let mut config = test_app.config();
    config.apps.push(App {
        id: "production".to_owned(),
        app_code: Secret::new("the-code-of-the-production-system"),
        allow_ips: Vec::new(),
        connections: Vec::new(),
        tenant: None,
    });
    let app = OpenapiApp {
        app_key: "os_demo".to_owned(),
        app_secret: Secret::new("the-secret-of-the-app"),
        tenant: "t-1".to_owned(),
        module: "ORDER_SYNC".to_owned(),
    };
    config.openapi_apps = vec![app.clone()];
    let open = async || tenon::environment::Environment::open(&test_app.place).await.unwrap();
    let stored = async || apps::by_key(&open().await.ctx, "os_demo").await.unwrap().unwrap();
    let secret = async || {
        let ctx = open().await.ctx;
        let app = apps::by_key(&ctx, "os_demo").await.unwrap().unwrap();
        apps::open(&ctx, &app, apps::APP_SECRET, &app.secrets).await.unwrap()
    };

    let (done, applied) = told!(apply::apply, test_app.write(&config), test_app);
    assert_eq!(done, Ok(()), "{applied}");
    let callers: Vec<&str> = config.apps.iter().map(|app| app.id.as_str()).collect();
    assert_eq!((&applied["result"]["apps"], callers.last()), (&serde_json::json!(callers), Some(&"production")));
    assert_eq!(applied["result"]["openapi_apps"], serde_json::json!(["os_demo"]));
    assert_eq!(applied["result"]["warnings"], serde_json::json!([]));
    let first = stored().await;
    assert_eq!((first.tenant.as_str(), first.module.code(), first.enabled), ("t-1", "ORDER_SYNC", true));
    let loaded = open().await.ctx.config.load(&tenon_model::TenantId::operator()).await.unwrap();
    assert!(loaded.caller("the-code-of-the-production-system", "192.0.2.7").is_some());
    assert!(loaded.caller("the-code-of-the-production-systen", "192.0.2.7").is_none());

    // The same again changes nothing; another secret is the only one from then on.
    told!(apply::apply, test_app.write(&config), test_app).0.unwrap();
    assert_eq!(stored().await, first);
    config.openapi_apps[0].app_secret = Secret::new("another-secret-of-the-app");
    told!(apply::apply, test_app.write(&config), test_app).0.unwrap();
    assert_eq!((stored().await.id, secret().await), (first.id, vec![Secret::new("another-secret-of-the-app")]));

    // Another tenant's key is refused, with the whole file.
    config.openapi_apps[0].tenant = "t-2".to_owned();
    config.apps.retain(|app| app.id != "production");
    assert_eq!(told!(apply::apply, test_app.write(&config), test_app).0, Err(ExitKind::Usage));
    let loaded = open().await.ctx.config.load(&tenon_model::TenantId::operator()).await.unwrap();
    assert!(loaded.caller("the-code-of-the-production-system", "192.0.2.7").is_some());
    // A deployed table takes none; nothing is opened to find that out.
    let args = test_app.write(&config);
    let deployed = Place { data: test_app.place.data.clone(), deployed: true };
    let out = Out::to(true, Box::new(std::io::sink()), Box::new(std::io::sink()));
    let failure = apply::apply(&args, &deployed, &out).await.unwrap_err();
    assert!(failure.exit == ExitKind::Usage && failure.message.contains("openapi_apps"), "{failure:?}");

    // A caller the file no longer has is removed; the tenant app stays.
    config.openapi_apps.clear();
    let (_, applied) = told!(apply::apply, test_app.write(&config), test_app);
    assert_eq!(applied["result"]["removed"], serde_json::json!(["app production"]));
    assert_eq!(stored().await.app_key, "os_demo");
}

#[tokio::test]
async fn a_file_without_anything_that_is_stored_needs_a_word_to_remove_it() {
    let test_app = TestApp::open().await;
    told!(apply::apply, test_app.write(&test_app.config()), test_app).0.unwrap();
    let empty = Config::default();
    let dry = apply::ApplyArgs { dry_run: true, ..test_app.write(&empty) };
    let (done, foreseen) = told!(apply::apply, dry, test_app);
    assert_eq!(done, Ok(()));
    let all = foreseen["result"]["removed"].clone();
    let config = test_app.config();
    let applied = config.connections.len() + config.flows.len() + config.apps.len() + config.barcode.len();
    assert_eq!(all.as_array().unwrap().len(), applied, "{foreseen}");
    let (done, refused) = told!(apply::apply, test_app.write(&empty), test_app);
    assert_eq!(done, Err(ExitKind::Usage));
    let told = refused["error"].to_string();
    assert!(told.contains("flow quotation") && told.contains("--prune"), "{told}");
    assert_eq!(
        told!(check::check, check::CheckArgs { connection: None }, test_app).0,
        Ok(()),
        "all of it is still there"
    );
    let prune = apply::ApplyArgs { prune: true, ..test_app.write(&empty) };
    assert_eq!(told!(apply::apply, prune, test_app).1["result"]["removed"], all);
}

#[tokio::test]
async fn a_key_the_data_was_not_sealed_with_is_named_and_can_take_its_place() {
    let test_app = TestApp::open().await;
    told!(apply::apply, test_app.write(&test_app.config()), test_app).0.unwrap();
    let file = test_app.place.data.join("master.key");
    let former = std::fs::read(&file).unwrap();
    let checked = async || told!(check::check, check::CheckArgs { connection: None }, test_app);

    for (key, wanted) in [
        ("", "is empty"),
        ("short", "no master key"),
        ("another-text-of-more-than-32-characters", "not the key this data was sealed with"),
    ] {
        std::fs::write(&file, key).unwrap();
        let (done, document) = checked().await;
        assert!(done.is_err(), "{key}");
        let told = document["error"]["message"].as_str().unwrap();
        assert!(told.contains(wanted) && !told.contains("the environment variable"), "{key}: {told}");
    }
    std::fs::remove_file(&file).unwrap();
    let (done, document) = checked().await;
    assert_eq!(done, Err(ExitKind::Usage));
    assert!(document["error"]["message"].as_str().unwrap().contains("is gone"), "{document}");
    assert!(!file.exists(), "no new key is made for old data");

    std::fs::write(&file, &former).unwrap();
    assert_eq!(checked().await.0, Ok(()));
    std::fs::write(&file, "another-text-of-more-than-32-characters").unwrap();
    assert!(told!(apply::apply, test_app.write(&test_app.config()), test_app).0.is_err(), "not without being asked to");
    let anew = apply::ApplyArgs { new_key: true, ..test_app.write(&test_app.config()) };
    assert_eq!(told!(apply::apply, anew, test_app).0, Ok(()));
    assert_eq!(checked().await.0, Ok(()));
}

#[tokio::test]
async fn data_that_is_gone_is_missed() {
    let test_app = TestApp::open().await;
    told!(apply::apply, test_app.write(&test_app.config()), test_app).0.unwrap();
    let checked = async || told!(check::check, check::CheckArgs { connection: None }, test_app);
    for name in ["tenon.db", "tenon-queues.db"] {
        let (file, kept) = (test_app.place.data.join(name), test_app.folder.path().join("kept"));
        std::fs::copy(&file, &kept).unwrap();
        for gone in [|f: &std::path::Path| std::fs::remove_file(f), |f: &std::path::Path| std::fs::write(f, "")] {
            gone(&file).unwrap();
            let (done, document) = checked().await;
            assert_eq!(done, Err(ExitKind::Usage), "{name}");
            let told = document["error"].to_string();
            assert!(told.contains(name) && told.contains("backup") && told.contains("data.id"), "{told}");
        }
        std::fs::copy(&kept, &file).unwrap();
        assert_eq!(checked().await.0, Ok(()), "{name}");
    }
    // A sound file that is not the one that was here, with nothing in it.
    let other = tempfile::tempdir().unwrap();
    drop(tenon_engine::Local::open(&other.path().join("tenon.db"), Clock::system()).await.unwrap());
    let name = test_app.place.data.join("tenon.db");
    for ending in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(test_app.place.data.join(format!("tenon.db{ending}")));
    }
    std::fs::copy(other.path().join("tenon.db"), &name).unwrap();
    let (done, document) = checked().await;
    assert_eq!(done, Err(ExitKind::Usage));
    assert!(document["error"].to_string().contains("is empty"), "{document}");
    std::fs::remove_file(test_app.place.data.join("data.id")).unwrap();
    assert_eq!(checked().await.0, Err(ExitKind::NotFound), "begun anew, on purpose");
}

/// The configuration with a Weaver that nobody answers for.
fn with_weaver_out(config: &Config) -> Config {
    let mut document = serde_json::to_value(config).unwrap();
    for connection in document["connections"].as_array_mut().unwrap() {
        if connection["kind"] == "weaver" {
            connection["base_url"] = "http://127.0.0.1:9".into();
        }
    }
    serde_json::from_value(document).unwrap()
}

/// What is behind, shut and given up, as an outage of two hours leaves it.
async fn two_hours_of_trouble(test_app: &TestApp) {
    let environment = Environment::open(&test_app.place).await.unwrap();
    let (operator, weaver) = (TenantId::operator(), ConnectionId::new("weaver-sandbox"));
    let mut ctx = environment.ctx.clone();
    for _ in 0..5 {
        breaker::failed(&ctx, &operator, &weaver, "connection refused").await;
    }
    let past = Clock::manual(ctx.now_ms() - 7_200_000);
    let local = environment.local.as_ref().unwrap();
    let queue = TableQueue::new(local.queue_client.clone(), QUEUE_TABLE, past.clone(), Entropy::system());
    for name in [WEBHOOK_RETRY, APPROVALS_SUBMIT.dead_letters(), APPROVALS_SUBMIT.dead_letters()] {
        queue.send(&name, "{}".to_owned(), Duration::ZERO).await.unwrap();
    }
    // Promised, and its process died.
    ctx.clock = past;
    let message = Envelope::new("nobody", "m-1", &operator, Value::Null);
    Entry::of(&ctx, &WEBHOOK_RETRY, &message).unwrap().store(&ctx).await.unwrap();
    // Applied long ago, and never polled since.
    let key = Key::new(&operator, "CONFIG", &[], "flow#purchase-request");
    let stored = ctx.table.get::<Value>(&key).await.unwrap().unwrap();
    let mut flow = stored.data;
    flow["since_ms"] = (ctx.now_ms() - 7_200_000).into();
    let write = TableWrite::put(key, &flow, Expect::Version(stored.version)).unwrap();
    assert_eq!(ctx.table.write(write).await.unwrap(), Outcome::Done);
}

#[tokio::test]
async fn a_check_says_what_is_behind_or_shut_and_what_to_do_about_it() {
    let test_app = TestApp::open().await;
    told!(apply::apply, test_app.write(&with_weaver_out(&test_app.config())), test_app).0.unwrap();
    let checked = async || told!(check::check, check::CheckArgs { connection: None }, test_app).1;
    let of = |document: &Value, list: &str, name: &str, value: &str| {
        let all = document[list].as_array().unwrap_or_else(|| panic!("{document}"));
        all.iter()
            .find(|one| one[name] == value)
            .unwrap_or_else(|| panic!("{list} without {value}: {document}"))
            .clone()
    };

    let sound = checked().await;
    let queues = sound["queues"].as_array().unwrap();
    assert_eq!(queues.len(), tenon_catalog::QUEUES.len());
    assert!(queues.iter().all(|queue| queue["dead_letters"] == 0 && queue["told"].is_null()), "{sound}");
    assert_eq!((&sound["outbox"]["owed"], &sound["breakers"]), (&0.into(), &serde_json::json!([])));
    assert_eq!(of(&sound, "schedules", "of", "purchase-request")["silent"], false, "just applied");

    two_hours_of_trouble(&test_app).await;
    let found = checked().await;
    let age = |value: &Value| value.as_i64().unwrap_or_else(|| panic!("no age: {found}"));
    let waits = of(&found, "queues", "queue", "webhook-retry");
    assert_eq!((&waits["messages"], &waits["dead_letters"]), (&1.into(), &0.into()));
    assert!(age(&waits["oldest_age_ms"]) >= 7_200_000 && waits["told"][0].as_str().unwrap().contains("remedy"));
    let dead = of(&found, "queues", "queue", "approvals-submit");
    assert_eq!((&dead["messages"], &dead["dead_letters"]), (&0.into(), &2.into()));
    let told = dead["told"][0].as_str().unwrap();
    assert!(told.contains("2 dead letters") && told.contains("retry"), "{told}");
    assert_eq!(found["outbox"]["owed"], 1);
    assert!(age(&found["outbox"]["oldest_age_ms"]) >= 7_200_000);
    assert_eq!(of(&found, "breakers", "connection", "weaver-sandbox")["state"], "open");
    let silent = of(&found, "schedules", "of", "purchase-request");
    assert_eq!((&silent["schedule"], &silent["silent"]), (&"approvals-poll".into(), &true.into()));
    assert!(silent["remedy"].as_str().unwrap().contains("tenon up"));

    let kept = Kept::default();
    let out = Out::to(false, Box::new(kept.clone()), Box::new(std::io::sink()));
    let args = check::CheckArgs { connection: None };
    assert!(check::check(&args, &test_app.place, &out).await.is_err(), "a connection does not work");
    let words = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
    for said in [
        "SILENT  schedules",
        "approvals-submit-dlq: 2 dead letters",
        "webhook-retry: 1 messages, the oldest since 2 h",
        "1 messages are promised and not queued, the oldest for 2 h",
        "OPEN    breakers",
        "connection refused",
        "remedy",
    ] {
        assert!(words.contains(said), "{said}: {words}");
    }
}

/// The secret of a run, the master key and the data are their owner's alone.
#[cfg(unix)]
#[test]
fn what_lets_others_in_is_readable_by_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    use tenon::environment::{DataDir, Opened, Queues, Running};
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data");
    let Opened::Free(dir) = DataDir::open(&path).unwrap() else { panic!("nobody else has it") };
    dir.master_key().unwrap();
    let url = "http://127.0.0.1:1".to_owned();
    let queues = Queues::Table(url.clone());
    let running = Running { pid: 1, url: url.clone(), dynamodb: url, queues, secret: "of this run".to_owned() };
    dir.announce(&running).unwrap();
    let mode = |name: &str| std::fs::metadata(path.join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(""), mode("master.key"), mode("running.json")), (0o700, 0o600, 0o600));
}

fn keys_args(words: &[&str]) -> keys::KeysArgs {
    use clap::{Args, FromArgMatches};
    let command = keys::KeysArgs::augment_args(clap::Command::new("keys"));
    keys::KeysArgs::from_arg_matches(&command.get_matches_from([&["keys"], words].concat())).unwrap()
}

#[tokio::test]
async fn the_master_key_of_local_data_is_changed_at_once_or_in_two_steps() {
    let test_app = TestApp::open().await;
    told!(apply::apply, test_app.write(&test_app.config()), test_app).0.unwrap();
    let (file, other) = (test_app.place.data.join("master.key"), test_app.folder.path().join("other.key"));
    let checked = async || told!(check::check, check::CheckArgs { connection: None }, test_app).0;
    let first = std::fs::read(&file).unwrap();

    // All of it at once.
    assert_eq!(told!(keys::keys, keys_args(&["master"]), test_app).0, Ok(()));
    let second = std::fs::read(&file).unwrap();
    assert!(second != first && !file.with_extension("key.new").exists());
    assert_eq!(checked().await, Ok(()));
    std::fs::write(&file, &first).unwrap();
    let (done, told) = told!(check::check, check::CheckArgs { connection: None }, test_app);
    assert!(done.is_err() && told.to_string().contains("master key"), "{told}");
    std::fs::write(&file, &second).unwrap();

    // In two steps, between which both open it; and given up.
    let to = ["master", "--to", other.to_str().unwrap()];
    assert_eq!(told!(keys::keys, keys_args(&to), test_app).0, Ok(()));
    assert_eq!(checked().await, Ok(()), "the former");
    assert_eq!(told!(keys::keys, keys_args(&["rotate"]), test_app).0, Err(ExitKind::Usage), "not meanwhile");
    assert_eq!(told!(keys::keys, keys_args(&["master", "--cancel"]), test_app).0, Ok(()));
    assert_eq!(told!(keys::keys, keys_args(&to), test_app).0, Ok(()), "and begun anew with the same file");
    std::fs::copy(&other, &file).unwrap();
    assert_eq!(checked().await, Ok(()), "the new one");
    assert_eq!(told!(keys::keys, keys_args(&["master"]), test_app).0, Ok(()));
    std::fs::write(&file, &second).unwrap();
    assert!(checked().await.is_err(), "the former has ended");

    // What the first one made is sealed anew and ended.
    std::fs::copy(&other, &file).unwrap();
    assert_eq!(told!(keys::keys, keys_args(&["rotate"]), test_app).0, Ok(()));
    assert_eq!(checked().await, Ok(()));
}
