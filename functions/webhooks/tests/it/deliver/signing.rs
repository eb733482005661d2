//! What a push is signed with.

use crate::common::receiver::Receiver;
use crate::common::{Fixture, HOUR, START};
use tenon_crypto::webhook;
use tenon_crypto::webhook::standard;
use tenon_delivery::health;
use tenon_delivery::record::{Reason, State};
use tenon_model::call::CallResult;
use tenon_model::{EventKind, Module};

#[tokio::test]
async fn both_secrets_sign_while_one_replaces_the_other() {
    let fixture = Fixture::new().await;
    let receiver = Receiver::well(&fixture.clock).await;
    let new = standard::Secret::from_bytes([9; 32]);
    let app = fixture.app(Module::OrderSync, &receiver.url, |_| {}).await;
    let secrets = vec![
        fixture.secret(&app.tenant, &app.id, &new.reveal(), None).await,
        fixture.secret(&app.tenant, &app.id, "plain-secret", Some(START + HOUR)).await,
        fixture.secret(&app.tenant, &app.id, "long-dead", Some(START)).await,
    ];
    fixture.change(&app, |a| a.callback.as_mut().unwrap().secrets = secrets).await;
    fixture.event("e-1", EventKind::OrderStatus).await;
    fixture.run_out().await;
    fixture.at(START + HOUR);
    fixture.event("e-2", EventKind::OrderStatus).await;
    fixture.run_out().await;
    let hits = receiver.hits();
    // "plain-secret" in base64: the key is the text's bytes.
    let old = standard::Secret::parse("whsec_cGxhaW4tc2VjcmV0").unwrap();
    let holds = |hit: &crate::common::receiver::Hit, secret: &standard::Secret| {
        let (id, at) = (hit.id(), hit.header("webhook-timestamp"));
        secret.verify(id, at, hit.body.as_bytes(), hit.header("webhook-signature")).is_ok()
    };
    let plain = |hit: &crate::common::receiver::Hit, secret: &str, header: &str| {
        webhook::verify(secret, hit.header("x-webhook-timestamp"), hit.body.as_bytes(), hit.header(header))
    };
    let during = &hits[0];
    assert!(holds(during, &old) && holds(during, &new));
    assert_eq!(during.header("webhook-signature").split(' ').count(), 2);
    assert!(plain(during, "plain-secret", "x-webhook-signature"), "the receiver's code keeps working");
    assert!(plain(during, &new.reveal(), "x-webhook-signature-new"));
    assert_eq!(during.header("x-webhook-timestamp"), (START / 1000).to_string());
    let all: Vec<&str> = during.header("x-webhook-signature-all").split(' ').collect();
    assert_eq!(all, [during.header("x-webhook-signature-new"), during.header("x-webhook-signature")]);
    let after = &hits[1];
    assert!(!holds(after, &old) && holds(after, &new));
    assert!(plain(after, &new.reveal(), "x-webhook-signature"));
    assert_eq!(after.header("x-webhook-signature-new"), "");
    assert_eq!(after.header("x-webhook-signature-all"), "");
}

#[tokio::test]
async fn after_two_resets_every_secret_that_counts_signs_by_both_schemes() {
    let fixture = Fixture::new().await;
    let receiver = Receiver::well(&fixture.clock).await;
    let app = fixture.app(Module::OrderSync, &receiver.url, |_| {}).await;
    let names = ["the-newest-secret", "the-secret-between", "the-oldest-secret"];
    let until = [None, Some(START + 2 * HOUR), Some(START + HOUR)];
    let mut secrets = Vec::new();
    for (name, until) in names.iter().zip(until) {
        secrets.push(fixture.secret(&app.tenant, &app.id, name, until).await);
    }
    fixture.change(&app, |a| a.callback.as_mut().unwrap().secrets = secrets).await;
    fixture.event("e-1", EventKind::OrderStatus).await;
    fixture.run_out().await;
    let hit = &receiver.hits()[0];
    let (timestamp, body) = (hit.header("x-webhook-timestamp"), hit.body.as_bytes());
    let signed = |name: &str, header: &str| {
        hit.header(header).split(' ').any(|given| webhook::verify(name, timestamp, body, given))
    };
    for name in names {
        assert!(signed(name, "x-webhook-signature-all"), "{name}");
        let standard = standard::Secret::of_text(name).unwrap();
        assert_eq!(standard.verify(hit.id(), timestamp, body, hit.header("webhook-signature")), Ok(()), "{name}");
    }
    assert!(signed(names[2], "x-webhook-signature") && signed(names[0], "x-webhook-signature-new"));
}

#[tokio::test]
async fn a_push_that_cannot_be_signed_fails_with_its_reason_and_can_be_sent_again() {
    let fixture = Fixture::new().await;
    let receiver = Receiver::well(&fixture.clock).await;
    let app = fixture.app(Module::OrderSync, &receiver.url, |a| a.callback.as_mut().unwrap().secrets.clear()).await;
    fixture.event("e-1", EventKind::OrderStatus).await;
    fixture.run_out().await;
    let delivery = fixture.delivery(&app).await;
    assert_eq!((delivery.state, delivery.reason), (State::Failed, Some(Reason::Abandoned)));
    assert_eq!(delivery.detail.as_deref(), Some("webhook.no-secret"));
    // It is no healthy endpoint, and its app's log says why.
    let health = health::get(&fixture.ctx, &app.tenant, &app.id).await.unwrap().unwrap().data;
    assert_eq!((health.failures, health.last_error.as_deref()), (1, Some("webhook.no-secret")));
    let log = fixture.log(&app).await;
    assert_eq!((log.len(), log[0].reason.as_deref(), log[0].result), (1, Some("webhook.no-secret"), CallResult::Error));
    assert_eq!((log[0].delivery_id.as_deref(), log[0].attempt), (Some(delivery.id.as_str()), None));
    let secret = fixture.secret(&app.tenant, &app.id, "mended", None).await;
    fixture.change(&app, |a| a.callback.as_mut().unwrap().secrets = vec![secret]).await;
    tenon_delivery::again::resend(&fixture.ctx, &app.tenant, &app.id, &delivery.id).await.unwrap();
    fixture.run_out().await;
    assert_eq!(fixture.delivery(&app).await.state, State::Delivered);
    assert_eq!(receiver.hits()[0].id(), delivery.id);
}
