//! `tenon up` as a real process with few descriptors: half-open connections neither shut its front nor hold
//! up its end.
#![cfg(unix)]
use std::io::{Read, Write};
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
