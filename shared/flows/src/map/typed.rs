//! What is known of B1's fields by their names. Its Service Layer wants a number where a field is one; OAs write
//! everything as texts.

use serde_json::{Map, Value};
use tenon_model::code;
use tenon_model::json::number;

/// Fields that are numbers, of documents, their lines, partners, items and payments.
const NUMBERS: &str = "Quantity Price UnitPrice PriceAfterVAT GrossPrice DiscountPercent LineTotal RowTotalFC \
    RowTotalSC GrossTotal GrossTotalFC TaxTotal TaxPercentagePerRow NetTaxAmount Rate DocRate DocTotal DocTotalFc \
    DocTotalSys RoundingDiffAmount TotalDiscount Factor1 Factor2 Factor3 Factor4 InventoryQuantity PackageQuantity \
    UnitsOfMeasurment Weight1 Weight2 Volume Height1 Width1 CashSum TransferSum SumApplied AppliedFC AppliedSys \
    CheckSum CreditLimit MaxCommitment DiscountRate IntrestRatePercent MinInventory MaxInventory MinOrderQuantity \
    OrderMultiple PlannedQuantity BaseQuantity AvgStdPrice Debit Credit FCDebit FCCredit SpecialPrice DownPayment \
    DownPaymentPercentage CommissionPercent RebatePercent DocEntry DocNum BaseEntry BaseType BaseLine LineNum \
    SalesPersonCode Series ContactPersonCode PaymentGroupCode TransportationCode ShippingMethod DocumentsOwner \
    BPL_IDAssignedToInvoice ItemsGroupCode GroupCode PriceListNum PayTermsGrpCode UoMEntry ShippingType LeadTime \
    AttachmentEntry BinAbsEntry BaseLineNumber SerialAndBatchNumbersBaseLine RequesterBranch RequesterDepartment \
    ReqType Territory AbsoluteEntry Installments NumberOfInstallments AdditionalQuantity PlanAvgProdSize PriceList ChildNum VisualOrder \
    StageID SequenceNumber UoMGroupEntry InventoryUoMEntry DefaultPurchasingUoMEntry DefaultSalesUoMEntry";

/// Fields that are dates.
const DATES: &str = "DocDate DocDueDate TaxDate RequiredDate RequriedDate ShipDate DueDate PostingDate StartDate \
    EndDate ExpiryDate ManufacturingDate TransferDate ValidFrom ValidTo CancelDate ClosingDate";

fn is_one_of(list: &str, name: &str) -> bool {
    list.split_ascii_whitespace().any(|known| known == name)
}

/// Gives the fields of a document and of its rows the types that B1 wants: texts of numbers become numbers, exactly;
/// codes lose the blanks around them; numbers and dates that are empty are left out.
pub fn tidy(fields: &mut Map<String, Value>) {
    fields.retain(|name, value| !(is_blank(value) && (is_one_of(NUMBERS, name) || is_one_of(DATES, name))));
    for (name, value) in fields.iter_mut() {
        match value {
            Value::String(text) if is_one_of(NUMBERS, name) => {
                if let Some(number) = number::of_text(text.trim()) {
                    *value = number;
                }
            }
            Value::String(text) if name.ends_with("Code") => *value = Value::from(code::trim(text)),
            Value::Array(rows) => rows.iter_mut().filter_map(Value::as_object_mut).for_each(tidy),
            // A number that no float holds is an object too, and has none of these fields.
            Value::Object(parts) => tidy(parts),
            _ => {}
        }
    }
}

fn is_blank(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_numbers_become_numbers_exactly_and_texts_of_digits_stay_texts() {
        let mut fields = tenon_model::json::from_str(
            r#"{"CardCode": " 10001\n", "DocTotal": "1234567890123.123456", "DocRate": 0.1, "DocDueDate": "", "Comments": "",
                "NumAtCard": "55", "DiscountPercent": "", "BaseEntry": "12",
                "DocumentLines": [{"ItemCode": "11028", "Quantity": "5", "UnitPrice": "33.50", "FreeText": "7"}],
                "AddressExtension": {"ShipToBlock": "1"}, "Price": 1234567890123.123456, "Rate": "十"}"#,
        )
        .unwrap();
        tidy(fields.as_object_mut().unwrap());
        assert_eq!(
            number::write(&fields),
            r#"{"AddressExtension":{"ShipToBlock":"1"},"BaseEntry":12,"CardCode":"10001","Comments":"","DocRate":0.1,"#
                .to_owned()
                + r#""DocTotal":1234567890123.123456,"DocumentLines":[{"FreeText":"7","ItemCode":"11028","Quantity":5,"#
                + r#""UnitPrice":33.5}],"NumAtCard":"55","Price":1234567890123.123456,"Rate":"十"}"#
        );
    }
}
