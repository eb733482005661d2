//! What holds for every ERP.

use super::fixture::{Fixture, On};
use crate::support::Trouble;
use futures::future::join_all;
use serde_json::{Value, json};
use tenon_connectors::erp::{Erp, Filter, Place, Rows, Update};
use tenon_model::{DocumentKey, TenantId};
use tenon_platform::{Error, ErrorKind, Retry};

/// Runs every case over one ERP.
macro_rules! of {
    ($name:ident, $fixture:ty) => {
        $crate::erp::suite::of!($name, $fixture:
            pages_hide_nothing_that_is_marked_while_they_are_read,
            a_document_is_read_whole_or_is_not_there,
            a_change_is_made_to_the_version_that_was_read_and_to_no_other,
            what_is_created_is_there_once,
            documents_are_looked_up_by_a_key_and_those_that_are_not_there_left_out,
            a_refused_login_is_tried_once_until_a_check_gets_in,
            a_write_without_an_answer_is_sent_once_and_looked_for,
            a_read_without_an_answer_may_be_made_again,
            a_limit_says_how_long_to_wait,
            an_erp_that_cannot_be_reached_may_be_asked_again,
            an_expired_session_is_renewed_for_the_call_that_met_it,
            a_check_says_what_answered_and_writes_nothing,
            a_connection_of_another_system_is_none_of_an_erp,
        );
    };
    ($name:ident, $fixture:ty: $($case:ident,)*) => {
        mod $name {
            $(
                #[tokio::test]
                async fn $case() {
                    $crate::erp::suite::$case::<$fixture>().await;
                }
            )*
        }
    };
}
pub(crate) use of;

fn place<F: Fixture>(key: &DocumentKey) -> Place {
    Place::new(F::DOCUMENTS.0, key)
}

fn set<F: Fixture>(value: &str) -> Value {
    json!({ F::FIELD: value })
}

fn keyed<F: Fixture>(key: &str, value: &str) -> Value {
    json!({ F::KEYED.1: key, F::FIELD: value })
}

fn text(key: &str) -> DocumentKey {
    DocumentKey::Text(key.to_owned())
}

/// Makes the call that is disturbed.
async fn fails<F: Fixture>(erp: &F, on: On, key: &DocumentKey) -> Error {
    let client = erp.erp();
    match on {
        On::Read => client.read(&place::<F>(key)).await.unwrap_err(),
        On::Update => client.update(&place::<F>(key), &set::<F>("Y"), Update::default()).await.unwrap_err(),
        On::Create => client.create(F::KEYED.0, &keyed::<F>("A", "N")).await.unwrap_err(),
    }
}

pub async fn pages_hide_nothing_that_is_marked_while_they_are_read<F: Fixture>() {
    let erp = F::new().await;
    let wanted: Vec<DocumentKey> = (0..25).map(|_| erp.add("N")).collect();
    let others = erp.add("Y");
    let client = erp.erp();
    let (object, key) = F::DOCUMENTS;
    let filter = Filter::Equal { field: F::FIELD, value: "N" };
    let mut pages = client.pages(Rows::Documents { object, filter, select: &[] }, key, 4).await.unwrap();
    let mut found = Vec::new();
    while let Some(rows) = pages.next().await.unwrap() {
        assert!(rows.len() <= 4, "{} rows", rows.len());
        for row in rows {
            let key = DocumentKey::from_json(&row[key]).unwrap();
            client.update(&place::<F>(&key), &set::<F>("Y"), Update::default()).await.unwrap();
            found.push(key);
        }
    }
    assert_eq!(found, wanted);
    assert!(!found.contains(&others) && erp.fields().iter().all(|field| field == "Y"));
}

pub async fn a_document_is_read_whole_or_is_not_there<F: Fixture>() {
    let erp = F::new().await;
    let key = erp.add("N");
    let read = erp.erp().read(&place::<F>(&key)).await.unwrap();
    assert_eq!((DocumentKey::from_json(&read[F::DOCUMENTS.1]), &read[F::FIELD]), (Some(key), &json!("N")));
    let none = place::<F>(&DocumentKey::Number(4_711));
    assert_eq!(erp.erp().read_optional(&none).await.unwrap(), None);
    let missed = erp.erp().read(&none).await.unwrap_err();
    assert_eq!((missed.kind(), missed.retry), (ErrorKind::NotFound, Retry::Permanent));
    let changed = erp.erp().update(&none, &set::<F>("Y"), Update::default()).await.unwrap_err();
    assert_eq!(changed.kind(), ErrorKind::NotFound);
}

pub async fn a_change_is_made_to_the_version_that_was_read_and_to_no_other<F: Fixture>() {
    let erp = F::new().await;
    let key = erp.add("N");
    let (client, place) = (erp.erp(), place::<F>(&key));
    let (_, version) = client.read_with_version(&place).await.unwrap();
    assert_eq!(version.is_some(), F::VERSIONS);
    let under = |version: &Option<String>| Update { version: version.clone(), ..Update::default() };
    client.update(&place, &set::<F>("Y"), under(&version)).await.unwrap();
    assert_eq!(erp.fields(), ["Y"]);
    if F::VERSIONS {
        let late = client.update(&place, &set::<F>("N"), under(&version)).await.unwrap_err();
        assert_eq!((late.kind(), erp.fields()), (ErrorKind::Changed, vec![json!("Y")]));
    }
    let (_, now) = client.read_with_version(&place).await.unwrap();
    client.update(&place, &set::<F>("N"), under(&now)).await.unwrap();
    assert_eq!(erp.fields(), ["N"]);
}

pub async fn what_is_created_is_there_once<F: Fixture>() {
    let erp = F::new().await;
    let (object, field) = F::KEYED;
    let shown = erp.erp().create(object, &keyed::<F>("A", "N")).await.unwrap();
    assert!(shown.is_null() || shown[field] == "A", "{shown}");
    let again = erp.erp().create(object, &keyed::<F>("A", "Y")).await.unwrap_err();
    assert_eq!((again.kind(), again.retry), (ErrorKind::Exists, Retry::Permanent));
    let read = erp.erp().read(&Place::new(object, &text("A"))).await.unwrap();
    assert_eq!((&read[F::FIELD], erp.keyed()), (&json!("N"), 1));
}

pub async fn documents_are_looked_up_by_a_key_and_those_that_are_not_there_left_out<F: Fixture>() {
    let erp = F::new().await;
    let (client, (object, field)) = (erp.erp(), F::KEYED);
    // Quotes and other languages are part of a key.
    let keys = ["A", "O'Neill", "采购-1"];
    for key in keys {
        client.create(object, &keyed::<F>(key, "N")).await.unwrap();
    }
    let wanted: Vec<DocumentKey> = keys.into_iter().chain(["never made"]).map(text).collect();
    let found = client.look_up(object, field, &wanted).await.unwrap();
    assert_eq!(found.len(), keys.len());
    for key in keys {
        assert_eq!(found[&text(key)].0[field], key);
    }
    // By a field of ours, with others of its value.
    let matching = client.matching(object, &[(F::FIELD, &text("N"))], None, &[field]).await.unwrap();
    assert_eq!(matching.len(), keys.len());
    assert!(client.matching(object, &[(F::FIELD, &text("Y"))], None, &[field]).await.unwrap().is_empty());
}

pub async fn a_refused_login_is_tried_once_until_a_check_gets_in<F: Fixture>() {
    let erp = F::new().await;
    let key = erp.add("N");
    let (refused, place) = (erp.refused(), place::<F>(&key));
    let client = erp.over(&refused);
    for failed in join_all((0..8).map(|_| client.read(&place))).await {
        let error = failed.unwrap_err();
        assert!(matches!(error.retry, Retry::Blocked(_)), "{error}");
    }
    assert_eq!(erp.logins(), 1);
    assert!(matches!(client.check().await.unwrap_err().retry, Retry::Blocked(_)));
    assert_eq!(erp.logins(), 2, "a check tries");
    // Mended at the vendor's and not in the configuration: the refusal is still remembered.
    let sound = erp.erp();
    assert!(matches!(sound.read(&place).await.unwrap_err().retry, Retry::Blocked(_)));
    sound.check().await.unwrap();
    sound.read(&place).await.unwrap();
}

pub async fn a_write_without_an_answer_is_sent_once_and_looked_for<F: Fixture>() {
    for (trouble, happened) in [(Trouble::LostBefore, false), (Trouble::LostAfter, true)] {
        let erp = F::new().await;
        let key = erp.add("N");
        erp.disturb(On::Create, trouble);
        assert_eq!(fails(&erp, On::Create, &key).await.retry, Retry::UnknownOutcome, "{trouble:?}");
        let found = erp.erp().look_up(F::KEYED.0, F::KEYED.1, &[text("A")]).await.unwrap();
        assert_eq!((erp.calls(On::Create), found.len() == 1), (1, happened), "{trouble:?}");
        erp.disturb(On::Update, trouble);
        assert_eq!(fails(&erp, On::Update, &key).await.retry, Retry::UnknownOutcome, "{trouble:?}");
        let read = erp.erp().read(&place::<F>(&key)).await.unwrap();
        assert_eq!((erp.calls(On::Update), read[F::FIELD] == "Y"), (1, happened), "{trouble:?}");
    }
}

pub async fn a_read_without_an_answer_may_be_made_again<F: Fixture>() {
    let erp = F::new().await;
    let key = erp.add("N");
    erp.disturb(On::Read, Trouble::LostBefore);
    assert_eq!(fails(&erp, On::Read, &key).await.retry, Retry::Transient);
    // Nor is a document without an answer taken for one that is gone.
    erp.disturb(On::Read, Trouble::LostBefore);
    assert!(erp.erp().read_optional(&place::<F>(&key)).await.is_err());
    erp.erp().read(&place::<F>(&key)).await.unwrap();
}

pub async fn a_limit_says_how_long_to_wait<F: Fixture>() {
    let erp = F::new().await;
    let key = erp.add("N");
    for on in [On::Read, On::Update, On::Create] {
        erp.disturb(on, Trouble::Limited);
        match fails(&erp, on, &key).await.retry {
            Retry::RateLimited(wait) => assert!(!wait.is_zero()),
            other => panic!("{on:?}: {other:?}"),
        }
    }
    assert_eq!((erp.fields(), erp.keyed()), (vec![json!("N")], 0));
}

pub async fn an_erp_that_cannot_be_reached_may_be_asked_again<F: Fixture>() {
    let erp = F::new().await;
    let key = erp.add("N");
    for on in [On::Read, On::Update, On::Create] {
        erp.disturb(on, Trouble::Unreachable);
        let error = fails(&erp, on, &key).await;
        assert_eq!(error.retry, Retry::Transient, "{on:?}: {error}");
    }
    assert_eq!((erp.fields(), erp.keyed()), (vec![json!("N")], 0));
}

pub async fn an_expired_session_is_renewed_for_the_call_that_met_it<F: Fixture>() {
    let erp = F::new().await;
    let key = erp.add("N");
    erp.erp().read(&place::<F>(&key)).await.unwrap();
    for (on, logins) in [(On::Read, 2), (On::Update, 3)] {
        erp.disturb(on, Trouble::Expired);
        match on {
            On::Read => drop(erp.erp().read(&place::<F>(&key)).await.unwrap()),
            _ => erp.erp().update(&place::<F>(&key), &set::<F>("Y"), Update::default()).await.unwrap(),
        }
        assert_eq!(erp.logins(), logins, "{on:?}");
    }
    assert_eq!(erp.fields(), ["Y"]);
}

pub async fn a_check_says_what_answered_and_writes_nothing<F: Fixture>() {
    let erp = F::new().await;
    erp.add("N");
    let report = erp.erp().check().await.unwrap();
    assert!(!report.answered.is_empty() && !report.steps.is_empty(), "{report:?}");
    assert_eq!((&report.connection, erp.fields(), erp.keyed()), (erp.connection().id(), vec![json!("N")], 0));
    assert_eq!(erp.calls(On::Update) + erp.calls(On::Create), 0);
}

pub async fn a_connection_of_another_system_is_none_of_an_erp<F: Fixture>() {
    let erp = F::new().await;
    let oa = tenon_model::config::Connection::Dingtalk(crate::support::dingtalk_connection());
    assert!(Erp::over(erp.ctx(), &TenantId::operator(), &oa, 1).is_none());
}
