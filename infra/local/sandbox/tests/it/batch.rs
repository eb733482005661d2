use crate::support::{Answer, Client};
use serde_json::json;
use tenon_sandbox::SandboxOptions;

fn operation(line: &str, body: &str, id: usize) -> String {
    format!(
        "Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\nContent-ID: {id}\r\n\r\n{line}\r\nContent-Type: application/json\r\n\r\n{body}\r\n"
    )
}

fn change_set(operations: &[String]) -> String {
    let parts: String = operations.iter().map(|o| format!("--c1\r\n{o}")).collect();
    format!("Content-Type: multipart/mixed;boundary=c1\r\n\r\n{parts}--c1--\r\n")
}

fn send(client: &Client, parts: &[String], headers: &[(&str, &str)]) -> Answer {
    let body: String = parts.iter().map(|p| format!("--b1\r\n{p}")).collect::<String>() + "--b1--\r\n";
    let mut all = vec![("content-type", "multipart/mixed;boundary=b1")];
    all.extend(headers);
    client.send("POST", "/b1s/v1/$batch", &all, body.as_bytes())
}

fn item(code: &str) -> String {
    operation("POST /b1s/v1/Items", &json!({"ItemCode": code}).to_string(), 1)
}

#[test]
fn a_change_set_is_applied_whole() {
    let client = Client::ready(SandboxOptions::default());
    let get = operation("GET /b1s/v1/Items('B')", "", 3);
    let answer = send(&client, &[change_set(&[item("A"), item("B")]), get], &[]);
    assert_eq!(answer.status, 202);
    assert!(answer.header("content-type").starts_with("multipart/mixed;boundary=batchresponse_"));
    assert_eq!(answer.text.matches("HTTP/1.1 201 Created").count(), 2);
    assert_eq!(answer.text.matches("HTTP/1.1 200 OK").count(), 1);
    assert_eq!(client.sandbox.snapshot().calls("POST Items"), 2);
}

#[test]
fn a_failed_change_set_gives_one_answer_and_leaves_nothing() {
    let client = Client::ready(SandboxOptions::default());
    let parts = [change_set(&[item("A"), item("A")]), operation("GET /b1s/v1/Items", "", 3)];
    let answer = send(&client, &parts, &[]);
    assert_eq!(answer.text.matches("HTTP/1.1").count(), 1);
    assert!(answer.text.contains("-2035"));
    assert_eq!(client.get("/b1s/v1/Items/$count").text, "0");
    let on = send(&client, &parts, &[("prefer", "odata.continue-on-error")]);
    assert_eq!(on.text.matches("HTTP/1.1").count(), 2);
}

#[test]
fn a_quoted_boundary_is_refused() {
    let client = Client::ready(SandboxOptions::default());
    let answer =
        client.send("POST", "/b1s/v1/$batch", &[("content-type", "multipart/mixed;boundary=\"b1\"")], b"--b1--");
    assert_eq!((answer.status, answer.code()), (400, -1000));
}

#[test]
fn a_later_part_of_a_change_set_names_what_an_earlier_one_made() {
    let client = Client::ready(SandboxOptions::default());
    let named = operation("PATCH $1", &json!({"ItemName": "甲"}).to_string(), 2);
    let answer = send(&client, &[change_set(&[item("A/1"), named])], &[]);
    assert_eq!(answer.text.matches("HTTP/1.1 20").count(), 2, "{}", answer.text);
    assert_eq!(client.get("/b1s/v1/Items('A%2F1')").json()["ItemName"], "甲");
    let unknown = operation("PATCH $7", "{}", 2);
    assert!(!send(&client, &[change_set(&[item("B"), unknown])], &[]).text.contains("HTTP/1.1 20"));
    assert_eq!(client.get("/b1s/v1/Items/$count").text, "1");
}
