//! `tenon up` as a real process: killed with SIGKILL in the middle of its work, again and again, it
//! loses nothing and does nothing twice.

use serde_json::{Value, json};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tenon_sandbox::{NewDraft, Sandbox, SandboxOptions};
use tokio::net::TcpListener;

const DRAFTS: usize = 12;

struct Up(Child);

impl Up {
    fn start(config: &Path, data: &Path, port: u16) -> Self {
        let child = Command::new(env!("CARGO_BIN_EXE_tenon"))
            .arg("--data")
            .arg(data)
            .arg("up")
            .arg("--config")
            .arg(config)
            .arg("--listen")
            .arg(format!("127.0.0.1:{port}"))
            .env("RUST_LOG", "error")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self(child)
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn now_ms() -> i64 {
    tenon_platform::Clock::system().now_ms()
}

fn approve_what_is_open(sandbox: &Sandbox) {
    for instance in sandbox.snapshot().dingtalk.instances {
        if instance["status"] == "RUNNING" {
            let _ = sandbox.dingtalk().approve(now_ms(), instance["instanceId"].as_str().unwrap(), "", "同意");
        }
    }
}

fn decided(sandbox: &Sandbox) -> usize {
    sandbox.snapshot().b1.decisions.iter().filter(|d| d.accepted).count()
}

fn written(sandbox: &Sandbox) -> usize {
    sandbox.snapshot().b1.drafts.iter().filter(|d| d["U_Approver"] == "manager01").count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn up_survives_being_killed_again_and_again() {
    let directory = tempfile::tempdir().unwrap();
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let vendors = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", vendors.local_addr().unwrap());
    let mut options = SandboxOptions::default();
    options.dingtalk.callback_url = Some(format!("http://127.0.0.1:{port}/callbacks/dingtalk/ding-main"));
    options.b1.latency = Duration::from_millis(20);
    let config = directory.path().join("tenon.toml");
    std::fs::write(&config, configuration(&url, &options)).unwrap();
    let sandbox = Sandbox::new(options);
    tokio::spawn(tenon_sandbox::serve(vendors, sandbox.clone(), std::future::pending()));
    for number in 0..DRAFTS {
        let draft = NewDraft::new("1470000113")
            .field("U_ISSYN", "N")
            .field("U_UserID", "zhangsan")
            .field("RequesterName", format!("申请人 {number}"))
            .line(json!({ "ItemCode": "11028", "Quantity": 1.0 }));
        sandbox.b1().create_draft(now_ms(), draft).unwrap();
    }
    let data = directory.path().join("data");
    let mut up = Up::start(&config, &data, port);
    let begun = Instant::now();
    let (mut kills, mut seen) = (0, 0);
    while written(&sandbox) < DRAFTS {
        assert!(
            begun.elapsed() < Duration::from_secs(240),
            "{} of {DRAFTS} written after {kills} kills",
            written(&sandbox)
        );
        approve_what_is_open(&sandbox);
        // Killed whenever B1 has been called some more times: in the middle of something.
        let calls: u64 = sandbox.snapshot().requests.values().sum();
        if kills < 6 && calls >= seen + 9 {
            seen = calls;
            kills += 1;
            drop(up);
            up = Up::start(&config, &data, port);
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    drop(up);
    assert_eq!(kills, 6);
    let snapshot = sandbox.snapshot();
    assert_eq!(snapshot.dingtalk.instances.len(), DRAFTS, "a document was sent twice");
    assert_eq!(decided(&sandbox), DRAFTS, "a request was decided twice or never");
    let unmarked: Vec<&Value> = snapshot.b1.drafts.iter().filter(|d| d["U_ISSYN"] != "Y").collect();
    assert!(unmarked.is_empty(), "{unmarked:?}");
}

fn configuration(url: &str, options: &SandboxOptions) -> String {
    format!(
        r#"
[[connections]]
kind = "b1"
id = "b1-main"
base_url = "{url}"
company_db = "{}"
username = "{}"
password = "{}"

[[connections]]
kind = "dingtalk"
id = "ding-main"
api_url = "{url}"
oapi_url = "{url}"
app_key = "{}"
app_secret = "{}"
token = "{}"
aes_key = "{}"
owner = "{}"
reconcile_every = "2s"
check_open_after = "2s"

[[flows]]
id = "purchase-request"
kind = "approval"
every = "1s"
erp = "b1-main"
oa = "ding-main"

[flows.source]
filter = "DocObjectCode eq '1470000113' and U_ISSYN eq 'N'"

[flows.form]
template = "PROC-PR"
fields = [ {{ from = "DocEntry", to = "来源单号" }}, {{ from = "RequesterName", to = "申请人" }} ]
lines = {{ to = "物料明细", fields = [ {{ from = "ItemCode", to = "品号" }} ] }}

[flows.marks]
approver = "U_Approver"
"#,
        options.b1.company_db,
        options.b1.username,
        options.b1.password,
        options.dingtalk.app_key,
        options.dingtalk.app_secret,
        options.dingtalk.token,
        options.dingtalk.aes_key,
        options.dingtalk.owner
    )
}
