//! Clients in other languages against the local server: the examples that are handed out, and the two
//! that customers have from an earlier document, unchanged.
//!
//! Where an interpreter is not installed, its tests say so and pass; with `TENON_REQUIRE_CLIENTS=1` they
//! fail.

mod oa;
mod server;

use serde_json::{Value, json};
use server::{Server, Tenant};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use tenon_crypto::webhook;

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Whether a program can be run; without it the test passes or fails as the environment says.
fn installed(program: &str, option: &str) -> bool {
    let found = Command::new(program).arg(option).stdout(Stdio::null()).stderr(Stdio::null()).status();
    if found.is_ok_and(|status| status.success()) {
        return true;
    }
    assert!(std::env::var("TENON_REQUIRE_CLIENTS").is_err(), "{program} is not installed");
    eprintln!("{program} is not installed: not tested");
    false
}

/// Runs one of the examples; its exit code and output.
fn run(client: &[&str], variables: &[(&str, &str)], arguments: &[&str], input: &[u8]) -> (Option<i32>, String) {
    let mut child = Command::new(client[0])
        .args(&client[1..])
        .args(arguments)
        .current_dir(here("../examples/clients"))
        .envs(variables.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let done = child.wait_with_output().unwrap();
    let output = String::from_utf8(done.stdout).unwrap();
    (done.status.code(), if done.status.success() { output } else { output + &String::from_utf8_lossy(&done.stderr) })
}

fn an_example_does_its_job(client: &[&str]) {
    let server = Server::start();
    let tenant = server.tenant("t-1");
    let app = tenant.start_trial("ORDER_SYNC");
    for (number, scheme) in [(1, "2"), (2, "1")] {
        let variables = [
            ("TENON_URL", server.url.as_str()),
            ("TENON_APP_KEY", &app.key),
            ("TENON_APP_SECRET", &app.secret),
            ("TENON_SIGNATURE_VERSION", scheme),
        ];
        let (code, output) = run(client, &variables, &[], b"");
        assert_eq!(code, Some(0), "{client:?}, scheme {scheme}: {output}");
        let lines: Vec<&str> = output.lines().collect();
        assert!(lines[0].starts_with("created PO"), "{output}");
        assert_eq!(lines[1..], ["status pending".to_owned(), format!("listed {number}")], "{output}");
    }
    let wrong = [("TENON_URL", server.url.as_str()), ("TENON_APP_KEY", &app.key), ("TENON_APP_SECRET", "wrong")];
    let (code, output) = run(client, &wrong, &[], b"");
    assert!(code != Some(0) && output.contains("401"), "{client:?} with a wrong secret: {output}");
    let order = tenant.orders(&app).pop().unwrap();
    assert_eq!((order["styleName"].as_str(), &order["colors"]), (Some("春季衬衫A款"), &json!(["红", "蓝", "白"])));
    it_verifies_pushes(client);
}

fn it_verifies_pushes(client: &[&str]) {
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let body = r#"{"event":"ORDER_STATUS","data":{"message":"生产订单已完成"}}"#.as_bytes();
    let now = tenon_platform::Clock::system().now_ms() / 1000;
    let outcome = |timestamp: i64, body: &[u8], signature: &str| {
        let arguments = ["verify", &timestamp.to_string(), signature];
        run(client, &[("TENON_CALLBACK_SECRET", secret)], &arguments, body)
    };
    let signed = |timestamp: i64| webhook::sign(secret, &timestamp.to_string(), body);
    assert_eq!(outcome(now, body, &signed(now)), (Some(0), "valid\n".to_owned()), "{client:?}");
    let invalid = |outcome: (Option<i32>, String)| assert_eq!(outcome, (Some(1), "invalid\n".to_owned()), "{client:?}");
    invalid(outcome(now, &[body, b" "].concat(), &signed(now)));
    invalid(outcome(now, body, &"0".repeat(64)));
    invalid(outcome(now - 400, body, &signed(now - 400)));
}

#[test]
fn the_python_client_does_its_job() {
    if installed("python3", "--version") {
        an_example_does_its_job(&["python3", "python/client.py"]);
    }
}

#[test]
fn the_node_client_does_its_job() {
    if installed("node", "--version") {
        an_example_does_its_job(&["node", "node/client.js"]);
    }
}

#[test]
fn the_java_client_does_its_job() {
    if installed("java", "-version") {
        an_example_does_its_job(&["java", "java/Client.java"]);
    }
}

#[test]
fn the_curl_client_does_its_job() {
    if installed("curl", "--version") && installed("openssl", "version") && installed("bash", "--version") {
        an_example_does_its_job(&["bash", "curl/client.sh"]);
    }
}

/// A client that customers have, as a process that makes one call after another.
struct Published {
    child: Child,
    calls: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Published {
    /// Starts it with key, secret and address filled in, on the stand-ins of its libraries.
    fn start(interpreter: &str, source: &str, folder: &Path, url: &str, key: &str, secret: &str) -> Self {
        let text = std::fs::read_to_string(here("it/clients").join(source)).unwrap();
        let filled = text.replacen("os_your_app_key", key, 1).replacen("your_app_secret", secret, 1).replacen(
            "https://your-domain.com",
            url,
            1,
        );
        let file = folder.join(source);
        std::fs::write(&file, filled).unwrap();
        let stand_ins = here("it/clients/stand_ins");
        let mut child = Command::new(interpreter)
            .arg(file)
            .env("PYTHONPATH", &stand_ins)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("NODE_PATH", stand_ins.join("node_modules"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (calls, answers) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        Self { child, calls, answers }
    }

    /// Makes one call; status and body.
    fn call(&mut self, method: &str, path: &str, body: Value) -> (u64, Value) {
        writeln!(self.calls, "{}", json!([method, path, body])).unwrap();
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        let answer: Value = serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e}: {line:?}"));
        (answer[0].as_u64().unwrap(), answer[1].clone())
    }

    fn list(&mut self) -> (u64, Value) {
        self.call("POST", "/openapi/v1/orders/list", json!({ "page": 1, "size": 20 }))
    }
}

impl Drop for Published {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Trial, order, list, the day's last call, and both resets.
fn a_published_client_walks_all_the_way(interpreter: &str, source: &str) {
    let server = Server::start();
    let tenant = server.tenant("t-1");
    let app = tenant.start_trial("ORDER_SYNC");
    let folder = tempfile::tempdir().unwrap();
    let start = |secret: &str| Published::start(interpreter, source, folder.path(), &server.url, &app.key, secret);
    let mut client = start(&app.secret);

    let order = json!({ "externalOrderNo": "ERP-001", "styleNo": "FZ2024001", "quantity": 500,
        "colors": ["红", "蓝"], "sizes": ["S", "M", "L"] });
    let (status, created) = client.call("POST", "/openapi/v1/orders/create", order.clone());
    assert_eq!((status, &created["code"], &created["message"]), (200, &json!(200), &json!("success")), "{created}");
    let order_no = created["data"]["orderNo"].as_str().unwrap().to_owned();
    let (status, read) = client.call("GET", &format!("/openapi/v1/orders/{order_no}"), Value::Null);
    assert_eq!((status, &read["data"]["colors"]), (200, &json!(["红", "蓝"])), "{read}");
    let (status, page) = client.list();
    assert_eq!(
        (status, &page["data"]["total"], &page["data"]["records"][0]["orderNo"]),
        (200, &json!(1), &json!(order_no))
    );
    // The same order sent again is the same order.
    let (status, again) = client.call("POST", "/openapi/v1/orders/create", order);
    assert_eq!((status, &again["data"]["orderNo"], &again["data"]["repeated"]), (200, &json!(order_no), &json!(true)));

    for call in 5..=100 {
        let (status, answer) = client.list();
        assert_eq!(status, 200, "call {call} of the trial's 100: {answer}");
    }
    let (status, refused) = client.list();
    assert_eq!((status, &refused["code"], &refused["message"]), (429, &json!(429), &json!("超出日调用限制")));
    assert!(refused["data"].is_null(), "{refused}");
    let used = tenant.app(&app);
    assert_eq!((&used["dailyUsed"], &used["dailyQuota"]), (&json!(100), &json!(100)), "a refused call was counted");

    server.reset_quota(&tenant, &app);
    assert_eq!(client.list().0, 200, "after the operator reset the quota");

    let secret = tenant.reset_secret(&app);
    let (status, refused) = client.list();
    assert_eq!((status, &refused["message"]), (401, &json!("签名验证失败")), "the old secret is dead at once");
    let mut renewed = start(&secret);
    let (status, page) = renewed.list();
    assert_eq!((status, &page["data"]["total"]), (200, &json!(1)), "the new secret works, and nothing is lost");
}

#[test]
fn the_published_python_client_walks_all_the_way() {
    if installed("python3", "--version") {
        a_published_client_walks_all_the_way("python3", "published.py");
    }
}

#[test]
fn the_published_javascript_client_walks_all_the_way() {
    if installed("node", "--version") {
        a_published_client_walks_all_the_way("node", "published.js");
    }
}

#[test]
fn a_tenant_sees_nothing_of_another() {
    let server = Server::start();
    let (one, two): (Tenant<'_>, Tenant<'_>) = (server.tenant("t-1"), server.tenant("t-2"));
    let (first, second) = (one.start_trial("ORDER_SYNC"), two.start_trial("ORDER_SYNC"));
    let created = one.create_order(&first);
    assert!(two.orders(&second).is_empty());
    assert_eq!(one.orders(&first).len(), 1);
    let (status, answer) = two.read_order(&second, &created);
    assert_eq!((status, &answer["message"]), (404, &json!("订单不存在")));
}

fn an_aiflow_client_does_its_job(client: &[&str]) {
    let server = Server::start();
    server.apply(&json!({ "aiflow_apps": [
        { "enterprise_code": "COMPANY001", "app_id": "APP001", "app_secret": "your_app_secret" } ] }));
    let variables = |secret: &'static str| {
        [
            ("TENON_URL", server.url.clone()),
            ("AIFLOW_ENTERPRISE_CODE", "COMPANY001".to_owned()),
            ("AIFLOW_APP_ID", "APP001".to_owned()),
            ("AIFLOW_APP_SECRET", secret.to_owned()),
        ]
    };
    let run_with = |secret: &'static str| {
        let variables = variables(secret);
        let variables: Vec<(&str, &str)> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
        run(client, &variables, &[], b"")
    };
    for _ in 0..2 {
        let (code, output) = run_with("your_app_secret");
        assert_eq!(code, Some(0), "{client:?}: {output}");
        assert_eq!(output.lines().collect::<Vec<_>>(), ["departments 2", "users 2", "order synced"], "{client:?}");
    }
    let (code, output) = run_with("wrong");
    assert!(
        code == Some(1) && output.contains("403") && output.contains("签名验证失败"),
        "{client:?} {code:?}: {output}"
    );
}

#[test]
fn the_aiflow_client_in_python_does_its_job() {
    if installed("python3", "--version") {
        an_aiflow_client_does_its_job(&["python3", "python/aiflow.py"]);
    }
}

#[test]
fn the_aiflow_client_in_node_does_its_job() {
    if installed("node", "--version") {
        an_aiflow_client_does_its_job(&["node", "node/aiflow.js"]);
    }
}

#[test]
fn the_aiflow_client_in_java_does_its_job() {
    if installed("java", "-version") {
        an_aiflow_client_does_its_job(&["java", "java/Aiflow.java"]);
    }
}
