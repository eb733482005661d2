//! Users of the OA integration from the OA's own database, with tables as 勾股OA has them.

use super::oa::{CODE, SECOND, call, get_token, hand_in, token};
use serde_json::{Value, json};
use std::time::Duration;
use tenon_databases::{Db, Statement};
use tenon_model::TenantId;
use tenon_model::config::Database;
use tenon_testkit::databases::{self, DatabaseFixture};
use tenon_tests::{TestApp, TestAppOptions};

/// What there is of 勾股OA's tables; columns that nobody asks for are left out.
const TABLES: [&str; 14] = [
    "CREATE TABLE oa_admin (id int NOT NULL, username varchar(100) NOT NULL DEFAULT '', pwd varchar(100) NOT NULL DEFAULT '', \
     name varchar(255) NOT NULL DEFAULT '', email varchar(255) NOT NULL DEFAULT '', mobile bigint NOT NULL DEFAULT 0, \
     thumb varchar(255) NOT NULL DEFAULT '', did int NOT NULL DEFAULT 0, position_id int NOT NULL DEFAULT 0, \
     status int NOT NULL DEFAULT 1, PRIMARY KEY (id))",
    "CREATE TABLE oa_department (id int NOT NULL, title varchar(255) NOT NULL, pid int NOT NULL DEFAULT 0, PRIMARY KEY (id))",
    "CREATE TABLE oa_position (id int NOT NULL, title varchar(255) NOT NULL, status int NOT NULL DEFAULT 1, PRIMARY KEY (id))",
    "CREATE TABLE oa_position_group (pid int, group_id int)",
    "CREATE TABLE oa_admin_group (id int NOT NULL, title varchar(255) NOT NULL, status int NOT NULL DEFAULT 1, rules text, PRIMARY KEY (id))",
    "CREATE TABLE oa_data_auth (id int NOT NULL, title varchar(255) NOT NULL, name varchar(255) NOT NULL, uids text, \
     conf_1 text, conf_2 text, conf_3 text, PRIMARY KEY (id))",
    "CREATE TABLE oa_assistant_agent_bind (id int NOT NULL, assistant_user_id varchar(100) NOT NULL, oa_user_id int NOT NULL, \
     bind_time int, status int NOT NULL DEFAULT 1, create_time int, update_time int, PRIMARY KEY (id), UNIQUE (assistant_user_id))",
    "INSERT INTO oa_admin (id, username, name, email, mobile, thumb, did, position_id, status) VALUES \
     (1, 'admin', '管理员', 'admin@example.com', 13800138000, '/uploads/thumb/xxx.jpg', 1, 1, 1), (2, 'lisi', '李四', '', 0, '', 2, 3, 1), \
     (4, 'gone', '离职', '', 0, '', 1, 3, 2)",
    "INSERT INTO oa_department (id, title) VALUES (1, '总公司'), (2, '技术部')",
    "INSERT INTO oa_position (id, title) VALUES (1, '总经理'), (3, '普通员工')",
    "INSERT INTO oa_position_group (pid, group_id) VALUES (1, 1), (3, 2), (3, 9)",
    "INSERT INTO oa_admin_group (id, title, status, rules) VALUES (1, '超级权限角色', 1, '1,2,3'), (2, '员工', 1, '7,8'), (9, '停用', 0, '9')",
    "INSERT INTO oa_data_auth (id, title, name, uids, conf_1) VALUES (1, '办公', 'office_admin', '1,2,3', ''), (2, '财务', 'finance_admin', '1', '10')",
    "INSERT INTO oa_assistant_agent_bind (id, assistant_user_id, oa_user_id, status) VALUES (1, 'U001', 1, 1), (2, 'U002', 2, 1), \
     (3, 'U003', 1, 0), (4, 'U004', 4, 1)",
];

async fn run(database: &Database, statements: &[&str]) {
    let db = Db::open(database).await.unwrap();
    for sql in statements {
        db.transact(vec![Statement::plain((*sql).to_owned(), Vec::new())]).await.unwrap();
    }
    db.close().await;
}

async fn apply(app: &TestApp, database: &Database, oa: Value) {
    let mut settings = json!({ "source": "database", "database": "boards", "roles_see_others": ["1"] });
    settings.as_object_mut().unwrap().extend(oa.as_object().cloned().unwrap());
    app.apply(json!({
        "connections": [], "flows": [], "databases": [serde_json::to_value(database).unwrap()],
        "apps": [{ "id": "assistant", "app_code": CODE, "services": ["oa-integration"] },
                 { "id": "second", "app_code": SECOND, "services": ["oa-integration"], "tenant": "t-2" }],
        "oa_integration": settings,
    }))
    .await;
}

async fn userinfo(app: &TestApp, token: &str, user: &str) -> (u16, Value) {
    let (status, answer) = call(app, "get_userinfo", Some(token), user).await;
    (status, answer["code"].clone())
}

async fn scenario(fixture: DatabaseFixture) {
    let config: fn(&mut Value) = super::test_app::config;
    let app = TestApp::new(TestAppOptions { config: Some(config), ..TestAppOptions::default() }).await;
    run(&fixture.database, &TABLES).await;
    apply(&app, &fixture.database, json!({})).await;
    let admin = token(&app, "U001").await;
    assert_eq!(
        call(&app, "get_userinfo", Some(&admin), "1").await,
        (
            200,
            json!({ "code": 0, "msg": "success", "data": {
            "id": "1", "username": "admin", "name": "管理员", "email": "admin@example.com", "mobile": "13800138000",
            "did": "1", "dept_name": "总公司", "position_id": "1", "position_name": "总经理",
            "thumb": "/uploads/thumb/xxx.jpg" } })
        )
    );
    let lisi = token(&app, "U002").await;
    assert_eq!(
        call(&app, "get_permissions", Some(&lisi), "2").await,
        (
            200,
            json!({ "code": 0, "msg": "success", "data": { "user_id": "2",
            "groups": { "2": { "rules": "7,8", "title": "员工" } },
            "data_auth": { "office_admin": { "uids": "1,2,3", "conf1": "", "conf2": "", "conf3": "" } } } })
        )
    );
    // Another's data only by a role that may; and a text that begins as an id does is nobody's id.
    assert_eq!(userinfo(&app, &admin, "2").await, (200, json!(0)));
    assert_eq!(userinfo(&app, &admin, "2%20OR%201%3D1").await, (200, json!(1)));
    assert_eq!(userinfo(&app, &admin, "1x").await, (200, json!(1)));
    assert_eq!(userinfo(&app, &lisi, "1").await, (403, json!(403)));
    let message = |answer: (u16, Value)| (answer.0, answer.1["msg"].as_str().unwrap().to_owned());
    for (assistant, msg) in [
        ("U999", "未找到绑定用户"),
        ("u001", "未找到绑定用户"),
        ("U003", "未找到绑定用户"),
        ("' OR '1'='1", "未找到绑定用户"),
        ("U004", "绑定的OA用户不存在或已停用"),
    ] {
        assert_eq!(message(get_token(&app, CODE, assistant).await), (200, msg.to_owned()), "{assistant}");
    }
    // Those of another tenant are not in this OA.
    assert_eq!(message(get_token(&app, SECOND, "U001").await), (200, "未找到绑定用户".to_owned()));
    // Whoever leaves there is let in here no longer than answers are remembered.
    run(&fixture.database, &["UPDATE oa_assistant_agent_bind SET status = 0 WHERE id = 2"]).await;
    assert_eq!(userinfo(&app, &lisi, "2").await, (200, json!(0)));
    app.clock.advance(Duration::from_secs(31));
    assert_eq!(userinfo(&app, &lisi, "2").await, (401, json!(401)));
    // What is said otherwise, and a column that is missing.
    let named = "SELECT username AS oa_user_id FROM oa_admin WHERE username = :assistant_user_id";
    let user = "SELECT username AS id, username, name, '' AS email, '' AS mobile, did, '' AS dept_name, '' AS position_id, \
                '' AS position_name, thumb FROM oa_admin WHERE username = :oa_user_id";
    apply(&app, &fixture.database, json!({ "queries": { "binding": named, "user": user }, "remember": "1ms" })).await;
    let by_name = token(&app, "admin").await;
    assert_eq!(call(&app, "get_userinfo", Some(&by_name), "admin").await.1["data"]["id"], "admin");
    let short = user.replace("thumb FROM", "'' AS picture FROM");
    apply(&app, &fixture.database, json!({ "queries": { "binding": named, "user": short } })).await;
    let (status, msg) = message(get_token(&app, CODE, "admin").await);
    assert!(status == 502 && msg.contains("查询有误"), "{status} {msg}");
    // A binding by hand goes before the OA's.
    apply(&app, &fixture.database, json!({ "remember": "1ms" })).await;
    assert_eq!(message(get_token(&app, CODE, "U003").await).1, "未找到绑定用户");
    let by_hand = json!({ "bindings": [{ "assistant_user_id": "U003", "oa_user_id": "1" }] });
    hand_in(&app, &TenantId::operator(), &by_hand).await;
    assert_eq!(get_token(&app, CODE, "U003").await.1["data"]["oa_user_id"], "1");
    // The database is gone: said as the document has it, and come again later.
    let mut gone = fixture.database.clone();
    let is_server = gone.server_mut().map(|server| (server.port, server.timeout) = (Some(1), Duration::from_secs(1)));
    if is_server.is_some() {
        apply(&app, &gone, json!({})).await;
        let (status, answer) = get_token(&app, CODE, "U006").await;
        assert_eq!((status, &answer["code"], &answer["data"]), (503, &json!(1), &Value::Null), "{answer}");
        assert_eq!(userinfo(&app, &admin, "1").await, (503, json!(1)));
    }
}

#[tokio::test]
async fn users_are_those_of_an_oa_in_mariadb() {
    match databases::mariadb() {
        Some(fixture) => scenario(fixture).await,
        None => eprintln!("skipped: MariaDB is not installed; scripts/setup-databases.sh installs it"),
    }
}

#[tokio::test]
async fn users_are_those_of_an_oa_in_a_file() {
    scenario(databases::sqlite()).await;
}
