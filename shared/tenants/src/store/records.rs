//! What the store keeps.

use serde::{Deserialize, Serialize};
use tenon_model::{AppId, Module, TenantId};

/// What the operator may change about a module in the store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Product {
    /// The module.
    pub module: Module,
    /// Price of a month, in fen.
    pub monthly_fen: i64,
    /// Price for good, in fen.
    pub perpetual_fen: i64,
    /// What it does, for people.
    pub description: String,
    /// Days of its trial.
    pub trial_days: u16,
    /// Whether it may be tried.
    pub trial_supported: bool,
    /// Whether it may be tried and bought at all.
    pub enabled: bool,
    /// Epoch ms of the last change; 0 for never.
    pub updated_ms: i64,
}

impl Product {
    /// Price of a year, in fen: that of ten months.
    pub fn yearly_fen(&self) -> i64 {
        self.monthly_fen.saturating_mul(10)
    }

    /// Price of a term, in fen.
    pub fn price_fen(&self, term: Term) -> i64 {
        match term {
            Term::Trial => 0,
            Term::Monthly => self.monthly_fen,
            Term::Yearly => self.yearly_fen(),
            Term::Perpetual => self.perpetual_fen,
        }
    }
}

/// How long a subscription lasts: `subscriptionType` on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Term {
    /// Some days, once.
    Trial,
    /// A calendar month.
    Monthly,
    /// A calendar year.
    Yearly,
    /// For good, which is 99 years.
    Perpetual,
}

/// A tenant's subscription to a module; there is one of each module at most.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Subscription {
    /// `SUB…`.
    pub number: String,
    /// Whose it is.
    pub tenant: TenantId,
    /// The module.
    pub module: Module,
    /// The term bought last.
    pub term: Term,
    /// Epoch ms of its beginning.
    pub starts_ms: i64,
    /// Epoch ms of its end.
    pub ends_ms: i64,
    /// The order paid last; none for a trial.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<String>,
    /// Epoch ms at which a refund ended it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canceled_ms: Option<i64>,
    /// Epoch ms.
    pub created_ms: i64,
    /// Epoch ms of the last change.
    pub updated_ms: i64,
}

/// How a subscription stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SubscriptionState {
    /// Being tried.
    Trial,
    /// Paid.
    Active,
    /// Its time is up.
    Expired,
    /// Ended by a refund.
    Canceled,
}

impl Subscription {
    /// How it stands at this moment.
    pub fn state(&self, now_ms: i64) -> SubscriptionState {
        match self.term {
            _ if self.canceled_ms.is_some() => SubscriptionState::Canceled,
            _ if self.ends_ms <= now_ms => SubscriptionState::Expired,
            Term::Trial => SubscriptionState::Trial,
            Term::Monthly | Term::Yearly | Term::Perpetual => SubscriptionState::Active,
        }
    }

    /// Whether its apps may be used.
    pub fn is_live(&self, now_ms: i64) -> bool {
        matches!(self.state(now_ms), SubscriptionState::Trial | SubscriptionState::Active)
    }
}

/// That a tenant has tried a module. Never expires, so that nobody tries twice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TrialMark {
    /// The app that came with it.
    pub app: AppId,
    /// Epoch ms.
    pub started_ms: i64,
    /// Epoch ms.
    pub ends_ms: i64,
}

/// What an order does to the subscription: `orderType` on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OrderKind {
    /// Begins one.
    New,
    /// Adds to one.
    Renew,
    /// Makes a trial a paid one.
    Upgrade,
}

/// How an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OrderState {
    /// Waits for the money.
    Pending,
    /// Paid, and the subscription has its time.
    Paid,
    /// Given up before it was paid.
    Canceled,
    /// Paid, and the money returned.
    Refunded,
}

impl OrderState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Pending, Self::Paid, Self::Canceled, Self::Refunded];

    /// As in keys and on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Paid => "PAID",
            Self::Canceled => "CANCELED",
            Self::Refunded => "REFUNDED",
        }
    }
}

/// A purchase order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Order {
    /// `ORD…`; sorts by time.
    pub number: String,
    /// Whose it is.
    pub tenant: TenantId,
    /// The module.
    pub module: Module,
    /// What it does to the subscription; settled when it is paid.
    pub kind: OrderKind,
    /// What is bought.
    pub term: Term,
    /// Price when it was ordered, in fen.
    pub amount_fen: i64,
    /// How many people will work with it; does not change the price.
    pub user_count: u32,
    /// Whom to talk to.
    pub contact: Contact,
    /// The customer's company.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company_name: Option<String>,
    /// What the invoice shall say, if one is wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice: Option<Invoice>,
    /// Whether an upgrade shall come with a new key and secret.
    #[serde(default)]
    pub new_credentials: bool,
    /// How it stands.
    pub state: OrderState,
    /// Epoch ms.
    pub created_ms: i64,
    /// Epoch ms of the last change.
    pub updated_ms: i64,
    /// Its payment, once it is paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment: Option<Payment>,
    /// What the operator noted.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub remark: String,
}

/// Whom to talk to about an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// Name.
    pub name: String,
    /// Telephone number.
    pub phone: String,
    /// Mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}

/// What an invoice shall say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Invoice {
    /// 发票抬头.
    pub title: String,
    /// 税号.
    pub tax_no: String,
}

/// That an order was paid, and what time it bought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Payment {
    /// `PAY…`.
    pub number: String,
    /// The order.
    pub order: String,
    /// The subscription that got the time.
    pub subscription: String,
    /// In fen.
    pub amount_fen: i64,
    /// Epoch ms of the operator's word that it is paid.
    pub paid_ms: i64,
    /// Epoch ms from which its time counts.
    pub from_ms: i64,
    /// Epoch ms to which its time counts.
    pub to_ms: i64,
    /// Id of the token it was marked with.
    pub marked_by: String,
    /// Epoch ms at which the money was returned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refunded_ms: Option<i64>,
    /// What the subscription was paid with before: its latest again, once this one is refunded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<PaidBefore>,
}

/// The payment before another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaidBefore {
    /// Its order.
    pub order: String,
    /// The term that bought.
    pub term: Term,
}
