//! The four integration modules a tenant can have, and the business events that belong to them.

use serde::{Deserialize, Serialize};
use std::fmt;

/// An integration module of the app store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Module {
    /// 下单对接: the customer's ERP sends orders.
    OrderSync,
    /// 质检反馈: quality results go to the customer.
    QualityFeedback,
    /// 物流对接: shipments go to the customer.
    LogisticsSync,
    /// 付款对接: reconciliations go out, payments come in.
    PaymentSync,
}

impl Module {
    /// Every module, in the order of the store.
    pub const ALL: [Self; 4] = [Self::OrderSync, Self::QualityFeedback, Self::LogisticsSync, Self::PaymentSync];

    /// The code in messages and records: `ORDER_SYNC`.
    pub fn code(self) -> &'static str {
        match self {
            Self::OrderSync => "ORDER_SYNC",
            Self::QualityFeedback => "QUALITY_FEEDBACK",
            Self::LogisticsSync => "LOGISTICS_SYNC",
            Self::PaymentSync => "PAYMENT_SYNC",
        }
    }

    /// The name the store shows.
    pub fn name(self) -> &'static str {
        match self {
            Self::OrderSync => "下单对接",
            Self::QualityFeedback => "质检反馈",
            Self::LogisticsSync => "物流对接",
            Self::PaymentSync => "付款对接",
        }
    }

    /// The module of this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|m| m.code() == code)
    }

    /// What records made through an app of this module carry as `createdByName`.
    pub fn created_by(self) -> String {
        format!("OpenAPI-{}", self.name())
    }

    /// The event that apps of this module can receive.
    pub fn event(self) -> EventKind {
        match self {
            Self::OrderSync => EventKind::OrderStatus,
            Self::QualityFeedback => EventKind::QualityResult,
            Self::LogisticsSync => EventKind::LogisticsUpdate,
            Self::PaymentSync => EventKind::ReconciliationCreated,
        }
    }
}

impl fmt::Display for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// A business event that is pushed to tenants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EventKind {
    /// A production order changed its state or was completed.
    OrderStatus,
    /// Incoming goods were inspected.
    QualityResult,
    /// Finished goods left the warehouse.
    LogisticsUpdate,
    /// A reconciliation was approved.
    ReconciliationCreated,
    /// An endpoint of the tenant's was switched off. Of no module: an app of any receives it that asks for it.
    EndpointDisabled,
    /// A trial or a subscription of the tenant's ends. Of no module.
    AppExpiring,
    /// So much of an app's quota of the day is used. Of no module.
    QuotaReached,
}

impl EventKind {
    /// Every kind that the production system hands in.
    pub const ALL: [Self; 4] =
        [Self::OrderStatus, Self::QualityResult, Self::LogisticsUpdate, Self::ReconciliationCreated];

    /// Every kind that tells of the tenant's own standing: an app receives those that it asks for by name.
    pub const OPT_IN: [Self; 3] = [Self::EndpointDisabled, Self::AppExpiring, Self::QuotaReached];

    /// The `event` of the pushed body: `ORDER_STATUS`.
    pub fn code(self) -> &'static str {
        match self {
            Self::OrderStatus => "ORDER_STATUS",
            Self::QualityResult => "QUALITY_RESULT",
            Self::LogisticsUpdate => "LOGISTICS_UPDATE",
            Self::ReconciliationCreated => "RECONCILIATION_CREATED",
            Self::EndpointDisabled => "ENDPOINT_DISABLED",
            Self::AppExpiring => "APP_EXPIRING",
            Self::QuotaReached => "QUOTA_REACHED",
        }
    }

    /// The kind of this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.code() == code)
    }

    /// The module whose apps receive it; none for what tells of the pushes themselves.
    pub fn module(self) -> Option<Module> {
        Some(match self {
            Self::OrderStatus => Module::OrderSync,
            Self::QualityResult => Module::QualityFeedback,
            Self::LogisticsUpdate => Module::LogisticsSync,
            Self::ReconciliationCreated => Module::PaymentSync,
            Self::EndpointDisabled | Self::AppExpiring | Self::QuotaReached => return None,
        })
    }

    /// Whether apps of this module may receive it.
    pub fn is_for(self, module: Module) -> bool {
        self.module().is_none_or(|own| own == module)
    }

    /// The path segment of the inbound events' route: `order-status`.
    pub fn path(self) -> &'static str {
        match self {
            Self::OrderStatus => "order-status",
            Self::QualityResult => "quality-result",
            Self::LogisticsUpdate => "logistics-update",
            Self::ReconciliationCreated => "reconciliation-created",
            Self::EndpointDisabled => "endpoint-disabled",
            Self::AppExpiring => "app-expiring",
            Self::QuotaReached => "quota-reached",
        }
    }
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_on_the_wire() {
        for module in Module::ALL {
            assert_eq!(serde_json::to_value(module).unwrap(), module.code());
            assert_eq!(Module::from_code(module.code()), Some(module));
            assert_eq!(module.event().module(), Some(module));
        }
        for kind in EventKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.code());
            assert_eq!(EventKind::from_code(kind.code()), Some(kind));
        }
        assert_eq!(Module::OrderSync.created_by(), "OpenAPI-下单对接");
    }
}
