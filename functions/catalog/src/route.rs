//! Routes of the HTTP API and who may call them.

/// One route of the HTTP API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    /// Upper-case method.
    pub method: &'static str,
    /// Path with `{name}` for each path parameter.
    pub path: &'static str,
    /// Who may call.
    pub auth: Auth,
    /// Whether a call changes something, so that it may be named by an idempotency key.
    pub changes: bool,
}

impl Route {
    /// Whether its calls may be named by an idempotency key, so that a repetition is answered as the first time:
    /// every write of the signed API, the app store, tenants' apps and the operators' routes.
    #[must_use]
    pub fn takes_idempotency_key(&self) -> bool {
        let places = ["/api/system/", "/admin/", "/openapi/"];
        self.changes && places.iter().any(|place| self.path.starts_with(place))
    }

    /// Whether a repetition of a call is answered as the first time, whatever names the call: a key that its caller
    /// made, its signature, or what a page's form carries.
    #[must_use]
    pub fn is_carried_out_once(&self) -> bool {
        self.takes_idempotency_key() || (self.changes && matches!(self.auth, Auth::Aiflow | Auth::Console { .. }))
    }
}

/// How an HTTP caller is authenticated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Auth {
    /// Anyone may call; the answer holds nothing worth protecting.
    Open,
    /// DingTalk's callback envelope: signature over token, timestamp, nonce and ciphertext, then
    /// AES-CBC with the owner id inside.
    DingTalkEnvelope,
    /// WeCom's callback envelope: the same, with the company's id inside.
    WecomEnvelope,
    /// Black Lake's callback envelope: AES under a secret of the connection's, without a signature.
    BlacklakeEnvelope,
    /// A signed call of a tenant's app.
    OpenApi {
        /// Code of the module the app must be of.
        module: &'static str,
        /// Whether the call changes something, so that a repeated signature is refused.
        write: bool,
    },
    /// A bearer token.
    Bearer {
        /// Who may hold it.
        role: Role,
        /// The scope it must have.
        scope: &'static str,
    },
    /// An ERP's call of aiflow's interface, signed as aiflow has it signed.
    Aiflow,
    /// An app code of a system of the operator's own.
    AppCode,
    /// The app code of the one system that the connection in the path names.
    ConnectionApp,
    /// An app code of a system of the operator's own that may use the connection in the path.
    PermittedApp,
    /// A system of the operator's own that may use a plain service: its app code, or where it calls from.
    Service {
        /// One of [`service`].
        name: &'static str,
    },
    /// A token of the OA integration, in the header `Token`.
    OaToken,
    /// A person's session: the cookie that came of signing in, or its token as a bearer's.
    Session,
    /// A session of the console's pages: the cookie that came of signing in with a bearer token. What changes
    /// something is taken from our own pages alone.
    Console {
        /// Whose token it is.
        role: Role,
        /// The scope the token must have.
        scope: &'static str,
    },
}

impl Auth {
    /// Whether tenants call, and not operators or systems alone: then it is counted how fast they do.
    #[must_use]
    pub const fn counts_tenants_calls(&self) -> bool {
        match self {
            Self::OpenApi { .. } => true,
            Self::Bearer { role, .. } | Self::Console { role, .. } => !matches!(role, Role::Operator),
            _ => false,
        }
    }
}

/// The plain services, as the configuration's `[[apps]]` name them.
pub mod service {
    /// Flows of the process engine: `/flow/…` and `/message/…`.
    pub const FLOW: &str = "flow";
    /// An ERP's data in a database: `/dataSync/…`.
    pub const DATA_SYNC: &str = "data-sync";
    /// Looking at DingTalk's people and attendance: `/dingtalk/…`.
    pub const DINGTALK: &str = "dingtalk";
    /// Users of an OA, their tokens and rights: `/api/oa_integration/…`.
    pub const OA_INTEGRATION: &str = "oa-integration";
}

/// Whose bearer tokens a route takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Tenant administrators, each for the own tenant.
    TenantAdmin,
    /// Operators.
    Operator,
    /// Tenant administrators for the own tenant, operators for the tenant they name.
    Either,
    /// As [`Either`](Self::Either), where there is also something to see that is no tenant's: an operator who
    /// names none acts for nobody.
    Anyone,
}

pub(crate) const fn get(path: &'static str, auth: Auth) -> Route {
    Route { method: "GET", path, auth, changes: false }
}

/// A call that changes something, unless it is signed as one that only reads.
pub(crate) const fn post(path: &'static str, auth: Auth) -> Route {
    let changes = !matches!(auth, Auth::OpenApi { write: false, .. });
    Route { method: "POST", path, auth, changes }
}

/// A question whose filters stand in the body.
pub(crate) const fn post_query(path: &'static str, auth: Auth) -> Route {
    Route { method: "POST", path, auth, changes: false }
}

pub(crate) const fn put(path: &'static str, auth: Auth) -> Route {
    Route { method: "PUT", path, auth, changes: true }
}

pub(crate) const fn delete(path: &'static str, auth: Auth) -> Route {
    Route { method: "DELETE", path, auth, changes: true }
}

pub(crate) const fn bearer(role: Role, scope: &'static str) -> Auth {
    Auth::Bearer { role, scope }
}

/// For a page of the console.
pub(crate) const fn console(role: Role, scope: &'static str) -> Auth {
    Auth::Console { role, scope }
}

/// For a system that may use this plain service.
pub(crate) const fn served(name: &'static str) -> Auth {
    Auth::Service { name }
}

/// A signed call that only reads.
pub(crate) const fn signed_read(module: &'static str) -> Auth {
    Auth::OpenApi { module, write: false }
}

/// A signed call that changes something.
pub(crate) const fn signed_write(module: &'static str) -> Auth {
    Auth::OpenApi { module, write: true }
}
