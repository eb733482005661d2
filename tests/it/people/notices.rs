//! Notices: once of each key, over the channel the person has, within what vendors take.

use super::test_app::{app, app_with, config, put, reached, task, with};
use serde_json::{Value, json};
use std::time::Duration;
use tenon_directory::Person;
use tenon_model::{ConnectionId, TenantId};
use tenon_notices::{AttemptStatus, Recipient, Record, State, counted, notify, send};
use tenon_platform::queue::NOTICES_SEND;
use tenon_sandbox::{Fault, FaultKind, Vendor};
use tenon_tests::TestApp;

async fn notified(app: &mut TestApp, recipient: Recipient, key: &str) -> Record {
    let tenant = TenantId::operator();
    let notice = task(recipient, key);
    notify(&app.ctx, &tenant, &notice).await.unwrap();
    app.step().await;
    app.step().await;
    send(&app.ctx, &tenant, &notice).await.unwrap()
}

async fn counts(app: &TestApp, connection: &str, what: &str) -> i64 {
    let id = ConnectionId::new(connection);
    counted(&app.ctx, &TenantId::operator(), Some(&id)).await.unwrap().get(what).copied().unwrap_or(0)
}

#[tokio::test]
async fn each_person_is_told_once_in_the_own_language_over_the_channel_that_has_the_person() {
    let mut app = app().await;
    for (id, account, words) in
        [("zhangsan", "zhangsan", "新任务提醒"), ("zhaoliu", "zhaoliu", "New task"), ("ou", "ou_1", "新任务提醒")]
    {
        for _ in 0..3 {
            assert_eq!(notified(&mut app, Recipient::person(id), "task/1").await.state, State::Told);
        }
        let messages = reached(&app, account);
        assert_eq!(messages.len(), 1, "{id}");
        assert!(
            messages[0].contains(words) && messages[0].contains("/h5/1") && messages[0].contains("/web/1"),
            "{}",
            messages[0]
        );
        // Another task of the same words is another notice.
        notified(&mut app, Recipient::person(id), "task/2").await;
        assert_eq!(reached(&app, account).len(), 2, "{id}");
    }
    assert_eq!(counts(&app, "ding-main", "told").await, 2);
    assert_eq!(app.dead_letters().await, Vec::<String>::new());
}

#[tokio::test]
async fn whoever_cannot_be_told_is_named_and_stops_nobody() {
    let mut app = app().await;
    put(&app, Person { active: false, ..with(Person::new("gone", "gone"), "ding-main", "lisi") }).await;
    let nobody = notified(&mut app, Recipient::person("nobody"), "task/1").await;
    assert_eq!(nobody.state, State::Skipped);
    let named: Vec<_> = nobody.attempts.iter().map(|a| (a.connection.as_str(), a.stands)).collect();
    assert_eq!(
        named,
        [
            ("ding-main", AttemptStatus::Absent),
            ("wecom-main", AttemptStatus::Absent),
            ("feishu-main", AttemptStatus::Absent)
        ]
    );
    for recipient in [Recipient::person("gone"), Recipient::person("no-such"), Recipient::external("C", "E1")] {
        let record = notified(&mut app, recipient, "task/1").await;
        assert_eq!(record.state, State::Skipped);
        assert!(record.why.is_some());
    }
    assert!(reached(&app, "lisi").is_empty());
    assert_eq!(app.dead_letters().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_code_of_an_erp_is_the_person_it_is_bound_to_and_one_person_is_told_once_however_named() {
    let mut app = app().await;
    let mut person = with(Person::new("lisi", "lisi"), "ding-main", "lisi");
    person.external.insert("COMPANY001".into(), "E-7".into());
    put(&app, person).await;
    assert_eq!(notified(&mut app, Recipient::external("COMPANY001", "E-7"), "task/1").await.state, State::Told);
    assert_eq!(notified(&mut app, Recipient::person("lisi"), "task/1").await.state, State::Told);
    assert_eq!(reached(&app, "lisi").len(), 1);
}

#[tokio::test]
async fn what_one_vendor_refuses_the_next_one_carries() {
    let mut app = app().await;
    let both = with(with(Person::new("both", "both"), "ding-main", "wangwu"), "feishu-main", "ou_2");
    put(&app, both).await;
    let words = r#"{"errcode":33012,"errmsg":"无效的USERID"}"#;
    let fault = Fault::new(FaultKind::Status(200, words.to_owned())).vendor(Vendor::DingTalk);
    app.sandbox.inject(fault.on("POST", "/topapi/message/corpconversation/asyncsend_v2"));
    let record = notified(&mut app, Recipient::person("both"), "task/1").await;
    assert_eq!(record.state, State::Told);
    assert_eq!((reached(&app, "wangwu").len(), reached(&app, "ou_2").len()), (0, 1));
    assert!(record.attempts[0].why.as_deref().unwrap().contains("无效的USERID"), "{record:?}");
    assert_eq!(counts(&app, "ding-main", "refused").await, 1);
}

fn over_all(c: &mut Value) {
    config(c);
    c["notices"]["over"] = json!("all");
}

#[tokio::test]
async fn over_all_channels_each_carries_it_once() {
    let mut app = app_with(0, over_all).await;
    put(&app, with(with(Person::new("both", "both"), "ding-main", "wangwu"), "feishu-main", "ou_2")).await;
    for _ in 0..2 {
        assert_eq!(notified(&mut app, Recipient::person("both"), "task/1").await.state, State::Told);
    }
    assert_eq!((reached(&app, "wangwu").len(), reached(&app, "ou_2").len()), (1, 1));
}

// What is more than thirty a minute WeCom drops in silence.
#[tokio::test]
async fn more_than_a_vendor_takes_waits_and_nothing_is_dropped() {
    let mut app = app().await;
    let tenant = TenantId::operator();
    for n in 0..70 {
        notify(&app.ctx, &tenant, &task(Recipient::person("zhaoliu"), &format!("task/{n}"))).await.unwrap();
    }
    for _ in 0..12 {
        app.step().await;
    }
    assert_eq!(reached(&app, "zhaoliu").len(), 15);
    for _ in 0..8 {
        app.minute().await;
    }
    assert_eq!(reached(&app, "zhaoliu").len(), 70);
    assert!(app.sandbox.wecom().messages().iter().all(|message| message.dropped.is_empty()));
    assert!(counts(&app, "wecom-main", "held-back").await > 0);
    assert_eq!(app.dead_letters().await, Vec::<String>::new());
}

#[tokio::test]
async fn the_day_of_a_person_at_dingtalk_ends_at_midnight_in_china_and_the_rest_is_told_after_it() {
    let mut app = app().await;
    let tenant = TenantId::operator();
    for n in 0..503 {
        notify(&app.ctx, &tenant, &task(Recipient::person("zhangsan"), &format!("task/{n}"))).await.unwrap();
    }
    for _ in 0..60 {
        app.step().await;
        app.clock.advance(Duration::from_secs(2));
    }
    app.minute().await;
    assert_eq!(reached(&app, "zhangsan").len(), 500);
    // From 08:00 to past midnight in Shanghai.
    app.clock.advance(Duration::from_secs(16 * 3600));
    for _ in 0..100 {
        app.step().await;
        app.clock.advance(Duration::from_secs(300));
    }
    assert_eq!(reached(&app, "zhangsan").len(), 503);
    assert!(app.sandbox.dingtalk().messages().iter().all(|message| message.dropped.is_empty()));
}

#[tokio::test]
async fn a_message_without_an_answer_is_told_once_and_one_that_no_repetition_can_settle_is_named() {
    let cases = [
        ("zhangsan", "zhangsan", Vendor::DingTalk, "/topapi/message/corpconversation/asyncsend_v2", 17),
        ("zhaoliu", "zhaoliu", Vendor::WeCom, "/cgi-bin/message/send", 1),
        ("ou", "ou_1", Vendor::Feishu, "/open-apis/im/v1/messages", 1),
    ];
    for (id, account, vendor, path, hours) in cases {
        let mut app = app().await;
        let lost = || Fault::new(FaultKind::DropAfterCommit).vendor(vendor).on("POST", path);
        app.sandbox.inject(lost());
        let tenant = TenantId::operator();
        let notice = task(Recipient::person(id), "task/1");
        notify(&app.ctx, &tenant, &notice).await.unwrap();
        app.minute().await;
        assert_eq!(send(&app.ctx, &tenant, &notice).await.unwrap().state, State::Told, "{id}");
        assert_eq!(reached(&app, account).len(), 1, "{id}");
        // Lost, and nobody asks again before the vendor has forgotten it.
        app.sandbox.inject(lost());
        let other = task(Recipient::person(id), "task/2");
        notify(&app.ctx, &tenant, &other).await.unwrap();
        app.step().await;
        assert_eq!(reached(&app, account).len(), 2, "{id}");
        app.clock.advance(Duration::from_secs(hours * 3600));
        app.minute().await;
        let record = send(&app.ctx, &tenant, &other).await.unwrap();
        assert_eq!(record.state, State::Unknown, "{id}: {record:?}");
        assert_eq!(reached(&app, account).len(), 2, "{id}");
        assert_eq!(app.dead_letters().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_channel_that_is_forbidden_leaves_its_notice_to_a_person_and_tells_it_when_it_is_put_back() {
    let mut app = app().await;
    let tenant = TenantId::operator();
    let words = r#"{"errcode":88,"sub_code":"60011","errmsg":"没有权限"}"#;
    let fault = Fault::new(FaultKind::Status(200, words.to_owned())).vendor(Vendor::DingTalk);
    app.sandbox.inject(fault.on("POST", "/topapi/message/corpconversation/asyncsend_v2").always());
    let notice = task(Recipient::person("zhangsan"), "task/1");
    notify(&app.ctx, &tenant, &notice).await.unwrap();
    app.minute().await;
    let letters = app.dead_letters().await;
    assert_eq!(letters.len(), 1, "{letters:?}");
    app.sandbox.clear_faults();
    app.ctx.queue.send(&NOTICES_SEND, letters[0].clone(), Duration::ZERO).await.unwrap();
    app.minute().await;
    assert_eq!(reached(&app, "zhangsan").len(), 1);
    assert_eq!(send(&app.ctx, &tenant, &notice).await.unwrap().state, State::Told);
}

#[tokio::test]
async fn a_notice_that_dies_before_it_is_queued_is_told_within_a_minute() {
    let mut app = app().await;
    app.dies_before_sending();
    let notice = task(Recipient::person("zhangsan"), "task/1");
    assert!(notify(&app.ctx, &TenantId::operator(), &notice).await.is_err());
    assert_eq!(app.a_minute_later().await, 1);
    assert_eq!(reached(&app, "zhangsan").len(), 1);
}

#[tokio::test]
async fn without_notices_in_the_configuration_nobody_is_told() {
    let mut app = app_with(0, |c| {
        config(c);
        c.as_object_mut().unwrap().remove("notices");
    })
    .await;
    let record = notified(&mut app, Recipient::person("zhangsan"), "task/1").await;
    assert_eq!(record.state, State::Skipped);
    assert!(reached(&app, "zhangsan").is_empty());
}

const RESULT: &str = "/topapi/message/corpconversation/getsendresult";

fn result_requests(app: &TestApp) -> u64 {
    app.sandbox.snapshot().requests.get(&format!("POST {RESULT}")).copied().unwrap_or(0)
}

#[tokio::test]
async fn what_dingtalk_took_and_dropped_the_next_channel_carries_and_it_is_counted() {
    let mut app = app().await;
    // Nobody of that id is at DingTalk, which takes the message and says nothing.
    put(&app, with(with(Person::new("both", "both"), "ding-main", "ghost"), "feishu-main", "ou_2")).await;
    put(&app, with(Person::new("alone", "alone"), "ding-main", "ghost-2")).await;
    for id in ["both", "alone", "zhangsan"] {
        assert_eq!(notified(&mut app, Recipient::person(id), "task/1").await.state, State::Told, "{id}");
    }
    assert_eq!((reached(&app, "ou_2").len(), result_requests(&app)), (0, 0));
    app.minute().await;
    app.minute().await;
    let tenant = TenantId::operator();
    let mut states = Vec::new();
    for id in ["both", "alone", "zhangsan"] {
        states.push(send(&app.ctx, &tenant, &task(Recipient::person(id), "task/1")).await.unwrap());
    }
    assert_eq!(
        (states[0].state, states[0].attempts[0].stands),
        (State::Told, AttemptStatus::Refused),
        "{:?}",
        states[0]
    );
    assert_eq!(states[1].state, State::Refused, "{:?}", states[1]);
    assert!(states[2].attempts[0].delivered, "{:?}", states[2]);
    assert_eq!((reached(&app, "ou_2").len(), reached(&app, "zhangsan").len()), (1, 1));
    assert_eq!((counts(&app, "ding-main", "dropped").await, counts(&app, "ding-main", "delivered").await), (2, 1));
    // Nobody is asked again of what is known.
    app.clock.advance(Duration::from_secs(7_200));
    app.minute().await;
    assert_eq!(result_requests(&app), 3);
    assert_eq!(app.dead_letters().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_vendor_that_does_not_say_what_became_of_a_message_is_asked_three_times_and_no_notice_fails_by_it() {
    let mut app = app().await;
    app.sandbox.inject(Fault::new(FaultKind::Html(502)).vendor(Vendor::DingTalk).on("POST", RESULT).always());
    assert_eq!(notified(&mut app, Recipient::person("zhangsan"), "task/1").await.state, State::Told);
    for _ in 0..3 {
        app.clock.advance(Duration::from_secs(3_700));
        app.minute().await;
    }
    let record = send(&app.ctx, &TenantId::operator(), &task(Recipient::person("zhangsan"), "task/1")).await.unwrap();
    assert_eq!((record.state, record.attempts[0].asked, record.attempts[0].ask_ms), (State::Told, 3, None));
    assert_eq!(reached(&app, "zhangsan").len(), 1);
    assert_eq!(app.dead_letters().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_notice_given_up_after_a_message_without_an_answer_is_unknown_and_told_once_when_it_is_put_back() {
    let mut app = app().await;
    let tenant = TenantId::operator();
    let path = "/topapi/message/corpconversation/asyncsend_v2";
    app.sandbox.inject(Fault::new(FaultKind::DropAfterCommit).vendor(Vendor::DingTalk).on("POST", path));
    let notice = task(Recipient::person("zhangsan"), "task/1");
    notify(&app.ctx, &tenant, &notice).await.unwrap();
    app.step().await;
    let words = r#"{"errcode":88,"sub_code":"60011","errmsg":"没有权限"}"#;
    let forbidden = Fault::new(FaultKind::Status(200, words.to_owned())).vendor(Vendor::DingTalk);
    app.sandbox.inject(forbidden.on("POST", path).always());
    app.minute().await;
    app.minute().await;
    let letters = app.dead_letters().await;
    assert_eq!(letters.len(), 1, "{letters:?}");
    let given_up = counted(&app.ctx, &tenant, None).await.unwrap();
    assert_eq!((given_up.get("unknown"), given_up.get("failed")), (Some(&1), None), "{given_up:?}");
    app.sandbox.clear_faults();
    app.ctx.queue.send(&NOTICES_SEND, letters[0].clone(), Duration::ZERO).await.unwrap();
    app.minute().await;
    app.minute().await;
    let record = send(&app.ctx, &tenant, &notice).await.unwrap();
    assert!(record.state == State::Told && record.attempts[0].delivered, "{record:?}");
    assert_eq!(reached(&app, "zhangsan").len(), 1);
}
