//! The page of the whole document.

use super::html::{escape, inline, table};
use super::{chinese, markdown, page, schema};
use serde_json::Value;

const METHODS: [&str; 4] = ["get", "post", "put", "delete"];

/// One operation with where it stands.
struct Entry<'d> {
    method: &'static str,
    path: &'d str,
    operation: &'d Value,
}

/// Whom a page is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readers {
    /// Customers: their systems' developers, and the people who manage their apps.
    Customers,
    /// Whoever operates the service, and the production system behind it.
    Operators,
    /// Those whose ERP calls aiflow's interface.
    Erps,
}

impl Readers {
    /// Whether a route is theirs. What an app code or an operator's token is asked for is no customer's.
    fn reads(self, entry: &Entry<'_>) -> bool {
        let operation = entry.operation;
        if entry.path.starts_with("/aflow/") {
            return self == Self::Erps;
        }
        let app_code = operation.pointer("/security/0/appCode").is_some();
        let operators = app_code || text(operation, "/x-role") == "operator" || entry.path.starts_with("/admin/");
        self != Self::Erps && operators == (self == Self::Operators)
    }
}

/// The page.
///
/// # Errors
/// A document without the parts that every one has.
pub fn index(document: &Value, readers: Readers) -> Result<String, String> {
    let mut entries = entries(document)?;
    entries.retain(|entry| readers.reads(entry));
    let tags: Vec<&Value> =
        array(document, "tags").filter(|tag| of(&entries, text(tag, "/name")).next().is_some()).collect();
    let title = match readers {
        Readers::Customers => text(document, "/info/title").to_owned(),
        Readers::Erps => "aiflow 接口 aiflow".to_owned(),
        Readers::Operators => format!("{} · 运营方接口 Operators", text(document, "/info/title")),
    };
    let mut body = format!("<h1>{}</h1>\n", escape(&title));
    match readers {
        Readers::Customers => {
            body.push_str(
                "<p class=\"soft\"><a href=\"/openapi/v1/openapi.json\">openapi.json</a>（OpenAPI 3.1，英文说明 in English） · \
                 <a href=\"/openapi/v1/docs/operators\">运营方接口 Operators</a> · \
                 <a href=\"/openapi/v1/docs/aiflow\">aiflow 接口</a></p>\n",
            );
            body.push_str(&markdown::render(text(document, "/info/description")));
        }
        Readers::Erps => body.push_str(
            "<nav><a href=\"/openapi/v1/docs\">← 客户接口 API reference</a></nav>\n\
             <p>供 ERP 调用。应用由运营方在配置<code>[[aiflow_apps]]</code>中登记。</p>\n",
        ),
        Readers::Operators => body.push_str(
            "<nav><a href=\"/openapi/v1/docs\">← 客户接口 API reference</a></nav>\n\
             <p>仅供运营方与生产系统使用，客户系统不需要。须有运营方令牌或应用代码。</p>\n",
        ),
    }
    body.push_str("<h2>接口目录 Contents</h2>\n");
    for tag in &tags {
        let name = text(tag, "/name");
        let links: String = of(&entries, name).map(|e| format!("<li>{}</li>\n", link(e))).collect();
        body.push_str(&format!("<h3>{}</h3>\n<ul class=\"toc\">\n{links}</ul>\n", escape(name)));
    }
    for tag in &tags {
        let name = text(tag, "/name");
        body.push_str(&format!("<h2>{}</h2>\n<p>{}</p>\n", escape(name), inline(text(tag, "/description"))));
        for entry in of(&entries, name) {
            body.push_str(&section(document, entry));
        }
    }
    if readers == Readers::Customers {
        body.push_str(&pushes(document));
    }
    Ok(page(&title, &body))
}

/// What is pushed to customers.
fn pushes(document: &Value) -> String {
    let mut body = "<h2>推送事件 Webhooks</h2>\n".to_owned();
    for (name, item) in document.get("webhooks").and_then(Value::as_object).into_iter().flatten() {
        if let Some(operation) = item.get("post") {
            body.push_str(&format!(
                "<h3 id=\"{0}\"><code>{0}</code> {1}</h3>\n",
                escape(name),
                escape(text(operation, "/summary"))
            ));
            body.push_str(&markdown::render(&chinese::paragraphs(text(operation, "/description"))));
            body.push_str(&parameters(operation));
            body.push_str(&content(
                document,
                operation.get("requestBody"),
                "/content/application~1json/schema",
                "正文 Body",
            ));
        }
    }
    body
}

fn entries(document: &Value) -> Result<Vec<Entry<'_>>, String> {
    let paths = document.get("paths").and_then(Value::as_object).ok_or("the document has no paths")?;
    let found = paths.iter().flat_map(|(path, item)| {
        METHODS.into_iter().filter_map(move |method| Some(Entry { method, path, operation: item.get(method)? }))
    });
    Ok(found.collect())
}

fn of<'e, 'd>(entries: &'e [Entry<'d>], tag: &'e str) -> impl Iterator<Item = &'e Entry<'d>> {
    entries.iter().filter(move |e| text(e.operation, "/tags/0") == tag)
}

fn array<'d>(value: &'d Value, key: &str) -> impl Iterator<Item = &'d Value> {
    value.get(key).and_then(Value::as_array).into_iter().flatten()
}

fn text<'d>(value: &'d Value, pointer: &str) -> &'d str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn name(entry: &Entry<'_>) -> String {
    format!("<span class=\"method {0}\">{0}</span> <code>{1}</code>", entry.method, escape(entry.path))
}

fn link(entry: &Entry<'_>) -> String {
    let id = escape(text(entry.operation, "/operationId"));
    let path = escape(entry.path);
    format!(
        "<a href=\"#{id}\">{}</a> <span class=\"soft\">{} {path}</span>",
        escape(text(entry.operation, "/summary")),
        entry.method.to_uppercase()
    )
}

fn section(document: &Value, entry: &Entry<'_>) -> String {
    let operation = entry.operation;
    let id = escape(text(operation, "/operationId"));
    let mut html = format!("<h3 id=\"{id}\">{}</h3>\n<p>{}</p>\n", escape(text(operation, "/summary")), name(entry));
    html.push_str(&markdown::render(&chinese::paragraphs(text(operation, "/description"))));
    html.push_str(&parameters(operation));
    html.push_str(&content(
        document,
        operation.get("requestBody"),
        "/content/application~1json/schema",
        "请求 Request",
    ));
    let success = operation.pointer("/responses/200");
    html.push_str(&content(document, success, "/content/application~1json/schema/properties/data", "应答 data"));
    let codes = operation.get("responses").and_then(Value::as_object).into_iter().flatten();
    let codes: Vec<String> = codes
        .map(|(code, _)| match code.as_str() {
            done if done.starts_with(['2', '3']) => done.to_owned(),
            other => format!("<a href=\"/openapi/v1/docs/errors/{other}\">{other}</a>"),
        })
        .collect();
    html.push_str(&format!("<p class=\"soft\">状态 Status: {}</p>\n", codes.join(", ")));
    html
}

fn parameters(operation: &Value) -> String {
    let rows: Vec<Vec<String>> = array(operation, "parameters")
        .map(|p| {
            let needed = if p.get("required") == Some(&Value::Bool(true)) { "是" } else { "" };
            let place = format!("{} {}", text(p, "/in"), escape(text(p, "/schema/type")));
            vec![
                format!("<code>{}</code>", escape(text(p, "/name"))),
                place,
                needed.to_owned(),
                inline(&chinese::or_as_is(text(p, "/description"))),
            ]
        })
        .collect();
    if rows.is_empty() {
        String::new()
    } else {
        table(&["参数 Parameter", "位置 In", "必有", "说明 Description"], &rows)
    }
}

/// The fields of a body or an answer, and an example.
fn content(document: &Value, of: Option<&Value>, pointer: &str, heading: &str) -> String {
    let Some(of) = of else { return String::new() };
    let Some(wanted) = of.pointer(pointer) else { return String::new() };
    let mut html = format!("<h4>{}</h4>\n{}", escape(heading), schema::fields(document, wanted));
    if let Some(example) = of.pointer("/content/application~1json/example") {
        let example = serde_json::to_string_pretty(example).unwrap_or_default();
        html.push_str(&format!(
            "<details><summary>示例 Example</summary><pre tabindex=\"0\"><code>{}</code></pre></details>\n",
            escape(&example)
        ));
    }
    html
}
