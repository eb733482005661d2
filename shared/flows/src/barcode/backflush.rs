//! The issue of a backflush: components of what was received, and the batches that the site's procedure names for them.

use super::answer::CallFailure;
use super::lines::{Allocation, bin};
use super::post::{Failed, Post};
use super::request::Backflush;
use super::values::{quantity, sent, whole};
use serde_json::{Map, Value, json};
use std::time::Duration;
use tenon_connectors::di_api::{DiApi, SqlAnswer};
use tenon_model::config::{Barcode, Connection, Excess};
use tenon_model::decimal::{self, Decimal};
use tenon_platform::runs::Recorder;
use tenon_platform::{Context, Error};

type Object = Map<String, Value>;

/// One component of an order.
struct Component {
    order: i64,
    line: i64,
    item: String,
    warehouse: String,
    need: Decimal,
}

/// The company's DI API.
pub(super) fn di_api<'c>(call: &super::CompanyCall<'_>, ctx: &'c Context) -> Result<DiApi<'c>, CallFailure> {
    let Some(id) = &call.barcode.di_api else {
        let message = format!("连接 {} 未配置 DI API（di_api），不能执行 SQL 查询和倒扣料", call.barcode.connection);
        return Err(CallFailure::new("barcode.no-di-api", message));
    };
    match call.loaded.connection(id)?.as_ref() {
        Connection::DiApi(di) => Ok(DiApi::new(ctx, call.tenant, (**di).clone(), call.loaded.revision(id))),
        other => Err(CallFailure::from(Error::permanent(
            "config.connection",
            format!("connection {id} is of kind {}, and di_api is needed", other.kind()),
        ))),
    }
}

/// The issue of what was received; `None` when no component is to be issued.
pub(super) async fn plan(
    post: &Post<'_>,
    backflush: &Backflush,
    steps: &mut Recorder,
) -> Result<Option<Object>, Failed> {
    let barcode = post.call.barcode;
    let di_api = di_api(post.call, post.ctx)?;
    let orders: Vec<i64> = post.request.received.iter().map(|(order, _)| *order).collect();
    let rules = super::settings::rules(post.call);
    let select = tenon_sql::judge(&backflush.components, &rules).map_err(CallFailure::from)?;
    let select = tenon_sql::of_orders(&select, &orders).map_err(CallFailure::from)?;
    let call = tenon_sql::Call::read(&backflush.batches, &barcode.procedures).map_err(CallFailure::from)?;
    let run = async |sql: &str, reads: bool, steps: &mut Recorder| -> Result<SqlAnswer, Failed> {
        let within = barcode.query_timeout;
        let answer = steps
            .step(if reads { "find components" } else { "find batches" }, json!({ "sql": sql }), async {
                let reading = async {
                    if reads { di_api.select(sql, within).await } else { di_api.call_procedure(sql, within).await }
                };
                let answer = post.in_time(reading, Duration::from_secs(6)).await?;
                let note = json!({ "rows": answer.rows });
                Ok((answer, note))
            })
            .await?;
        Ok(answer)
    };
    let rows = run(&select, true, steps).await?.objects();
    let components = components(&rows, &post.request.received)?;
    let mut lines = Vec::new();
    for component in components {
        let sql = call.with(&component.item, &component.warehouse, &decimal::plain(component.need));
        let sql = sql.map_err(CallFailure::from)?;
        let rows = run(&sql, false, steps).await?.objects();
        lines.push(Value::Object(line(barcode, &component, &rows, lines.len())?));
    }
    if lines.is_empty() {
        return Ok(None);
    }
    let mut issue = Object::new();
    if let Some(day) = post.request.document.get("DocDate") {
        issue.insert("DocDate".to_owned(), day.clone());
    }
    issue.insert("DocumentLines".to_owned(), Value::Array(lines));
    Ok(Some(issue))
}

/// The components that the select found. Rows of other orders than those received are an error.
fn components(rows: &[Object], received: &[(i64, Decimal)]) -> Result<Vec<Component>, CallFailure> {
    let mut found = Vec::new();
    for (number, row) in rows.iter().enumerate() {
        let at = |name: &str| format!("InvertedSql 第{}行 {name}", number + 1);
        // An alias without quotes comes back in capitals.
        let column = |name: &str| {
            row.get(name).or_else(|| row.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, v)| v))
        };
        let value = |name: &str| {
            column(name).filter(|value| !value.is_null()).ok_or_else(|| {
                CallFailure::new(
                    "barcode.components",
                    format!("{}: 没有该列；应有 DocEntry, LineNum, ItemCode, BaseQty, wareHouse", at(name)),
                )
            })
        };
        let text = |name: &str| -> Result<String, CallFailure> {
            match value(name)? {
                Value::String(text) if !text.is_empty() => Ok(text.clone()),
                _ => Err(CallFailure::new("barcode.components", format!("{}: 应为非空文本", at(name)))),
            }
        };
        let order = whole(&at("DocEntry"), value("DocEntry")?)?;
        let Some((_, amount)) = received.iter().find(|(known, _)| *known == order) else {
            let message = format!("InvertedSql 返回了未收货的生产订单 {order}；未过账");
            return Err(CallFailure::new("barcode.components", message));
        };
        let each = quantity(&at("BaseQty"), Some(value("BaseQty")?))?;
        if each < Decimal::ZERO {
            return Err(CallFailure::new("barcode.components", format!("{}: 不应为负数", at("BaseQty"))));
        }
        let need = decimal::exact_product(*amount, each).ok_or_else(|| {
            CallFailure::new("barcode.components", format!("{}: 需求数量位数过多，无法精确表示", at("BaseQty")))
        })?;
        let component = Component {
            order,
            line: whole(&at("LineNum"), value("LineNum")?)?,
            item: text("ItemCode")?,
            warehouse: text("wareHouse")?,
            need,
        };
        if found.iter().any(|known: &Component| (known.order, known.line) == (component.order, component.line)) {
            let message = format!("InvertedSql 两次返回生产订单 {order} 的行 {}；未过账", component.line);
            return Err(CallFailure::new("barcode.components", message));
        }
        if need > Decimal::ZERO {
            found.push(component);
        }
    }
    Ok(found)
}

/// The line of a component, of the batches that the procedure named for it.
fn line(barcode: &Barcode, component: &Component, rows: &[Object], number: usize) -> Result<Object, CallFailure> {
    let columns = &barcode.batch_columns;
    let (mut taken, mut left, mut all) = (Allocation::default(), component.need, Decimal::ZERO);
    for (index, row) in rows.iter().enumerate() {
        let at = format!("{} 批次第{}行", component.item, index + 1);
        let column = |names: &[String]| {
            let found = row.iter().find(|(name, _)| names.iter().any(|known| known.eq_ignore_ascii_case(name)));
            found.map(|(_, value)| value).filter(|value| !value.is_null() && value.as_str() != Some(""))
        };
        let lacks =
            |what: &str| CallFailure::new("barcode.batches", format!("{at}: 没有{what}列；可配置 batch_columns"));
        let batch = column(&columns.batch).and_then(Value::as_str).ok_or_else(|| lacks("批次号"))?;
        let amount = quantity(&at, Some(column(&columns.quantity).ok_or_else(|| lacks("数量"))?))?;
        if amount < Decimal::ZERO {
            return Err(CallFailure::new("barcode.batches", format!("{at}: 数量为负")));
        }
        all = decimal::exact_sum(all, amount)
            .ok_or_else(|| CallFailure::new("barcode.batches", format!("{at}: 数量合计位数过多")))?;
        let part = amount.min(left);
        if part <= Decimal::ZERO {
            continue;
        }
        left -= part;
        let place = taken.batch(&at, number, batch, part, &Object::new())?;
        if let Some(entry) = column(&columns.bin) {
            taken.bins.push(bin(whole(&at, entry)?, part, Some(place), number));
        }
    }
    enough(barcode, component, all)?;
    let mut fields = Object::new();
    for (name, value) in [
        ("BaseEntry", component.order.into()),
        ("BaseType", 202.into()),
        ("BaseLine", component.line.into()),
        ("Quantity", sent(component.need)),
        ("WarehouseCode", component.warehouse.as_str().into()),
    ] {
        fields.insert(name.to_owned(), value);
    }
    taken.into_line("DocumentLinesBinAllocations", &mut fields);
    Ok(fields)
}

/// Whether what the procedure named is what is needed.
fn enough(barcode: &Barcode, component: &Component, found: Decimal) -> Result<(), CallFailure> {
    let (need, shown) = (decimal::plain(component.need), decimal::plain(found));
    let Component { item, warehouse, .. } = component;
    if found < component.need {
        let message = format!("物料 {item} 仓库 {warehouse} 批次不足：需要 {need}，找到 {shown}；未过账");
        return Err(CallFailure::new("barcode.short", message));
    }
    if found > component.need && barcode.excess == Excess::Error {
        let message = format!("物料 {item} 仓库 {warehouse} 批次多于需要：需要 {need}，返回 {shown}；未过账");
        return Err(CallFailure::new("barcode.excess", message));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn barcode(more: Value) -> Barcode {
        let mut all = json!({ "connection": "b1-main" });
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value(all).unwrap()
    }

    fn number(text: &str) -> Decimal {
        decimal::parse(text).unwrap()
    }

    fn row(value: Value) -> Object {
        value.as_object().unwrap().clone()
    }

    fn component(need: &str) -> Component {
        Component { order: 478, line: 0, item: "RM-2001".into(), warehouse: "W05002".into(), need: number(need) }
    }

    // R-B28, R-B29, R-B30
    #[test]
    fn needs_are_exact_and_of_the_orders_received() {
        let select = |doc: Value, qty: Value| {
            row(
                json!({ "DocEntry": doc, "LineNum": 3, "ItemCode": "RM-2001", "ItemName": "x", "BaseQty": qty, "wareHouse": "W" }),
            )
        };
        let received = [(478, number("30.3")), (479, number("1"))];
        let found =
            components(&[select(json!(478), json!(0.1)), select(json!(479), json!("0.000001"))], &received).unwrap();
        let needs: Vec<String> = found.iter().map(|c| decimal::plain(c.need)).collect();
        assert_eq!(needs, ["3.03", "0.000001"]);
        assert!(components(&[select(json!(480), json!(1))], &received).err().unwrap().message.contains("480"));
        let mut capitals = select(json!(478), json!(1));
        let doc_entry = capitals.remove("DocEntry").unwrap();
        capitals.insert("DOCENTRY".into(), doc_entry);
        assert_eq!(components(&[capitals], &received).unwrap()[0].order, 478);
        let twice = [select(json!(478), json!(1)), select(json!(478), json!(1))];
        assert!(components(&twice, &received).err().unwrap().message.contains("两次"));
        for lacking in ["DocEntry", "LineNum", "ItemCode", "BaseQty", "wareHouse"] {
            let mut one = select(json!(478), json!(1));
            one.remove(lacking);
            let refused = components(&[one], &received).err().unwrap();
            assert_eq!((refused.code.as_str(), refused.message.contains(lacking)), ("barcode.components", true));
        }
    }

    // R-B32, R-B33
    #[test]
    fn batches_cover_the_need_exactly_or_nothing_is_posted() {
        let rows = [
            row(json!({ "BATCHNUMBER": "RM2001-B6", "Quantity": 10, "BinAbsEntry": 31 })),
            row(json!({ "DistNumber": "RM2001-B7", "QUANTITY": "10", "binabsentry": 32 })),
        ];
        let cut = line(&barcode(json!({})), &component("15"), &rows, 0).unwrap();
        assert_eq!(
            Value::Object(cut),
            json!({ "BaseEntry": 478, "BaseType": 202, "BaseLine": 0, "Quantity": 15, "WarehouseCode": "W05002",
                "BatchNumbers": [{ "BatchNumber": "RM2001-B6", "Quantity": 10, "BaseLineNumber": 0 },
                                 { "BatchNumber": "RM2001-B7", "Quantity": 5, "BaseLineNumber": 0 }],
                "DocumentLinesBinAllocations": [
                    { "BinAbsEntry": 31, "Quantity": 10, "SerialAndBatchNumbersBaseLine": 0, "BaseLineNumber": 0 },
                    { "BinAbsEntry": 32, "Quantity": 5, "SerialAndBatchNumbersBaseLine": 1, "BaseLineNumber": 0 }] })
        );
        let short = line(&barcode(json!({})), &component("20.5"), &rows, 0).unwrap_err();
        assert_eq!(short.code, "barcode.short");
        assert!(["RM-2001", "20.5", "20；"].iter().all(|word| short.message.contains(word)), "{short:?}");
        let strict = barcode(json!({ "excess": "error" }));
        assert_eq!(line(&strict, &component("15"), &rows, 0).unwrap_err().code, "barcode.excess");
        assert!(line(&strict, &component("20"), &rows, 0).is_ok());
        let own = barcode(json!({ "batch_columns": { "batch": ["PC"], "quantity": ["SL"], "bin": ["KW"] } }));
        assert!(line(&own, &component("1"), &[row(json!({ "pc": "B", "sl": 1 }))], 0).is_ok());
        assert_eq!(line(&own, &component("15"), &rows, 0).unwrap_err().code, "barcode.batches");
    }
}
