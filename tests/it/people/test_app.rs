//! A company with DingTalk, WeCom and Feishu, and people in its directory.

use serde_json::{Value, json};
use tenon_directory::{Directory, Language, Person};
use tenon_model::TenantId;
use tenon_notices::{Line, Link, Notice, Recipient, Text};
use tenon_platform::table::Outcome;
use tenon_sandbox::SandboxOptions;
use tenon_tests::{TestApp, TestAppOptions};

/// The connections, and channels in the order DingTalk, WeCom, Feishu.
pub fn config(c: &mut Value) {
    let sandbox = SandboxOptions::default();
    let connections = c["connections"].as_array_mut().unwrap();
    connections[1]["agent_id"] = json!(sandbox.dingtalk.agent_id);
    connections.push(json!({ "kind": "wecom", "id": "wecom-main", "api_url": "http://wecom",
        "corp_id": sandbox.wecom.corp_id, "secret": sandbox.wecom.secret, "agent_id": sandbox.wecom.agent_id,
        "token": sandbox.wecom.token, "aes_key": sandbox.wecom.aes_key }));
    connections.push(json!({ "kind": "feishu", "id": "feishu-main", "base_url": "http://feishu",
        "app_id": sandbox.feishu.app_id, "app_secret": sandbox.feishu.app_secret }));
    c["flows"] = json!([]);
    c["notices"] = json!({ "channels": ["ding-main", "wecom-main", "feishu-main"] });
}

/// The company, with settings of a test's own.
pub async fn app_with(seed: u64, config: fn(&mut Value)) -> TestApp {
    let app = TestApp::new(TestAppOptions { seed, config: Some(config), ..TestAppOptions::default() }).await;
    put(
        &app,
        Person {
            real_name: Some("张三".into()), ..with(Person::new("zhangsan", "zhangsan"), "ding-main", "zhangsan")
        },
    )
    .await;
    put(&app, Person { language: Language::En, ..with(Person::new("zhaoliu", "zhaoliu"), "wecom-main", "zhaoliu") })
        .await;
    put(&app, with(Person::new("ou", "ou"), "feishu-main", "ou_1")).await;
    put(&app, Person::new("nobody", "nobody")).await;
    app
}

/// The company.
pub async fn app() -> TestApp {
    app_with(0, config).await
}

/// A person with an account.
pub fn with(mut person: Person, connection: &str, account: &str) -> Person {
    person.accounts.insert(connection.to_owned(), account.to_owned());
    person
}

/// Puts a person into the directory.
pub async fn put(app: &TestApp, person: Person) {
    let tenant = TenantId::operator();
    let directory = Directory::new(&app.ctx, &tenant);
    let before = directory.person(&person.id).await.unwrap();
    assert_eq!(directory.put(before.as_ref(), &person, "test").await.unwrap(), Outcome::Done);
}

/// A task that waits for somebody.
pub fn task(recipient: Recipient, key: &str) -> Notice {
    Notice {
        recipient,
        title: Text::new("新任务提醒", "New task"),
        text: Text::new("您有新的待处理任务【部门审批】", "A task waits for you: 部门审批"),
        lines: vec![Line::new(Text::new("截止时间", "Deadline"), Text::same("2025-01-25 18:00:00"))],
        link: Some(Link { web: "https://erp.example/web/1".into(), h5: "https://erp.example/h5/1".into() }),
        button: None,
        key: key.into(),
    }
}

/// Messages that reached an account, whichever vendor carried them.
pub fn reached(app: &TestApp, account: &str) -> Vec<String> {
    let ding = app.sandbox.dingtalk().messages().into_iter().filter(|m| m.reached(account)).map(|m| m.message);
    let wecom = app.sandbox.wecom().messages().into_iter().filter(|m| m.reached(account)).map(|m| m.message);
    let feishu = app.sandbox.feishu().messages().into_iter().filter(|m| m.to == account).map(|m| m.card);
    ding.chain(wecom).chain(feishu).map(|message| message.to_string()).collect()
}
