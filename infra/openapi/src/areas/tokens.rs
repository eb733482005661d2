//! Bearer tokens: `/admin/v1/tokens`.

use crate::area::Area;
use crate::operation::Operation;
use crate::shapes::{
    TENANT, about, answer, body, count, in_path, integer, list, named, nullable, set, string, time, word,
};
use crate::types::Types;
use serde_json::{Value, json};

const ROLES: [&str; 2] = ["operator", "tenant-admin"];
const SCOPES: [&str; 9] = [
    "MENU_APP_STORE_VIEW",
    "MENU_TENANT_APP_VIEW",
    "MENU_PRODUCTION_ORDER_VIEW",
    "MENU_WAREHOUSE_VIEW",
    "MENU_FINISHED_GOODS_VIEW",
    "MENU_FINANCE_VIEW",
    "ADMIN_TOKENS",
    "ADMIN_OA_USERS",
    "ADMIN_OPERATIONS",
];

pub fn describe(_: &mut Types) -> Area {
    Area {
        tag: "令牌 Tokens",
        description: "运营方签发、查看、吊销管理接口的令牌。",
        operations: vec![
            Operation::new("POST", "/admin/v1/tokens", "签发令牌", named("NewTokenShown"), shown())
                .description("Issues a token, which is shown this once.")
                .takes(wanted(), json!({ "name": "王小明", "role": "tenant-admin", "tenantId": "t-1", "days": 90 }))
                .refuses(&[400, 401, 403, 409, 500]),
            Operation::new(
                "GET",
                "/admin/v1/tokens",
                "令牌列表",
                answer(json!({ "total": count(), "records": list(named("Token")) })),
                json!({ "total": 1, "records": [token()] }),
            )
            .description("Tokens that are not long dead, without their texts; the newest 1,000 where there are more.")
            .refuses(&[401, 403, 500]),
            Operation::new("DELETE", "/admin/v1/tokens/{id}", "吊销令牌", named("Token"), token())
                .description("Revokes a token, at once and for ever.")
                .with(in_path("id", json!({ "type": "string", "minLength": 1, "maxLength": 64 }), "令牌编号 `tok-…`"))
                .refuses(&[401, 403, 404, 409, 500]),
        ],
        schemas: vec![("Token", answer(fields())), ("NewTokenShown", shown_schema())],
    }
}

fn wanted() -> Value {
    let of_operator = json!({ "properties": { "role": { "const": "operator" }, "tenantId": { "type": "null" } } });
    let scopes = list(word(SCOPES.first_chunk::<6>().map_or(&SCOPES[..0], |first| first)));
    let of_tenant = json!({
        "required": ["tenantId"],
        "properties": { "role": { "const": "tenant-admin" }, "tenantId": { "type": "string" }, "scopes": scopes },
    });
    let mut schema = fields_taken();
    set(&mut schema, "oneOf", json!([of_operator, of_tenant]));
    schema
}

fn fields_taken() -> Value {
    body(
        &["name", "role"],
        json!({
            "name": { "type": "string", "minLength": 1, "maxLength": 64, "pattern": r"\S" },
            "role": word(&ROLES),
            "tenantId": about(
                nullable(json!({ "type": "string", "pattern": TENANT, "not": { "const": "default" } })),
                "Whom a tenant administrator acts for; not for operators.",
            ),
            "scopes": about(list(word(&SCOPES)), "All the role may have when empty."),
            "days": about(nullable(integer(1, 366)), "90 when left out."),
        }),
    )
}

fn fields() -> Value {
    json!({
        "id": string(), "name": string(), "role": word(&ROLES), "tenantId": nullable(string()),
        "scopes": list(word(&SCOPES)), "status": word(&["active", "expired", "revoked"]), "createTime": time(),
        "expireTime": time(), "revokeTime": nullable(time()),
    })
}

fn shown_schema() -> Value {
    let mut fields = fields();
    set(&mut fields, "token", about(string(), "`tnn_…`, shown this once."));
    set(&mut fields, "message", string());
    answer(fields)
}

fn token() -> Value {
    json!({
        "id": "tok-019c4b7e3a00", "name": "王小明", "role": "tenant-admin", "tenantId": "t-1",
        "scopes": ["MENU_APP_STORE_VIEW", "MENU_TENANT_APP_VIEW"], "status": "active",
        "createTime": "2026-02-11T14:30:00", "expireTime": "2026-05-12T14:30:00", "revokeTime": null,
    })
}

fn shown() -> Value {
    let mut example = token();
    set(&mut example, "token", json!("tnn_…43 characters…"));
    set(&mut example, "message", json!("请立即保存token：只显示这一次，遗失后只能吊销并重新签发"));
    example
}
