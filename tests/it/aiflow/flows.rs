//! Flows that the ERP runs itself.

use super::fixture::{Call, Fixture};
use serde_json::{Value, json};

pub fn flow(code: &str) -> Value {
    let urls = |page: &str| json!({ "h5Url": format!("https://odoo.example.com/h5/{page}"), "webUrl": format!("https://odoo.example.com/web/{page}") });
    json!({
        "flowCode": code, "title": "采购申请", "initiateUrl": urls("new"), "detailUrl": urls("{orderId}"), "categoryId": "G1",
        "managerUserCode": "U1", "operationUserCode": "U2", "configUserCode": "U3", "createBy": "U1",
        "allowedApplyTerminals": ["pc", "mobile"],
        "allowedApplyRule": { "allowedApplyType": "all", "userCodes": [], "deptCodes": [], "userGroupCodes": [] },
        "allowedManageRule": { "allowedApplyType": "specify", "userCodes": ["U1"], "deptCodes": ["D2"], "userGroupCodes": [] }
    })
}

fn with(mut body: Value, changes: &[(&str, Value)]) -> Value {
    for (pointer, value) in changes {
        let (at, name) = pointer.rsplit_once('/').unwrap();
        body.pointer_mut(at).unwrap()[name] = value.clone();
    }
    body
}

#[tokio::test]
async fn a_change_makes_a_version_and_the_same_once_more_makes_none() {
    let fixture = Fixture::new().await.with_people().await;
    let create = |body: Value| {
        let fixture = &fixture;
        async move { fixture.post("flow/create_third_party", &body).await.data()["flowVersion"].as_u64().unwrap() }
    };
    assert_eq!(create(flow("PO")).await, 1);
    assert_eq!(create(flow("PO")).await, 1);
    // The spellings of later documents mean the same.
    let mut later = flow("PO");
    let fields = later.as_object_mut().unwrap();
    let (code, group) = (fields.remove("flowCode").unwrap(), fields.remove("categoryId").unwrap());
    fields.insert("thirdFlowCode".to_owned(), code);
    fields.insert("groupId".to_owned(), group);
    later["allowedApplyRule"] = json!({ "allowedApplyType": "ALL" });
    assert_eq!(create(later).await, 1);
    assert_eq!(create(with(flow("PO"), &[("/title", json!("采购申请（新）"))])).await, 2);
    let online = json!({ "flowCode": "PO", "flowVersion": 1, "updateDesc": "首次上线" });
    for _ in 0..2 {
        assert_eq!(fixture.post("flow/online_third_party", &online).await.data(), json!({ "success": true }));
    }
    assert_eq!(
        fixture.post("flow/online_third_party", &json!({ "thirdFlowCode": "PO" })).await.data()["success"],
        true
    );
    for (body, field) in [
        (json!({ "flowCode": "PO", "flowVersion": 9 }), "flowVersion"),
        (json!({ "flowCode": "NO", "flowVersion": 1 }), "flowCode"),
        (json!({ "flowVersion": 1 }), "flowCode"),
        (json!({ "flowCode": "PO", "flowVersion": "1" }), "flowVersion"),
    ] {
        assert_eq!(fixture.post("flow/online_third_party", &body).await.wrong()[0].0, field, "{body}");
    }
}

#[tokio::test]
async fn the_check_tells_every_field_that_is_wrong() {
    let fixture = Fixture::new().await.with_people().await;
    let body = with(
        flow("PO"),
        &[
            ("/title", json!("")),
            ("/initiateUrl/h5Url", json!("http://odoo.example.com")),
            ("/detailUrl", json!("https://odoo.example.com")),
            ("/allowedApplyTerminals", json!(["pc", "tv"])),
            ("/allowedApplyRule/allowedApplyType", json!("some")),
            ("/allowedManageRule/userCodes", json!([1])),
        ],
    );
    let fields: Vec<String> =
        fixture.post("flow/create_third_party", &body).await.wrong().into_iter().map(|(field, _)| field).collect();
    assert_eq!(
        fields,
        [
            "title",
            "initiateUrl.h5Url",
            "detailUrl",
            "allowedApplyTerminals[1]",
            "allowedApplyRule.allowedApplyType",
            "allowedManageRule.userCodes[0]"
        ]
    );
    let named = with(
        flow("PO"),
        &[
            ("/managerUserCode", json!("U9")),
            ("/allowedManageRule/deptCodes", json!(["D2", "D9"])),
            ("/allowedManageRule/userCodes", json!(["U1", "U8"])),
        ],
    );
    let mut wrong = fixture.post("flow/create_third_party", &named).await.wrong();
    wrong.sort();
    let expected = [
        ("allowedManageRule.deptCodes[1]", "部门D9不存在"),
        ("allowedManageRule.userCodes[1]", "用户U8不存在"),
        ("managerUserCode", "用户U9不存在"),
    ];
    let expected: Vec<(String, String)> = expected.into_iter().map(|(f, m)| (f.to_owned(), m.to_owned())).collect();
    assert_eq!(wrong, expected);
    let nobody = with(flow("PO"), &[("/allowedManageRule", json!({ "allowedApplyType": "specify" }))]);
    assert_eq!(fixture.post("flow/create_third_party", &nobody).await.wrong()[0].0, "allowedManageRule.userCodes");
    // Nothing of it was stored.
    assert_eq!(fixture.post("flow/online_third_party", &json!({ "flowCode": "PO" })).await.wrong()[0].0, "flowCode");
}

#[tokio::test]
async fn what_went_out_of_use_meanwhile_does_not_go_online_and_others_flows_are_not_there() {
    let fixture = Fixture::new().await.with_people().await;
    fixture.post("flow/create_third_party", &flow("PO")).await.data();
    let leaves = json!({ "users": [{ "userId": "U3", "userName": "wang", "deptId": "D2", "directSupervisor": "U1", "status": 0 }] });
    fixture.post("sys/sync/user", &leaves).await.data();
    let refused = fixture.post("flow/online_third_party", &json!({ "flowCode": "PO", "flowVersion": 1 })).await.wrong();
    assert_eq!(refused, [("configUserCode".to_owned(), "用户U3已禁用".to_owned())]);
    let back = json!({ "users": [{ "userId": "U3", "userName": "wang", "deptId": "D2", "directSupervisor": "U1" }] });
    fixture.post("sys/sync/user", &back).await.data();
    let closed = json!({ "departments": [{ "deptId": "D2", "deptName": "技术部", "parentId": "D1", "status": 0 }] });
    fixture.post("sys/sync/department", &closed).await.data();
    let refused = fixture.post("flow/online_third_party", &json!({ "flowCode": "PO", "flowVersion": 1 })).await.wrong();
    assert_eq!(refused, [("allowedManageRule.deptCodes[0]".to_owned(), "部门D2已禁用".to_owned())]);
    let others = fixture.send(&Call::post("flow/online_third_party", &json!({ "flowCode": "PO" })).of_another()).await;
    assert_eq!(others.wrong()[0].0, "flowCode");
}

#[tokio::test]
async fn groups_of_people_are_the_erps_and_held_against_its_list_where_there_is_one() {
    let fixture = Fixture::new().await.with_people().await;
    let named = with(flow("PO"), &[("/allowedManageRule/userGroupCodes", json!(["G1", "G9"]))]);
    let created = fixture.post("flow/create_third_party", &named).await.data();
    let warnings = created["warnings"].as_array().unwrap();
    assert!(
        warnings.len() == 2 && warnings[1].as_str().unwrap().starts_with("allowedManageRule.userGroupCodes[1]: "),
        "{warnings:?}"
    );
    // They are part of the definition: without them it is another version.
    assert_eq!(fixture.post("flow/create_third_party", &named).await.data()["flowVersion"], 1);
    assert_eq!(fixture.post("flow/create_third_party", &flow("PO")).await.data()["flowVersion"], 2);
    let online = json!({ "flowCode": "PO", "flowVersion": 1 });
    assert_eq!(fixture.post("flow/online_third_party", &online).await.data()["success"], true);
    let listed =
        |body: &Value| Call::post("flow/create_third_party", body).of(super::fixture::ENTERPRISE, "APP-GROUPS");
    let refused = fixture.send(&listed(&named)).await.wrong();
    assert_eq!(refused, [("allowedManageRule.userGroupCodes[1]".to_owned(), "用户组G9不存在".to_owned())]);
    let known = with(flow("PO"), &[("/allowedManageRule/userGroupCodes", json!(["G1"]))]);
    assert!(fixture.send(&listed(&known)).await.data().get("warnings").is_none());
}
