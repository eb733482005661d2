//! The OA integration as its document has it: tokens, users, rights, and every way of not being let in.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use lambda_http::Response;
use serde_json::{Value, json};
use std::time::Duration;
use tenon_crypto::jwt::hs256;
use tenon_directory::{Department, Directory, Person};
use tenon_model::TenantId;
use tenon_oa_users::{Kind, Store, from_json};
use tenon_platform::dispatch::{Dispatch, app_calls};
use tenon_platform::table::Outcome;
use tenon_testkit::HttpEvent;
use tenon_tests::{TestApp, TestAppOptions};

pub const CODE: &str = "the-code-of-the-assistant-platform";
/// Of one that works for another tenant.
pub const SECOND: &str = "the-code-of-the-second-tenants-app";
const KEY: &str = "a-key-of-tokens-with-more-than-32-characters";

fn served(c: &mut Value) {
    super::test_app::config(c);
    c["apps"] = json!([
        { "id": "assistant", "app_code": CODE, "services": ["oa-integration"] },
        { "id": "second", "app_code": SECOND, "services": ["oa-integration"], "tenant": "t-2" },
        { "id": "seldom", "app_code": "the-code-of-a-seldom-assistant", "services": ["oa-integration"], "rate_per_minute": 1 }
    ]);
    c["oa_integration"] = json!({ "may_see_others": ["3"], "roles_see_others": ["1"] });
}

fn everybody() -> Value {
    json!({
        "departments": [{ "id": 1, "name": "总公司" }, { "id": "2", "name": "技术部" }],
        "positions": [{ "id": 1, "name": "总经理" }],
        "roles": [{ "id": 1, "title": "超级权限角色", "rules": "1,2,3,4,5" }, { "id": 2, "title": "员工", "rules": [7, 8] }],
        "users": [
            { "id": 1, "username": "admin", "name": "管理员", "email": "admin@example.com", "mobile": 13_800_138_000_i64,
              "did": 1, "position_id": "1", "thumb": "/uploads/thumb/xxx.jpg", "roles": "1" },
            { "id": "2", "username": "lisi", "name": "李四", "did": "2", "roles": ["2", "9"] },
            { "id": "3", "username": "auditor", "name": "审计", "status": 1 },
            { "id": "4", "username": "gone", "name": "离职", "status": 0 }
        ],
        "data_auth": [
            { "name": "office_admin", "uids": "1,2,3" },
            { "name": "finance_admin", "uids": [1], "conf1": "10", "conf2": "", "conf3": 3 }
        ],
        "bindings": [
            { "assistant_user_id": "U001", "oa_user_id": 1 }, { "assistant_user_id": "U002", "oa_user_id": "2" },
            { "assistant_user_id": "U003", "oa_user_id": "3" }, { "assistant_user_id": "U004", "oa_user_id": "4" },
            { "assistant_user_id": "U005", "oa_user_id": "1", "status": 0 }
        ]
    })
}

pub async fn site_with(config: fn(&mut Value)) -> TestApp {
    let app = TestApp::new(TestAppOptions { config: Some(config), ..TestAppOptions::default() }).await;
    hand_in(&app, &TenantId::operator(), &everybody()).await;
    app
}

pub async fn new_app() -> TestApp {
    site_with(served).await
}

pub async fn hand_in(app: &TestApp, tenant: &TenantId, batch: &Value) {
    let batch = from_json(batch.to_string().as_bytes()).unwrap();
    Store::new(&app.ctx, tenant).put_all(&batch).await.unwrap();
}

/// Sends a request to the function; the response, and its body.
pub async fn send(
    app: &TestApp,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: Option<&str>,
) -> (Response<lambda_http::Body>, Value) {
    app.clock.advance(Duration::from_millis(1));
    let path = target.split('?').next().unwrap();
    let event = HttpEvent::new(method, target).route(path).from_ip("203.0.113.7").headers(headers.iter().copied());
    let request = body.into_iter().fold(event, HttpEvent::body).request();
    let response = tenon_people::oa::SERVICE.answer(&app.ctx_of("oa-integration"), request).await;
    let body = serde_json::from_slice(response.body().as_ref()).unwrap_or(Value::Null);
    (response, body)
}

/// Asks for a token; HTTP status and answer.
pub async fn get_token(app: &TestApp, code: &str, assistant: &str) -> (u16, Value) {
    let body = json!({ "assistant_user_id": assistant }).to_string();
    let headers = [("x-apig-appcode", code), ("content-type", "application/json")];
    let (response, answer) = send(app, "POST", "/api/oa_integration/get_token", &headers, Some(&body)).await;
    (response.status().as_u16(), answer)
}

pub async fn token(app: &TestApp, assistant: &str) -> String {
    let (status, answer) = get_token(app, CODE, assistant).await;
    assert_eq!((status, &answer["code"]), (200, &json!(0)), "{answer}");
    answer["data"]["token"].as_str().unwrap().to_owned()
}

/// A question of a token's holder; HTTP status and answer.
pub async fn call(app: &TestApp, what: &str, token: Option<&str>, user: &str) -> (u16, Value) {
    let headers: Vec<(&str, &str)> = token.into_iter().map(|token| ("token", token)).collect();
    let target = format!("/api/oa_integration/{what}?oa_user_id={user}");
    let (response, answer) = send(app, "GET", &target, &headers, None).await;
    (response.status().as_u16(), answer)
}

async fn userinfo(app: &TestApp, token: Option<&str>, user: &str) -> (u16, i64, String) {
    let (status, answer) = call(app, "get_userinfo", token, user).await;
    assert!(answer["code"] == 0 || answer["data"].is_null(), "{answer}");
    (status, answer["code"].as_i64().unwrap(), answer["msg"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_token_its_user_and_the_users_rights_are_as_the_document_shows_them() {
    let app = new_app().await;
    let (status, issued) = get_token(&app, CODE, "U001").await;
    let token = issued["data"]["token"].as_str().unwrap().to_owned();
    assert_eq!(
        (status, issued),
        (
            200,
            json!({ "code": 0, "msg": "success",
            "data": { "token": token, "oa_user_id": "1", "username": "admin", "name": "管理员" } })
        )
    );
    let parts: Vec<&str> = token.split('.').collect();
    let part = |n: usize| serde_json::from_slice::<Value>(&URL_SAFE_NO_PAD.decode(parts[n]).unwrap()).unwrap();
    assert_eq!((&part(0)["typ"], &part(0)["alg"]), (&json!("JWT"), &json!("HS256")));
    assert_eq!(part(1)["exp"].as_i64().unwrap() - part(1)["iat"].as_i64().unwrap(), 7200);
    assert_eq!(
        call(&app, "get_userinfo", Some(&token), "1").await,
        (
            200,
            json!({ "code": 0, "msg": "success", "data": {
            "id": "1", "username": "admin", "name": "管理员", "email": "admin@example.com", "mobile": "13800138000",
            "did": "1", "dept_name": "总公司", "position_id": "1", "position_name": "总经理",
            "thumb": "/uploads/thumb/xxx.jpg" } })
        )
    );
    assert_eq!(
        call(&app, "get_permissions", Some(&token), "1").await,
        (
            200,
            json!({ "code": 0, "msg": "success", "data": {
            "user_id": "1",
            "groups": { "1": { "rules": "1,2,3,4,5", "title": "超级权限角色" } },
            "data_auth": {
                "office_admin": { "uids": "1,2,3", "conf1": "", "conf2": "", "conf3": "" },
                "finance_admin": { "uids": "1", "conf1": "10", "conf2": "", "conf3": "3" } } } })
        )
    );
    let (response, works) = send(&app, "GET", "/api/oa_integration/test", &[], None).await;
    let now = app.clock.now_ms();
    assert_eq!(response.status(), 200);
    assert_eq!(
        works,
        json!({ "code": 0, "msg": "OA集成API正常工作", "data": {
            "timestamp": now / 1000, "date": tenon_connectors::time::china(now) } })
    );
    // Pages of any origin may call.
    assert_eq!(response.headers()["access-control-allow-origin"], "*");
    let preflight = [("origin", "https://a.example"), ("access-control-request-method", "GET")];
    let (allowed, _) = send(&app, "OPTIONS", "/api/oa_integration/get_userinfo", &preflight, None).await;
    assert_eq!(allowed.status(), 204);
    assert!(allowed.headers()["access-control-allow-headers"].to_str().unwrap().contains("token"));
}

#[tokio::test]
async fn who_is_not_bound_or_not_there_gets_no_token_and_each_issue_is_in_the_log() {
    let app = new_app().await;
    for (assistant, msg) in [
        ("U999", "未找到绑定用户"),
        ("U005", "未找到绑定用户"),
        ("U004", "绑定的OA用户不存在或已停用"),
        ("", "assistant_user_id: 不能为空"),
    ] {
        assert_eq!(get_token(&app, CODE, assistant).await, (200, json!({ "code": 1, "msg": msg, "data": null })));
    }
    token(&app, "U002").await;
    let log = app_calls::latest(&app.ctx, &TenantId::operator(), "assistant", 10).await.unwrap();
    assert_eq!(log[0].about.as_deref(), Some("assistant U002, OA user 2"));
    assert_eq!(log[4].about.as_deref(), Some("assistant U999: 未找到绑定用户"));
    assert!(!serde_json::to_string(&log).unwrap().contains("eyJ"), "no token is in the log");
    // JSON whatever the content type says, as PHP's curl sends it; a form; Java's spelling; a number.
    for (kind, body) in [
        ("application/x-www-form-urlencoded", r#"{"assistant_user_id":"U001"}"#),
        ("application/x-www-form-urlencoded", "assistant_user_id=U001"),
        ("application/json", r#"{"assistantUserId":"U001"}"#),
    ] {
        let headers = [("x-apig-appcode", CODE), ("content-type", kind)];
        let (_, answer) = send(&app, "POST", "/api/oa_integration/get_token", &headers, Some(body)).await;
        assert_eq!(answer["data"]["oa_user_id"], "1", "{body}: {answer}");
    }
    let seldom = "the-code-of-a-seldom-assistant";
    assert_eq!(get_token(&app, seldom, "U001").await.0, 200);
    assert_eq!(
        get_token(&app, seldom, "U001").await,
        (429, json!({ "code": 1, "msg": "调用过于频繁，请稍后重试", "data": null }))
    );
    assert_eq!(get_token(&app, "wrong", "U001").await, (401, json!({ "code": 401, "msg": "认证失败", "data": null })));
}

#[tokio::test]
async fn tokens_that_are_missing_forged_over_or_of_others_are_told_apart_as_the_document_says() {
    let app = new_app().await;
    let good = token(&app, "U002").await;
    assert_eq!(userinfo(&app, Some(&good), "2").await, (200, 0, "success".to_owned()));
    assert_eq!(userinfo(&app, None, "2").await, (404, 404, "Token不能为空".to_owned()));
    assert_eq!(userinfo(&app, Some(" "), "2").await, (404, 404, "Token不能为空".to_owned()));
    for malformed in ["x", "a.b", "a.b.c.d", "eyJhbGciOiJIUzI1NiJ9.%%.c"] {
        let (status, code, _) = userinfo(&app, Some(malformed), "2").await;
        assert!((status, code) == (404, 404) || (status, code) == (403, 403), "{malformed}: {status} {code}");
    }
    assert_eq!(userinfo(&app, Some("no-token"), "2").await, (404, 404, "非法请求".to_owned()));
    let forged = (403, 403, "Token签名错误".to_owned());
    let parts: Vec<&str> = good.split('.').collect();
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let mut claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts[1]).unwrap()).unwrap();
    let head: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts[0]).unwrap()).unwrap();
    claims["sub"] = json!("1");
    let signed = |head: &Value, key: &[u8]| {
        let text = format!("{}.{}", part(head), part(&claims));
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(hs256(key, text.as_bytes())))
    };
    let unsigned =
        |alg: &str| format!("{}.{}.", part(&json!({ "typ": "JWT", "alg": alg, "kid": head["kid"] })), part(&claims));
    for token in [
        format!("{}.{}.{}", parts[0], part(&claims), parts[2]),
        signed(&head, b""),
        signed(&head, b"secret"),
        signed(&json!({ "typ": "JWT", "alg": "HS256" }), b"secret"),
        signed(&json!({ "typ": "JWT", "alg": "HS256", "kid": "../../dev/null" }), b""),
        signed(&json!({ "typ": "JWT", "alg": "HS512", "kid": head["kid"] }), b"secret"),
        unsigned("none"),
        unsigned("None"),
        unsigned("RS256"),
    ] {
        assert_eq!(userinfo(&app, Some(&token), "1").await, forged, "{token}");
    }
    // Another's id, unless the token's user may: by his own id, by one of his roles.
    assert_eq!(userinfo(&app, Some(&good), "1").await, (403, 403, "无权查看其他用户".to_owned()));
    assert_eq!(userinfo(&app, Some(&good), "99").await, (403, 403, "无权查看其他用户".to_owned()));
    for may in ["U001", "U003"] {
        let token = token(&app, may).await;
        assert_eq!(userinfo(&app, Some(&token), "2").await.1, 0, "{may}");
        assert_eq!(userinfo(&app, Some(&token), "99").await, (200, 1, "用户不存在".to_owned()));
        assert_eq!(userinfo(&app, Some(&token), "").await, (200, 1, "oa_user_id: 不能为空".to_owned()));
    }
    // The data rights of others are theirs.
    let (_, rights) = call(&app, "get_permissions", Some(&good), "2").await;
    assert_eq!(rights["data"]["groups"], json!({ "2": { "rules": "7,8", "title": "员工" } }));
    assert_eq!(rights["data"]["data_auth"].as_object().unwrap().keys().collect::<Vec<_>>(), ["office_admin"]);
    // A token ends with its binding, with its user, and after two hours.
    let expired = (401, 401, "Token已过期或失效".to_owned());
    let tenant = TenantId::operator();
    let other = token(&app, "U001").await;
    hand_in(&app, &tenant, &json!({ "bindings": [{ "assistant_user_id": "U001", "oa_user_id": "2" }] })).await;
    assert_eq!(userinfo(&app, Some(&other), "1").await, expired);
    Store::new(&app.ctx, &tenant).remove(Kind::Bindings, "U002").await.unwrap();
    assert_eq!(userinfo(&app, Some(&good), "2").await, expired);
    hand_in(&app, &tenant, &everybody()).await;
    assert_eq!(userinfo(&app, Some(&good), "2").await.1, 0);
    app.clock.advance(Duration::from_secs(7198));
    assert_eq!(userinfo(&app, Some(&good), "2").await.1, 0);
    app.clock.advance(Duration::from_secs(2));
    assert_eq!(userinfo(&app, Some(&good), "2").await, expired);
}

#[tokio::test]
async fn keys_take_each_others_place_and_settings_for_old_clients_and_open_doors_do_what_they_say() {
    let app = new_app().await;
    let by_installation = token(&app, "U001").await;
    let with = |keys: &[&str], more: Value| {
        let mut config = json!({ "connections": [], "flows": [], "apps": [
            { "id": "assistant", "app_code": CODE, "services": ["oa-integration"] } ] });
        config["oa_integration"] = more;
        config["oa_integration"]["token_keys"] = json!(keys);
        config
    };
    let second = format!("{KEY}-the-second");
    app.apply(with(&[KEY], json!({}))).await;
    let by_first = token(&app, "U001").await;
    assert_eq!(userinfo(&app, Some(&by_installation), "1").await.1, 0, "the installation's own key counts on");
    app.apply(with(&[&second, KEY], json!({}))).await;
    let by_second = token(&app, "U001").await;
    assert_eq!((userinfo(&app, Some(&by_first), "1").await.1, userinfo(&app, Some(&by_second), "1").await.1), (0, 0));
    app.apply(with(&[&second], json!({ "always_200": true }))).await;
    assert_eq!(userinfo(&app, Some(&by_first), "1").await, (200, 403, "Token签名错误".to_owned()));
    assert_eq!(userinfo(&app, None, "1").await, (200, 404, "Token不能为空".to_owned()));
    assert_eq!(userinfo(&app, Some(&by_second), "1").await.1, 0);
    // The keys lie sealed.
    let stored = app.ctx.table.query_each::<Value>("default#CONFIG").await.unwrap();
    assert!(stored.into_iter().all(|(_, record)| !record.unwrap().data.to_string().contains(KEY)));
    // Addresses, and a door that is open on purpose, so many times a minute.
    app.apply(with(&[], json!({ "allow_ips": ["192.0.2.0/24"] }))).await;
    assert_eq!(get_token(&app, CODE, "U001").await, (404, json!({ "code": 404, "msg": "非法请求", "data": null })));
    app.apply(with(&[], json!({ "open": true, "open_rate_per_minute": 2 }))).await;
    let body = Some(r#"{"assistant_user_id":"U001"}"#);
    let mut statuses = Vec::new();
    for _ in 0..3 {
        let (response, _) = send(&app, "POST", "/api/oa_integration/get_token", &[], body).await;
        statuses.push(response.status().as_u16());
    }
    assert_eq!(statuses, [200, 200, 429]);
    assert_eq!(app_calls::latest(&app.ctx, &TenantId::operator(), "open-203.0.113.7", 10).await.unwrap().len(), 3);
    app.apply(with(&[], json!({ "data_rights": "all" }))).await;
    let lisi = token(&app, "U002").await;
    let (_, rights) = call(&app, "get_permissions", Some(&lisi), "2").await;
    assert_eq!(rights["data"]["data_auth"].as_object().unwrap().len(), 2);
}

#[tokio::test]
async fn people_of_the_directory_are_users_by_an_erps_codes_or_an_oas_ids() {
    fn by_code(c: &mut Value) {
        served(c);
        c["oa_integration"] = json!({ "source": "directory", "enterprise_code": "COMPANY001" });
    }
    fn by_account(c: &mut Value) {
        served(c);
        c["oa_integration"] = json!({ "source": "directory", "connection": "ding-main" });
    }
    for (config, assistant) in [(by_code as fn(&mut Value), "RS001"), (by_account, "ding-7")] {
        let app = site_with(config).await;
        let tenant = TenantId::operator();
        let directory = Directory::new(&app.ctx, &tenant);
        let department =
            Department { id: "D1".into(), name: "人力中心".into(), active: true, ..Department::default() };
        assert_eq!(directory.put_department(None, &department, "test").await.unwrap(), Outcome::Done);
        let mut person = Person::new("P7", "wangwu");
        person.real_name = Some("王五".into());
        person.mobile = Some("13800000007".into());
        person.departments = vec!["D1".into()];
        person.external.insert("COMPANY001".into(), "RS001".into());
        person.accounts.insert("ding-main".into(), "ding-7".into());
        assert_eq!(directory.put(None, &person, "test").await.unwrap(), Outcome::Done);
        // What the directory does not know may be handed in.
        hand_in(
            &app,
            &tenant,
            &json!({ "users": [{ "id": "P7", "position_id": "1", "roles": "2", "name": "other" }] }),
        )
        .await;
        let token = token(&app, assistant).await;
        let (_, info) = call(&app, "get_userinfo", Some(&token), "P7").await;
        assert_eq!(
            info["data"],
            json!({ "id": "P7", "username": "wangwu", "name": "王五", "email": "", "mobile": "13800000007", "did": "D1",
                "dept_name": "人力中心", "position_id": "1", "position_name": "总经理", "thumb": "" })
        );
        let (_, rights) = call(&app, "get_permissions", Some(&token), "P7").await;
        assert_eq!(rights["data"]["groups"]["2"]["title"], "员工");
        let stored = directory.person("P7").await.unwrap();
        let mut left = stored.as_ref().unwrap().data.clone();
        left.active = false;
        directory.put(stored.as_ref(), &left, "test").await.unwrap();
        assert_eq!(call(&app, "get_userinfo", Some(&token), "P7").await.0, 401);
        assert_eq!(get_token(&app, CODE, assistant).await.1["code"], 1);
        // Whoever was handed in and is not in the directory is no user here.
        assert_eq!(get_token(&app, CODE, "U001").await.1["code"], 1);
    }
}
