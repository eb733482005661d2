//! One factory, two companies: an order of the one is never posted to the other.

use super::test_app::{companies, fed, prefixed, runs_of, two};
use tenon_sandbox::NewFeeding;

fn of(order: &str) -> NewFeeding {
    NewFeeding { batch: "RM2001-B7".into(), ..NewFeeding::of(order, "RM-2001", "2") }
}

// R-M59
#[tokio::test]
async fn the_prefix_says_whose_order_it_is() {
    let (mut app, other) = companies(0, prefixed).await;
    fed(&app, of("478"));
    fed(&app, of("B-478"));
    fed(&app, of("B-478"));
    app.minute().await;
    app.minute().await;
    assert_eq!((app.sandbox.b1().postings().len(), other.b1().postings().len()), (1, 2));
    assert_eq!((runs_of(&app, "issues").await.len(), runs_of(&app, "issues-b").await.len()), (1, 2));
}

// R-M59
#[tokio::test]
async fn an_order_that_may_be_either_companys_is_neithers() {
    let (mut app, other) = companies(0, two).await;
    fed(&app, of("478"));
    for _ in 0..3 {
        app.minute().await;
    }
    assert!(app.sandbox.b1().postings().is_empty() && other.b1().postings().is_empty());
    let runs = runs_of(&app, "issues").await;
    assert_eq!(runs[0].code.as_deref(), Some("flow.issue-order"), "{runs:?}");
    assert!(runs[0].message.contains("code_prefixes"), "{}", runs[0].message);
}
