//! A `tenon up` of our own, on data of its own, and what the system says it uses.

use std::ffi::OsString;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};
use tenon_bench::Result;
use tokio::process::{Child, Command};

/// How to start the server.
#[derive(clap::Args, Clone, Debug)]
pub struct ServerArgs {
    /// The `tenon` binary, which is started on data of its own.
    #[arg(long, default_value = "target/release/tenon")]
    tenon: PathBuf,
    /// Core the server is held on (with `taskset`); all cores when left out.
    #[arg(long)]
    server_core: Option<usize>,
}

impl ServerArgs {
    /// `one core` or `all cores`, for the table.
    pub fn place(&self) -> &'static str {
        if self.server_core.is_some() { "one core" } else { "all cores" }
    }

    fn command(&self) -> Command {
        let Some(core) = self.server_core else { return Command::new(&self.tenon) };
        let mut command = Command::new("taskset");
        command.arg("-c").arg(core.to_string()).arg(&self.tenon);
        command
    }

    /// Runs a command of `tenon` on this data and gives what it printed as JSON.
    ///
    /// # Errors
    /// When it cannot be run or fails.
    pub async fn run(&self, data: &Path, arguments: &[&str]) -> Result<serde_json::Value> {
        let output = Command::new(&self.tenon).args(arguments).arg("--json").arg("--data").arg(data).output().await?;
        if !output.status.success() {
            let text = String::from_utf8_lossy(&output.stderr).into_owned();
            return Err(format!("tenon {}: {text}", arguments.join(" ")).into());
        }
        Ok(serde_json::from_slice(&output.stdout)?)
    }
}

/// A server that is killed when this is dropped.
pub struct Served {
    child: Child,
    /// Where it is, without a slash at the end.
    pub url: String,
}

impl Served {
    /// Starts `tenon up` on a free port with these arguments besides, and waits until it answers.
    ///
    /// # Errors
    /// When it cannot be started or does not answer within 20 s.
    pub async fn start(args: &ServerArgs, data: &Path, more: &[OsString]) -> Result<Self> {
        let front = free_port()?;
        let mut command = args.command();
        command
            .args(["up", "--listen", &format!("127.0.0.1:{front}"), "--data"])
            .arg(data)
            .args(more)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        let served = Self { child: command.spawn()?, url: format!("http://127.0.0.1:{front}") };
        let client = reqwest::Client::new();
        let begun = Instant::now();
        while client.get(format!("{}/healthz", served.url)).send().await.is_err() {
            if begun.elapsed() > Duration::from_secs(20) {
                return Err(format!("{} did not answer within 20 s", args.tenon.display()).into());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(served)
    }

    /// Kills it.
    ///
    /// # Errors
    /// When it has ended already.
    pub async fn kill(&mut self) -> Result<()> {
        Ok(self.child.kill().await?)
    }

    /// Processor time used so far, from `/proc/<pid>/stat`, which counts hundredths of a second.
    ///
    /// # Errors
    /// When it has ended.
    pub fn cpu(&self) -> Result<Duration> {
        let stat = self.proc("stat")?;
        // The command's name is in parentheses and may hold spaces; user and system time are the 12th
        // and 13th field after it.
        let (_, fields) = stat.rsplit_once(')').ok_or("unreadable /proc stat")?;
        let ticks: u64 = fields.split_whitespace().skip(11).take(2).filter_map(|f| f.parse::<u64>().ok()).sum();
        Ok(Duration::from_millis(ticks * 10))
    }

    /// Resident memory now, in bytes.
    ///
    /// # Errors
    /// When it has ended.
    pub fn resident(&self) -> Result<u64> {
        let status = self.proc("status")?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS in /proc status")?;
        let kilobytes: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
        Ok(kilobytes * 1024)
    }

    fn proc(&self, file: &str) -> Result<String> {
        let pid = self.child.id().ok_or("the server has ended")?;
        Ok(std::fs::read_to_string(format!("/proc/{pid}/{file}"))?)
    }
}

/// A port nobody listens on.
///
/// # Errors
/// When the system has none.
pub fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}
