//! What E-cology's outgoing action pushes as a result, JSON or a form, under names and words of the site's.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use tenon_connectors::weaver::pushed;
use tenon_model::config::WeaverConnection;

static SITES: LazyLock<[WeaverConnection; 2]> = LazyLock::new(|| {
    let site = |result: serde_json::Value| {
        let connection = serde_json::json!({
            "id": "w", "base_url": "http://w", "app_id": "a", "secret": "s", "spk": "k", "result": result
        });
        serde_json::from_value(connection).expect("a connection")
    };
    [
        site(serde_json::json!({ "approved": ["1"], "rejected": ["2"], "approver": "by", "time": "at", "comments": "words" })),
        site(serde_json::json!({ "request": "data.rid", "status": "结果", "approved": ["同意"], "rejected": ["不同意"] })),
    ]
});

fuzz_target!(|body: &[u8]| {
    for site in SITES.iter() {
        let Ok(Ok(found)) = pushed(site, body) else { continue };
        assert!(found.event.instance.is_some_and(|id| !id.as_str().is_empty()), "a result names its request");
        let decides = site.result.approved.iter().chain(&site.result.rejected).any(|word| *word == found.word);
        assert_eq!(found.event.outcome.is_some(), decides, "only configured words decide");
    }
});
