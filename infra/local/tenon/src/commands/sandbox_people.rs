//! The sandbox's people: how they sign in at its Odoo, and who the directory knows.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;
use tenon_directory::{Department, Directory, Person};
use tenon_model::config::sso::CALLBACK_PATH;
use tenon_model::config::{
    AiflowApp, App, Config, Database, OaIntegration, OaSource, ProcessSettings, Secret, Service, SqliteDatabase, Sso,
    UnknownPeople,
};
use tenon_model::{ConnectionId, DatabaseId, TenantId};
use tenon_platform::{Context, Result};
use tenon_sandbox::{OdooOptions, Person as DingPerson, Sandbox};

/// Whose codes the sandbox's Odoo has.
pub const ENTERPRISE: &str = "COMPANY001";

/// Single sign-on at the sandbox at this URL, for the front at this address.
pub fn sso(sandbox_url: &str, front: SocketAddr) -> Sso {
    let odoo = OdooOptions::default();
    Sso {
        enabled: true,
        redirect_uri: format!("{sandbox_url}/odoo/api/oauth2/authorize"),
        client_id: odoo.client_id,
        client_secret: Secret::new(odoo.client_secret),
        public_url: format!("http://{front}"),
        enterprise_code: ENTERPRISE.to_owned(),
        ..Sso::default()
    }
}

/// What the sandbox's ERP signs its calls with.
pub const ERP_SECRET: &str = "aiflow-sandbox-app-secret";

/// The sandbox's ERP, as it calls aiflow's interface; the sandbox's Odoo at this URL is told what becomes of its orders.
pub fn erp(sandbox_url: &str) -> AiflowApp {
    let odoo = OdooOptions::default();
    let roles = BTreeMap::from([("finance".to_owned(), vec!["E1003".to_owned()])]);
    let managers = BTreeMap::from([("采购部".to_owned(), vec!["E1002".to_owned()])]);
    AiflowApp {
        enterprise_code: odoo.enterprise_code,
        app_id: odoo.app_id,
        app_secret: Secret::new(ERP_SECRET),
        header: "A-Signature".to_owned(),
        allow_ips: Vec::new(),
        rate_per_minute: 600,
        tenant: None,
        // Its people are bound when they first sign in.
        unknown_people: UnknownPeople::Accept,
        user_groups: Vec::new(),
        process: ProcessSettings {
            odoo_url: Some(sandbox_url.to_owned()),
            roles,
            managers,
            ..ProcessSettings::default()
        },
    }
}

/// Programs on this machine, which may look at DingTalk's people, have tokens of the OA integration, and have forms of the
/// ERP synchronised.
pub fn boards() -> App {
    App {
        id: "boards".to_owned(),
        app_code: None,
        allow_ips: vec!["127.0.0.1".to_owned(), "::1".to_owned()],
        connections: Vec::new(),
        tenant: None,
        services: vec![Service::Dingtalk, Service::OaIntegration, Service::DataSync],
        code_in_query: false,
        rate_per_minute: 600,
    }
}

/// Users of the OA are the people of the directory, known by their ids at DingTalk.
pub fn oa() -> OaIntegration {
    OaIntegration {
        source: OaSource::Directory,
        connection: Some(ConnectionId::new("ding-sandbox")),
        ..OaIntegration::default()
    }
}

/// Users of the OA are those of a file in this folder, as of the OA's own database, which is asked each time.
pub fn oa_of_database(config: &mut Config, folder: &Path) {
    let id = DatabaseId::new("oa-sandbox");
    let path = folder.join("oa.db").display().to_string();
    config.databases.push(Database::Sqlite(SqliteDatabase { id: id.clone(), path }));
    config.oa_integration = Some(Box::new(OaIntegration {
        source: OaSource::Database,
        database: Some(id),
        remember: Duration::from_millis(1),
        ..OaIntegration::default()
    }));
}

/// The sandbox's Odoo, which sends people back to the front at this address.
pub fn odoo(front: SocketAddr) -> OdooOptions {
    OdooOptions {
        redirect_uris: vec![format!("http://{front}{CALLBACK_PATH}")],
        app_secret: ERP_SECRET.to_owned(),
        ..OdooOptions::default()
    }
}

/// The department of the sandbox's buyers at its DingTalk.
const PURCHASING: i64 = 100;

/// The people of the sandbox's Odoo are at its DingTalk too, in one department, each with the same mobile number.
pub fn at_dingtalk(sandbox: &Sandbox) {
    let manager = DingPerson::new("manager01", "王经理", &[1, PURCHASING]).mobile("13800000009");
    sandbox.dingtalk().put_person(manager);
    for user in OdooOptions::default().users {
        let person = DingPerson::new(&user.login, &user.name, &[PURCHASING]);
        sandbox.dingtalk().put_person(person.mobile(&user.phone).email(&user.email));
    }
}

/// The people of the sandbox as DingTalk has them, each known by a mobile number and by no code of the ERP yet: there
/// before the first pull of them.
///
/// # Errors
/// Those of the table.
pub async fn store(ctx: &Context) -> Result<()> {
    let tenant = TenantId::operator();
    let directory = Directory::new(ctx, &tenant);
    let department = PURCHASING.to_string();
    if directory.department(&department).await?.is_none() {
        let purchasing = Department {
            id: department.clone(),
            name: "采购部".to_owned(),
            active: true,
            accounts: BTreeMap::from([("ding-sandbox".to_owned(), department.clone())]),
            ..Department::default()
        };
        directory.put_department(None, &purchasing, "sandbox").await?;
    }
    for user in OdooOptions::default().users {
        let id = format!("ding-{}", user.login);
        if directory.person(&id).await?.is_some() {
            continue;
        }
        let person = Person {
            real_name: Some(user.name),
            mobile: Some(user.phone),
            email: Some(user.email),
            departments: vec![department.clone()],
            accounts: BTreeMap::from([("ding-sandbox".to_owned(), user.login.clone())]),
            ..Person::new(id, user.login)
        };
        directory.put(None, &person, "sandbox").await?;
    }
    Ok(())
}
