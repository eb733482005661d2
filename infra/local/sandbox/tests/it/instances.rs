use crate::support::{Client, START_MS};
use serde_json::{Value, json};
use tenon_sandbox::{ActionError, DingTalkOptions, NewInstance, SandboxOptions, TableShape};

const API: &str = "/v1.0/workflow/processInstances";
const TABLE: &str = r#"[[{"name":"品号","value":"A-1"},{"name":"数量","value":"10"}]]"#;

fn form() -> Value {
    json!({"originatorUserId": "zhangsan", "processCode": "PROC-1", "deptId": 100,
        "formComponentValues": [{"name": "申请人", "value": "张三"}, {"name": "物料明细", "value": TABLE}]})
}

fn create(client: &Client, form: Value) -> String {
    let answer = client.post(API, form);
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["instanceId"].as_str().unwrap().to_owned()
}

fn read(client: &Client, id: &str) -> Value {
    client.get(&format!("{API}?processInstanceId={id}")).json()
}

#[test]
fn creating_twice_makes_two() {
    let client = Client::ready(SandboxOptions::default());
    assert_ne!(create(&client, form()), create(&client, form()));
    assert_eq!(client.sandbox.snapshot().dingtalk.instances.len(), 2);
}

#[test]
fn a_form_is_checked_as_the_vendor_checks_it() {
    let client = Client::ready(DingTalkOptions {
        processes: [("PROC-1".into(), "采购申请".into())].into(),
        ..DingTalkOptions::default()
    });
    let many: Vec<Value> = (0..151).map(|n| json!({"name": n.to_string(), "value": "x"})).collect();
    for (change, code) in [
        (json!({"originatorUserId": ""}), "processInstanceInvalidParameter"),
        (json!({"processCode": "PROC-9"}), "processCodeError"),
        (json!({"deptId": "100"}), "processInstanceInvalidParameter"),
        (json!({"formComponentValues": []}), "processInstanceInvalidParameter"),
        (json!({"formComponentValues": many}), "processInstanceInvalidParameter"),
        (json!({"formComponentValues": [{"name": "数量", "value": 10}]}), "formConverterError"),
        (json!({"formComponentValues": [{"name": "", "value": "x"}]}), "formConverterError"),
        (
            json!({"formComponentValues": [{"name": "明细", "value": "[{}]", "componentType": "TableField"}]}),
            "formConverterError",
        ),
        (json!({"approvers": [{"actionType": "ANY", "userIds": ["a"]}]}), "processInstanceInvalidParameter"),
    ] {
        let mut bad = form();
        bad.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let answer = client.post(API, bad);
        assert_eq!((answer.status, answer.json()["code"].as_str()), (400, Some(code)), "{change}");
    }
    assert!(client.sandbox.snapshot().dingtalk.instances.is_empty());
    create(&client, form());
}

#[test]
fn an_instance_is_read_in_the_documented_shape() {
    let client = Client::ready(DingTalkOptions {
        processes: [("PROC-1".into(), "采购申请".into())].into(),
        ..DingTalkOptions::default()
    });
    let id = create(&client, form());
    let answer = read(&client, &id);
    let result = &answer["result"];
    assert_eq!(answer["success"], true);
    assert_eq!(
        (&result["title"], &result["status"], &result["result"]),
        (&json!("张三提交的采购申请"), &json!("RUNNING"), &json!(""))
    );
    assert_eq!((&result["createTime"], &result["finishTime"]), (&json!("2025-05-27T18:00Z"), &Value::Null));
    assert_eq!((&result["originatorDeptId"], &result["originatorDeptName"]), (&json!("100"), &json!("采购部")));
    assert_eq!(
        (&result["tasks"][0]["userId"], &result["tasks"][0]["status"]),
        (&json!("manager01"), &json!("RUNNING"))
    );
    let table = &result["formComponentValues"][1];
    let rows: Value = serde_json::from_str(table["value"].as_str().unwrap()).unwrap();
    assert_eq!((&rows[0]["rowValue"][1]["label"], &rows[0]["rowValue"][1]["value"]), (&json!("数量"), &json!("10")));
    client.sandbox.configure(|o| {
        o.dingtalk.table_shape = TableShape::AsWritten;
        o.dingtalk.success_as_text = true;
    });
    let answer = read(&client, &id);
    assert_eq!(
        (&answer["success"], answer["result"]["formComponentValues"][1]["value"].as_str()),
        (&json!("true"), Some(TABLE))
    );
    assert!(answer["result"]["tasks"][0]["taskId"].is_string());
    assert_eq!(client.get(&format!("{API}?processInstanceId=none")).status, 400);
}

#[test]
fn approving_the_last_stage_completes_it() {
    let client = Client::ready(SandboxOptions::default());
    let mut two = form();
    two["approvers"] = json!([{"actionType": "AND", "userIds": ["lisi", "wangwu"]}, {"actionType": "OR", "userIds": ["manager01", "lisi"]}]);
    let id = create(&client, two);
    let status = || read(&client, &id)["result"]["status"].as_str().unwrap().to_owned();
    client.sandbox.dingtalk().approve(START_MS, &id, "lisi", "").unwrap();
    assert!(matches!(client.sandbox.dingtalk().approve(START_MS, &id, "manager01", ""), Err(ActionError::NotNow(_))));
    client.sandbox.dingtalk().approve(START_MS, &id, "wangwu", "").unwrap();
    assert_eq!(status(), "RUNNING");
    client.sandbox.dingtalk().approve(START_MS + 60_000, &id, "manager01", "同意").unwrap();
    let result = read(&client, &id)["result"].clone();
    assert_eq!(
        (&result["status"], &result["result"], &result["finishTime"]),
        (&json!("COMPLETED"), &json!("agree"), &json!("2025-05-27T18:01Z"))
    );
    let last = result["operationRecords"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(
        (&last["userId"], &last["result"], &last["remark"]),
        (&json!("manager01"), &json!("AGREE"), &json!("同意"))
    );
    assert!(matches!(client.sandbox.dingtalk().refuse(START_MS, &id, "", ""), Err(ActionError::NotNow(_))));
}

#[test]
fn refused_withdrawn_and_deleted() {
    let client = Client::ready(SandboxOptions::default());
    let (refused, withdrawn, deleted) = (create(&client, form()), create(&client, form()), create(&client, form()));
    client.sandbox.dingtalk().refuse(START_MS, &refused, "manager01", "太贵").unwrap();
    client.sandbox.dingtalk().terminate(START_MS, &withdrawn).unwrap();
    client.sandbox.dingtalk().delete(START_MS, &deleted).unwrap();
    let state = |id: &str| {
        let result = read(&client, id)["result"].clone();
        (result["status"].as_str().unwrap().to_owned(), result["result"].as_str().unwrap().to_owned())
    };
    assert_eq!(state(&refused), ("COMPLETED".into(), "refuse".into()));
    assert_eq!(state(&withdrawn), ("TERMINATED".into(), String::new()));
    assert_eq!(client.get(&format!("{API}?processInstanceId={deleted}")).status, 400);
}

#[test]
fn ids_are_listed_by_form_and_window_and_paged() {
    let client = Client::ready(SandboxOptions::default());
    let ids: Vec<String> = (0..25)
        .map(|_| {
            client.wait(1000);
            create(&client, form())
        })
        .collect();
    let mut other = NewInstance::new("PROC-2");
    other.originator = "lisi".into();
    client.sandbox.dingtalk().create_instance(client.now.get(), other).unwrap();
    let list = |extra: Value| {
        let mut body = json!({"processCode": "PROC-1", "startTime": START_MS, "nextToken": 0, "maxResults": 20});
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        client.post("/v1.0/workflow/processes/instanceIds/query", body)
    };
    let first = list(json!({})).json()["result"].clone();
    assert_eq!((&first["list"][0], first["list"].as_array().unwrap().len()), (&json!(ids[0]), 20));
    let rest = list(json!({"nextToken": first["nextToken"]})).json()["result"].clone();
    assert_eq!((rest["list"].as_array().unwrap().len(), rest.get("nextToken")), (5, None));
    assert_eq!(list(json!({"startTime": START_MS + 24_500})).json()["result"]["list"], json!([ids[24]]));
    assert_eq!(list(json!({"userIds": ["lisi"]})).json()["result"]["list"], json!([]));
    let day = 86_400_000;
    for bad in [
        json!({"maxResults": 21}),
        json!({"startTime": START_MS - 121 * day}),
        json!({"startTime": START_MS - 366 * day, "endTime": START_MS - 300 * day}),
    ] {
        assert_eq!(list(bad.clone()).status, 400, "{bad}");
    }
    assert_eq!(list(json!({"startTime": START_MS - 200 * day, "endTime": START_MS - 100 * day})).status, 200);
}
