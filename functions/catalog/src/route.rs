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
    /// An app code of a system of the operator's own.
    AppCode,
    /// The app code of the one system that the connection in the path names.
    ConnectionApp,
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
    Route { method: "GET", path, auth }
}

pub(crate) const fn post(path: &'static str, auth: Auth) -> Route {
    Route { method: "POST", path, auth }
}

pub(crate) const fn put(path: &'static str, auth: Auth) -> Route {
    Route { method: "PUT", path, auth }
}

pub(crate) const fn delete(path: &'static str, auth: Auth) -> Route {
    Route { method: "DELETE", path, auth }
}

pub(crate) const fn bearer(role: Role, scope: &'static str) -> Auth {
    Auth::Bearer { role, scope }
}

/// A signed call that only reads.
pub(crate) const fn signed_read(module: &'static str) -> Auth {
    Auth::OpenApi { module, write: false }
}

/// A signed call that changes something.
pub(crate) const fn signed_write(module: &'static str) -> Auth {
    Auth::OpenApi { module, write: true }
}
