//! The one list of Tenon's functions and queues.
//!
//! Pure data without dependencies. The SAM template, the cargo-lambda router, the golden events
//! and the local run are held against this list by tests, so a function that is added in one place
//! and forgotten in another fails the build.

mod functions;
mod queues;
mod routes;

pub use functions::FUNCTIONS;
pub use queues::QUEUES;

/// One deployable function: one binary, one Lambda function, one policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Function {
    /// Name of the function and of its binary: lower-case words joined by dashes.
    pub name: &'static str,
    /// Logical id in `template.yaml`: the same words in CamelCase.
    pub logical_id: &'static str,
    /// Cargo package that holds the binary.
    pub package: &'static str,
    /// Area: the directory under `functions/`.
    pub area: &'static str,
    /// What starts it.
    pub trigger: Trigger,
    /// Lambda timeout in seconds.
    pub timeout_seconds: u32,
    /// Lambda memory in MB.
    pub memory_mb: u32,
    /// What it may do with the table.
    pub table: TableAccess,
    /// Queues it may send to, by name. A consumer always lists its own queue and its dead-letter
    /// queue: it re-delays messages whose due time is further off than SQS's 15 minutes, and
    /// buries those that can never succeed.
    pub sends: &'static [&'static str],
    /// Environment variables it gets, in alphabetical order.
    pub env: &'static [&'static str],
}

/// What starts a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// Routes of the HTTP API that share one handler and one policy.
    Http {
        /// The routes.
        routes: &'static [Route],
    },
    /// A schedule of EventBridge Scheduler.
    Schedule {
        /// Rate expression, such as `rate(1 minute)`; the parameter's default where there is one.
        rate: &'static str,
        /// Template parameter that sets the rate, if an operator may change it.
        parameter: Option<&'static str>,
    },
    /// Messages of a queue, in batches.
    Queue {
        /// Name of a queue in [`QUEUES`].
        queue: &'static str,
    },
}

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
}

/// DynamoDB actions (without the `dynamodb:` prefix) on the table and its index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableAccess {
    /// Reading actions, such as `GetItem`.
    pub reads: &'static [&'static str],
    /// Writing actions, such as `PutItem`.
    pub writes: &'static [&'static str],
}

impl TableAccess {
    /// No access at all: the function's policy has no statement for the table.
    pub const NONE: Self = Self { reads: &[], writes: &[] };

    /// Whether there is nothing to allow.
    #[must_use]
    pub const fn is_none(&self) -> bool {
        self.reads.is_empty() && self.writes.is_empty()
    }
}

/// A queue with its dead-letter queue and its consumer's settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueSpec {
    /// Name, prefixed with the stack's name when deployed.
    pub name: &'static str,
    /// Name of its dead-letter queue.
    pub dead_letter: &'static str,
    /// Logical id of the queue in `template.yaml`.
    pub logical_id: &'static str,
    /// Logical id of its dead-letter queue in `template.yaml`.
    pub dead_letter_logical_id: &'static str,
    /// Environment variable that holds the queue's URL.
    pub url_env: &'static str,
    /// Environment variable that holds the dead-letter queue's URL.
    pub dead_letter_url_env: &'static str,
    /// Visibility timeout in seconds: six times the consumer's timeout, as Lambda asks for, so that
    /// a throttled batch is not handed out again while it is still being retried.
    pub visibility_seconds: u32,
    /// Receives after which SQS moves a message to the dead-letter queue: well beyond those after which the
    /// consumer gives it up with a reason.
    pub max_receive_count: u32,
    /// Messages in one batch, at most.
    pub batch_size: u32,
    /// Batches worked on at the same time, at most: the ERP behind them is the narrow place.
    pub max_concurrency: u32,
}

impl Function {
    /// Its routes; none unless it is an HTTP function.
    #[must_use]
    pub const fn routes(&self) -> &'static [Route] {
        match self.trigger {
            Trigger::Http { routes } => routes,
            Trigger::Schedule { .. } | Trigger::Queue { .. } => &[],
        }
    }
}

/// The function of that name.
#[must_use]
pub fn function(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.name == name)
}

/// The queue of that name; dead-letter queues are not found by it.
#[must_use]
pub fn queue(name: &str) -> Option<&'static QueueSpec> {
    QUEUES.iter().find(|queue| queue.name == name)
}

/// The function that consumes the queue of that name.
#[must_use]
pub fn consumer(queue: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| matches!(function.trigger, Trigger::Queue { queue: own } if own == queue))
}

#[cfg(test)]
mod tests;
