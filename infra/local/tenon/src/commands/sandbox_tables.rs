//! What the sandbox's ERPs become: tables of a SQLite file beside the data.

use crate::output::Failure;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::path::Path;
use tenon_model::config::Config;
use tenon_sandbox::SandboxOptions;

/// Forms of the sandbox at this URL as tables of `boards.db` in this folder: any of its Kingdee, and B1's orders.
///
/// # Errors
/// That the configuration is wrong.
pub fn add(config: &mut Config, url: &str, folder: &Path) -> Result<(), Failure> {
    let kingdee = SandboxOptions::default().kingdee;
    config.connections.push(read(json!({
        "kind": "kingdee", "id": "kingdee-sandbox", "base_url": format!("{url}/k3cloud"), "account": kingdee.account,
        "username": kingdee.username, "password": kingdee.password,
    }))?);
    let path = folder.join("boards.db").display().to_string();
    config.databases.push(read(json!({ "kind": "sqlite", "id": "boards-sandbox", "path": path }))?);
    for flow in [
        json!({ "id": "erp-forms", "kind": "data-sync", "erp": "kingdee-sandbox", "database": "boards-sandbox" }),
        json!({ "id": "b1-orders", "kind": "data-sync", "erp": "b1-sandbox", "database": "boards-sandbox", "form": "Orders",
                "entries": ["DocumentLines"] }),
    ] {
        config.flows.push(read(flow)?);
    }
    Ok(())
}

fn read<T: DeserializeOwned>(value: Value) -> Result<T, Failure> {
    serde_json::from_value(value).map_err(|e| Failure::outside(format!("the sandbox's configuration is wrong: {e}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_of_its_tables_is_sound() {
        let mut config = crate::commands::sandbox_config::config("http://127.0.0.1:1").unwrap();
        add(&mut config, "http://127.0.0.1:1", Path::new("/tmp")).unwrap();
        let found: Vec<String> = tenon_model::config::check(&config)
            .into_iter()
            .filter(|problem| !problem.warning)
            .map(|problem| problem.path)
            .collect();
        // Nobody waits a minute for a simulator.
        assert_eq!(found, ["flows[inventory-transfer].every"]);
    }
}
