//! Orders: what a customer's system creates, and what it can ask about them.

use super::{NumberOrText, Yuan};
use serde::{Deserialize, Serialize};

/// Where an order is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum OrderState {
    /// 待生产: taken in.
    Pending,
    /// 生产中.
    Production,
    /// 已完成.
    Completed,
    /// 已延期.
    Delayed,
    /// 已取消: for good.
    Canceled,
}

impl OrderState {
    /// Every state.
    pub const ALL: [Self; 5] = [Self::Pending, Self::Production, Self::Completed, Self::Delayed, Self::Canceled];

    /// The word on the wire: `pending`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Production => "production",
            Self::Completed => "completed",
            Self::Delayed => "delayed",
            Self::Canceled => "canceled",
        }
    }

    /// What is said about an order that has come into this state.
    pub fn message(self) -> &'static str {
        match self {
            Self::Pending => "生产订单待生产",
            Self::Production => "生产订单生产中",
            Self::Completed => "生产订单已完成",
            Self::Delayed => "生产订单已延期",
            Self::Canceled => "生产订单已取消",
        }
    }
}

/// Body of `POST /openapi/v1/orders/create`. Unknown fields are refused by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateOrder {
    /// The customer's own number, 1 to 100 characters, unique within the tenant: a repeat with the same
    /// content answers the first order. Without it every call makes an order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_order_no: Option<String>,
    /// Style, 1 to 100 characters.
    pub style_no: String,
    /// Name of the style, at most 200 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub style_name: Option<String>,
    /// Pieces, 1 to 1,000,000.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 1_000_000)))]
    pub quantity: i64,
    /// Colours: at most 100 of 1 to 50 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub colors: Option<Vec<String>>,
    /// Sizes: at most 100 of 1 to 50 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sizes: Option<Vec<String>>,
    /// When the goods are wanted, `yyyy-MM-dd`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub required_date: Option<String>,
    /// Factory: a number, or a text of at most 100 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub factory_id: Option<NumberOrText>,
    /// Remark, at most 1000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remark: Option<String>,
    /// The customer's company, at most 200 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
    /// Name of the factory, at most 200 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub factory_name: Option<String>,
    /// When the goods are expected to leave, `yyyy-MM-dd`; one that is no date is ignored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_ship_date: Option<String>,
    /// Price of one piece.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit_price: Option<Yuan>,
}

/// Answer of `POST /openapi/v1/orders/create`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CreatedOrder {
    /// `created`.
    pub status: String,
    /// For people.
    pub message: String,
    /// The order's number, `PO` with the date and at least four digits.
    pub order_no: String,
    /// The order's id.
    pub order_id: String,
    /// As given.
    pub external_order_no: Option<String>,
    /// As given.
    pub style_no: String,
    /// As given.
    pub style_name: Option<String>,
    /// As given.
    pub company: Option<String>,
    /// Pieces.
    pub quantity: i64,
    /// State the order was created in: `pending`.
    pub order_status: OrderState,
    /// When it was created.
    pub created_at: String,
    /// Path under which the order can be read.
    pub view_url: String,
    /// Whether the order was there already, from an earlier call with the same number and content.
    pub repeated: bool,
}

/// Answer of `GET /openapi/v1/orders/{orderNo}`, and one record of the list. What is not known is null.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct OrderStatus {
    /// The order's number.
    pub order_no: String,
    /// The customer's number.
    pub external_order_no: Option<String>,
    /// Style.
    pub style_no: String,
    /// Name of the style.
    pub style_name: Option<String>,
    /// Where the order is.
    pub status: OrderState,
    /// Pieces ordered.
    pub order_quantity: i64,
    /// Pieces finished.
    pub completed_quantity: i64,
    /// Percent, 0 to 100.
    pub production_progress: i64,
    /// Percent of the material that has arrived, 0 to 100.
    pub material_arrival_rate: Option<i64>,
    /// Colours.
    pub colors: Vec<String>,
    /// Sizes.
    pub sizes: Vec<String>,
    /// Factory as given.
    pub factory_id: Option<NumberOrText>,
    /// Name of the factory.
    pub factory_name: Option<String>,
    /// Date.
    pub required_date: Option<String>,
    /// Date.
    pub planned_start_date: Option<String>,
    /// Date.
    pub planned_end_date: Option<String>,
    /// Date.
    pub actual_start_date: Option<String>,
    /// Date.
    pub actual_end_date: Option<String>,
    /// Date.
    pub expected_ship_date: Option<String>,
    /// Remark.
    pub remark: Option<String>,
    /// `OpenAPI-` and the module's name.
    pub created_by_name: String,
    /// Time.
    pub created_at: String,
    /// Time of the last change.
    pub updated_at: String,
}

/// Body of `POST /openapi/v1/orders/list`; every field may be left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListOrders {
    /// Page, from 1, which is the default. Page times size is at most 10,000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<i64>,
    /// Records a page, 1 to 100, 20 by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<i64>,
    /// Only orders in this state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<OrderState>,
    /// Whose orders: this app's by default, or those of every app of the tenant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<OrderScope>,
    /// `nextCursor` of the page before: the way through many orders, instead of `page`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// Whose orders are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum OrderScope {
    /// Those that the calling app created.
    #[default]
    App,
    /// Those that any app of the tenant created.
    Tenant,
}

/// Answer of `POST /openapi/v1/orders/list`: newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct OrderPage {
    /// Orders there are on all pages.
    pub total: i64,
    /// This page.
    pub page: i64,
    /// Records a page.
    pub size: i64,
    /// The orders.
    pub records: Vec<OrderStatus>,
    /// Goes into `cursor` for the page after this one; null at the end.
    pub next_cursor: Option<String>,
}
