//! The process dies anywhere on the way; and two of them get the same answer.

use crate::common::{Browser, Site, WANTED, pass};
use tenon_engine::Moment;

const SIDES: [Moment; 2] = [Moment::Before, Moment::After];

/// A browser that is on its way back, at a fresh site.
async fn on_the_way() -> (Site, Browser, String) {
    let site = Site::new().await;
    let mut browser = Browser::default();
    let started = browser.look(&site, WANTED).await;
    let back = browser.agree(&site, started.location(), "zhangsan");
    (site, browser, back)
}

#[tokio::test]
async fn a_process_that_dies_in_a_callback_leaves_a_sign_in_that_is_begun_again() {
    let (mut site, mut browser, back) = on_the_way().await;
    site.restart(None);
    assert_eq!(browser.look(&site, &back).await.location(), WANTED);
    let boundaries = site.effects.load(std::sync::atomic::Ordering::SeqCst);
    assert!(boundaries >= 8, "{boundaries}");
    for effect in 0..boundaries {
        for side in SIDES {
            let (mut site, mut browser, back) = on_the_way().await;
            site.restart(Some((effect, side)));
            browser.look(&site, &back).await;
            site.restart(None);
            // What was begun is used up, or goes on to count; never is anybody signed in twice by it.
            let again = browser.look(&site, &back).await;
            if again.status != 302 {
                assert!(again.body.contains("sso."), "{effect} {side:?}: {}", again.body);
            }
            let done = browser.sign_in(&site, "zhangsan").await;
            assert_eq!(done.location(), WANTED, "{effect} {side:?}: {}", done.body);
            assert_eq!(browser.seen_as(&site).await.as_deref(), Some("P1"));
            assert_eq!(site.person("P1").await.external["COMPANY001"], "E1001");
            assert_eq!(site.odoo().reused(), 0, "{effect} {side:?}: a code was handed in twice");
        }
    }
}

#[tokio::test]
async fn a_process_that_dies_in_a_refresh_leaves_a_token_that_counts_or_a_sign_in_that_ended() {
    let (mut site, mut browser, back) = on_the_way().await;
    browser.look(&site, &back).await;
    site.restart(None);
    assert_eq!(site.refresh(&browser.refresh_token()).await.status, 200);
    let boundaries = site.effects.load(std::sync::atomic::Ordering::SeqCst);
    let mut went_on = 0;
    for effect in 0..boundaries {
        for side in SIDES {
            let (mut site, mut browser, back) = on_the_way().await;
            browser.look(&site, &back).await;
            let token = browser.refresh_token();
            site.restart(Some((effect, side)));
            site.refresh(&token).await;
            site.restart(None);
            // The one that died may have it in hand for as long as its call to the server could take.
            pass(&site, 60);
            let answer = site.refresh(&token).await;
            assert!([200, 401].contains(&answer.status), "{effect} {side:?}: {}", answer.body);
            went_on += usize::from(answer.status == 200);
            if answer.status == 401 {
                assert_eq!(browser.seen_as(&site).await, None, "{effect} {side:?}: half a family is left");
            }
            browser.sign_in(&site, "zhangsan").await;
            assert_eq!(browser.seen_as(&site).await.as_deref(), Some("P1"));
        }
    }
    assert!(went_on >= 4, "{went_on} of {}", boundaries * 2);
}

#[tokio::test]
async fn two_callbacks_with_one_code_at_once_sign_one_in() {
    let (site, browser, back) = on_the_way().await;
    let (mut one, mut other) = (browser.clone(), browser);
    let (first, second) = tokio::join!(one.look(&site, &back), other.look(&site, &back));
    let signed_in = [&first, &second].iter().filter(|answer| answer.status == 302).count();
    assert_eq!(signed_in, 1, "{} {}", first.status, second.status);
    let refused = if first.status == 302 { &second } else { &first };
    refused.failed("sso.state");
    assert_eq!((site.odoo().sign_ins(), site.odoo().reused()), (1, 0), "the code was exchanged once");
}
