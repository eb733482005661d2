//! Whether people can be told of what waits for them.

use tenon_model::config::notices::CHANNELS;
use tenon_platform::config_store::Loaded;

/// Why nobody is told, where somebody should be: ERPs push tasks, and no channel carries notices.
pub fn untold(loaded: &Loaded) -> Option<String> {
    if loaded.aiflow_apps().is_empty() {
        return None;
    }
    match loaded.notices() {
        Err(error) => Some(error.to_string()),
        Ok(Some(notices)) if !notices.channels.is_empty() => None,
        Ok(_) => {
            let channels = loaded.connections().filter(|connection| CHANNELS.contains(&connection.kind()));
            let known: Vec<String> = channels.map(|connection| format!("\"{}\"", connection.id())).collect();
            let mend = match known.is_empty() {
                true => {
                    "add a connection to DingTalk, WeCom or Feishu, and name it in channels of [notices]".to_owned()
                }
                false => format!("write [notices] with channels = [{}]", known.join(", ")),
            };
            Some(format!("ERPs push tasks ([[aiflow_apps]]), and nobody is told of them; {mend}"))
        }
    }
}
