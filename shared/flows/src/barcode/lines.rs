//! Lines of a document: texts become what the Service Layer takes, and the rows of `linetable` batches and bins. Numbers
//! are exact; what is wrong is told with its path.

use super::answer::CallFailure;
use super::values::{is_day, quantity, sent, whole};
use serde_json::{Map, Value, json};
use tenon_model::decimal::{self, Decimal};
use tenon_model::json::number;

type Object = Map<String, Value>;
type Read<T> = Result<T, CallFailure>;

/// Members that are whole numbers.
const WHOLE: [&str; 4] = ["BaseEntry", "BaseType", "BaseLine", "BinAbsEntry"];
/// Longest batch number, in UTF-16 units.
const BATCH: usize = 36;

/// How lines of a document read.
pub(super) struct Form<'a> {
    /// The member of a line that takes its bins.
    pub bins: &'static str,
    /// Whether goods move from a bin to another.
    pub moves: bool,
    /// The member of a row with the bin they move to.
    pub to_bin: &'a str,
    /// Whether empty texts are sent.
    pub send_empty: bool,
    /// Whether a line must have a quantity.
    pub needs_quantity: bool,
}

/// A line, and how much of what it is.
pub(super) struct Line {
    pub fields: Object,
    pub quantity: Decimal,
}

/// A header or line member as it is sent; `None` when it is left out.
pub(super) fn member(path: &str, name: &str, value: &Value, send_empty: bool) -> Read<Option<Value>> {
    let own = name.starts_with("U_");
    match value {
        Value::Null => return Ok(None),
        Value::String(text) if text.is_empty() => return Ok(send_empty.then(|| Value::from(""))),
        Value::Object(_) if number::text_of(value).is_none() => return Err(CallFailure::at(path, "不应是对象")),
        Value::Array(_) => return Err(CallFailure::at(path, "不应是列表")),
        _ => {}
    }
    if WHOLE.contains(&name) {
        return whole(path, value).map(|number| Some(number.into()));
    }
    if !own && name.ends_with("Date") {
        let text = value.as_str().unwrap_or_default();
        if !is_day(text) {
            return Err(CallFailure::at(path, "应为存在的日期：yyyyMMdd 或 yyyy-MM-dd"));
        }
    }
    Ok(Some(value.clone()))
}

/// One element of `data` as the line of this number.
pub(super) fn line(form: &Form<'_>, number: usize, data: &Object) -> Read<Line> {
    let at = format!("data[{number}]");
    let mut fields = Object::new();
    for (name, value) in data {
        if matches!(name.as_str(), "ManBtchNum" | "linetable" | "Quantity") {
            continue;
        }
        let path = format!("{at}.{name}");
        if let Some(value) = member(&path, name, value, form.send_empty)? {
            fields.insert(name.clone(), value);
        }
    }
    let path = format!("{at}.Quantity");
    let given = data.get("Quantity").filter(|value| !value.is_null());
    let total = match given {
        None if !form.needs_quantity => Decimal::ZERO,
        given => {
            let total = quantity(&path, given)?;
            if form.needs_quantity && total <= Decimal::ZERO {
                return Err(CallFailure::at(&path, "应大于 0"));
            }
            fields.insert("Quantity".to_owned(), sent(total));
            total
        }
    };
    let rows = rows(&format!("{at}.linetable"), data.get("linetable"))?;
    batches(form, number, &at, data, &rows, total, &mut fields)?;
    Ok(Line { fields, quantity: total })
}

fn rows<'d>(path: &str, value: Option<&'d Value>) -> Read<Vec<&'d Object>> {
    match value {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::String(text)) if text.is_empty() => Ok(Vec::new()),
        Some(Value::Array(rows)) => {
            let object = |(index, row): (usize, &'d Value)| {
                row.as_object().ok_or_else(|| CallFailure::at(&format!("{path}[{index}]"), "应为对象"))
            };
            rows.iter().enumerate().map(object).collect()
        }
        Some(_) => Err(CallFailure::at(path, "应为列表")),
    }
}

/// Whether batches are wanted of a line, as `ManBtchNum` says.
fn batched(at: &str, data: &Object) -> Read<Option<bool>> {
    match data.get("ManBtchNum") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(word)) => match word.as_str() {
            "" => Ok(None),
            "Y" => Ok(Some(true)),
            "N" => Ok(Some(false)),
            _ => Err(CallFailure::at(&format!("{at}.ManBtchNum"), "应为 Y 或 N")),
        },
        Some(_) => Err(CallFailure::at(&format!("{at}.ManBtchNum"), "应为 Y 或 N")),
    }
}

/// Batches and bins of a line, of its `linetable`.
fn batches(
    form: &Form<'_>,
    number: usize,
    at: &str,
    data: &Object,
    rows: &[&Object],
    total: Decimal,
    fields: &mut Object,
) -> Read<()> {
    let batched = batched(at, data)?;
    if rows.is_empty() {
        return match batched {
            Some(true) => Err(CallFailure::at(&format!("{at}.linetable"), "不能为空：该物料按批次管理，应列出批次")),
            _ => Ok(()),
        };
    }
    let mut taken = Allocation::default();
    let mut sum = Decimal::ZERO;
    for (index, row) in rows.iter().enumerate() {
        let path = format!("{at}.linetable[{index}]");
        let amount = quantity(&format!("{path}.Quantity"), row.get("Quantity"))?;
        if amount <= Decimal::ZERO {
            return Err(CallFailure::at(&format!("{path}.Quantity"), "应大于 0"));
        }
        sum = decimal::exact_sum(sum, amount)
            .ok_or_else(|| CallFailure::at(&format!("{at}.linetable"), "数量合计位数过多"))?;
        let batch = if batched == Some(false) { None } else { batch_of(&path, row)? };
        if batched == Some(true) && batch.is_none() {
            return Err(CallFailure::at(&format!("{path}.BatchNumber"), "不能为空：该物料按批次管理"));
        }
        let place = match batch {
            None => None,
            Some(batch) => Some(taken.batch(&path, number, batch, amount, row)?),
        };
        bins(form, &path, number, place, amount, row, &mut taken.bins)?;
    }
    if sum != total {
        let (sum, total) = (decimal::plain(sum), decimal::plain(total));
        return Err(CallFailure::at(&format!("{at}.linetable"), format!("数量合计 {sum} 与行数量 {total} 不一致")));
    }
    taken.into_line(form.bins, fields);
    Ok(())
}

fn batch_of<'r>(path: &str, row: &'r Object) -> Read<Option<&'r str>> {
    let path = format!("{path}.BatchNumber");
    match row.get("BatchNumber") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(batch)) if batch.is_empty() => Ok(None),
        Some(Value::String(batch)) if batch.encode_utf16().count() > BATCH => {
            Err(CallFailure::at(&path, format!("超过 {BATCH} 个字符")))
        }
        Some(Value::String(batch)) => Ok(Some(batch)),
        Some(_) => Err(CallFailure::at(&path, "应为文本")),
    }
}

/// Batches and bins so far.
#[derive(Default)]
pub(super) struct Allocation {
    batches: Vec<(String, Decimal, Object)>,
    pub bins: Vec<Value>,
}

impl Allocation {
    /// Notes so much of a batch; the place of its row among the batches. What else its first row says of it is kept.
    pub fn batch(&mut self, path: &str, number: usize, batch: &str, amount: Decimal, row: &Object) -> Read<usize> {
        if let Some(place) = self.batches.iter().position(|(name, _, _)| name == batch) {
            if let Some((_, sum, _)) = self.batches.get_mut(place) {
                *sum = decimal::exact_sum(*sum, amount).ok_or_else(|| CallFailure::at(path, "数量合计位数过多"))?;
            }
            return Ok(place);
        }
        let mut fields = Object::new();
        for (name, value) in row {
            if matches!(name.as_str(), "Quantity" | "BatchNumber" | "BinAbsEntry" | "BinActionType" | "ManBtchNum")
                || name.ends_with("BinAbsEntry")
            {
                continue;
            }
            if let Some(value) = member(&format!("{path}.{name}"), name, value, false)? {
                fields.insert(name.clone(), value);
            }
        }
        fields.insert("BatchNumber".to_owned(), batch.into());
        fields.insert("BaseLineNumber".to_owned(), number.into());
        self.batches.push((batch.to_owned(), amount, fields));
        Ok(self.batches.len() - 1)
    }

    /// Puts them into a line.
    pub fn into_line(self, bins: &str, fields: &mut Object) {
        let of = |(_, amount, mut fields): (String, Decimal, Object)| {
            fields.insert("Quantity".to_owned(), sent(amount));
            Value::Object(fields)
        };
        let batches: Vec<Value> = self.batches.into_iter().map(of).collect();
        if !batches.is_empty() {
            fields.insert("BatchNumbers".to_owned(), Value::Array(batches));
        }
        if !self.bins.is_empty() {
            fields.insert(bins.to_owned(), Value::Array(self.bins));
        }
    }
}

/// One allocation to a bin.
pub(super) fn bin(entry: i64, amount: Decimal, place: Option<usize>, line: usize) -> Value {
    let mut allocation = json!({ "BinAbsEntry": entry, "Quantity": sent(amount), "BaseLineNumber": line });
    if let (Some(place), Value::Object(fields)) = (place, &mut allocation) {
        fields.insert("SerialAndBatchNumbersBaseLine".to_owned(), place.into());
    }
    allocation
}

fn bins(
    form: &Form<'_>,
    path: &str,
    line: usize,
    place: Option<usize>,
    amount: Decimal,
    row: &Object,
    bins: &mut Vec<Value>,
) -> Read<()> {
    let filled = |name: &str| row.get(name).filter(|v| !v.is_null() && v.as_str() != Some(""));
    let mut add = |name: &str, action: Option<Value>| -> Read<()> {
        let Some(value) = filled(name) else { return Ok(()) };
        let mut allocation = bin(whole(&format!("{path}.{name}"), value)?, amount, place, line);
        if let (Some(action), Value::Object(fields)) = (action, &mut allocation) {
            fields.insert("BinActionType".to_owned(), action);
        }
        bins.push(allocation);
        Ok(())
    };
    if !form.moves {
        return add("BinAbsEntry", None);
    }
    let own = filled("BinActionType").cloned();
    add("BinAbsEntry", Some(own.unwrap_or_else(|| Value::from("batFromWarehouse"))))?;
    if form.to_bin == "BinAbsEntry" { Ok(()) } else { add(form.to_bin, Some(Value::from("batToWarehouse"))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form() -> Form<'static> {
        Form {
            bins: "DocumentLinesBinAllocations",
            moves: false,
            to_bin: "ToBinAbsEntry",
            send_empty: false,
            needs_quantity: true,
        }
    }

    fn read(form: &Form<'_>, data: Value) -> Result<Value, String> {
        let line = line(form, 0, data.as_object().unwrap()).map_err(|no| no.message)?;
        Ok(Value::Object(line.fields))
    }

    // R-B18
    #[test]
    fn a_days_member_says_one_that_there_is() {
        let wrong = read(&form(), json!({ "Quantity": "1", "ShipDate": "20230231" })).unwrap_err();
        assert!(wrong.starts_with("data[0].ShipDate: "), "{wrong}");
        // A site's own field says what it likes.
        assert!(read(&form(), json!({ "Quantity": "1", "U_FJDDate": "tomorrow" })).is_ok());
    }

    // R-B17, R-B19
    #[test]
    fn one_batch_in_two_bins_is_one_batch_and_two_allocations() {
        let data = json!({ "U_SCRKLX": "合格入库", "BaseEntry": "478", "BaseType": "202", "Quantity": "30", "ManBtchNum": "Y",
            "WarehouseCode": "W05001", "U_FJDSJ": "", "U_BGR1": "SF0006", "linetable": [
                { "Quantity": "20", "BatchNumber": "11007510-01-50|20230920", "BinAbsEntry": "14", "AddmisionDate": "20230920" },
                { "Quantity": "10", "BatchNumber": "11007510-01-50|20230920", "BinAbsEntry": "15", "AddmisionDate": "20230920" }
            ] });
        let expected = json!({ "U_SCRKLX": "合格入库", "U_BGR1": "SF0006", "BaseEntry": 478, "BaseType": 202, "Quantity": 30,
            "WarehouseCode": "W05001",
            "BatchNumbers": [{ "BatchNumber": "11007510-01-50|20230920", "Quantity": 30, "AddmisionDate": "20230920", "BaseLineNumber": 0 }],
            "DocumentLinesBinAllocations": [
                { "BinAbsEntry": 14, "Quantity": 20, "SerialAndBatchNumbersBaseLine": 0, "BaseLineNumber": 0 },
                { "BinAbsEntry": 15, "Quantity": 10, "SerialAndBatchNumbersBaseLine": 0, "BaseLineNumber": 0 }
            ] });
        assert_eq!(read(&form(), data), Ok(expected));
    }

    // R-B19, R-B20
    #[test]
    fn what_does_not_add_up_or_lacks_its_batch_is_refused_with_its_path() {
        let row = |quantity: &str, batch: &str| json!({ "Quantity": quantity, "BatchNumber": batch });
        let line = |flag: &str, rows: Value| json!({ "Quantity": "3", "ManBtchNum": flag, "linetable": rows });
        for (data, place) in [
            (line("Y", json!([row("1", "A"), row("1.5", "B")])), "data[0].linetable: 数量合计 2.5 与行数量 3 不一致"),
            (line("Y", json!([])), "data[0].linetable: "),
            (line("Y", Value::Null), "data[0].linetable: "),
            (line("Y", json!([row("3", "")])), "data[0].linetable[0].BatchNumber: "),
            (line("Y", json!([row("3", &"批".repeat(37))])), "data[0].linetable[0].BatchNumber: "),
            (line("Y", json!([row("", "A")])), "data[0].linetable[0].Quantity: "),
            (line("X", json!([row("3", "A")])), "data[0].ManBtchNum: "),
            (line("Y", json!("rows")), "data[0].linetable: "),
            (json!({ "Quantity": "0" }), "data[0].Quantity: "),
            (json!({ "Quantity": "" }), "data[0].Quantity: "),
            (json!({ "Quantity": "1", "U_X": { "a": 1 } }), "data[0].U_X: "),
        ] {
            let wrong = read(&form(), data.clone()).unwrap_err();
            assert!(wrong.starts_with(place), "{data}: {wrong}");
        }
        let bins = json!({ "Quantity": "3", "ManBtchNum": "N", "linetable": [{ "Quantity": "3", "BatchNumber": "A", "BinAbsEntry": "7" }] });
        let found = read(&form(), bins).unwrap();
        assert!(found.get("BatchNumbers").is_none());
        assert_eq!(
            found["DocumentLinesBinAllocations"],
            json!([{ "BinAbsEntry": 7, "Quantity": 3, "BaseLineNumber": 0 }])
        );
        let batch_of_36 = read(&form(), line("Y", json!([row("3", &"批".repeat(36))]))).unwrap();
        assert!(batch_of_36.get("DocumentLinesBinAllocations").is_none());
    }

    // R-B19
    #[test]
    fn a_transfer_says_which_bin_goods_leave_and_which_they_reach() {
        let form = Form { bins: "StockTransferLinesBinAllocations", moves: true, ..form() };
        let data = json!({ "ItemCode": "A", "Quantity": "2", "linetable": [
            { "Quantity": "2", "BatchNumber": "B1", "BinAbsEntry": "4", "ToBinAbsEntry": "5" }] });
        let found = read(&form, data).unwrap();
        let bin = |entry: i64, action: &str| json!({ "BinAbsEntry": entry, "Quantity": 2, "SerialAndBatchNumbersBaseLine": 0, "BaseLineNumber": 0, "BinActionType": action });
        assert_eq!(
            found["StockTransferLinesBinAllocations"],
            json!([bin(4, "batFromWarehouse"), bin(5, "batToWarehouse")])
        );
        assert_eq!(found["BatchNumbers"], json!([{ "BatchNumber": "B1", "Quantity": 2, "BaseLineNumber": 0 }]));
    }
}
