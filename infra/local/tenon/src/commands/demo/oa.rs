//! Another system gets a token for a user of the OA, whose own database is asked.

use super::stage::Stage;
use super::stories::text;
use crate::output::Failure;
use serde_json::{Value, json};
use tenon_databases::{Db, Statement};
use tenon_model::{DatabaseId, TenantId};

/// 勾股OA's tables as far as they are asked, with two users.
const TABLES: [&str; 12] = [
    "CREATE TABLE IF NOT EXISTS oa_admin (id INTEGER PRIMARY KEY, username TEXT, name TEXT, email TEXT, mobile INTEGER, did INTEGER, \
     position_id INTEGER, thumb TEXT, status INTEGER)",
    "CREATE TABLE IF NOT EXISTS oa_department (id INTEGER PRIMARY KEY, title TEXT)",
    "CREATE TABLE IF NOT EXISTS oa_position (id INTEGER PRIMARY KEY, title TEXT)",
    "CREATE TABLE IF NOT EXISTS oa_position_group (pid INTEGER, group_id INTEGER)",
    "CREATE TABLE IF NOT EXISTS oa_admin_group (id INTEGER PRIMARY KEY, title TEXT, status INTEGER, rules TEXT)",
    "CREATE TABLE IF NOT EXISTS oa_data_auth (id INTEGER PRIMARY KEY, name TEXT, uids TEXT, conf_1 TEXT, conf_2 TEXT, conf_3 TEXT)",
    "CREATE TABLE IF NOT EXISTS oa_assistant_agent_bind (id INTEGER PRIMARY KEY, assistant_user_id TEXT UNIQUE, oa_user_id INTEGER, status INTEGER)",
    "INSERT OR REPLACE INTO oa_admin VALUES (1, 'admin', '管理员', 'admin@example.com', 13800138000, 1, 1, '/uploads/thumb/xxx.jpg', 1), \
     (2, 'lisi', '李四', '', 0, 1, 1, '', 1)",
    "INSERT OR REPLACE INTO oa_department VALUES (1, '总公司')",
    "INSERT OR REPLACE INTO oa_position VALUES (1, '总经理')",
    "INSERT OR REPLACE INTO oa_data_auth VALUES (1, 'office_admin', '1,2,3', '', '', '')",
    "INSERT OR REPLACE INTO oa_assistant_agent_bind VALUES (1, 'U001', 1, 1)",
];

/// Plays it.
pub async fn play(stage: &Stage<'_>) -> Result<(), Failure> {
    stage.chapter("15. An assistant gets a token for a user of the OA, out of the OA's own database");
    let db = Db::of(&*stage.ctx.config.load(&TenantId::operator()).await?.database(&DatabaseId::new("oa-sandbox"))?);
    for sql in TABLES {
        execute(&db, sql).await?;
    }
    let unknown = token(stage, "U999").await?;
    stage.insist(&format!("nobody's token was {unknown}"), unknown.get("code") == Some(&json!(1)))?;
    stage.report(&format!("Assistant asks for U999: {}", text(&unknown, "msg")));
    let issued = token(stage, "U001").await?;
    let token = issued.pointer("/data/token").and_then(Value::as_str).unwrap_or_default().to_owned();
    stage.insist(&format!("no token: {issued}"), token.split('.').count() == 3)?;
    stage.report("Assistant asks for U001 and has a token of two hours for OA user 1");
    let path = "/api/oa_integration/get_userinfo?oa_user_id=1";
    let info = stage.get(path, &[("token", &token)]).await?;
    let data = info.get("data").cloned().unwrap_or_default();
    stage.insist(&format!("the user is {info}"), data.get("dept_name") == Some(&json!("总公司")))?;
    stage.report(&format!(
        "Tenon     {} is {}, {}, {}",
        text(&data, "username"),
        text(&data, "name"),
        text(&data, "position_name"),
        text(&data, "mobile")
    ));
    let other = stage.get("/api/oa_integration/get_userinfo?oa_user_id=2", &[("token", &token)]).await?;
    stage.insist(&format!("another user was {other}"), other.get("code") == Some(&json!(403)))?;
    stage.report(&format!("Assistant asks for user 2 with it: {}", text(&other, "msg")));
    // The last sign but one carries bits of the signature whatever the token.
    let forged: String = token
        .chars()
        .rev()
        .enumerate()
        .map(|(n, c)| if n == 1 { if c == 'A' { 'B' } else { 'A' } } else { c })
        .collect();
    let forged: String = forged.chars().rev().collect();
    let wrong = stage.get(path, &[("token", &forged)]).await?;
    stage.insist(&format!("a forged token was answered {wrong}"), wrong.get("code") == Some(&json!(403)))?;
    stage.report(&format!("Somebody  asks with a token that was changed: {}", text(&wrong, "msg")));
    execute(&db, "UPDATE oa_admin SET status = 2 WHERE id = 1").await?;
    let over = stage.get(path, &[("token", &token)]).await?;
    stage.insist(&format!("whoever left was answered {over}"), over.get("code") == Some(&json!(401)))?;
    stage.report(&format!("OA        lets the user go, and the token with it: {}", text(&over, "msg")));
    db.close().await;
    Ok(())
}

async fn execute(db: &Db, sql: &str) -> Result<(), Failure> {
    db.transact(vec![Statement::plain(sql.to_owned(), Vec::new())]).await?;
    Ok(())
}

async fn token(stage: &Stage<'_>, assistant: &str) -> Result<Value, Failure> {
    stage.post("/api/oa_integration/get_token", &json!({ "assistant_user_id": assistant })).await
}
