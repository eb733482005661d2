//! Wire types of the signed API (`/openapi/v1/…`), of the events that the production system hands in
//! (`/admin/v1/events/…`), and of the `data` of what is pushed. Names are those of the app store's
//! document, in camel case.
//!
//! Amounts are yuan with two decimals ([`Yuan`]); times are `yyyy-MM-ddTHH:mm:ss`, local in
//! Asia/Shanghai; dates are `yyyy-MM-dd`. With the feature `schema` every type has a JSON schema.

mod event;
mod logistics;
mod number_or_text;
mod order;
mod payment;
mod push;
mod quality;
mod yuan;

pub use event::{
    BulkEvents, BulkFailure, BulkSuccess, BulkTaken, EventTaken, LogisticsUpdateEvent, OrderStatusEvent,
    QualityResultEvent, ReconciliationCreatedEvent,
};
pub use logistics::{LogisticsStatus, Shipment};
pub use number_or_text::NumberOrText;
pub use order::{CreateOrder, CreatedOrder, ListOrders, OrderPage, OrderScope, OrderState, OrderStatus};
pub use payment::{ConfirmPayment, PaymentStatus, ReconciliationState};
pub use push::{LogisticsUpdateData, OrderStatusData, PushBody, QualityResultData, ReconciliationCreatedData};
pub use quality::{QualityItem, QualityReport};
pub use yuan::Yuan;
