//! `tenon up` as a real process with few descriptors: half-open connections neither shut its front nor hold
//! up its end.
#![cfg(unix)]
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const DESCRIPTORS: u32 = 256;

struct Up {
    child: Child,
    address: SocketAddr,
    _folder: tempfile::TempDir,
}

impl Up {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let command = format!(
            "ulimit -n {DESCRIPTORS}; exec '{}' --data '{}' up --listen {address}",
            env!("CARGO_BIN_EXE_tenon"),
            folder.path().join("data").display()
        );
        let child =
            Command::new("sh").args(["-c", &command]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let up = Self { child, address, _folder: folder };
        let begun = Instant::now();
        while TcpStream::connect(address).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(60), "it does not listen");
            std::thread::yield_now();
        }
        up
    }

    fn signal(&self) {
        assert!(Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap().success());
    }

    fn sent(&self, bytes: &[u8]) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream.write_all(bytes).unwrap();
        stream
    }

    fn ended(&mut self, within: Duration) -> bool {
        let begun = Instant::now();
        while begun.elapsed() < within {
            if self.child.try_wait().unwrap().is_some() {
                return true;
            }
            std::thread::yield_now();
        }
        false
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn half_open_connections_neither_shut_the_front_nor_hold_up_the_end() {
    let mut up = Up::start();
    let half: Vec<TcpStream> = (0..2 * DESCRIPTORS).map(|_| up.sent(b"POST /healthz HTTP/1.1\r\nHost: t")).collect();
    for path in ["/healthz", "/callbacks/dingtalk/none"] {
        let mut stream = up.sent(format!("GET {path} HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n").as_bytes());
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 "), "{path}: {answer}");
    }
    up.signal();
    assert!(up.ended(Duration::from_secs(10)), "it did not end within 10 s");
    drop(half);
}

/// A system that takes connections and says nothing; where it is.
fn mute() -> (SocketAddr, std::sync::mpsc::Receiver<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, was_asked) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let mut held = Vec::new();
        for stream in listener.incoming() {
            held.push(stream);
            let _ = sender.send(());
        }
    });
    (address, was_asked)
}

const HANGING: &str = r#"
[[connections]]
id = "b1-main"
kind = "b1"
base_url = "http://ADDRESS"
company_db = "A"
username = "u"
password = "p"

[[connections]]
id = "ding-main"
kind = "dingtalk"
api_url = "http://ADDRESS"
oapi_url = "http://ADDRESS"
app_key = "k"
app_secret = "s"
token = "token-of-callbacks"
aes_key = "0123456789012345678901234567890123456789012"

[[flows]]
id = "orders"
kind = "approval"
erp = "b1-main"
oa = "ding-main"

[flows.source]
filter = "U_ISSYN eq 'N'"

[flows.form]
template = "PROC-1"
default_originator = "manager01"
department = "U_BMID"
key = "来源单号"
fields = [{ from = "Comments", to = "备注" }]
"#;

#[test]
fn a_second_signal_ends_at_once_what_the_first_waits_for() {
    let folder = tempfile::tempdir().unwrap();
    let (address, was_asked) = mute();
    let config = folder.path().join("tenon.toml");
    std::fs::write(&config, HANGING.replace("ADDRESS", &address.to_string())).unwrap();
    let data = folder.path().join("data");
    let mut child = Command::new(env!("CARGO_BIN_EXE_tenon"))
        .args(["--data", data.to_str().unwrap(), "up", "--listen", "127.0.0.1:0", "--config", config.to_str().unwrap()])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A poll waits for the ERP's answer to its login, and does so for longer than a polite end would wait for it.
    was_asked.recv_timeout(Duration::from_secs(60)).expect("the ERP is asked");
    let pid = child.id().to_string();
    let signal = |name: &str| assert!(Command::new("kill").args([name, &pid]).status().unwrap().success());
    signal("-TERM");
    let mut log = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("Once more to stop at once") {
        line.clear();
        assert!(log.read_line(&mut line).unwrap() > 0, "it ended at the first signal");
    }
    assert!(child.try_wait().unwrap().is_none(), "it waits for the poll");
    signal("-INT");
    let status = child.wait().unwrap();
    let mut rest = String::new();
    log.read_to_string(&mut rest).unwrap();
    // An end that waited for the poll would be a success.
    assert_eq!(status.code(), Some(1), "{rest}");
    assert!(rest.contains("stopped at once"), "{rest}");
}
