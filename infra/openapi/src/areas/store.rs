//! The app store: `/api/system/app-store/…`.

use super::{MANAGED, tenant_in_query};
use crate::area::Area;
use crate::operation::Operation;
use crate::shapes::{
    about, answer, body, boolean, count, in_path, integer, line, list, named, nullable, string, text, time, word, yuan,
};
use crate::types::Types;
use serde_json::{Value, json};

pub const MODULES: [&str; 4] = ["ORDER_SYNC", "QUALITY_FEEDBACK", "LOGISTICS_SYNC", "PAYMENT_SYNC"];
const TERMS: [&str; 4] = ["TRIAL", "MONTHLY", "YEARLY", "PERPETUAL"];
const STATES: [&str; 4] = ["TRIAL", "ACTIVE", "EXPIRED", "CANCELED"];
const ORDER_STATES: [&str; 4] = ["PENDING", "PAID", "CANCELED", "REFUNDED"];

pub fn describe(_: &mut Types) -> Area {
    let mut operations = tenants();
    operations.extend(operators());
    Area {
        tag: "应用商店 App store",
        description: "浏览、试用、购买四种对接模块。",
        operations: operations.into_iter().map(|o| o.with(tenant_in_query()).refuses(&MANAGED)).collect(),
        schemas: schemas(),
    }
}

/// How a body names a module.
pub fn app_ref() -> Value {
    let words = ["ORDER_SYNC", "QUALITY_FEEDBACK", "LOGISTICS_SYNC", "PAYMENT_SYNC", "1", "2", "3", "4"];
    about(json!({ "anyOf": [word(&words), integer(1, 4)] }), "The module's code, or its number in the store.")
}

fn app_in_path() -> Value {
    let words = ["ORDER_SYNC", "QUALITY_FEEDBACK", "LOGISTICS_SYNC", "PAYMENT_SYNC", "1", "2", "3", "4"];
    in_path("appId", word(&words), "应用代码或编号")
}

/// Which page of a list.
fn paging() -> Value {
    body(&[], json!({ "page": least(1), "size": integer(1, 200) }))
}

fn least(number: i64) -> Value {
    json!({ "type": "integer", "minimum": number })
}

/// One page of a list.
pub fn page_of(name: &str) -> Value {
    answer(json!({ "total": count(), "page": least(1), "size": integer(1, 200), "records": list(named(name)) }))
}

fn page_example(record: Value) -> Value {
    json!({ "total": 1, "page": 1, "size": 20, "records": [record] })
}

/// One page of orders, which may be many.
fn order_page() -> Value {
    answer(json!({
        "total": count(), "page": least(1), "size": integer(1, 200), "records": list(named("StoreOrder")),
        "nextCursor": nullable(string()),
    }))
}

fn order_page_example() -> Value {
    let mut page = page_example(order());
    if let Some(fields) = page.as_object_mut() {
        fields.insert("nextCursor".to_owned(), Value::Null);
    }
    page
}

fn first_page() -> Value {
    json!({ "page": 1, "size": 20 })
}

fn tenants() -> Vec<Operation> {
    vec![
        Operation::new("POST", "/api/system/app-store/list", "应用列表", page_of("Product"), page_example(product()))
            .description("The modules on offer, with the tenant's own subscription to each.")
            .takes(paging(), first_page()),
        Operation::new("GET", "/api/system/app-store/{appId}", "应用详情", named("Product"), product())
            .description("One module.")
            .with(app_in_path()),
        Operation::new(
            "POST",
            "/api/system/app-store/start-trial",
            "开通试用",
            answer(json!({ "subscription": named("Subscription"), "apiCredentials": named("Credentials") })),
            json!({ "subscription": subscription(), "apiCredentials": credentials() }),
        )
        .description("Starts the trial of a module, once per tenant: 7 days, 100 calls a day. The secret is shown this once.")
        .takes(body(&["appId"], json!({ "appId": app_ref() })), json!({ "appId": "ORDER_SYNC" })),
        Operation::new(
            "GET",
            "/api/system/app-store/trial-status/{appId}",
            "试用状态",
            named("TrialStatus"),
            json!({
                "hasTried": true, "canTrial": false, "startTime": "2026-02-11T14:30:00",
                "endTime": "2026-02-18T14:30:00", "isExpired": false, "status": "TRIAL",
            }),
        )
        .description("Whether a module was tried, and can be.")
        .with(app_in_path()),
        Operation::new("POST", "/api/system/app-store/create-order", "购买应用", named("StoreOrder"), order())
            .description("Places an order, which the operator activates once it is paid.")
            .takes(
                named("NewStoreOrder"),
                json!({
                    "appId": "ORDER_SYNC", "subscriptionType": "MONTHLY", "contactName": "王小明",
                    "contactPhone": "13800000000", "companyName": "某某服装有限公司",
                }),
            ),
        Operation::new(
            "POST",
            "/api/system/app-store/my-subscriptions",
            "我的订阅",
            page_of("Subscription"),
            page_example(subscription()),
        )
        .description("The tenant's subscriptions.")
        .takes(paging(), first_page()),
        Operation::new(
            "POST",
            "/api/system/app-store/my-orders",
            "我的订单",
            order_page(),
            order_page_example(),
        )
        .description(
            "The tenant's orders, newest first. `page` times `size` is at most 10,000; `nextCursor` of a page goes into \
             `cursor` for the one after it, however many there are.",
        )
        .takes(order_filter(), first_page()),
    ]
}

fn operators() -> Vec<Operation> {
    vec![
        Operation::new("PUT", "/api/system/app-store/{appId}", "修改应用价格与说明", named("Product"), product())
            .description(
                "Changes price, description or availability; what is left out stays. What was ordered keeps its price.",
            )
            .takes(named("ProductEdit"), json!({ "monthlyPrice": 1099, "version": 0 }))
            .with(app_in_path()),
        Operation::new(
            "POST",
            "/api/system/app-store/admin/activate-order",
            "激活订单",
            answer(json!({
                "order": named("StoreOrder"), "subscription": either_null("Subscription"),
                "apiCredentials": either_null("Credentials"),
            })),
            json!({ "order": order(), "subscription": subscription(), "apiCredentials": credentials() }),
        )
        .description(
            "Marks an order paid: the subscription gets its time, and the apps with it. The first one makes an app, \
             whose secret is shown this once. An order that is paid already is answered as it is.",
        )
        .takes(
            body(&["orderId"], json!({ "orderId": order_id(), "remark": nullable(remark()) })),
            json!({ "orderId": "ORD20260211143000123456", "remark": "银行到账" }),
        ),
        Operation::new(
            "POST",
            "/api/system/app-store/admin/cancel-order",
            "取消订单或退款",
            named("StoreOrder"),
            order(),
        )
        .description("Cancels an order; with `refund` takes back the time of a paid one.")
        .takes(
            body(&["orderId"], json!({ "orderId": order_id(), "remark": nullable(remark()), "refund": boolean() })),
            json!({ "orderId": "ORD20260211143000123456", "refund": true }),
        ),
        Operation::new(
            "POST",
            "/api/system/app-store/admin/order-list",
            "全部订单",
            order_page(),
            order_page_example(),
        )
        .description(
            "Every tenant's orders, newest first. `page` times `size` is at most 10,000; `nextCursor` of a page goes \
             into `cursor` for the one after it, however many there are.",
        )
        .takes(order_filter(), json!({ "status": "PENDING" })),
    ]
}

fn either_null(name: &str) -> Value {
    nullable(named(name))
}

fn order_id() -> Value {
    json!({ "type": "string", "minLength": 1, "maxLength": 64 })
}

fn remark() -> Value {
    json!({ "type": "string", "maxLength": 500 })
}

fn order_filter() -> Value {
    body(
        &[],
        json!({
            "page": nullable(least(1)), "size": nullable(integer(1, 200)), "status": nullable(word(&ORDER_STATES)),
            "tenantId": nullable(json!({ "type": "string", "pattern": crate::shapes::TENANT, "not": { "const": "default" } })),
            "appId": nullable(app_ref()),
            "cursor": nullable(json!({ "type": "string", "pattern": "^[0-9A-Za-z]{1,64}$" })),
        }),
    )
}

fn schemas() -> Vec<(&'static str, Value)> {
    vec![
        ("Product", product_schema()),
        ("ProductEdit", edit_schema()),
        ("Subscription", subscription_schema()),
        ("Credentials", credentials_schema()),
        ("TrialStatus", trial_schema()),
        ("NewStoreOrder", new_order_schema()),
        ("StoreOrder", order_schema()),
    ]
}

fn product_schema() -> Value {
    answer(json!({
        "id": integer(1, 4), "appCode": word(&MODULES), "appName": string(), "description": string(),
        "monthlyPrice": yuan(), "yearlyPrice": about(yuan(), "Ten months' price."), "perpetualPrice": yuan(),
        "priceUnit": word(&["CNY"]), "trialDays": integer(1, 90), "trialSupported": boolean(), "enabled": boolean(),
        "subscriptionStatus": nullable(word(&STATES)), "canTrial": boolean(),
        "version": about(count(), "Give it with a change, so that a change made meanwhile is not overwritten."),
        "updateTime": nullable(time()),
    }))
}

fn edit_schema() -> Value {
    let price = || json!({ "type": ["number", "null"], "minimum": 0, "maximum": 1_000_000, "multipleOf": 0.01 });
    body(
        &[],
        json!({
            "monthlyPrice": price(), "perpetualPrice": price(),
            "description": nullable(json!({ "type": "string", "maxLength": 2000 })),
            "trialDays": nullable(integer(1, 90)), "trialSupported": nullable(boolean()), "enabled": nullable(boolean()),
            "version": nullable(count()),
        }),
    )
}

fn subscription_schema() -> Value {
    answer(json!({
        "subscriptionNo": string(), "tenantId": string(), "appId": word(&MODULES), "appName": string(),
        "subscriptionType": word(&TERMS), "status": word(&STATES), "isTrial": boolean(), "startTime": time(),
        "endTime": time(), "remainingDays": about(count(), "Rounded up."),
        "orderNo": about(nullable(string()), "The order paid last; null for a trial."), "createTime": time(),
    }))
}

pub fn credentials_schema() -> Value {
    let mut schema = answer(json!({
        "id": about(string(), "The app's id."), "appKey": string(),
        "appSecret": about(string(), "Shown this once; save it now."), "message": string(),
    }));
    if let Some(fields) = schema.get_mut("properties") {
        crate::shapes::set(
            fields,
            "callbackSecret",
            about(string(), "The pushes' secret, when one was made; shown this once."),
        );
    }
    schema
}

fn trial_schema() -> Value {
    answer(json!({
        "hasTried": boolean(), "canTrial": boolean(), "startTime": nullable(time()), "endTime": nullable(time()),
        "isExpired": boolean(), "status": nullable(word(&STATES)),
    }))
}

fn new_order_schema() -> Value {
    let mut schema = new_order_fields();
    crate::shapes::set(
        &mut schema,
        "if",
        json!({ "required": ["invoiceRequired"], "properties": { "invoiceRequired": { "const": true } } }),
    );
    let tax_no = json!({ "type": "string", "pattern": "^[A-Za-z0-9]{15,20}$" });
    let invoice = json!({ "required": ["invoiceTitle", "invoiceTaxNo"], "properties": { "invoiceTitle": text(100), "invoiceTaxNo": tax_no } });
    crate::shapes::set(&mut schema, "then", invoice);
    schema
}

fn new_order_fields() -> Value {
    body(
        &["appId", "subscriptionType", "contactName", "contactPhone"],
        json!({
            "appId": app_ref(), "subscriptionType": word(&["MONTHLY", "YEARLY", "PERPETUAL"]),
            "userCount": nullable(integer(1, 100_000)), "contactName": text(50),
            "contactPhone": about(
                json!({ "type": "string", "maxLength": 20, "pattern": r"^[-+() ]*([0-9][-+() ]*){6,20}$" }),
                "At least 6 digits; blanks, `+`, `-` and brackets besides.",
            ),
            "contactEmail": about(
                nullable(json!({ "type": "string", "maxLength": 100, "pattern": r"^([!-?A-~]+@[!-\-/-?A-~]+(\.[!-\-/-?A-~]+)+)?$" })),
                "Empty is the same as absent.",
            ),
            "companyName": nullable(line(100)),
            "invoiceRequired": boolean(),
            "invoiceTitle": about(nullable(string()), "At most 100 characters; needed when an invoice is wanted, not looked at otherwise."),
            "invoiceTaxNo": about(nullable(string()), "15 to 20 letters and digits; needed when an invoice is wanted, not looked at otherwise."),
            "newCredentials": about(boolean(), "Whether an upgrade of a trial shall come with a new key and secret."),
        }),
    )
}

fn order_schema() -> Value {
    answer(json!({
        "orderId": string(), "orderNo": string(), "tenantId": string(), "appId": word(&MODULES), "appName": string(),
        "orderType": word(&["NEW", "RENEW", "UPGRADE"]), "subscriptionType": word(&TERMS), "totalAmount": yuan(),
        "userCount": integer(1, 100_000), "contactName": string(), "contactPhone": string(),
        "contactEmail": nullable(string()), "companyName": nullable(string()), "invoiceRequired": boolean(),
        "invoiceTitle": nullable(string()), "invoiceTaxNo": nullable(string()), "newCredentials": boolean(),
        "status": word(&ORDER_STATES), "remark": string(), "createTime": time(), "paymentNo": nullable(string()),
        "payTime": nullable(time()), "subscriptionNo": nullable(string()), "periodStart": nullable(time()),
        "periodEnd": nullable(time()), "refundTime": nullable(time()),
    }))
}

fn product() -> Value {
    json!({
        "id": 1, "appCode": "ORDER_SYNC", "appName": "下单对接", "description": "客户ERP直接下单并跟踪生产进度",
        "monthlyPrice": 999, "yearlyPrice": 9990, "perpetualPrice": 29970, "priceUnit": "CNY", "trialDays": 7,
        "trialSupported": true, "enabled": true, "subscriptionStatus": null, "canTrial": true, "version": 0,
        "updateTime": null,
    })
}

fn subscription() -> Value {
    json!({
        "subscriptionNo": "SUB20260211143000123456", "tenantId": "t-1", "appId": "ORDER_SYNC", "appName": "下单对接",
        "subscriptionType": "TRIAL", "status": "TRIAL", "isTrial": true, "startTime": "2026-02-11T14:30:00",
        "endTime": "2026-02-18T14:30:00", "remainingDays": 7, "orderNo": null, "createTime": "2026-02-11T14:30:00",
    })
}

/// Key and secret, as they are shown once.
pub fn credentials() -> Value {
    json!({
        "id": "app-019c4b7e3a00", "appKey": "os_0123456789abcdef01234567", "appSecret": "…43 characters…",
        "message": "请立即保存appKey和appSecret：密钥只显示这一次，遗失后只能重置",
    })
}

fn order() -> Value {
    json!({
        "orderId": "ORD20260211143000123456", "orderNo": "ORD20260211143000123456", "tenantId": "t-1",
        "appId": "ORDER_SYNC", "appName": "下单对接", "orderType": "NEW", "subscriptionType": "MONTHLY",
        "totalAmount": 999, "userCount": 1, "contactName": "王小明", "contactPhone": "13800000000", "contactEmail": null,
        "companyName": "某某服装有限公司", "invoiceRequired": false, "invoiceTitle": null, "invoiceTaxNo": null,
        "newCredentials": false, "status": "PENDING", "remark": "", "createTime": "2026-02-11T14:30:00", "paymentNo": null,
        "payTime": null, "subscriptionNo": null, "periodStart": null, "periodEnd": null, "refundTime": null,
    })
}
