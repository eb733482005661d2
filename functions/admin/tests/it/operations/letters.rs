//! Dead letters and alarms.

use super::Fixture;
use serde_json::{Value, json};
use std::time::Duration;
use tenon_model::TenantId;
use tenon_model::message::{Envelope, Reason};
use tenon_platform::queue::{APPROVALS_SUBMIT, send_envelope};

async fn give_up(fixture: &Fixture, document: i64) {
    let ctx = fixture.ctx();
    let body = json!({ "flow": "pr", "key": document, "password": "hidden" });
    let mut envelope = Envelope::new("submit", format!("m-{document}"), &TenantId::operator(), body);
    envelope.attempt = 3;
    envelope.reason = Some(Reason {
        code: "b1.refused".to_owned(),
        message: "B1 refused it".to_owned(),
        at_ms: ctx.now_ms(),
        since_ms: None,
    });
    let dead = APPROVALS_SUBMIT.dead_letters();
    send_envelope(ctx.queue.as_ref(), &dead, &envelope, ctx.now_ms()).await.unwrap();
}

#[tokio::test]
async fn a_dead_letter_is_put_back_or_dropped_and_the_others_stay() {
    let fixture = Fixture::new().await;
    for document in 1..=3 {
        give_up(&fixture, document).await;
    }
    fixture.here.pass(Duration::from_secs(60));
    let listed =
        async |fixture: &Fixture| fixture.ok("GET /admin/v1/dead-letters", Value::Null).await["letters"].clone();
    let letters = listed(&fixture).await;
    let first = &letters[0];
    assert_eq!(letters.as_array().unwrap().len(), 3);
    assert_eq!(
        (&first["queue"], &first["job"], &first["code"]),
        (&json!("approvals-submit"), &json!("submit"), &json!("b1.refused"))
    );
    assert_eq!((&first["age_ms"], &first["attempts"], &first["work"]["key"]), (&json!(60_000), &json!(4), &json!(1)));
    assert!(!letters.to_string().contains("hidden"), "{letters}");
    assert_eq!(listed(&fixture).await, letters, "looking takes nothing away");
    let alarms = fixture.ok("GET /admin/v1/alarms", Value::Null).await;
    let dead = alarms["alarms"].as_array().unwrap().iter().find(|alarm| alarm["what"] == "dead-letters").unwrap();
    assert_eq!((&dead["of"], &dead["message"]), (&json!("approvals-submit"), &json!("3 messages were given up")));

    let of = |letter: &Value| format!("approvals-submit/{}", letter["id"].as_str().unwrap());
    fixture.ok(&format!("POST /admin/v1/dead-letters/{}/put-back", of(first)), Value::Null).await;
    fixture.here.pass(Duration::from_secs(60));
    fixture.ok(&format!("DELETE /admin/v1/dead-letters/{}", of(&letters[1])), Value::Null).await;
    let left = listed(&fixture).await;
    assert_eq!((left.as_array().unwrap().len(), &left[0]["id"]), (1, &letters[2]["id"]));
    let back = fixture.here.local.queue.peek(&APPROVALS_SUBMIT, 10).await.unwrap();
    let back = Envelope::read(&back[0].body).unwrap();
    assert_eq!((back.attempt, back.reason, &back.body["key"]), (0, None, &json!(1)));
    let again = fixture.refused(&format!("POST /admin/v1/dead-letters/{}/put-back", of(first)), Value::Null).await;
    assert_eq!(again.0, 404, "{}", again.1);
    let noted: Vec<_> = fixture.noted().await.into_iter().map(|(did, _)| did).collect();
    assert_eq!(noted, ["drop-dead-letter", "put-back-dead-letter"]);
    let (status, text) = fixture.refused("GET /admin/v1/dead-letters?queue=nobody", Value::Null).await;
    assert!(status == 400 && text.contains("queue"), "{text}");
}
