//! ERPs that call aiflow's interface, with signed calls.

use crate::aiflow::fixture::{APP, Call, ENTERPRISE, Fixture, SECRET};
use tenon_catalog::Route;

/// The one answer to whoever is not let in.
const REFUSED: &str = r#"{"status":-4002,"msg":"签名验证失败"}"#;

/// One case: one and the same answer to the last byte, and nothing stored.
pub async fn case(function: &str, route: &Route, case: &str) {
    let fixture = Fixture::new().await;
    let body = body_of(route.path);
    let call = || Call::new(route.method, route.path, body);
    let refused = match case {
        "no credentials" => fixture.send(&call().unsigned()).await,
        "wrong signature" => fixture.send(&call().signed_with("not-the-secret")).await,
        "expired" => fixture.send(&call().signed_at(fixture.now_ms() - 5 * 60_000 - 1)).await,
        // What another enterprise's app signed names that enterprise; here it names this one.
        "other tenant" => fixture.send(&call().of(ENTERPRISE, "APP-OF-ANOTHER").signed_with(SECRET)).await,
        // An app that may call from elsewhere alone.
        "wrong role" => fixture.send(&call().of(ENTERPRISE, "APP-ELSEWHERE").signed_with(SECRET)).await,
        "replayed" => return replayed(&fixture, &call(), route).await,
        other => panic!("no case {other}"),
    };
    assert_eq!((refused.status, refused.text.as_str()), (403, REFUSED), "{function} {} {case}", route.path);
    assert_eq!(fixture.calls(APP).await.len(), 0, "{function} {} {case}", route.path);
}

/// The same signature of a write once more is answered as before, and is done once.
async fn replayed(fixture: &Fixture, call: &Call, route: &Route) {
    let call = call.clone().signed_at(fixture.now_ms());
    let (first, second) = (fixture.send(&call).await, fixture.send(&call).await);
    assert_eq!((first.status, &first.text), (second.status, &second.text), "{}", route.path);
    let again = second.header("idempotency-replayed");
    assert_eq!(again.is_some(), first.status == 200, "{}: {}", route.path, first.text);
}

fn body_of(path: &str) -> &'static str {
    match path.rsplit('/').next().unwrap() {
        "department" => r#"{"departments":[{"deptId":"D1","deptName":"总部"}]}"#,
        "user" => r#"{"users":[]}"#,
        _ => "{}",
    }
}
