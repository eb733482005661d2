//! The scopes a bearer token may have.

/// See and use the app store.
pub const APP_STORE: &str = "MENU_APP_STORE_VIEW";
/// See and manage tenant apps, their log and their deliveries.
pub const TENANT_APP: &str = "MENU_TENANT_APP_VIEW";
/// Issue and revoke tokens; operators only.
pub const TOKENS: &str = "ADMIN_TOKENS";
/// Hand in and look after the users of the OA integration; operators only.
pub const OA_USERS: &str = "ADMIN_OA_USERS";

/// Every scope.
pub const ALL: [&str; 4] = [APP_STORE, TENANT_APP, TOKENS, OA_USERS];
/// Those that operators alone may have.
pub const OPERATORS: [&str; 2] = [TOKENS, OA_USERS];
