//! What holds for every OA.

use super::fixture::{Fixture, On};
use crate::support::Trouble;
use futures::future::join_all;
use std::time::Duration;
use tenon_connectors::oa::{Events, Missed};
use tenon_model::InstanceId;
use tenon_model::oa::{Field, FieldValue, InstanceField, LostCreate, Outcome, Place, ReadValue};
use tenon_platform::{Error, Retry};

/// Runs every case over one OA.
macro_rules! of {
    ($name:ident, $fixture:ty) => {
        $crate::oa::suite::of!($name, $fixture:
            a_form_that_was_handed_in_reads_back,
            every_end_is_told_apart,
            a_lost_create_is_sent_once_and_found,
            what_is_looked_for_is_ones_own_and_of_its_time,
            ends_that_nobody_was_told_of_are_found,
            an_error_is_not_taken_for_an_instance_that_is_gone,
            a_refused_login_is_tried_once_until_a_check_gets_in,
            many_calls_share_one_login_and_an_expired_one_is_renewed_once,
            a_limit_says_how_long_to_wait,
            an_oa_that_cannot_be_reached_may_be_asked_again,
            what_it_would_not_take_is_said_before_it_is_sent,
            a_check_says_what_answered,
            a_forms_controls_are_described,
        );
    };
    ($name:ident, $fixture:ty: $($case:ident,)*) => {
        mod $name {
            $(
                #[tokio::test]
                async fn $case() {
                    $crate::oa::suite::$case::<$fixture>().await;
                }
            )*
        }
    };
}
pub(crate) use of;

async fn created<F: Fixture>(oa: &F) -> InstanceId {
    oa.oa().create(&oa.draft()).await.unwrap()
}

async fn fails<F: Fixture>(oa: &F, on: On) -> Error {
    match on {
        On::Create => oa.oa().create(&oa.draft()).await.unwrap_err(),
        On::Read => oa.oa().read(&InstanceId::new("1")).await.unwrap_err(),
    }
}

/// What of a form can be compared, without what the OA adds.
fn comparable<F: Fixture>(oa: &F, fields: &[InstanceField], names: &[String]) -> Vec<(String, String)> {
    let mut texts = Vec::new();
    for field in fields.iter().filter(|field| names.contains(&field.name)) {
        match &field.value {
            ReadValue::Text(text) if oa.capabilities().reads_back(field.kind) => {
                texts.push((field.name.clone(), text.clone()));
            }
            ReadValue::Text(_) => {}
            ReadValue::Table(rows) => {
                for row in rows {
                    let columns: Vec<String> = row.iter().map(|cell| cell.name.clone()).collect();
                    texts.extend(comparable(oa, row, &columns));
                }
            }
        }
    }
    texts.sort();
    texts
}

pub async fn a_form_that_was_handed_in_reads_back<F: Fixture>() {
    let oa = F::new().await;
    let draft = oa.draft();
    let id = created(&oa).await;
    assert_eq!((oa.creates(), oa.instances()), (1, 1));
    let read = oa.oa().read(&id).await.unwrap().unwrap();
    assert_eq!((read.outcome, read.originator.as_str()), (None, draft.originator.as_str()));
    assert!(read.last_decision().is_none() && read.ended.is_none() && read.revokes.is_none());
    let names: Vec<String> = draft.fields.iter().map(|field| field.name.clone()).collect();
    let echo = comparable(&oa, &oa.kind().echo(&draft), &names);
    let columns: Vec<&str> = echo.iter().map(|(name, _)| name.as_str()).collect();
    let mut found = comparable(&oa, &read.fields, &names);
    // An OA may show a control under a second name, and columns that the form did not fill.
    found.retain(|(name, _)| columns.contains(&name.as_str()));
    assert_eq!(found, echo);
    let cells: usize = draft
        .fields
        .iter()
        .map(|field| match &field.value {
            FieldValue::Table(rows) => rows.iter().map(Vec::len).sum(),
            _ => 1,
        })
        .sum();
    assert_eq!(echo.len(), cells, "the fixture's form is one that can be recognised");
}

pub async fn every_end_is_told_apart<F: Fixture>() {
    let oa = F::new().await;
    for outcome in [Outcome::Agreed, Outcome::Refused, Outcome::Withdrawn, Outcome::Deleted] {
        let id = created(&oa).await;
        oa.wait(Duration::from_secs(60));
        oa.end(&id, outcome, "看过了");
        let Some(read) = oa.oa().read(&id).await.unwrap() else {
            assert_eq!(outcome, Outcome::Deleted);
            continue;
        };
        if outcome.is_decision() && oa.capabilities().events == Events::Decide {
            assert!(read.outcome.is_none_or(|found| !found.is_decision()), "only the push says what was decided");
            continue;
        }
        assert_eq!(read.outcome, Some(outcome));
        assert_eq!(read.came_to_nothing(), outcome != Outcome::Agreed);
        if outcome.is_decision() {
            let decision = read.last_decision().unwrap();
            assert!(!decision.user.is_empty());
            assert_eq!(decision.comment.as_deref(), Some("看过了"));
            let ended = read.ended.or(decision.at).unwrap().ms;
            assert!((0..120_000).contains(&(oa.now() - ended)), "read by the vendor's clock and zone");
        }
    }
    let none = oa.oa().read(&InstanceId::new("no such/instance")).await;
    if oa.capabilities().reports_gone {
        assert_eq!(none.unwrap(), None);
    } else {
        assert_ne!(none.unwrap_err().retry, Retry::Permanent, "nothing is concluded");
    }
}

pub async fn a_lost_create_is_sent_once_and_found<F: Fixture>() {
    for (trouble, made) in [(Trouble::LostBefore, 0), (Trouble::LostAfter, 1)] {
        let oa = F::new().await;
        let sent = oa.now();
        oa.disturb(On::Create, trouble);
        assert_eq!(fails(&oa, On::Create).await.retry, Retry::UnknownOutcome, "{trouble:?}");
        assert_eq!((oa.creates(), oa.instances()), (1, made), "{trouble:?}");
        if oa.capabilities().find.is_none() {
            continue;
        }
        oa.wait(oa.capabilities().settles_within);
        let found = oa.oa().find(&lost(&oa, sent)).await.unwrap();
        assert_eq!(found.len(), made, "{trouble:?}");
        for id in found {
            let read = oa.oa().read(&id).await.unwrap().unwrap();
            assert_eq!(read.originator, oa.draft().originator);
        }
    }
}

fn lost<F: Fixture>(oa: &F, from_ms: i64) -> LostCreate {
    let draft = oa.draft();
    LostCreate {
        template: draft.template,
        title: draft.title,
        originator: Some(draft.originator),
        from_ms: from_ms - 1000,
        to_ms: oa.now() + 1000,
    }
}

pub async fn what_is_looked_for_is_ones_own_and_of_its_time<F: Fixture>() {
    let oa = F::new().await;
    let mut ids = Vec::new();
    for _ in 0..45 {
        ids.push(created(&oa).await);
    }
    ids.sort();
    let sorted = |mut found: Vec<InstanceId>| {
        found.sort();
        found
    };
    let (start, end) = (oa.now() - 1000, oa.now() + 1000);
    if oa.capabilities().find.is_some() {
        let own = lost(&oa, oa.now());
        assert_eq!(sorted(oa.oa().find(&own).await.unwrap()), ids, "every page");
        let others = LostCreate { originator: Some("somebody else".into()), ..own.clone() };
        assert_eq!(oa.oa().find(&others).await.unwrap(), []);
        let later = LostCreate { from_ms: end + 60_000, to_ms: end + 120_000, ..own };
        assert_eq!(oa.oa().find(&later).await.unwrap(), []);
    }
    if oa.capabilities().list.is_some() {
        let template = oa.draft().template;
        assert_eq!(sorted(oa.oa().list(&template, start, end).await.unwrap()), ids);
        assert_eq!(oa.oa().list(&template, end + 60_000, end + 120_000).await.unwrap(), []);
    }
}

pub async fn ends_that_nobody_was_told_of_are_found<F: Fixture>() {
    let oa = F::new().await;
    let id = created(&oa).await;
    oa.end(&id, Outcome::Agreed, "ok");
    oa.refuse_events();
    let read = oa.oa().read(&id).await.unwrap().unwrap();
    match oa.capabilities().events {
        Events::Announce => assert_eq!(read.outcome, Some(Outcome::Agreed), "by looking it up"),
        Events::Decide => assert!(read.archived && read.outcome.is_none(), "that it is over, and not how"),
    }
    if oa.capabilities().missed != Missed::TakenList {
        return;
    }
    let answer = oa.oa().take_missed().await.unwrap();
    let list = oa.oa().read_missed(&answer).unwrap();
    assert!(list.odd.is_empty() && !list.more, "{list:?}");
    let end = list.events.iter().find(|event| event.outcome.is_some()).unwrap();
    assert_eq!((end.instance.as_ref(), end.outcome), (Some(&id), Some(Outcome::Agreed)));
    assert_eq!(end.template, Some(oa.draft().template));
    assert!(!end.identity.is_empty() && end.ended_ms.is_some());
    assert_eq!(list, oa.oa().read_missed(&answer).unwrap(), "what is kept reads the same again");
    // What was read is gone.
    let left = oa.oa().read_missed(&oa.oa().take_missed().await.unwrap()).unwrap();
    assert!(left.events.is_empty());
    assert!(oa.oa().read_missed(b"{\"half").is_err());
}

pub async fn an_error_is_not_taken_for_an_instance_that_is_gone<F: Fixture>() {
    let oa = F::new().await;
    let id = created(&oa).await;
    for trouble in [Trouble::LostBefore, Trouble::Limited, Trouble::Forbidden, Trouble::Unreachable] {
        oa.disturb(On::Read, trouble);
        assert!(oa.oa().read(&id).await.is_err(), "{trouble:?}");
        assert!(oa.oa().read(&id).await.unwrap().is_some());
    }
    oa.disturb(On::Create, Trouble::Forbidden);
    assert_eq!(fails(&oa, On::Create).await.retry, Retry::Permanent);
}

pub async fn a_refused_login_is_tried_once_until_a_check_gets_in<F: Fixture>() {
    let oa = F::new().await;
    let refused = oa.refused();
    let (client, draft) = (oa.over(&refused), oa.draft());
    for failed in join_all((0..8).map(|_| client.create(&draft))).await {
        assert!(matches!(failed.unwrap_err().retry, Retry::Blocked(_)));
    }
    assert_eq!((oa.logins(), oa.instances()), (1, 0));
    assert!(matches!(client.check().await.unwrap_err().retry, Retry::Blocked(_)));
    assert_eq!(oa.logins(), 2, "a check knocks");
    // Mended at the vendor's and not in the configuration: the refusal is still remembered.
    let sound = oa.oa();
    assert!(matches!(sound.create(&draft).await.unwrap_err().retry, Retry::Blocked(_)));
    sound.check().await.unwrap();
    sound.create(&draft).await.unwrap();
}

pub async fn many_calls_share_one_login_and_an_expired_one_is_renewed_once<F: Fixture>() {
    let oa = F::new().await;
    let (client, draft) = (oa.oa(), oa.draft());
    for made in join_all((0..20).map(|_| client.create(&draft))).await {
        made.unwrap();
    }
    assert_eq!((oa.logins(), oa.instances()), (1, 20));
    oa.disturb(On::Create, Trouble::Expired);
    client.create(&draft).await.unwrap();
    assert_eq!((oa.logins(), oa.instances()), (2, 21));
}

pub async fn a_limit_says_how_long_to_wait<F: Fixture>() {
    let oa = F::new().await;
    for on in [On::Create, On::Read] {
        oa.disturb(on, Trouble::Limited);
        match fails(&oa, on).await.retry {
            Retry::RateLimited(wait) => assert!(!wait.is_zero()),
            other => panic!("{on:?}: {other:?}"),
        }
    }
    assert_eq!(oa.instances(), 0);
}

pub async fn an_oa_that_cannot_be_reached_may_be_asked_again<F: Fixture>() {
    let oa = F::new().await;
    created(&oa).await;
    for on in [On::Create, On::Read] {
        oa.disturb(on, Trouble::Unreachable);
        let error = fails(&oa, on).await;
        assert_eq!(error.retry, Retry::Transient, "{on:?}: {error}");
    }
    assert_eq!(oa.instances(), 1);
}

pub async fn what_it_would_not_take_is_said_before_it_is_sent<F: Fixture>() {
    let oa = F::new().await;
    assert_eq!(oa.kind().unfit(&oa.draft()), []);
    let limits = oa.capabilities().limits;
    if let Some(most) = limits.characters {
        let mut draft = oa.draft();
        draft.fields.push(Field { name: "长".into(), value: FieldValue::Text("长".repeat(most)) });
        assert_eq!(oa.kind().unfit(&draft), []);
        draft.fields.push(Field { name: "更长".into(), value: FieldValue::Text("长".repeat(most + 1)) });
        let unfit = oa.kind().unfit(&draft);
        assert_eq!(unfit.len(), 1);
        assert_eq!(unfit[0].place, Place::Field("更长".into()));
        assert!(unfit[0].message.contains(&most.to_string()), "{}", unfit[0].message);
    }
    if let Some(most) = limits.controls {
        let mut draft = oa.draft();
        draft.fields = (0..=most).map(|n| Field { name: n.to_string(), value: FieldValue::Text("x".into()) }).collect();
        assert_eq!(oa.kind().unfit(&draft).len(), 1);
        draft.fields.pop();
        assert_eq!(oa.kind().unfit(&draft), []);
    }
    assert!(oa.oa().preview(&oa.draft()).await.unwrap().is_object());
    assert_eq!(oa.instances(), 0, "a preview writes nothing");
}

pub async fn a_check_says_what_answered<F: Fixture>() {
    let oa = F::new().await;
    let report = oa.oa().check().await.unwrap();
    assert!(report.answered.contains(oa.capabilities().name) && !report.steps.is_empty(), "{report:?}");
    assert_eq!((&report.connection, oa.instances()), (oa.connection().id(), 0));
}

pub async fn a_forms_controls_are_described<F: Fixture>() {
    let oa = F::new().await;
    if oa.capabilities().describes_forms.is_none() {
        return;
    }
    let draft = oa.draft();
    let controls = oa.oa().form_controls(&draft.template).await.unwrap();
    for field in &draft.fields {
        let control = controls.iter().find(|control| control.name == field.name).unwrap();
        if let FieldValue::Table(rows) = &field.value {
            let columns: Vec<&str> = control.columns.iter().map(|column| column.name.as_str()).collect();
            assert!(rows[0].iter().all(|cell| columns.contains(&cell.name.as_str())), "{columns:?}");
        }
    }
}
