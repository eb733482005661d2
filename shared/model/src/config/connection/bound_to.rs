//! What a connection's sealed secrets are bound to.

use super::{
    AiflowConnection, B1Connection, BlacklakeConnection, Connection, DiApiConnection, DingtalkConnection,
    FeishuConnection, KingdeeConnection, OdooConnection, WeaverConnection, WecomConnection,
};

impl Connection {
    /// Where the connection's secrets may be sent, and for whom: what is sealed for one place opens at no
    /// other. Everything a connection has is named here, so that a new key has to say what it is.
    pub fn bound_to(&self) -> String {
        let parts: [Option<&str>; 7] = match self {
            Self::B1(B1Connection {
                id,
                base_url,
                company_db,
                username,
                ca_pem,
                password: _,
                api: _,
                language: _,
                time_zone: _,
                ca_file: _,
                max_sessions: _,
                link: _,
                timeouts: _,
            }) => [
                Some(self.kind()),
                Some(id.as_str()),
                Some(base_url),
                Some(company_db),
                Some(username),
                ca_pem.as_deref(),
                None,
            ],
            Self::Blacklake(connection) => {
                let BlacklakeConnection {
                    id,
                    base_url,
                    app_key,
                    factory_number,
                    paths,
                    app_secret: _,
                    token_in: _,
                    values: _,
                    absent_sub_codes: _,
                    code_prefixes: _,
                    material_prefixes: _,
                    callback_secret: _,
                    cipher: _,
                    callback_key: _,
                    check_reply: _,
                    event_reply: _,
                    events: _,
                    allow_ips: _,
                    timeout: _,
                } = &**connection;
                [
                    Some(self.kind()),
                    Some(id.as_str()),
                    Some(base_url),
                    Some(app_key),
                    Some(factory_number),
                    Some(&paths.token),
                    None,
                ]
            }
            Self::Feishu(FeishuConnection { id, base_url, app_id, app_secret: _, timeout: _ }) => {
                [Some(self.kind()), Some(id.as_str()), Some(base_url), Some(app_id), None, None, None]
            }
            Self::Odoo(OdooConnection { id, base_url, database, username, api_key: _, timeout: _ }) => {
                [Some(self.kind()), Some(id.as_str()), Some(base_url), Some(database), Some(username), None, None]
            }
            Self::Aiflow(AiflowConnection {
                id,
                base_url,
                enterprise_code,
                app_id,
                app_secret: _,
                header: _,
                timeout: _,
            }) => {
                [Some(self.kind()), Some(id.as_str()), Some(base_url), Some(enterprise_code), Some(app_id), None, None]
            }
            Self::Kingdee(connection) => {
                let KingdeeConnection {
                    id,
                    base_url,
                    account,
                    username,
                    app_id,
                    password: _,
                    app_secret: _,
                    signed: _,
                    organisation: _,
                    language: _,
                    time_zone: _,
                    page_size: _,
                    calls_per_second: _,
                    session_life: _,
                    timeout: _,
                } = &**connection;
                [
                    Some(self.kind()),
                    Some(id.as_str()),
                    Some(base_url),
                    Some(account),
                    Some(username),
                    app_id.as_deref(),
                    None,
                ]
            }
            Self::Dingtalk(DingtalkConnection {
                id,
                api_url,
                oapi_url,
                app_key,
                owner,
                corp_id,
                app_secret: _,
                agent_id: _,
                token: _,
                aes_key: _,
                freshness: _,
                reconcile_every: _,
                check_open_after: _,
                timeout: _,
                link: _,
                calls_per_second: _,
            }) => [
                Some(self.kind()),
                Some(id.as_str()),
                Some(api_url),
                Some(oapi_url),
                Some(app_key),
                owner.as_deref(),
                corp_id.as_deref(),
            ],
            Self::Wecom(WecomConnection {
                id,
                api_url,
                corp_id,
                secret: _,
                agent_id: _,
                token: _,
                aes_key: _,
                domain_files: _,
                time_zone: _,
                freshness: _,
                reconcile_every: _,
                check_open_after: _,
                link: _,
                timeout: _,
            }) => [Some(self.kind()), Some(id.as_str()), Some(api_url), Some(corp_id), None, None, None],
            Self::DiApi(connection) => {
                let DiApiConnection {
                    id,
                    base_url,
                    root,
                    company_db,
                    username,
                    ca_pem,
                    password: _,
                    success: _,
                    session_over: _,
                    empty_sql: _,
                    session_life: _,
                    ca_file: _,
                    timeout: _,
                } = &**connection;
                [
                    Some(self.kind()),
                    Some(id.as_str()),
                    Some(base_url),
                    Some(root),
                    Some(company_db),
                    Some(username),
                    ca_pem.as_deref(),
                ]
            }
            Self::Weaver(connection) => {
                let WeaverConnection {
                    id,
                    base_url,
                    app_id,
                    token_path,
                    system_id,
                    secret: _,
                    spk: _,
                    token_life: _,
                    read_as: _,
                    list_requests: _,
                    system_password: _,
                    operator: _,
                    app: _,
                    result: _,
                    time_zone: _,
                    reconcile_every: _,
                    check_open_after: _,
                    link: _,
                    timeout: _,
                } = &**connection;
                [
                    Some(self.kind()),
                    Some(id.as_str()),
                    Some(base_url),
                    Some(app_id),
                    Some(token_path),
                    system_id.as_deref(),
                    None,
                ]
            }
        };
        serde_json::Value::from_iter(parts).to_string()
    }
}
