use crate::support::Client;
use serde_json::json;
use tenon_sandbox::{DingTalkOptions, Fault, FaultKind, SandboxOptions};

#[test]
fn both_calls_hand_out_one_token_and_extend_it() {
    let client = Client::with(SandboxOptions::default());
    let token = client.fetch_token();
    client.wait(7_000_000);
    let old = client.get("/gettoken?appkey=dingsandboxapp&appsecret=sandbox-app-secret").json();
    assert_eq!(
        (&old["errcode"], old["access_token"].as_str(), &old["expires_in"]),
        (&json!(0), Some(token.as_str()), &json!(7200))
    );
    client.wait(7_000_000);
    assert_eq!(client.fetch_token(), token);
    client.wait(7_200_000);
    assert_ne!(client.fetch_token(), token);
    assert_eq!(client.sandbox.snapshot().dingtalk.tokens_issued, 2);
}

#[test]
fn wrong_credentials_in_both_shapes() {
    let client = Client::with(SandboxOptions::default());
    let new = client.post("/v1.0/oauth2/accessToken", json!({"appKey": "dingsandboxapp", "appSecret": "no"}));
    assert_eq!((new.status, new.json()["code"].as_str()), (400, Some("invalidClientIdOrSecret")));
    let old = client.get("/gettoken?appkey=dingsandboxapp&appsecret=no");
    assert_eq!((old.status, old.json()["errcode"].as_i64()), (200, Some(40001)));
}

#[test]
fn a_missing_or_expired_token_in_both_shapes() {
    let client = Client::with(SandboxOptions::default());
    let new = client.get("/v1.0/workflow/processInstances?processInstanceId=x");
    assert_eq!((new.status, new.json()["code"].as_str()), (400, Some("InvalidAuthentication")));
    let old = client.post("/topapi/v2/department/listsub?access_token=x", json!({}));
    assert_eq!((old.status, &old.json()["errcode"], &old.json()["sub_code"]), (200, &json!(88), &json!("40014")));
    client.fetch_token();
    client.sandbox.inject(Fault::new(FaultKind::ExpireSessions));
    assert_eq!(
        client.get("/v1.0/workflow/processInstances?processInstanceId=x").json()["code"],
        "InvalidAuthentication"
    );
}

#[test]
fn calls_over_the_limit_of_a_second_are_refused() {
    let client = Client::ready(DingTalkOptions { qps_limit: Some(2), ..DingTalkOptions::default() });
    let query = || {
        client.post("/v1.0/workflow/processes/instanceIds/query", json!({})).json()["code"].as_str().unwrap().to_owned()
    };
    assert_eq!((query(), query()), ("invalidParameter".into(), "invalidParameter".into()));
    assert_eq!(query(), "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi");
    client.wait(1000);
    assert_eq!(query(), "invalidParameter");
}

#[test]
fn the_directory_is_walked_level_by_level_and_paged() {
    let client = Client::ready(SandboxOptions::default());
    let token = client.token.borrow().clone();
    let query = |api: &str, body| client.post(&format!("/topapi/v2/{api}?access_token={token}"), body).json();
    let top = query("department/listsub", json!({}));
    let names: Vec<_> = top["result"].as_array().unwrap().iter().map(|d| d["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["采购部", "销售部", "仓储部"]);
    assert_eq!(query("department/listsubid", json!({"dept_id": 100}))["result"]["dept_id_list"], json!([101]));
    assert_eq!(query("department/get", json!({"dept_id": 999}))["errcode"], 60003);
    let first = query("user/list", json!({"dept_id": 100, "cursor": 0, "size": 1}));
    assert_eq!((&first["result"]["has_more"], &first["result"]["next_cursor"]), (&json!(true), &json!(1)));
    let second = query("user/list", json!({"dept_id": 100, "cursor": 1, "size": 1}));
    assert_eq!(
        (&second["result"]["has_more"], &second["result"]["list"][0]["userid"]),
        (&json!(false), &json!("zhangsan"))
    );
    assert_eq!(query("user/list", json!({"dept_id": 100, "cursor": 0, "size": 101}))["errcode"], 400002);
}

#[test]
fn a_work_message_is_queued_and_checked() {
    let client = Client::ready(SandboxOptions::default());
    let token = client.token.borrow().clone();
    let send =
        |body| client.post(&format!("/topapi/message/corpconversation/asyncsend_v2?access_token={token}"), body).json();
    let message = json!({"msgtype": "text", "text": {"content": "请购单 16 同步失败"}});
    let sent = send(json!({"agent_id": 1000, "userid_list": "zhangsan,lisi", "msg": message}));
    assert_eq!((&sent["errcode"], &sent["task_id"]), (&json!(0), &json!(1)));
    assert_eq!(send(json!({"agent_id": 1000, "msg": message}))["errcode"], 400002);
    let long = json!({"msgtype": "text", "text": {"content": "长".repeat(700)}});
    assert_eq!(send(json!({"agent_id": 1000, "userid_list": "zhangsan", "msg": long}))["errcode"], 400002);
    let kept = client.sandbox.snapshot().dingtalk.messages;
    assert_eq!((kept.len(), kept[0].users.len()), (1, 2));
}
