//! A tenant with its apps, as a configuration file gives them to a local run, and calls it signs.

use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use tenon_bench::Result;
use tenon_crypto::openapi::sign_v1;
use tenon_model::tenant_app::{AppSecret, TenantApp};
use tenon_model::{Module, TenantId};
use tenon_platform::Context;
use tenon_tenants::apps;

/// The tenant.
pub const TENANT: &str = "bench";
/// What the production system says in `X-ApiG-AppCode`.
pub const APP_CODE: &str = "bench-production-system";
const SECRET: &str = "bench-secret-of-the-apps-0123456789";

/// The app key of one of the tenant's apps.
pub fn app_key(number: usize) -> String {
    format!("os_bench_{number}")
}

/// Stores the first app, without a daily quota, where no command line does it.
///
/// # Errors
/// Those of the table.
pub async fn store(ctx: &Context) -> Result<()> {
    let (tenant, now) = (TenantId::new(TENANT), ctx.now_ms());
    let id = apps::new_id(ctx)?;
    let secret = AppSecret { secret: apps::seal(ctx, &tenant, &id, apps::APP_SECRET, SECRET).await?, until_ms: None };
    let app = TenantApp { secrets: vec![secret], ..TenantApp::new(id, tenant, Module::OrderSync, app_key(0), now) };
    ctx.table.transact(apps::create_writes(&app, now)?).await?;
    Ok(())
}

/// A configuration with this many apps of the orders' module, without a daily quota, as a file in this
/// directory.
///
/// # Errors
/// When it cannot be written.
pub fn config_file(directory: &Path, apps: usize) -> Result<PathBuf> {
    let mut text = format!("[[apps]]\nid = \"production\"\napp_code = \"{APP_CODE}\"\ntenant = \"{TENANT}\"\n");
    for number in 0..apps {
        text.push_str(&format!(
            "[[openapi_apps]]\napp_key = \"{}\"\napp_secret = \"{SECRET}\"\ntenant = \"{TENANT}\"\nmodule = \"ORDER_SYNC\"\n",
            app_key(number)
        ));
    }
    let file = directory.join("tenon.toml");
    std::fs::write(&file, text)?;
    Ok(file)
}

/// The headers of a call that the first app signs with scheme 1.
pub fn signed(timestamp_ms: i64, body: &str) -> [(&'static str, String); 3] {
    let (key, timestamp) = (app_key(0), timestamp_ms.to_string());
    let signature = sign_v1(SECRET, &key, &timestamp, body.as_bytes());
    [("x-app-key", key), ("x-timestamp", timestamp), ("x-signature", signature)]
}

/// The body of an order.
pub fn order(number: usize) -> String {
    json!({
        "externalOrderNo": format!("ERP-20261122-{number:03}"), "styleNo": "FZ2024001", "styleName": "春季衬衫A款",
        "quantity": 500, "colors": ["红", "蓝", "白"], "sizes": ["S", "M", "L", "XL"],
        "requiredDate": "2027-03-15", "factoryId": 1, "remark": "客户ERP自动推送"
    })
    .to_string()
}

/// An API Gateway v2 event of a signed call.
pub fn event(
    (method, route, path): (&str, &str, &str),
    path_parameters: Value,
    timestamp_ms: i64,
    body: &str,
) -> Value {
    let route_key = format!("{method} {route}");
    let mut headers = json!({ "content-type": "application/json", "user-agent": "python-requests/2.32.3" });
    for (name, value) in signed(timestamp_ms, body) {
        if let Some(headers) = headers.as_object_mut() {
            headers.insert(name.to_owned(), value.into());
        }
    }
    json!({
        "version": "2.0", "routeKey": route_key, "rawPath": path, "rawQueryString": "", "headers": headers,
        "pathParameters": path_parameters,
        "requestContext": {
            "accountId": "000000000000", "apiId": "bench", "domainName": "localhost", "domainPrefix": "localhost",
            "http": { "method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1",
                      "userAgent": "python-requests/2.32.3" },
            "requestId": "bench", "routeKey": route_key, "stage": "$default", "time": "", "timeEpoch": 0
        },
        "body": body, "isBase64Encoded": false
    })
}

/// What `data` of an answer holds under this name, as text.
///
/// # Errors
/// The whole answer when it holds none.
pub fn text(answer: &Value, pointer: &str) -> Result<String> {
    let found = answer.pointer(pointer).and_then(Value::as_str);
    found.map(str::to_owned).ok_or_else(|| format!("no {pointer} in {answer}").into())
}
