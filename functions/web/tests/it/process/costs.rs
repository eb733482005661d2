//! What a transition asks of the table, as callers and people make it: three requests. Beside them a call counts for its app's
//! rate and is logged, and a page reads the session and whose
//! it is.

use super::{Works, person, press};
use serde_json::json;
use std::sync::{Arc, Mutex};
use tenon_crypto::secrets::MasterKey;
use tenon_engine::{Gate, GateDecision, Moment};
use tenon_platform::Entropy;
use tenon_platform::http::NoHttp;

/// Requests since the last time, by name.
#[derive(Clone, Default)]
struct CountedRequests(Arc<Mutex<Vec<String>>>);

impl CountedRequests {
    fn taken(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

/// The requests to the table are counted from here on; those to the queues are not.
fn counted(works: &mut Works) -> CountedRequests {
    let counted_requests = CountedRequests::default();
    let seen = counted_requests.clone();
    let gate = Gate::new(move |operation, moment| {
        if moment == Moment::Before {
            seen.0.lock().unwrap().push(operation.to_owned());
        }
        GateDecision::Go
    });
    let local = works.fixture.local.with_gates(&gate, &Gate::open());
    works.fixture.ctx = local.context(Arc::new(NoHttp), Entropy::seeded(123), MasterKey::from_bytes([7; 32])).unwrap();
    counted_requests
}

#[tokio::test]
async fn a_transition_costs_three_requests_as_callers_and_people_make_it() {
    let mut works = Works::new().await;
    works.publish().await;
    let mut lisi = person(&works, "lisi").await;
    let counted_requests = counted(&mut works);
    // The first reads what a process keeps: the configuration, the definition, who people are.
    for n in 0..2 {
        let data_id = works.saved(json!(20_000 + n)).await;
        let mut over = Vec::new();
        let mut of = |what: &str, most: usize| {
            let requests = counted_requests.taken();
            println!("{:>2} of {most}  {what}: {requests:?}", requests.len());
            if n > 0 && requests.len() > most {
                over.push(format!("{what} costs {requests:?}"));
            }
        };
        of("so far", usize::MAX);
        // The rate's counter and the log are two of them.
        let launched = works.launched(&data_id).await;
        of("launch", 3 + 2);
        let number = launched["flowRunningNumber"].as_str().unwrap().to_owned();
        let task = launched["tasks"][0]["taskId"].as_str().unwrap().to_owned();
        works.done(&format!("/flow/urgent?flowRunningNumber={number}")).await;
        of("urge", 3 + 2);
        assert_eq!(press(&mut lisi, &works, &task, "action=approve&comment=ok").await.status, 303);
        // The session, and whose it is.
        of("a decision on the page", 3 + 2);
        works.done(&format!("/flow/onAudit?flowRunningNumber={number}&result=reject")).await;
        of("audit: refused", 3 + 2);
        works.done(&format!("/flow/relaunch?flowRunningNumber={number}")).await;
        of("relaunch", 3 + 2);
        works.done(&format!("/flow/onAudit?flowRunningNumber={number}")).await;
        of("audit", 3 + 2);
        works.done(&format!("/flow/onAudit?flowRunningNumber={number}")).await;
        of("audit: a repetition", 1 + 2);
        works.done(&format!("/flow/discard?flowRunningNumber={number}&userName=admin")).await;
        of("discard", 3 + 2);
        assert!(over.is_empty(), "{over:#?}");
    }
}
