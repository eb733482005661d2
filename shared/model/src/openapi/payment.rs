//! Reconciliations and their payment.

use super::{NumberOrText, Yuan};
use serde::{Deserialize, Serialize};

/// Where a reconciliation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReconciliationState {
    /// Not approved yet.
    Pending,
    /// Approved; may be paid.
    Approved,
    /// Approved and due; may be paid.
    PendingPayment,
    /// Paid, for good.
    Paid,
    /// Withdrawn, for good.
    Canceled,
}

impl ReconciliationState {
    /// Whether a payment can be confirmed.
    pub fn can_be_paid(self) -> bool {
        matches!(self, Self::Approved | Self::PendingPayment)
    }

    /// Whether the production system may move it there.
    pub fn can_become(self, next: Self) -> bool {
        match self {
            Self::Pending | Self::Approved | Self::PendingPayment => true,
            Self::Paid | Self::Canceled => self == next,
        }
    }
}

/// Answer of `GET /openapi/v1/payment/{reconciliationNo}` and of `POST /openapi/v1/payment/confirm`.
/// What is not known is null.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct PaymentStatus {
    /// Id, as the production system gave it.
    pub reconciliation_id: NumberOrText,
    /// Number.
    pub reconciliation_no: String,
    /// The order it is for.
    pub order_no: Option<String>,
    /// What is to be paid.
    pub total_amount: Yuan,
    /// Where it is.
    pub status: ReconciliationState,
    /// When it was created.
    pub create_time: String,
    /// When it was paid.
    pub paid_at: Option<String>,
    /// How it was paid.
    pub payment_method: Option<String>,
    /// The payment's number with the customer.
    pub payment_ref: Option<String>,
}

/// Body of `POST /openapi/v1/payment/confirm`. Either of id and number names the reconciliation; given
/// both, they must belong together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConfirmPayment {
    /// Id of the reconciliation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reconciliation_id: Option<NumberOrText>,
    /// Number of the reconciliation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reconciliation_no: Option<String>,
    /// How it was paid, 1 to 50 characters.
    pub payment_method: String,
    /// The payment's number with the customer, 1 to 100 characters. A repeat with the same one answers
    /// the same.
    pub payment_ref: String,
    /// What was paid; when given, it must be the whole amount.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Yuan>,
}
