//! One factory, two companies: an order of the one is never posted to the other.

use super::test_app::{companies, fed, prefixed, runs_of, two};
use serde_json::{Value, json};
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

fn with_material_prefixes(c: &mut Value) {
    prefixed(c);
    let mes = c["connections"].as_array_mut().unwrap().iter_mut().find(|c| c["id"] == "mes-main").unwrap();
    mes["material_prefixes"] = json!({ "b1-b": "B/" });
}

// R-M51, R-M53, R-M59: in the MES the second company's materials have a beginning of their own.
#[tokio::test]
async fn a_material_is_its_companys_by_its_own_code_and_anothers_is_nobodys_line() {
    let (mut app, other) = companies(0, with_material_prefixes).await;
    let material =
        |order: &str, code: &str| NewFeeding { batch: "RM2001-B7".into(), ..NewFeeding::of(order, code, "2") };
    let own = fed(&app, material("B-478", "B/RM-2001"));
    let foreign = fed(&app, material("B-478", "RM-2001"));
    let substitute = fed(&app, NewFeeding { stands_in_for: Some("B/RM-2001".into()), ..material("B-478", "B/RM-9") });
    fed(&app, material("478", "RM-2001"));
    app.minute().await;
    app.minute().await;
    assert_eq!((app.sandbox.b1().postings().len(), other.b1().postings().len()), (1, 1));
    assert_eq!(other.b1().postings()[0].item, "RM-2001");
    let runs = runs_of(&app, "issues-b").await;
    let code = |id: i64| {
        let run = runs.iter().find(|run| run.instance == Some(id.to_string())).unwrap();
        (run.code.clone().unwrap_or_default(), run.message.clone())
    };
    assert_eq!(code(own).0, "");
    assert!(code(foreign).0 == "flow.issue-material" && code(foreign).1.contains("another company's"), "{runs:?}");
    assert!(
        code(substitute).0 == "flow.issue-substitute" && code(substitute).1.contains("instead of RM-2001"),
        "{runs:?}"
    );
}
