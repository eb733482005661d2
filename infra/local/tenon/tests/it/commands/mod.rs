//! The operator's commands one after the other on one data directory, against the sandbox on
//! loopback, without a server.

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tenon::commands::{apply, sandbox_config, up};
use tenon::environment::{DataDir, Opened, Place};
use tenon::remote::Remote;
use tenon::serve::{self, Server};
use tenon_engine::Local;
use tenon_model::config::{Config, Flow};
use tenon_platform::Clock;

/// A data directory, a configuration file beside it, and the sandbox.
struct TestApp {
    folder: tempfile::TempDir,
    sandbox: up::RunningSandbox,
    place: Place,
}

#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Runs one command with `--json`; how it ended, and its document.
macro_rules! output {
    ($command:path, $args:expr, $test_app:expr) => {{
        let kept = $crate::commands::Kept::default();
        let out = tenon::output::Out::to(true, Box::new(kept.clone()), Box::new(std::io::sink()));
        let done: Result<(), tenon::output::Failure> = $command(&$args, &$test_app.place, &out).await;
        if let Err(failure) = &done {
            out.failure(failure);
        }
        let document: serde_json::Value = serde_json::from_slice(&kept.0.lock().unwrap()).unwrap();
        (done.map_err(|f| f.exit), document)
    }};
}

/// As `output!`, through the API.
macro_rules! remote_output {
    ($command:path, $args:expr, $remote:expr) => {{
        let kept = $crate::commands::Kept::default();
        let out = tenon::output::Out::to(true, Box::new(kept.clone()), Box::new(std::io::sink()));
        let done: Result<(), tenon::output::Failure> = $command(&$args, &$remote, &out).await;
        if let Err(failure) = &done {
            out.failure(failure);
        }
        let document: serde_json::Value = serde_json::from_slice(&kept.0.lock().unwrap()).unwrap();
        (done.map_err(|f| f.exit), document)
    }};
}

mod apply_file;
mod audit;
mod check_report;
mod correct;
mod data;
mod data_sync;
mod master_key;
mod new_flow;
mod people;
mod scenario;
mod through_the_api;

impl TestApp {
    async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let sandbox = up::start_sandbox(any, any).await.unwrap();
        let place = Place { data: folder.path().join("data"), deployed: false };
        Self { folder, sandbox, place }
    }

    fn config(&self) -> Config {
        let mut config = sandbox_config::config(&self.sandbox.url).unwrap();
        // The sandbox's are looked after every second, which a file may not ask of an E-cology.
        for flow in &mut config.flows {
            if let Flow::Approval(flow) = flow {
                flow.every = Duration::from_secs(60);
            }
        }
        config
    }

    /// Has the data served, and asked with this token.
    async fn serve(&self, token: &str) -> (Server, Remote) {
        let Opened::Free(dir) = DataDir::open(&self.place.data).unwrap() else { panic!("served already") };
        let local = Local::open(&dir.database(), Clock::system()).await.unwrap();
        let listener = up::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = serve::start(up::serving(&local, &dir).unwrap(), listener).unwrap();
        (server, Remote::new(&url, Some(token.to_owned())).unwrap())
    }

    fn write(&self, config: &Config) -> apply::ApplyArgs {
        let file: PathBuf = self.folder.path().join("tenon.toml");
        std::fs::write(&file, toml::to_string(config).unwrap()).unwrap();
        apply::ApplyArgs { config: file, dry_run: false, prune: false, new_key: false }
    }
}
