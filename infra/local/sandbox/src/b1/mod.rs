//! SAP Business One Service Layer.

mod approvals;
mod attachments;
mod batch;
mod company;
mod convert;
mod crud;
mod entities;
mod errors;
mod eval;
mod master;
mod metadata;
mod odata;
mod options;
mod prices;
mod production;
mod schema;
mod session;
mod snapshot;
pub(crate) mod sql;
mod system;
mod target;
mod user_fields;
mod users;

pub use options::{B1Options, NextLink, ServedVersions};
pub use production::{StockPlace, StockPosting};
pub use snapshot::{B1Snapshot, DecisionRecord};
pub(crate) use sql::SqlFunction;
pub use system::ServiceLayer;
pub use user_fields::UserFieldRight;
pub use users::NewDraft;

use crate::ids::Ids;
use crate::reply::{self, Reply};
use crate::traffic::Traffic;
use crate::url;
use bytes::Bytes;
use entities::{EntitySet, Row};
use errors::{B1Error, Result};
use http::{HeaderMap, Request};
use serde_json::{Map, Value, json};
use session::Sessions;
use std::collections::BTreeMap;
use target::Target;

/// Apache in front of the Service Layer refuses longer bodies.
const LARGEST_BODY: usize = 52_428_800;

/// Versions of the service root, which differ in metadata names and error bodies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    V1,
    V2,
}

/// Where in B1 a path leads.
pub(crate) struct Route<'a> {
    pub version: Version,
    /// What stands before `relative`: `/b1s/v1/`.
    pub root: &'a str,
    pub relative: &'a str,
}

impl Route<'_> {
    /// Whether the site has this version.
    pub(crate) fn is_served(&self, served: ServedVersions) -> bool {
        match served {
            ServedVersions::Both => true,
            ServedVersions::V1 => self.version == Version::V1,
            ServedVersions::V2 => self.version == Version::V2,
        }
    }
}

/// What one request may use of the world outside B1's data.
pub(crate) struct Cx<'a> {
    pub now_ms: i64,
    pub options: &'a B1Options,
    pub ids: &'a mut Ids,
    pub traffic: &'a mut Traffic,
    /// A fault refuses this login.
    pub wrong_password: bool,
}

/// One operation with its session known.
pub(crate) struct Call<'a> {
    pub version: Version,
    /// Scheme and host for absolute links.
    pub origin: String,
    /// Service root path.
    pub root: &'a str,
    pub method: String,
    pub target: Target,
    pub query: Vec<(String, String)>,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// Internal key of the session's user.
    pub user: i64,
}

impl Call<'_> {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|v| v.to_str().ok())
    }

    /// The body as an object; an empty body is an empty object.
    fn object(&self) -> Result<Row> {
        if self.body.is_empty() {
            return Ok(Row::new());
        }
        match serde_json::from_slice(&self.body) {
            Ok(Value::Object(row)) => Ok(row),
            _ => Err(B1Error::malformed("Invalid JSON format")),
        }
    }
}

/// The data. A change set of a batch that fails puts an earlier copy back.
#[derive(Clone)]
pub(crate) struct B1 {
    sets: BTreeMap<String, EntitySet>,
    sessions: Sessions,
    passwords: BTreeMap<String, String>,
    /// The files of attachments, by entry and name.
    files: BTreeMap<(i64, String), Bytes>,
    pub(crate) decisions: Vec<DecisionRecord>,
    stock: production::Stock,
    pub sql: sql::SqlFunctions,
    user_defined: user_fields::UserDefined,
}

/// Finds the service root in a path. One leading segment is allowed before it, as hosted sites
/// have one.
pub(crate) fn route(path: &str) -> Option<Route<'_>> {
    if path == "/ping" || path.starts_with("/ping/") {
        return Some(Route { version: Version::V1, root: "/", relative: path.get(1..)? });
    }
    for (version, marker) in [(Version::V1, "/b1s/v1/"), (Version::V2, "/b1s/v2/")] {
        if let Some(at) = path.find(marker)
            && !path.get(..at)?.trim_start_matches('/').contains('/')
        {
            let (root, relative) = path.split_at_checked(at + marker.len())?;
            return Some(Route { version, root, relative });
        }
    }
    None
}

/// Entity set, key and whether it is the login, for counters and faults.
pub(crate) fn label(relative: &str) -> (String, Option<String>, bool) {
    match Target::parse(relative) {
        Ok(target) => {
            let key = target.key_text();
            let is_login = target.name == "Login";
            let name = match target.tail {
                Some(tail) => format!("{}/{tail}", target.name),
                None => target.name,
            };
            (name, key, is_login)
        }
        Err(_) => (relative.to_owned(), None, false),
    }
}

impl B1 {
    pub(crate) fn new(options: &B1Options) -> Self {
        let mut b1 = Self {
            sets: schema::standard_sets(),
            sessions: Sessions::default(),
            passwords: BTreeMap::new(),
            files: BTreeMap::new(),
            decisions: Vec::new(),
            stock: production::Stock::default(),
            sql: sql::SqlFunctions::default(),
            user_defined: user_fields::UserDefined::default(),
        };
        b1.seed_demo(options);
        b1.seed_master_data();
        b1
    }

    pub(crate) fn expire_sessions(&mut self) {
        self.sessions.clear();
    }

    pub(crate) fn handle(&mut self, cx: Cx<'_>, route: &Route<'_>, request: Request<Bytes>) -> Reply {
        let mut cx = cx;
        let (parts, body) = request.into_parts();
        if route.relative.starts_with("ping") {
            return reply::json(200, &json!({"message": "pong", "sender": "load balancer", "timestamp": cx.now_ms}));
        }
        if body.len() > LARGEST_BODY {
            return reply::html(413);
        }
        let mut method = parts.method.as_str().to_owned();
        if let Some(other) = parts.headers.get("x-http-method-override").and_then(|v| v.to_str().ok())
            && method == "POST"
        {
            method = other.to_owned();
        }
        match (method.as_str(), route.relative) {
            ("POST", "Login") => return self.login(&mut cx, route, &parts.headers, &body),
            ("POST", "Logout") => return self.logout(&cx, route.version, &parts.headers),
            _ => {}
        }
        let user = match self.sessions.user(cx.now_ms, cx.options.session_minutes, &parts.headers) {
            Some(user) => user,
            None => return B1Error::no_session().reply(route.version),
        };
        let target = match Target::parse(route.relative) {
            Ok(target) => target,
            Err(error) => return error.reply(route.version),
        };
        let host = parts.headers.get("host").and_then(|v| v.to_str().ok()).unwrap_or("localhost");
        let call = Call {
            version: route.version,
            origin: format!("http://{host}"),
            root: route.root,
            method,
            target,
            query: url::query(parts.uri.query().unwrap_or("")),
            headers: parts.headers,
            body,
            user,
        };
        if call.target.name == "$metadata" {
            return self.metadata(call.version);
        }
        if call.target.name == "$batch" {
            return self.batch(&mut cx, &call).unwrap_or_else(|e| e.reply(route.version));
        }
        self.run(&mut cx, &call)
    }

    /// One operation, alone or as a part of a batch.
    fn run(&mut self, cx: &mut Cx<'_>, call: &Call<'_>) -> Reply {
        self.dispatch(cx, call).unwrap_or_else(|error| error.reply(call.version))
    }

    fn dispatch(&mut self, cx: &mut Cx<'_>, call: &Call<'_>) -> Result<Reply> {
        match (call.target.name.as_str(), call.method.as_str()) {
            ("DraftsService_SaveDraftToDocument", "POST") => return self.save_draft_to_document(cx, call),
            ("UserFieldsMD", _) => return self.user_fields(cx, call),
            ("UserObjectsMD", "GET") => return self.user_object(call),
            ("CompanyService_GetAdminInfo", "POST") => {
                let switch = if cx.options.approval_in_di { "tYES" } else { "tNO" };
                return Ok(reply::json(
                    200,
                    &json!({"EnableApprovalProcedureInDI": switch, "CompanyName": cx.options.company_db}),
                ));
            }
            _ => {}
        }
        let name = call.target.name.clone();
        if !self.sets.contains_key(&name) {
            return Err(B1Error::malformed(format!("Unrecognized resource path: {name}")).with_status(404));
        }
        match (name.as_str(), call.target.key.is_some(), call.target.tail.as_deref(), call.method.as_str()) {
            (_, false, Some("$count"), "GET") => self.count(call),
            ("SQLQueries", true, Some("List"), "GET" | "POST") => self.run_query(cx, call),
            ("Attachments2", true, Some("$value"), "GET") => self.file(cx, call),
            ("Drafts" | "Orders" | "PurchaseOrders" | "PurchaseRequests", true, Some(action), "POST") => {
                self.document_action(call, action)
            }
            ("ProductionOrders", true, Some("Cancel"), "POST") => {
                let key = self.set(&name)?.resolve(call.key()?)?;
                self.cancel_order(cx.options, cx.now_ms, &key)?;
                Ok(reply::no_content())
            }
            (_, _, Some(_), _) => Err(B1Error::not_supported()),
            ("ApprovalRequests", true, None, "PATCH") => self.decide(cx, call),
            ("ApprovalRequests", _, None, "POST" | "PUT" | "PATCH" | "DELETE") => Err(B1Error::not_supported()),
            (_, false, None, "GET") => self.list(cx, call),
            (_, true, None, "GET") => self.read(call),
            (_, false, None, "POST") => self.create(cx, call),
            (_, true, None, "PATCH" | "PUT") => self.update(cx, call),
            (_, true, None, "DELETE") => self.delete(call),
            _ => Err(B1Error::not_supported()),
        }
    }

    fn set(&self, name: &str) -> Result<&EntitySet> {
        self.sets.get(name).ok_or_else(B1Error::not_found)
    }

    fn set_mut(&mut self, name: &str) -> Result<&mut EntitySet> {
        self.sets.get_mut(name).ok_or_else(B1Error::not_found)
    }

    /// The rows of a set, in the order of their keys; none of a set that is not registered.
    pub(crate) fn rows(&self, set: &str) -> impl Iterator<Item = &Map<String, Value>> {
        self.sets.get(set).into_iter().flat_map(|set| set.rows.values().map(|stored| &stored.row))
    }
}
