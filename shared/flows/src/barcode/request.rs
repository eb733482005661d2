//! A save as the application sends it, and the document that is made of it.

use super::answer::CallFailure;
use super::lines::{self, Form};
use super::methods::{BaseLine, METHODS, Method, RECEIPT};
use serde_json::{Map, Value};
use tenon_model::config::{Barcode, BarcodeObject};
use tenon_model::decimal::{self, Decimal};

type Object = Map<String, Value>;

/// Members of the header that say how to save and are none of the document.
const CONTROLS: [&str; 3] = ["Inverted", "InvertedSql", "InvertedBathSql"];
/// What B1 keeps of `Comments`, in UTF-16 units.
const COMMENTS: usize = 254;
/// What the key takes of it, with a blank before it.
const KEY: usize = 25;

/// A save.
#[derive(Clone, Debug)]
pub(super) struct Request {
    /// Its method.
    pub method: &'static Method,
    /// The entity set it posts to.
    pub object: String,
    /// The key of what it makes.
    pub key: String,
    /// The document without our key.
    pub document: Object,
    /// What was received of each production order.
    pub received: Vec<(i64, Decimal)>,
    /// How components are issued, when they are.
    pub backflush: Option<Backflush>,
    /// The key that the application names it by, when it does.
    pub named: Option<String>,
}

/// The SQL of a backflush, as it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Backflush {
    /// Finds the components.
    pub components: String,
    /// Finds the batches of one.
    pub batches: String,
}

impl Request {
    /// Reads a body.
    ///
    /// # Errors
    /// What is wrong with it, with its path. Nothing was sent anywhere.
    pub fn read(barcode: &Barcode, body: &Object) -> Result<Self, CallFailure> {
        let method = method(body)?;
        operation(body)?;
        let (object, key, lines_member) = object(barcode, method, body)?;
        let header = header(barcode, body)?;
        let (lines, received) = data(barcode, method, body)?;
        let own = body.get("MainTable").and_then(Value::as_object);
        let backflush = backflush(method, own)?;
        let comments = header.get("Comments").and_then(Value::as_str).unwrap_or_default();
        if barcode.key_field.is_none() && comments.encode_utf16().count() + KEY > COMMENTS {
            let message = format!("超过 {} 个字符，其后放不下单据的查找键；可配置 key_field", COMMENTS - KEY);
            return Err(CallFailure::at("MainTable.Comments", message));
        }
        let mut document = header;
        document.insert(lines_member, Value::Array(lines));
        Ok(Self { method, object, key, document, received, backflush, named: named(body)? })
    }

    /// The application's own words in `Comments`.
    pub fn comments(&self) -> Option<&str> {
        self.document.get("Comments").and_then(Value::as_str).filter(|text| !text.is_empty())
    }
}

fn method(body: &Object) -> Result<&'static Method, CallFailure> {
    let name = match body.get("method") {
        Some(Value::String(name)) => name.as_str(),
        None | Some(Value::Null) => "",
        Some(_) => return Err(CallFailure::at("method", "应为文本")),
    };
    Method::of(name).ok_or_else(|| {
        let known: Vec<&str> = METHODS.iter().map(|method| method.name).collect();
        let message = format!("method: {name:?} 不在可用方法中；可用方法：{}", known.join(", "));
        CallFailure::new("barcode.method", message)
    })
}

fn operation(body: &Object) -> Result<(), CallFailure> {
    match body.get("operationtype") {
        None | Some(Value::Null) => Ok(()),
        Some(Value::String(word)) if word.is_empty() || word == "A" => Ok(()),
        Some(other) => {
            let word = other.as_str().map_or_else(|| other.to_string(), str::to_owned);
            let message = format!("operationtype: 不支持 {word}；只支持 A（新增）");
            Err(CallFailure::new("barcode.operation", message))
        }
    }
}

/// Entity set, key and the member with the lines.
fn object(barcode: &Barcode, method: &Method, body: &Object) -> Result<(String, String, String), CallFailure> {
    if let Some(set) = method.set {
        return Ok((set.to_owned(), "DocEntry".to_owned(), method.lines.to_owned()));
    }
    let table = body.get("table").and_then(Value::as_str).unwrap_or_default();
    let mut known = barcode.objects.iter().map(BarcodeObject::parts);
    match known.find(|(name, _, _)| *name == table) {
        Some((name, lines, key)) => Ok((name.to_owned(), key.to_owned(), lines.to_owned())),
        None => {
            let message = format!("table: {table:?} 未列入该连接的 objects，不能保存");
            Err(CallFailure::new("barcode.object", message))
        }
    }
}

fn header(barcode: &Barcode, body: &Object) -> Result<Object, CallFailure> {
    let main = match body.get("MainTable") {
        None | Some(Value::Null) => return Ok(Object::new()),
        Some(Value::Object(main)) => main,
        Some(_) => return Err(CallFailure::at("MainTable", "应为对象")),
    };
    let mut header = Object::new();
    for (name, value) in main.iter().filter(|(name, _)| !CONTROLS.contains(&name.as_str())) {
        let path = format!("MainTable.{name}");
        if name == "Comments" && !matches!(value, Value::String(_) | Value::Null) {
            return Err(CallFailure::at(&path, "应为文本"));
        }
        if let Some(value) = lines::member(&path, name, value, barcode.send_empty)? {
            header.insert(name.clone(), value);
        }
    }
    Ok(header)
}

/// What was received of each order.
type Received = Vec<(i64, Decimal)>;

/// The lines, and what was received of each order.
fn data(barcode: &Barcode, method: &Method, body: &Object) -> Result<(Vec<Value>, Received), CallFailure> {
    let data = match body.get("data") {
        Some(Value::Array(data)) if !data.is_empty() => data,
        None | Some(Value::Null | Value::Array(_)) => return Err(CallFailure::at("data", "不能为空：至少一行")),
        Some(_) => return Err(CallFailure::at("data", "应为列表")),
    };
    let moves = method.lines == "StockTransferLines";
    let form = Form {
        bins: if moves { "StockTransferLinesBinAllocations" } else { "DocumentLinesBinAllocations" },
        moves,
        to_bin: &barcode.to_bin,
        send_empty: barcode.send_empty,
        needs_quantity: method.set.is_some(),
    };
    let (mut all, mut received) = (Vec::new(), Received::new());
    for (number, element) in data.iter().enumerate() {
        let at = format!("data[{number}]");
        let element = element.as_object().ok_or_else(|| CallFailure::at(&at, "应为对象"))?;
        let line = lines::line(&form, number, element)?;
        based(method, &at, &line.fields)?;
        if let Some(order) = line.fields.get("BaseEntry").and_then(Value::as_i64) {
            match received.iter_mut().find(|(known, _)| *known == order) {
                Some((_, sum)) => {
                    *sum = decimal::exact_sum(*sum, line.quantity)
                        .ok_or_else(|| CallFailure::at(&at, "同一订单的数量合计位数过多"))?;
                }
                None => received.push((order, line.quantity)),
            }
        }
        all.push(Value::Object(line.fields));
    }
    Ok((all, received))
}

/// What a line is based on.
fn based(method: &Method, at: &str, fields: &Object) -> Result<(), CallFailure> {
    if method.of_order && !fields.contains_key("BaseEntry") {
        return Err(CallFailure::at(&format!("{at}.BaseEntry"), "不能为空：应为生产订单"));
    }
    match (method.base_line, fields.contains_key("BaseLine")) {
        (BaseLine::Needed, false) => {
            Err(CallFailure::at(&format!("{at}.BaseLine"), format!("不能为空：{} 须指明生产订单的行", method.name)))
        }
        (BaseLine::Forbidden, true) => {
            Err(CallFailure::at(&format!("{at}.BaseLine"), format!("{} 收的是订单的产品，不能指明行", method.name)))
        }
        _ => Ok(()),
    }
}

fn backflush(method: &Method, main: Option<&Object>) -> Result<Option<Backflush>, CallFailure> {
    let text = |name: &str| main.and_then(|main| main.get(name)).and_then(Value::as_str).unwrap_or_default();
    if method.name != RECEIPT || text("Inverted") != "Y" {
        return Ok(None);
    }
    for name in ["InvertedSql", "InvertedBathSql"] {
        if text(name).trim().is_empty() {
            return Err(CallFailure::at(&format!("MainTable.{name}"), "不能为空：倒扣料需要该语句"));
        }
    }
    Ok(Some(Backflush { components: text("InvertedSql").to_owned(), batches: text("InvertedBathSql").to_owned() }))
}

fn named(body: &Object) -> Result<Option<String>, CallFailure> {
    let text = match body.get("requestId") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        Some(_) => return Err(CallFailure::at("requestId", "应为文本")),
    };
    match text.len() {
        0 => Ok(None),
        1..=255 => Ok(Some(text)),
        _ => Err(CallFailure::at("requestId", "超过 255 个字符")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn barcode() -> Barcode {
        serde_json::from_value(json!({ "connection": "b1-main", "objects": ["UDT_IN", { "name": "BOX", "lines": "BOX1Collection", "key": "Code" }] }))
            .unwrap()
    }

    fn read(body: Value) -> Result<Request, CallFailure> {
        Request::read(&barcode(), body.as_object().unwrap())
    }

    fn with(change: impl FnOnce(&mut Value)) -> Result<Request, CallFailure> {
        let mut body = json!({ "method": "InventoryGenEntry", "table": "OIGN",
            "data": [{ "BaseEntry": "478", "BaseType": "202", "Quantity": "30", "WarehouseCode": "W05001" }],
            "MainTable": { "U_CZR": "CS01", "U_BFYY1": "", "DocDate": "20230920", "Inverted": "N", "InvertedSql": "drop", "InvertedBathSql": "x" } });
        change(&mut body);
        read(body)
    }

    // R-B14, R-B15, R-B16, R-B21, R-B22
    #[test]
    fn what_cannot_be_saved_is_refused_with_its_place() {
        type Change = fn(&mut Value);
        let cases: [(&str, &str, Change); 14] = [
            ("barcode.method", "PurchaseDelivery", |b| b["method"] = json!("inventorygenentry")),
            ("barcode.method", "StockGenEntry", |b| b["method"] = Value::Null),
            ("barcode.operation", "不支持 U", |b| b["operationtype"] = json!("U")),
            ("barcode.operation", "不支持 Q", |b| b["operationtype"] = json!("Q")),
            ("barcode.operation", "不支持 a", |b| b["operationtype"] = json!("a")),
            ("barcode.object", "OIGN", |b| b["method"] = json!("UserDataTable")),
            ("barcode.request", "data: ", |b| b["data"] = json!([])),
            ("barcode.request", "data: ", |b| b["data"] = json!({})),
            ("barcode.request", "data[0]: ", |b| b["data"] = json!(["x"])),
            ("barcode.request", "data[0].BaseEntry: ", |b| b["data"][0]["BaseEntry"] = json!("478 or 1=1")),
            ("barcode.request", "data[0].BaseLine: ", |b| b["data"][0]["BaseLine"] = json!("0")),
            ("barcode.request", "data[0].BaseLine: ", |b| b["method"] = json!("InventoryGenReturn")),
            ("barcode.request", "MainTable.DocDate: ", |b| b["MainTable"]["DocDate"] = json!("20230931")),
            ("barcode.request", "MainTable: ", |b| b["MainTable"] = json!("x")),
        ];
        for (code, words, change) in cases {
            let refused = with(change).unwrap_err();
            assert_eq!((refused.code.as_str(), refused.message.contains(words)), (code, true), "{refused:?}");
        }
    }

    // R-B17, R-B27
    #[test]
    fn controls_never_reach_the_document_and_only_y_is_a_backflush() {
        let request = with(|b| b["operationtype"] = json!("")).unwrap();
        assert_eq!(request.object, "InventoryGenEntries");
        let header: Vec<&str> = request.document.keys().map(String::as_str).collect();
        assert_eq!(header, ["DocDate", "DocumentLines", "U_CZR"]);
        assert_eq!(request.received, [(478, decimal::parse("30").unwrap())]);
        for (word, is_backflush) in [("N", false), ("", false), ("y", false), ("Yes", false), ("Y", true)] {
            let found = with(|b| b["MainTable"]["Inverted"] = json!(word)).unwrap();
            assert_eq!(found.backflush.is_some(), is_backflush, "{word}");
        }
        let other = with(|b| {
            b["method"] = json!("StockGenEntry");
            b["MainTable"]["Inverted"] = json!("Y");
        });
        assert_eq!(other.unwrap().backflush, None);
        let lacking = with(|b| b["MainTable"] = json!({ "Inverted": "Y", "InvertedSql": " " }));
        assert!(lacking.unwrap_err().message.starts_with("MainTable.InvertedSql: "));
    }

    // R-B16, R-B21
    #[test]
    fn several_lines_are_one_document_and_a_custom_object_has_its_own_form() {
        let two = with(|b| {
            let line = b["data"][0].clone();
            b["data"] = json!([line, line]);
        })
        .unwrap();
        assert_eq!(two.document["DocumentLines"].as_array().unwrap().len(), 2);
        assert_eq!(two.received, [(478, decimal::parse("60").unwrap())]);
        let own = read(
            json!({ "method": "UserDataTable", "table": "BOX", "data": [{ "U_Box": "B1" }], "MainTable": { "Code": "1" } }),
        );
        let own = own.unwrap();
        assert_eq!((own.object.as_str(), own.key.as_str()), ("BOX", "Code"));
        assert_eq!(Value::Object(own.document), json!({ "Code": "1", "BOX1Collection": [{ "U_Box": "B1" }] }));
    }

    // R-B25
    #[test]
    fn words_that_leave_no_room_for_the_key_are_refused() {
        assert!(with(|b| b["MainTable"]["Comments"] = json!("注".repeat(229))).is_ok());
        assert!(with(|b| b["MainTable"]["Comments"] = json!("注".repeat(230))).is_err());
    }
}
