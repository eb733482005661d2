//! Flows: what runs between the connections. A flow is of a kind, and each kind has its own keys; what all have
//! in common is the [`Header`].

mod approval;
mod base_data;
mod data_sync;
mod directory_pull;
mod directory_push;
mod document;
mod field;
mod marks;
mod mes_items;
mod mes_work_orders;
mod plm;
mod price;
mod production_issues;
mod production_receipts;
mod source;

pub use approval::{ApprovalFlow, ApprovalForm, Attachments, OnApproved, OnChanged, OriginatorUser, Withdrawn};
pub use base_data::{BaseDataFlow, BaseDataSource, CubeForm, CubeTable, OnLost, SyncedMark};
pub use data_sync::{DATA_SOURCES, DataSyncFlow, DataType, Organisations, OrganisationsWord};
pub use directory_pull::DirectoryPullFlow;
pub use directory_push::{DirectoryPushFlow, PushedDepartments, PushedPeople};
pub use document::{DocumentFlow, DocumentForm};
pub use field::{Field, FieldFormat, Lines};
pub use marks::{Approvers, DateStyle, InstanceMark, Marks};
pub use mes_items::{ChangedItems, MesItemsFlow};
pub use mes_work_orders::{MesWorkOrdersFlow, UnsyncedOrders, WorkOrderMarks};
pub use plm::{OnSubstitute, OnUpdate, PlmFlow, PlmForm, Receives, Substitutes};
pub use price::{PriceFlow, PriceForm};
pub use production_issues::{IssueDate, ProductionIssuesFlow};
pub use production_receipts::{ByQuality, NewReports, OnQuality, ProductionReceiptsFlow, ReceiptDate, WithoutBatch};
pub use source::{ApprovalProcedure, DocumentKind, LinesSql, Selection, Source, SqlSource};

use super::{Connection, Tagged};
use crate::ids::{ConnectionId, FlowId};
use serde::{Deserialize, Deserializer, Serialize};
use std::time::Duration;

/// One flow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[expect(clippy::large_enum_variant, reason = "a process holds a few dozen, for as long as it trusts them")]
pub enum Flow {
    /// ERP documents go to the OA for approval and the decision comes back.
    Approval(ApprovalFlow),
    /// Forms born in the OA become special prices in the ERP when they are approved.
    Price(PriceFlow),
    /// Documents of the OA, pushed or approved there, become documents of the ERP.
    Document(DocumentFlow),
    /// Records of the ERP become rows of a table of the OA.
    BaseData(BaseDataFlow),
    /// What a PLM releases becomes master data of the ERP.
    Plm(Box<PlmFlow>),
    /// Items of the ERP become materials of the factory's MES.
    MesItems(MesItemsFlow),
    /// Production orders of the ERP become work orders of the MES.
    MesWorkOrders(MesWorkOrdersFlow),
    /// Reports of the MES become receipts from production in the ERP.
    ProductionReceipts(ProductionReceiptsFlow),
    /// Feedings of the MES become issues for production in the ERP.
    ProductionIssues(ProductionIssuesFlow),
    /// Departments and people of an OA become those of the directory.
    DirectoryPull(DirectoryPullFlow),
    /// Departments and employees of an ERP are pushed to an aiflow.
    DirectoryPush(DirectoryPushFlow),
    /// A form of the ERP becomes a table of a SQL database.
    DataSync(Box<DataSyncFlow>),
}

/// What flows of all kinds have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header<'a> {
    /// Letters, digits and dashes.
    pub id: &'a FlowId,
    /// What people call it.
    pub name: Option<&'a str>,
    /// Whether it runs.
    pub enabled: bool,
    /// How often it looks for work, where it looks for any.
    pub every: Duration,
}

/// A connection that a flow needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needed<'a> {
    /// The flow's key that names it.
    pub key: &'static str,
    /// The connection.
    pub id: &'a ConnectionId,
    /// The kinds it may be of.
    pub kinds: &'static [&'static str],
}

impl<'a> Needed<'a> {
    fn erp(id: &'a ConnectionId) -> Self {
        Self { key: "erp", id, kinds: Connection::ERPS }
    }

    fn oa(id: &'a ConnectionId) -> Self {
        Self { key: "oa", id, kinds: Connection::OAS }
    }

    fn mes(id: &'a ConnectionId) -> Self {
        Self { key: "mes", id, kinds: &["blacklake"] }
    }

    fn people(id: &'a ConnectionId) -> Self {
        Self { key: "oa", id, kinds: &["dingtalk", "wecom"] }
    }

    fn cube(id: &'a ConnectionId) -> Self {
        Self { key: "oa", id, kinds: &["weaver"] }
    }
}

impl Flow {
    /// What flows of all kinds have.
    pub fn header(&self) -> Header<'_> {
        match self {
            Self::Approval(flow) => flow.header(),
            Self::Price(flow) => flow.header(),
            Self::Document(flow) => flow.header(),
            Self::BaseData(flow) => flow.header(),
            Self::Plm(flow) => flow.header(),
            Self::MesItems(flow) => flow.header(),
            Self::MesWorkOrders(flow) => flow.header(),
            Self::ProductionReceipts(flow) => flow.header(),
            Self::ProductionIssues(flow) => flow.header(),
            Self::DirectoryPull(flow) => flow.header(),
            Self::DirectoryPush(flow) => flow.header(),
            Self::DataSync(flow) => flow.header(),
        }
    }

    /// Its id.
    pub fn id(&self) -> &FlowId {
        self.header().id
    }

    /// Whether it runs.
    pub fn is_enabled(&self) -> bool {
        self.header().enabled
    }

    /// The word used in the configuration file.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Approval(_) => "approval",
            Self::Price(_) => "price",
            Self::Document(_) => "document",
            Self::BaseData(_) => "base-data",
            Self::Plm(_) => "plm",
            Self::MesItems(_) => "mes-items",
            Self::MesWorkOrders(_) => "mes-work-orders",
            Self::ProductionReceipts(_) => "production-receipts",
            Self::ProductionIssues(_) => "production-issues",
            Self::DirectoryPull(_) => "directory-pull",
            Self::DirectoryPush(_) => "directory-push",
            Self::DataSync(_) => "data-sync",
        }
    }

    /// The connections it needs.
    pub fn connections(&self) -> Vec<Needed<'_>> {
        match self {
            Self::Approval(ApprovalFlow { erp, oa, .. })
            | Self::Price(PriceFlow { erp, oa, .. })
            | Self::Document(DocumentFlow { erp, oa, .. }) => {
                vec![Needed::erp(erp), Needed::oa(oa)]
            }
            Self::BaseData(BaseDataFlow { erp, oa, .. }) => vec![Needed::erp(erp), Needed::cube(oa)],
            Self::Plm(flow) => vec![Needed::erp(&flow.erp)],
            Self::DirectoryPull(flow) => vec![Needed::people(&flow.oa)],
            Self::DataSync(flow) => vec![Needed { key: "erp", id: &flow.erp, kinds: DATA_SOURCES }],
            Self::DirectoryPush(flow) => {
                let erp = Needed { key: "erp", id: &flow.erp, kinds: &["odoo"] };
                vec![erp, Needed { key: "aiflow", id: &flow.aiflow, kinds: &["aiflow"] }]
            }
            Self::MesItems(MesItemsFlow { erp, mes, .. })
            | Self::MesWorkOrders(MesWorkOrdersFlow { erp, mes, .. })
            | Self::ProductionReceipts(ProductionReceiptsFlow { erp, mes, .. })
            | Self::ProductionIssues(ProductionIssuesFlow { erp, mes, .. }) => {
                vec![Needed::erp(erp), Needed::mes(mes)]
            }
        }
    }

    /// The OA form whose instances concern it: the OA connection and the form's code. None for kinds that have
    /// nothing to do with an OA.
    pub fn form(&self) -> Option<(&ConnectionId, &str)> {
        match self {
            Self::Approval(flow) => Some((&flow.oa, &flow.form.template)),
            Self::Price(flow) => Some((&flow.oa, &flow.form.template)),
            Self::Document(flow) => Some((&flow.oa, flow.form.template.as_deref()?)),
            Self::BaseData(_)
            | Self::Plm(_)
            | Self::MesItems(_)
            | Self::MesWorkOrders(_)
            | Self::ProductionReceipts(_)
            | Self::ProductionIssues(_)
            | Self::DirectoryPull(_)
            | Self::DirectoryPush(_)
            | Self::DataSync(_) => None,
        }
    }

    /// It as an approval flow.
    pub fn as_approval(&self) -> Option<&ApprovalFlow> {
        match self {
            Self::Approval(flow) => Some(flow),
            _ => None,
        }
    }

    /// It as a document flow.
    pub fn as_document(&self) -> Option<&DocumentFlow> {
        match self {
            Self::Document(flow) => Some(flow),
            _ => None,
        }
    }

    /// It as a base data flow.
    pub fn as_base_data(&self) -> Option<&BaseDataFlow> {
        match self {
            Self::BaseData(flow) => Some(flow),
            _ => None,
        }
    }

    /// It as a flow of work orders.
    pub fn as_mes_work_orders(&self) -> Option<&MesWorkOrdersFlow> {
        match self {
            Self::MesWorkOrders(flow) => Some(flow),
            _ => None,
        }
    }

    /// It as a PLM flow.
    pub fn as_plm(&self) -> Option<&PlmFlow> {
        match self {
            Self::Plm(flow) => Some(flow),
            _ => None,
        }
    }

    /// It as a pull of departments and people.
    pub fn as_directory_pull(&self) -> Option<&DirectoryPullFlow> {
        match self {
            Self::DirectoryPull(flow) => Some(flow),
            _ => None,
        }
    }

    /// It as a push of departments and employees.
    pub fn as_directory_push(&self) -> Option<&DirectoryPushFlow> {
        match self {
            Self::DirectoryPush(flow) => Some(flow),
            _ => None,
        }
    }

    /// It as a synchronisation of ERP data.
    pub fn as_data_sync(&self) -> Option<&DataSyncFlow> {
        match self {
            Self::DataSync(flow) => Some(flow),
            _ => None,
        }
    }

    /// It as a flow of issues.
    pub fn as_production_issues(&self) -> Option<&ProductionIssuesFlow> {
        match self {
            Self::ProductionIssues(flow) => Some(flow),
            _ => None,
        }
    }

    /// The field of the ERP that carries the OA's instance, where the flow has one.
    pub fn instance_mark_mut(&mut self) -> Option<(&ConnectionId, &mut InstanceMark)> {
        match self {
            Self::Approval(flow) => Some((&flow.oa, &mut flow.marks.instance)),
            Self::Document(flow) => Some((&flow.oa, &mut flow.mark)),
            Self::Price(_)
            | Self::BaseData(_)
            | Self::Plm(_)
            | Self::MesItems(_)
            | Self::MesWorkOrders(_)
            | Self::ProductionReceipts(_)
            | Self::ProductionIssues(_)
            | Self::DirectoryPull(_)
            | Self::DirectoryPush(_)
            | Self::DataSync(_) => None,
        }
    }
}

impl Tagged for Flow {
    const KINDS: &'static [&'static str] = &[
        "approval",
        "price",
        "document",
        "base-data",
        "plm",
        "mes-items",
        "mes-work-orders",
        "production-receipts",
        "production-issues",
        "directory-pull",
        "directory-push",
        "data-sync",
    ];

    fn read<'de, D: Deserializer<'de>>(kind: &str, keys: D) -> Option<Result<Self, D::Error>> {
        Some(match kind {
            "approval" => ApprovalFlow::deserialize(keys).map(Self::Approval),
            "price" => PriceFlow::deserialize(keys).map(Self::Price),
            "document" => DocumentFlow::deserialize(keys).map(Self::Document),
            "base-data" => BaseDataFlow::deserialize(keys).map(Self::BaseData),
            "plm" => PlmFlow::deserialize(keys).map(|flow| Self::Plm(Box::new(flow))),
            "mes-items" => MesItemsFlow::deserialize(keys).map(Self::MesItems),
            "mes-work-orders" => MesWorkOrdersFlow::deserialize(keys).map(Self::MesWorkOrders),
            "production-receipts" => ProductionReceiptsFlow::deserialize(keys).map(Self::ProductionReceipts),
            "production-issues" => ProductionIssuesFlow::deserialize(keys).map(Self::ProductionIssues),
            "directory-pull" => DirectoryPullFlow::deserialize(keys).map(Self::DirectoryPull),
            "directory-push" => DirectoryPushFlow::deserialize(keys).map(Self::DirectoryPush),
            "data-sync" => DataSyncFlow::deserialize(keys).map(|flow| Self::DataSync(Box::new(flow))),
            _ => return None,
        })
    }
}

fn enabled_default() -> bool {
    true
}
fn every_default() -> Duration {
    Duration::from_secs(60)
}

#[cfg(test)]
mod tests;
