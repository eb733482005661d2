//! The process dies anywhere on the way; and two of them get the same answer.

use crate::common::{Browser, Fixture, WANTED, pass};
use tenon_engine::Moment;

const SIDES: [Moment; 2] = [Moment::Before, Moment::After];

/// A browser that is on its way back, at a fresh site.
async fn on_the_way() -> (Fixture, Browser, String) {
    let fixture = Fixture::new().await;
    let mut browser = Browser::default();
    let started = browser.look(&fixture, WANTED).await;
    let back = browser.agree(&fixture, started.location(), "zhangsan");
    (fixture, browser, back)
}

#[tokio::test]
async fn a_process_that_dies_in_a_callback_leaves_a_sign_in_that_is_begun_again() {
    let (mut fixture, mut browser, back) = on_the_way().await;
    fixture.restart(None);
    assert_eq!(browser.look(&fixture, &back).await.location(), WANTED);
    let boundaries = fixture.effects.load(std::sync::atomic::Ordering::SeqCst);
    assert!(boundaries >= 8, "{boundaries}");
    for effect in 0..boundaries {
        for side in SIDES {
            let (mut fixture, mut browser, back) = on_the_way().await;
            fixture.restart(Some((effect, side)));
            browser.look(&fixture, &back).await;
            fixture.restart(None);
            // What was begun is used up, or goes on to count; never is anybody signed in twice by it.
            let again = browser.look(&fixture, &back).await;
            if again.status != 302 {
                assert!(again.body.contains("sso."), "{effect} {side:?}: {}", again.body);
            }
            let done = browser.sign_in(&fixture, "zhangsan").await;
            assert_eq!(done.location(), WANTED, "{effect} {side:?}: {}", done.body);
            assert_eq!(browser.seen_as(&fixture).await.as_deref(), Some("P1"));
            assert_eq!(fixture.person("P1").await.external["COMPANY001"], "E1001");
            assert_eq!(fixture.odoo().reused(), 0, "{effect} {side:?}: a code was handed in twice");
        }
    }
}

#[tokio::test]
async fn a_process_that_dies_in_a_refresh_leaves_a_token_that_counts_or_a_sign_in_that_ended() {
    let (mut fixture, mut browser, back) = on_the_way().await;
    browser.look(&fixture, &back).await;
    fixture.restart(None);
    assert_eq!(fixture.refresh(&browser.refresh_token()).await.status, 200);
    let boundaries = fixture.effects.load(std::sync::atomic::Ordering::SeqCst);
    let mut went_on = 0;
    for effect in 0..boundaries {
        for side in SIDES {
            let (mut fixture, mut browser, back) = on_the_way().await;
            browser.look(&fixture, &back).await;
            let token = browser.refresh_token();
            fixture.restart(Some((effect, side)));
            fixture.refresh(&token).await;
            fixture.restart(None);
            // The one that died may have it in hand for as long as its call to the server could take.
            pass(&fixture, 60);
            let answer = fixture.refresh(&token).await;
            assert!([200, 401].contains(&answer.status), "{effect} {side:?}: {}", answer.body);
            went_on += usize::from(answer.status == 200);
            if answer.status == 401 {
                assert_eq!(browser.seen_as(&fixture).await, None, "{effect} {side:?}: half a family is left");
            }
            browser.sign_in(&fixture, "zhangsan").await;
            assert_eq!(browser.seen_as(&fixture).await.as_deref(), Some("P1"));
        }
    }
    assert!(went_on >= 4, "{went_on} of {}", boundaries * 2);
}

#[tokio::test]
async fn two_callbacks_with_one_code_at_once_sign_one_in() {
    let (fixture, browser, back) = on_the_way().await;
    let (mut one, mut other) = (browser.clone(), browser);
    let (first, second) = tokio::join!(one.look(&fixture, &back), other.look(&fixture, &back));
    let signed_in = [&first, &second].iter().filter(|answer| answer.status == 302).count();
    assert_eq!(signed_in, 1, "{} {}", first.status, second.status);
    let refused = if first.status == 302 { &second } else { &first };
    refused.failed("sso.state");
    assert_eq!((fixture.odoo().sign_ins(), fixture.odoo().reused()), (1, 0), "the code was exchanged once");
}
