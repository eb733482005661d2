//! The samples of the OA integration's document, in PHP and Java, unchanged but for the address.

use super::server::Server;
use super::{here, installed};
use serde_json::json;
use std::process::Command;

/// A server with a user who is bound; whoever calls from this machine may have tokens.
fn server() -> Server {
    let server = Server::start();
    server
        .apply(&json!({ "apps": [{ "id": "assistant", "allow_ips": ["127.0.0.1"], "services": ["oa-integration"] }] }));
    let stored = server.as_operator(
        "POST",
        "/admin/v1/oa/import",
        &json!({
            "departments": [{ "id": "1", "name": "总公司" }],
            "users": [{ "id": "1", "username": "admin", "name": "管理员", "mobile": "13800138000", "did": "1" }],
            "bindings": [{ "assistant_user_id": "U001", "oa_user_id": "1" }]
        }),
    );
    assert_eq!(stored, json!({ "stored": { "bindings": 1, "departments": 1, "users": 1 } }));
    server
}

/// What a sample says, of its copy with the server's address in place of the document's.
fn run_sample(server: &Server, program: &[&str], sample: &str) -> String {
    let text = std::fs::read_to_string(here("it/clients/oa").join(sample)).unwrap();
    let addressed = text.replace("http://localhost:8081", &server.url);
    assert_eq!(text.matches("http://localhost:8081").count(), 2, "the sample is the document's");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(sample);
    std::fs::write(&file, addressed).unwrap();
    let done = Command::new(program[0]).args(&program[1..]).arg(&file).output().unwrap();
    let printed = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(done.status.success(), "{printed}{}", String::from_utf8_lossy(&done.stderr));
    printed
}

#[test]
fn the_documents_php_reads_a_user() {
    if installed("php", "--version") {
        let printed = run_sample(&server(), &["php"], "sample.php");
        for line in ["[code] => 0", "[msg] => success", "[id] => 1", "[name] => 管理员", "[dept_name] => 总公司"]
        {
            assert!(printed.contains(line), "{line}: {printed}");
        }
    }
}

#[test]
fn the_documents_java_reads_a_user() {
    if installed("java", "-version") {
        let printed = run_sample(&server(), &["java"], "Sample.java");
        assert_eq!(printed.lines().collect::<Vec<_>>(), ["0 success", "1 admin 13800138000 1"]);
    }
}
