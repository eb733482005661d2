//! The dispatcher alone: who comes in, what is read, in what form it is answered.

use super::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tenon_catalog::Auth;

/// A caller who says `let-me-in`.
struct Word;

#[async_trait]
impl Authenticator<()> for Word {
    type Caller = Anyone;
    type Note = ();

    fn knows(&self, auth: &Auth) -> bool {
        matches!(auth, Auth::AppCode)
    }

    fn begin(&self, (): &()) {}

    async fn authenticate(&self, (): &(), _: &Route, request: &Request, (): &mut ()) -> Result<Anyone, Rejection> {
        match request::header(request, "x-word") {
            Some("let-me-in") => Ok(Anyone),
            _ => Err(Rejection::unauthenticated("no word")),
        }
    }
}

const fn post_to(path: &'static str) -> Route {
    Route { method: "POST", path, auth: Auth::AppCode, changes: true }
}

const ITEM: Route = post_to("/items/{itemNo}");
const LATER: Route = post_to("/later");
const OPEN: Route = Route { method: "POST", path: "/open", auth: Auth::Open, changes: true };

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Named {
    item_no: String,
}

#[derive(Deserialize)]
struct Filter {
    #[serde(default)]
    state: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    quantity: u32,
}

#[derive(Serialize)]
struct Item {
    no: String,
    state: Option<String>,
    quantity: u32,
}

async fn item(
    _: Call<Anyone, ()>,
    ((Path(of), Query(filter)), Body(wanted)): ((Path<Named>, Query<Filter>), Body<Wanted>),
) -> Result<Item, Rejection> {
    Ok(Item { no: of.item_no, state: filter.state, quantity: wanted.quantity })
}

async fn later(_: Call<Anyone, ()>, (): ()) -> Result<(), Error> {
    Err(Error::transient("platform.table", "an inner matter"))
}

async fn nobody(_: Call<Anyone, ()>, (): ()) -> Result<(), Rejection> {
    Ok(())
}

fn service(envelope: Envelope) -> Service<Word, ()> {
    Service::new(Word, || vec![on(ITEM, item), on(LATER, later), on(OPEN, nobody)])
        .answering(envelope)
        .with_body_limit(1024)
        .with_cors(Cors::Anyone { headers: "content-type, x-word" })
}

fn sent(method: &str, path: &str, query: &[(&str, &[&str])], word: &str, body: &str) -> Request {
    let request = http::Request::builder().method(method).uri(path).header("x-word", word);
    let request = request.body(Bytes::Text(body.to_owned())).unwrap();
    let query: HashMap<String, Vec<String>> =
        query.iter().map(|(name, all)| ((*name).to_owned(), all.iter().map(|v| (*v).to_owned()).collect())).collect();
    request.with_query_string_parameters(query)
}

async fn answer_of(envelope: Envelope, request: Request) -> (u16, Value) {
    let response = service(envelope).answer(&(), request).await;
    (response.status().as_u16(), serde_json::from_slice(response.body().as_ref()).unwrap())
}

const IN: &str = "let-me-in";
const FIVE: &str = r#"{"quantity":5}"#;

#[tokio::test]
async fn what_an_act_reads_is_its_parameter_and_what_is_wrong_names_the_field() {
    let send = |query: &'static [(&'static str, &'static [&'static str])], body: &'static str| {
        answer_of(Envelope::Standard, sent("POST", "/items/A%2B1", query, IN, body))
    };
    let (status, answer) = send(&[("state", &["new"]), ("other", &["1", "2"])], FIVE).await;
    assert_eq!((status, &answer["data"]), (200, &json!({ "no": "A+1", "state": "new", "quantity": 5 })));
    for (query, body, message) in [
        (&[("state", &["new", "old"] as &[&str])] as &[(&str, &[&str])], FIVE, "state: 参数重复"),
        (&[], r#"{"quantity":"x"}"#, "quantity: 应为整数"),
        (&[], r#"{"quantity":1,"size":2}"#, "size: 未知字段"),
        (&[], r#"{"quantity":1,"quantity":2}"#, "quantity: 字段重复"),
        (&[], "[5]", "应为JSON对象"),
    ] {
        assert_eq!(
            send(query, body).await,
            (400, json!({ "code": 400, "message": message, "data": null, "requestId": "" }))
        );
    }
    let long = answer_of(Envelope::Standard, sent("POST", "/items/1", &[], IN, &" ".repeat(1025))).await;
    assert_eq!((long.0, &long.1["message"]), (400, &json!("请求体超过1KB")));
}

#[tokio::test]
async fn each_envelope_tells_the_same_in_its_own_form() {
    let all =
        [Envelope::Standard, Envelope::Oa, Envelope::Service, Envelope::Aiflow, Envelope::Plain, Envelope::Pushed];
    let mut seen = Vec::new();
    for envelope in all {
        for request in [
            sent("POST", "/items/1", &[], IN, FIVE),
            sent("POST", "/items/1", &[], "x", FIVE),
            sent("POST", "/items/1", &[], IN, "{}"),
            sent("POST", "/nothing", &[], IN, FIVE),
            sent("POST", "/later", &[], IN, ""),
        ] {
            seen.push(answer_of(envelope, request).await);
        }
    }
    let item = json!({ "no": "1", "state": null, "quantity": 5 });
    let standard =
        |code: u16, message: &str| (code, json!({ "code": code, "message": message, "data": null, "requestId": "" }));
    let oa = |http: u16, code: u16, msg: &str| (http, json!({ "code": code, "msg": msg, "data": null }));
    let aiflow = |http: u16, status: i32, msg: &str, data: Value| {
        let mut answer = json!({ "status": status, "msg": msg });
        if data != Value::Null {
            answer["data"] = data;
        }
        (http, answer)
    };
    let required = json!({ "errorCode": "INVALID_PARAMETER", "errorMessage": "quantity: 不能为空",
                           "errorDetails": [{ "field": "quantity", "message": "不能为空" }] });
    let nothing = json!({ "errorCode": "NOT_FOUND", "errorMessage": "资源不存在" });
    let failed = json!({ "errorCode": "INTERNAL_ERROR", "errorMessage": "服务器内部错误" });
    let plain =
        |http: u16, code: &str, message: &str| (http, json!({ "code": code, "message": message, "requestId": "" }));
    let expected = vec![
        (200, json!({ "code": 200, "message": "success", "data": item, "requestId": "" })),
        standard(401, "认证失败"),
        standard(400, "quantity: 不能为空"),
        standard(404, "资源不存在"),
        standard(500, "服务器内部错误"),
        (200, json!({ "code": 0, "msg": "success", "data": item })),
        oa(401, 401, "认证失败"),
        oa(200, 1, "quantity: 不能为空"),
        oa(404, 404, "资源不存在"),
        oa(500, 1, "服务器内部错误"),
        (200, json!({ "code": 0, "msg": "success", "data": item })),
        oa(401, 401, "认证失败"),
        oa(400, 400, "quantity: 不能为空"),
        oa(404, 404, "资源不存在"),
        oa(500, 500, "服务器内部错误"),
        (200, json!({ "status": 0, "msg": "success", "data": item })),
        aiflow(403, -4002, "签名验证失败", Value::Null),
        aiflow(400, -4002, "quantity: 不能为空", required),
        aiflow(404, -4001, "资源不存在", nothing),
        aiflow(500, -1024, "服务器内部错误", failed),
        (200, item.clone()),
        plain(401, "unauthorized", "认证失败"),
        plain(400, "malformed", "quantity: 不能为空"),
        plain(404, "not-found", "there is no such thing"),
        plain(500, "internal", "the request could not be served; the log says why"),
        (200, item),
        plain(401, "unauthorized", "认证失败"),
        plain(400, "malformed", "quantity: 不能为空"),
        plain(404, "not-found", "there is no such thing"),
        plain(503, "unavailable", "the callback cannot be taken in now; send it again"),
    ];
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn a_route_whose_callers_nobody_checks_is_shut_and_a_declaration_is_held_against_the_catalog() {
    assert_eq!(answer_of(Envelope::Standard, sent("POST", "/open", &[], IN, "")).await.0, 500);
    let faults = service(Envelope::Standard).faults(&[ITEM, OPEN, post_to("/forgotten")]);
    assert_eq!(
        faults,
        [
            "POST /forgotten has no operation",
            "POST /later is no route of this function",
            "POST /open is for callers nobody here checks"
        ]
    );
}

#[tokio::test]
async fn a_browser_of_another_origin_is_told_what_it_may_send() {
    let mut preflight = sent("OPTIONS", "/items/1", &[], "", "");
    preflight.headers_mut().insert("access-control-request-method", "POST".parse().unwrap());
    let response = service(Envelope::Oa).answer(&(), preflight).await;
    assert_eq!(response.status(), 204);
    assert_eq!(response.headers()["access-control-allow-methods"], "POST");
    assert_eq!(response.headers()["access-control-allow-headers"], "content-type, x-word");
    let refused = service(Envelope::Oa).answer(&(), sent("POST", "/items/1", &[], "x", FIVE)).await;
    assert_eq!(refused.headers()["access-control-allow-origin"], "*");
    let never = service(Envelope::Oa).with_cors(Cors::Never).answer(&(), sent("POST", "/items/1", &[], "x", "")).await;
    assert!(!never.headers().contains_key("access-control-allow-origin"));
}
