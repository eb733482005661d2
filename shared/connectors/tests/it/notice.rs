//! Channels to people against the sandbox: a card arrives, a repetition does not arrive twice, and whoever is not there
//! is named.

use crate::feishu;
use crate::support::{TestConnections, dingtalk_connection, wecom_connection};
use serde_json::Value;
use tenon_connectors::notice::{Button, Card, Channel, SendOutcome};
use tenon_model::config::{Connection, FeishuConnection};
use tenon_platform::{Result, Retry};
use tenon_sandbox::{Fault, FaultKind, SandboxOptions, Vendor};

fn card(id: &str) -> Card {
    let button = |text: &str, url: &str| Button { text: text.into(), url: url.into() };
    Card {
        title: "新任务提醒".into(),
        text: "您有新的待处理任务【部门审批】".into(),
        lines: vec![("截止时间".into(), "2025-01-25 18:00:00".into())],
        foot: format!("编号 {id} · 2025-01-24 10:00:00"),
        buttons: vec![
            button("处理（手机）", "https://erp.example/h5/1"),
            button("处理（电脑）", "https://erp.example/web/1"),
        ],
        id: id.into(),
    }
}

fn with_one_button(id: &str) -> Card {
    let mut card = card(id);
    card.buttons.truncate(1);
    card
}

/// Sends a card over Feishu.
pub async fn send_card(
    connections: &TestConnections,
    connection: &FeishuConnection,
    to: &str,
    id: &str,
) -> Result<SendOutcome> {
    over(connections, &Connection::Feishu(connection.clone()), to, &card(id)).await
}

async fn over(connections: &TestConnections, connection: &Connection, to: &str, card: &Card) -> Result<SendOutcome> {
    Channel::over(&connections.ctx, &connections.tenant, connection, 1).unwrap().send_card(to, card).await
}

fn all() -> [(Connection, &'static str, Vendor, &'static str); 3] {
    [
        (
            Connection::Dingtalk(dingtalk_connection()),
            "zhangsan",
            Vendor::DingTalk,
            "/topapi/message/corpconversation/asyncsend_v2",
        ),
        (Connection::Wecom(wecom_connection()), "zhaoliu", Vendor::WeCom, "/cgi-bin/message/send"),
        (Connection::Feishu(feishu::connection()), "ou_1", Vendor::Feishu, "/open-apis/im/v1/messages"),
    ]
}

/// Messages that reached the person, whichever vendor carried them.
fn reached(connections: &TestConnections, to: &str) -> Vec<Value> {
    let snapshot = connections.sandbox.snapshot();
    let ding = snapshot.dingtalk.messages.into_iter().filter(|m| m.reached(to)).map(|m| m.message);
    let wecom = snapshot.wecom.messages.into_iter().filter(|m| m.reached(to)).map(|m| m.message);
    let feishu = snapshot.feishu.messages.into_iter().filter(|m| m.to == to).map(|m| m.card);
    ding.chain(wecom).chain(feishu).collect()
}

#[tokio::test]
async fn a_card_leads_to_the_page_of_the_phone_and_of_the_desk() {
    for (connection, to, _, _) in all() {
        let connections = TestConnections::new(SandboxOptions::default()).await;
        assert!(matches!(over(&connections, &connection, to, &card("n1")).await.unwrap(), SendOutcome::Sent(Some(_))));
        assert!(matches!(
            over(&connections, &connection, to, &with_one_button("n2")).await.unwrap(),
            SendOutcome::Sent(Some(_))
        ));
        let messages = reached(&connections, to);
        assert_eq!(messages.len(), 2, "{messages:?}");
        let text = messages[0].to_string();
        for part in
            ["https://erp.example/h5/1", "https://erp.example/web/1", "新任务提醒", "2025-01-25 18:00:00", "部门审批"]
        {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(!messages[1].to_string().contains("/web/1"), "{}", messages[1]);
    }
}

#[tokio::test]
async fn what_each_vendor_calls_a_card_is_what_is_sent() {
    let connections = TestConnections::new(SandboxOptions::default()).await;
    for (connection, to, _, _) in all() {
        over(&connections, &connection, to, &with_one_button("n1")).await.unwrap();
        over(&connections, &connection, to, &card("n2")).await.unwrap();
    }
    let snapshot = connections.sandbox.snapshot();
    let ding: Vec<_> = snapshot.dingtalk.messages.iter().map(|m| m.message["msgtype"].clone()).collect();
    assert_eq!(ding, ["action_card", "action_card"]);
    assert_eq!(snapshot.dingtalk.messages[0].message["action_card"]["single_title"], "处理（手机）");
    assert_eq!(
        snapshot.dingtalk.messages[1].message["action_card"]["btn_json_list"][1]["action_url"],
        "https://erp.example/web/1"
    );
    let wecom: Vec<_> = snapshot.wecom.messages.iter().map(|m| m.message["msgtype"].clone()).collect();
    assert_eq!(wecom, ["textcard", "template_card"]);
    assert_eq!(snapshot.feishu.messages[0].card["elements"][2]["actions"][0]["url"], "https://erp.example/h5/1");
    assert_eq!(snapshot.feishu.messages[0].id_type, "open_id");
}

#[tokio::test]
async fn a_message_whose_answer_is_lost_reaches_its_person_once_when_it_is_sent_again() {
    for (connection, to, vendor, path) in all() {
        let connections = TestConnections::new(SandboxOptions::default()).await;
        connections.sandbox.inject(Fault::new(FaultKind::DropAfterCommit).vendor(vendor).on("POST", path));
        let error = over(&connections, &connection, to, &card("n1")).await.unwrap_err();
        assert_eq!(error.retry, Retry::UnknownOutcome, "{error}");
        assert!(matches!(over(&connections, &connection, to, &card("n1")).await.unwrap(), SendOutcome::Sent(_)));
        assert_eq!(reached(&connections, to).len(), 1);
        // Another notice of the same words is another message.
        over(&connections, &connection, to, &card("n2")).await.unwrap();
        assert_eq!(reached(&connections, to).len(), 2);
    }
}

#[tokio::test]
async fn whoever_the_vendor_does_not_have_is_named() {
    let mut options = SandboxOptions::default();
    options.wecom.hidden_users.insert("hidden".into());
    options.feishu.out_of_range.insert("ou_far".into());
    let connections = TestConnections::new(options).await;
    let wecom = Connection::Wecom(wecom_connection());
    let error = over(&connections, &wecom, "hidden", &card("n1")).await.unwrap_err();
    assert_eq!((error.code, error.kind), ("wecom.refused", tenon_platform::error::ErrorKind::Refused));
    assert!(matches!(over(&connections, &wecom, "a|b", &card("n1")).await.unwrap(), SendOutcome::Nobody(_)));
    assert!(matches!(over(&connections, &wecom, "@all", &card("n1")).await.unwrap(), SendOutcome::Nobody(_)));
    let feishu = Connection::Feishu(feishu::connection());
    let error = over(&connections, &feishu, "ou_far", &card("n1")).await.unwrap_err();
    assert_eq!(error.code, "feishu.refused");
    let ding = Connection::Dingtalk(dingtalk_connection());
    assert!(matches!(over(&connections, &ding, "a,b", &card("n1")).await.unwrap(), SendOutcome::Nobody(_)));
    // DingTalk takes a message to nobody and says nothing.
    assert!(matches!(over(&connections, &ding, "nobody", &card("n1")).await.unwrap(), SendOutcome::Sent(_)));
    assert!(reached(&connections, "nobody").is_empty());
}

// Longer than DingTalk takes: the foot and the links stay.
#[tokio::test]
async fn a_long_notice_is_cut_and_still_taken() {
    for (connection, to, _, _) in all() {
        let connections = TestConnections::new(SandboxOptions::default()).await;
        let mut long = card("n1");
        long.text = "长".repeat(4_000);
        long.lines = (0..60).map(|n| (format!("字段{n}"), "值😀".repeat(200))).collect();
        assert!(matches!(over(&connections, &connection, to, &long).await.unwrap(), SendOutcome::Sent(_)));
        let message = reached(&connections, to).remove(0).to_string();
        assert!(message.contains("编号 n1") && message.contains("/h5/1"), "{message}");
    }
}

#[tokio::test]
async fn too_many_calls_are_a_pause_and_no_unknown_outcome() {
    for (connection, to, vendor, path) in all() {
        let connections = TestConnections::new(SandboxOptions::default()).await;
        connections.sandbox.inject(Fault::new(FaultKind::RateLimited).vendor(vendor).on("POST", path));
        let error = over(&connections, &connection, to, &card("n1")).await.unwrap_err();
        assert!(matches!(error.retry, Retry::RateLimited(_)), "{error}");
        assert!(reached(&connections, to).is_empty());
    }
}
