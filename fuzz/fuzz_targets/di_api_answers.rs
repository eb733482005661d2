//! Answers of a DI API.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tenon_connectors::di_api::fuzzing::read;
use tenon_model::config::DiApiConnection;

fuzz_target!(|data: &[u8]| {
    let connection: DiApiConnection = serde_json::from_str(
        r#"{"id":"di","base_url":"http://di","company_db":"A","username":"u","password":"p"}"#,
    )
    .expect("a connection");
    let (status, body) = data.split_at(data.len().min(1));
    let status = if status.first().is_some_and(|byte| byte % 2 == 1) { 500 } else { 200 };
    read(&connection, status, body);
});
