//! The scopes a bearer token may have. Those that the document of the app store names are called as it calls its pages.

/// See and use the app store.
pub const APP_STORE: &str = "MENU_APP_STORE_VIEW";
/// See and manage tenant apps, their log and their deliveries; for operators also see flows, runs and connections.
pub const TENANT_APP: &str = "MENU_TENANT_APP_VIEW";
/// See production orders that came through the API.
pub const PRODUCTION_ORDER: &str = "MENU_PRODUCTION_ORDER_VIEW";
/// See what was inspected of an order.
pub const WAREHOUSE: &str = "MENU_WAREHOUSE_VIEW";
/// See what was shipped of an order.
pub const FINISHED_GOODS: &str = "MENU_FINISHED_GOODS_VIEW";
/// See reconciliations and their payments.
pub const FINANCE: &str = "MENU_FINANCE_VIEW";
/// Issue and revoke tokens; operators only.
pub const TOKENS: &str = "ADMIN_TOKENS";
/// Hand in and look after the users of the OA integration; operators only.
pub const OA_USERS: &str = "ADMIN_OA_USERS";
/// Switch flows, run them, retry runs, put dead letters back, check connections; operators only.
pub const OPERATIONS: &str = "ADMIN_OPERATIONS";

/// Every scope.
pub const ALL: [&str; 9] =
    [APP_STORE, TENANT_APP, PRODUCTION_ORDER, WAREHOUSE, FINISHED_GOODS, FINANCE, TOKENS, OA_USERS, OPERATIONS];
/// Those that operators alone may have.
pub const OPERATORS: [&str; 3] = [TOKENS, OA_USERS, OPERATIONS];
/// The document's permission codes, which tenants' administrators have as well.
pub const TENANTS: [&str; 6] = [APP_STORE, TENANT_APP, PRODUCTION_ORDER, WAREHOUSE, FINISHED_GOODS, FINANCE];
