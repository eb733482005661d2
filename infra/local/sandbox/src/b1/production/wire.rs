//! A goods receipt or issue as it is sent.

use super::exact::{Exact, Whole};
use serde::Deserialize;

#[derive(Deserialize)]
pub(super) struct WireDocument {
    #[serde(rename = "DocumentLines", alias = "StockTransferLines", default)]
    pub lines: Vec<WireLine>,
    #[serde(rename = "Comments", default)]
    pub comments: Option<String>,
    #[serde(rename = "DocDate", default)]
    pub date: Option<String>,
    #[serde(rename = "DocType", default)]
    pub kind: Option<String>,
    #[serde(rename = "FromWarehouse", default)]
    pub from_warehouse: Option<String>,
    #[serde(rename = "ToWarehouse", default)]
    pub to_warehouse: Option<String>,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct WireLine {
    #[serde(default)]
    pub base_entry: Option<Whole>,
    #[serde(default)]
    pub base_type: Option<Whole>,
    #[serde(default)]
    pub base_line: Option<Whole>,
    #[serde(default)]
    pub item_code: Option<String>,
    #[serde(default)]
    pub warehouse_code: Option<String>,
    #[serde(default)]
    pub quantity: Option<Exact>,
    #[serde(default)]
    pub transaction_type: Option<String>,
    #[serde(default)]
    pub batch_numbers: Option<Vec<WireBatch>>,
    /// Where a transfer takes it from.
    #[serde(default, rename = "FromWarehouseCode")]
    pub from_warehouse: Option<String>,
    #[serde(default, rename = "DocumentLinesBinAllocations", alias = "StockTransferLinesBinAllocations")]
    pub bins: Option<Vec<WireBin>>,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct WireBatch {
    #[serde(default)]
    pub batch_number: Option<String>,
    #[serde(default)]
    pub quantity: Option<Exact>,
    #[serde(default)]
    pub base_line_number: Option<Whole>,
    /// As the Service Layer spells it.
    #[serde(default, rename = "AddmisionDate")]
    pub admission: Option<String>,
    #[serde(default)]
    pub expiry_date: Option<String>,
    #[serde(default)]
    pub manufacturing_date: Option<String>,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct WireBin {
    pub bin_abs_entry: Whole,
    pub quantity: Exact,
    #[serde(default)]
    pub serial_and_batch_numbers_base_line: Option<Whole>,
    #[serde(default)]
    pub base_line_number: Option<Whole>,
    /// Which side of a transfer it is: `batFromWarehouse`, `batToWarehouse`.
    #[serde(default, rename = "BinActionType")]
    pub action: Option<String>,
}
