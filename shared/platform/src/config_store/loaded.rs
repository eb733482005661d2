//! What was loaded: every connection, flow and caller by itself, so that one which cannot be used stops no other.

use super::flows::{Changes, FlowSwitch, counting};
use crate::error::{Error, Result, Retry};
use crate::rejection::Rejection;
use serde_json::Value;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use tenon_crypto::digest;
use tenon_model::config::{
    AiflowApp, AppCaller, Barcode, Connection, Database, Flow, InstanceMark, Notices, OaIntegration, Service, Sso,
};
use tenon_model::network;
use tenon_model::{ConnectionId, DatabaseId, FlowId};

/// One tenant's configuration as loaded.
#[derive(Debug, Default)]
pub struct Loaded {
    pub(super) connections: HashMap<ConnectionId, (Result<Arc<Connection>>, u64)>,
    pub(super) databases: HashMap<DatabaseId, Result<Arc<Database>>>,
    pub(super) flows: Vec<Flow>,
    pub(super) unreadable_flows: HashMap<FlowId, Error>,
    pub(super) since: HashMap<FlowId, i64>,
    pub(super) switches: HashMap<FlowId, FlowSwitch>,
    pub(super) paged: HashSet<FlowId>,
    pub(super) apps: Vec<AppCaller>,
    pub(super) aiflow_apps: Vec<AiflowApp>,
    pub(super) barcodes: Vec<(ConnectionId, Result<Barcode>)>,
    pub(super) sso: Option<Result<Arc<Sso>>>,
    pub(super) notices: Option<Result<Notices>>,
    pub(super) oa_integration: Option<Result<Arc<OaIntegration>>>,
}

impl Loaded {
    /// The connection that a caller names; `unknown` where there is none. One that does not open now may be applied
    /// anew before the caller's next try, so it is not refused for good.
    ///
    /// # Errors
    /// `unknown`; those of [`Loaded::connection`] that pass.
    pub fn connection_of_caller(
        &self,
        id: &ConnectionId,
        unknown: Rejection,
    ) -> std::result::Result<Arc<Connection>, Rejection> {
        self.connection(id).map_err(|error| match error.retry {
            Retry::Permanent => unknown,
            _ => Rejection::Failed(error),
        })
    }

    /// A connection. One that is stored and does not open is an error of its own, which says why and is
    /// no reason to stop any other.
    pub fn connection(&self, id: &ConnectionId) -> Result<Arc<Connection>> {
        match self.connections.get(id) {
            Some((Ok(connection), _)) => Ok(Arc::clone(connection)),
            Some((Err(error), _)) => Err(error.clone()),
            None => Err(Error::permanent(
                "config.connection",
                format!("there is no connection {id}; apply a configuration that has it"),
            )),
        }
    }

    /// Changes whenever the connection is applied anew.
    pub fn revision(&self, id: &ConnectionId) -> u64 {
        self.connections.get(id).map_or(0, |(_, revision)| *revision)
    }

    /// A SQL database.
    ///
    /// # Errors
    /// That there is none of this id, or that what is stored cannot be used.
    pub fn database(&self, id: &DatabaseId) -> Result<Arc<Database>> {
        let missing = || {
            let message = format!("there is no database {id}; apply a configuration that has it in [[databases]]");
            Error::permanent("config.database", message)
        };
        self.databases.get(id).cloned().ok_or_else(missing)?
    }

    /// Every SQL database by its id, and why one cannot be used.
    pub fn databases(&self) -> impl Iterator<Item = (&DatabaseId, Result<Arc<Database>>)> {
        let mut all: Vec<_> = self.databases.iter().collect();
        all.sort_by_key(|(id, _)| *id);
        all.into_iter().map(|(id, database)| (id, database.clone()))
    }

    /// Adds a flow as it counts with its switch. One that cannot be used is known to be there.
    pub(super) fn add_flow(&mut self, id: FlowId, stored: Result<(Value, i64)>, changes: &Changes) {
        match stored.and_then(|stored| counting(id.as_str(), stored, changes.switch(&id)?)) {
            Ok((flow, since_ms)) => {
                self.since.insert(id, since_ms);
                self.flows.push(flow);
            }
            Err(error) => {
                tracing::error!(flow = %id, error.code = error.code, error.message = %error, "a stored flow cannot be used");
                self.unreadable_flows.insert(id, error);
            }
        }
    }

    /// Names the fields that flows leave to what is usual with their OA.
    pub(super) fn settle_marks(&mut self) {
        let Self { connections, flows, .. } = self;
        for (oa, mark) in flows.iter_mut().filter_map(Flow::instance_mark_mut) {
            if let (InstanceMark::Usual(name), Some((Ok(oa), _))) = (mark, connections.get(oa)) {
                *name = oa.usual_instance_mark();
            }
        }
    }

    /// What the barcode application of a connection may ask; `None` when it has none.
    ///
    /// # Errors
    /// When what is stored cannot be read.
    pub fn barcode(&self, connection: &ConnectionId) -> Result<Option<&Barcode>> {
        match self.barcodes.iter().find(|(id, _)| id == connection) {
            Some((_, Ok(barcode))) => Ok(Some(barcode)),
            Some((_, Err(error))) => Err(error.clone()),
            None => Ok(None),
        }
    }

    /// How people sign in; `None` when nothing is said of it.
    ///
    /// # Errors
    /// When what is stored cannot be read, or its secret does not open.
    pub fn sso(&self) -> Result<Option<Arc<Sso>>> {
        self.sso.clone().transpose()
    }

    /// How people are told; `None` when nobody is.
    ///
    /// # Errors
    /// When what is stored cannot be read.
    pub fn notices(&self) -> Result<Option<&Notices>> {
        match &self.notices {
            Some(Ok(notices)) => Ok(Some(notices)),
            Some(Err(error)) => Err(error.clone()),
            None => Ok(None),
        }
    }

    /// How an OA's users are shown to other systems.
    ///
    /// # Errors
    /// When what is stored cannot be read, or a key of it does not open.
    pub fn oa_integration(&self) -> Result<Arc<OaIntegration>> {
        self.oa_integration.clone().transpose().map(Option::unwrap_or_default)
    }

    /// The barcode applications that can be used, by connection.
    pub fn barcodes(&self) -> impl Iterator<Item = &Barcode> {
        self.barcodes.iter().filter_map(|(_, barcode)| barcode.as_ref().ok())
    }

    /// Every connection that can be used.
    pub fn connections(&self) -> impl Iterator<Item = &Arc<Connection>> {
        self.connections.values().filter_map(|(c, _)| c.as_ref().ok())
    }

    /// Every stored connection that cannot be used, and why.
    pub fn broken(&self) -> impl Iterator<Item = (&ConnectionId, &Error)> {
        self.connections.iter().filter_map(|(id, (c, _))| c.as_ref().err().map(|error| (id, error)))
    }

    /// Every flow, enabled or not, by id.
    pub fn flows(&self) -> &[Flow] {
        &self.flows
    }

    /// Every stored flow that cannot be used, and why.
    pub fn unreadable_flows(&self) -> impl Iterator<Item = (&FlowId, &Error)> {
        self.unreadable_flows.iter()
    }

    /// A flow.
    pub fn flow(&self, id: &FlowId) -> Result<&Flow> {
        self.flows.iter().find(|f| f.id() == id).ok_or_else(|| {
            if let Some(error) = self.unreadable_flows.get(id) {
                return error.clone();
            }
            Error::permanent("config.flow", format!("there is no flow {id}; apply a configuration that has it"))
        })
    }

    /// Whether a page stored the flow, and no file has it.
    pub fn is_paged(&self, id: &FlowId) -> bool {
        self.paged.contains(id)
    }

    /// How a flow was switched since it was applied, if it was.
    pub fn flow_switch(&self, id: &FlowId) -> Option<&FlowSwitch> {
        self.switches.get(id)
    }

    /// Epoch ms at which the flow was first applied.
    pub fn flow_since(&self, id: &FlowId) -> i64 {
        self.since.get(id).copied().unwrap_or(0)
    }

    /// The caller whose app code this is, if it calls from where it may. Takes the same time whichever
    /// code it is, and when it is none.
    pub fn caller(&self, code: &str, ip: &str) -> Option<&AppCaller> {
        self.with_code(code).filter(|app| network::allowed(&app.allow_ips, ip))
    }

    fn with_code(&self, code: &str) -> Option<&AppCaller> {
        let hash = digest::sha256_hex(code.as_bytes());
        let mut found = None;
        for app in &self.apps {
            if digest::equal(app.code_sha256.as_bytes(), hash.as_bytes()) {
                found = Some(app);
            }
        }
        found
    }

    /// Those who may call a plain service.
    pub fn service_callers(&self, service: Service) -> impl Iterator<Item = &AppCaller> {
        self.apps.iter().filter(move |app| app.services.contains(&service))
    }

    /// The caller of a plain service: whose code this is, or who has none and calls from here; if it may call the
    /// service, from here.
    pub fn service_caller(&self, code: Option<&str>, service: &str, ip: &str) -> Option<&AppCaller> {
        let app = match code {
            Some(code) => self.with_code(code),
            None => self.apps.iter().find(|app| {
                let by_address = app.code_sha256.is_empty() && !app.allow_ips.is_empty();
                by_address && app.may_call(service) && network::allowed(&app.allow_ips, ip)
            }),
        };
        app.filter(|app| app.may_call(service) && network::allowed(&app.allow_ips, ip))
    }

    /// The callers of aiflow's interface that can be used.
    pub fn aiflow_apps(&self) -> &[AiflowApp] {
        &self.aiflow_apps
    }

    /// The flows that use this form of this OA connection.
    pub fn flows_of_form<'a>(
        &'a self,
        oa: &'a ConnectionId,
        template: &'a str,
    ) -> impl Iterator<Item = &'a Flow> + Clone {
        self.flows.iter().filter(move |f| f.form() == Some((oa, template)))
    }
}
