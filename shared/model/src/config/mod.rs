//! The configuration: connections to outside systems, and the flows that run between them.
//!
//! These are the types of the configuration file (`docs/FLOWS.md` is its reference) and, with
//! secrets sealed, of the stored configuration. Unknown keys are errors.

mod aiflow;
mod app;
mod barcode;
mod check;
mod connection;
mod database;
mod flow;
pub mod notices;
mod oa_integration;
mod openapi_app;
mod process;
pub mod range;
mod secret;
pub mod sso;
mod tagged;

pub use aiflow::{AiflowApp, UnknownPeople};
pub use app::{App, AppCaller, Service};
pub use barcode::{
    Barcode, BarcodeAnswer, BarcodeObject, BatchColumns, DescribedObject, Excess, NamedQuery, ParameterKind,
};
pub use check::{LONGEST_CALL, Problem, Rule, StatementRule, check};
pub use connection::{
    AiflowConnection, B1Connection, BlacklakeConnection, BlacklakeEvents, BlacklakePaths, BlacklakeValues,
    CallbackCipher, CallbackKey, Connection, DiApiConnection, DingtalkConnection, FeishuConnection, KingdeeConnection,
    OaTimes, OdooConnection, ServiceLayer, Timeouts, TokenPlace, WeaverConnection, WeaverResult, WecomConnection,
};
pub use database::{Database, DatabaseServer, DatabaseTls, SqliteDatabase};
pub use flow::{
    ApprovalFlow, ApprovalForm, ApprovalProcedure, Approvers, Attachments, BaseDataFlow, BaseDataSource, ByQuality,
    ChangedItems, CubeForm, CubeTable, DATA_SOURCES, DataSyncFlow, DataType, DateStyle, DirectoryPullFlow,
    DirectoryPushFlow, DocumentFlow, DocumentForm, DocumentKind, Field, FieldFormat, Flow, Header, InstanceMark,
    IssueDate, Lines, LinesSql, Marks, MesItemsFlow, MesWorkOrdersFlow, Needed, NewReports, OnApproved, OnChanged,
    OnLost, OnQuality, OnSubstitute, OnUpdate, Organisations, OrganisationsWord, OriginatorUser, PlmFlow, PlmForm,
    PriceFlow, PriceForm, ProductionIssuesFlow, ProductionReceiptsFlow, PushedDepartments, PushedPeople, ReceiptDate,
    Receives, Selection, Source, SqlSource, Substitutes, SyncedMark, UnsyncedOrders, Withdrawn, WithoutBatch,
    WorkOrderMarks,
};
pub use notices::Notices;
pub use oa_integration::{OaIntegration, OaQueries, OaQuery, OaSource, ShownRights};
pub use openapi_app::OpenapiApp;
pub use process::{ProcessSettings, Push};
pub use secret::Secret;
pub use sso::{Sso, TokenVariant, UserinfoMethod, UserinfoToken};
pub use tagged::Tagged;

use serde::{Deserialize, Serialize};

/// A whole configuration file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The outside systems.
    pub connections: Vec<Connection>,
    /// SQL databases that tables are written into, or read.
    pub databases: Vec<Database>,
    /// What runs between them.
    pub flows: Vec<Flow>,
    /// Callers that authenticate with an app code.
    pub apps: Vec<App>,
    /// What barcode applications may ask, a company each.
    pub barcode: Vec<Barcode>,
    /// ERPs that call aiflow's interface.
    pub aiflow_apps: Vec<AiflowApp>,
    /// How people sign in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sso: Option<Box<Sso>>,
    /// How people are told of what waits for them; without it nobody is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notices: Option<Notices>,
    /// How an OA's users are shown to other systems; without it as with nothing said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oa_integration: Option<Box<OaIntegration>>,
    /// Tenant apps for a local start; normally the app store issues them.
    pub openapi_apps: Vec<OpenapiApp>,
}
