//! `tenon up`: serve everything in one process, on data that survives restarts.

use crate::commands::apply;
use crate::environment::{DataDir, Opened, Queues, Running};
use crate::output::{Failure, Out};
use crate::serve::{self, Bells, Proxies, Serving, WakingQueue};
use crate::signals::Signals;
use ipnet::IpNet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tenon_connectors::oa::OaKind;
use tenon_crypto::digest::hex_lower;
use tenon_engine::{Database, Local};
use tenon_local_http::Passphrase;
use tenon_model::config::Header;
use tenon_platform::context::Parts;
use tenon_platform::http_client::HttpClient;
use tenon_platform::limits::Limits;
use tenon_platform::outgoing::{Allowances, GuardedClient};
use tenon_platform::{Clock, Context, Entropy, arrivals};
use tenon_sandbox::{BlacklakeOptions, DingTalkOptions, Sandbox, SandboxOptions};
use tokio::net::TcpListener;
use tokio::sync::watch;

/// Serves every function in one process.
#[derive(clap::Args, Debug, Clone)]
pub struct UpArgs {
    /// Configuration to apply before serving; without it what was applied before is served.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Address of the HTTP front.
    #[arg(long, default_value = "127.0.0.1:8787", value_name = "ADDRESS")]
    pub listen: SocketAddr,
    /// Network of a proxy that stands before the front: the last address in `X-Forwarded-For` or
    /// `Forwarded` that is in none of these is where a request comes from. Without it the other end of the
    /// connection is. May be given several times.
    #[arg(long, value_name = "CIDR", value_parser = tenon_model::network::parse)]
    pub trusted_proxy: Vec<IpNet>,
    /// Also start the sandbox: SAP Business One and DingTalk on loopback, with a demo configuration
    /// unless --config gives another.
    #[arg(long)]
    pub sandbox: bool,
    /// Address of the sandbox.
    #[arg(long, default_value = "127.0.0.1:8788", value_name = "ADDRESS", requires = "sandbox")]
    pub sandbox_listen: SocketAddr,
    /// Let webhooks, pull requests and sign-ins go to this machine, and over plain HTTP: for receivers under
    /// development. --sandbox does too. TENON_OUTGOING_ALLOW_HTTP and TENON_OUTGOING_ALLOW_NETWORKS allow more.
    #[arg(long)]
    pub allow_loopback: bool,
    /// Serve DynamoDB and SQS for functions under `cargo lambda watch` instead of the functions
    /// themselves, with the pump and the schedules that call them.
    #[arg(long)]
    pub backends: bool,
    /// Where `cargo lambda watch` listens.
    #[arg(long, default_value = "127.0.0.1:9000", value_name = "ADDRESS", requires = "backends")]
    pub lambda: SocketAddr,
}

/// Serves until interrupted.
pub async fn up(args: UpArgs, data: PathBuf, out: &Out) -> Result<(), Failure> {
    let mut signals = Signals::listen()?;
    let dir = match DataDir::open(&data)? {
        Opened::Free(dir) => dir,
        Opened::Served(running) => {
            return Err(Failure::usage(format!(
                "{} is served already by process {} at {}",
                data.display(),
                running.pid,
                running.url
            )));
        }
    };
    if args.backends {
        return super::backends::backends(args, &dir, signals, out).await;
    }
    // The key before the data, which is never without one.
    dir.master_key()?;
    let local = Local::open(&dir.database(), Clock::system()).await?;
    let mut serving = serving(&local, &dir)?;
    dir.identify(&serving.ctx).await?;
    serving.proxies = Proxies::new(args.trusted_proxy.clone());
    if !serving.proxies.is_empty() {
        arrivals::forget_loopback(&serving.ctx).await?;
    }
    serving.ctx =
        serving.ctx.with_outgoing(Arc::new(GuardedClient::new(allowances(args.allow_loopback || args.sandbox)?)));
    recover(&local, out).await?;
    let secret = passphrase()?;
    let sandbox = if args.sandbox { Some(start_sandbox(args.sandbox_listen, args.listen).await?) } else { None };
    configure(&args, &serving.ctx, (sandbox.as_ref(), dir.path()), out).await?;

    let listener = bind(args.listen).await?;
    let url = format!("http://{}", listener.local_addr().map_err(|e| Failure::outside(e.to_string()))?);
    let (stop_inner, inner_stopped) = watch::channel(());
    let dynamodb = offer(local.database.clone(), &secret, inner_stopped.clone()).await?;
    let queues = offer(local.queue_database.clone(), &secret, inner_stopped).await?;
    dir.announce(&Running {
        pid: std::process::id(),
        url: url.clone(),
        dynamodb,
        queues: Queues::Table(queues),
        secret: secret.expose().to_owned(),
    })?;

    print_summary(&serving.ctx, &url, sandbox.as_ref(), &data, out).await?;
    let server = serve::start(serving, listener).map_err(|e| Failure::outside(format!("no threads: {e}")))?;
    signals.next().await;
    out.note("stopping; finishing the work under way, for 10 s at most. Once more to stop at once");
    let stopped = tokio::select! {
        () = server.stop() => Ok(()),
        () = signals.next() => Err(Failure::outside("stopped at once; what was under way goes on at the next start")),
    };
    let _ = stop_inner.send(());
    dir.withdraw();
    stopped
}

/// Gives back what the process before had in work when it died.
async fn recover(local: &Local, out: &Out) -> Result<(), Failure> {
    for (queue, _, _) in serve::pump::consumers() {
        let recovered = local.queue.recover(&queue).await?;
        if recovered > 0 {
            out.note(&format!(
                "{recovered} messages of {queue} were in work when the last process died; they go on now"
            ));
        }
    }
    Ok(())
}

/// What is served, and where.
async fn print_summary(
    ctx: &Context,
    url: &str,
    sandbox: Option<&RunningSandbox>,
    data: &Path,
    out: &Out,
) -> Result<(), Failure> {
    let loaded = ctx.config.load(&tenon_model::TenantId::operator()).await?;
    out.note(&format!("serving on {url}, data in {}", data.display()));
    for connection in loaded.connections().filter(|c| OaKind::of(c).is_some()) {
        let (id, kind) = (connection.id(), connection.kind());
        out.note(&format!("  callback URL of {id}: {url}/callbacks/{kind}/{id}"));
    }
    for flow in loaded.flows() {
        let Header { id, name, enabled, every } = flow.header();
        let state = if enabled { "enabled" } else { "disabled" };
        let name = name.map_or_else(String::new, |name| format!(" {name}"));
        out.note(&format!("  flow {id}{name} ({state}), every {}", tenon_model::duration::format(every)));
    }
    if loaded.flows().is_empty() {
        out.note("  no flow is configured yet; write a configuration and run `tenon apply --config tenon.toml`");
    }
    if let Some(sso) = loaded.sso()?.filter(|sso| sso.enabled) {
        out.note(&format!("  task centre: {}/aflow/tasks, signed in at {}", sso.public_url, sso.redirect_uri));
    }
    if let Some(sandbox) = sandbox {
        out.note(&format!("  sandbox on {} (see {}/_sandbox/snapshot)", sandbox.url, sandbox.url));
    }
    out.note("stop with Ctrl-C; the data stays");
    Ok(())
}

/// A secret of this run, for the listeners that are for commands on this machine.
pub fn passphrase() -> Result<Passphrase, Failure> {
    Ok(Passphrase::new(hex_lower(&Entropy::system().bytes::<32>()?)))
}

/// Offers a database to other commands, which know the secret, on loopback, until the sender of `stopped`
/// says so or is gone; returns where.
pub async fn offer(
    database: Database,
    secret: &Passphrase,
    mut stopped: watch::Receiver<()>,
) -> Result<String, Failure> {
    let secret = secret.clone();
    let listener = bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
    let url = format!("http://{}", listener.local_addr().map_err(|e| Failure::outside(e.to_string()))?);
    tokio::spawn(async move {
        let until = async move {
            let _ = stopped.changed().await;
        };
        if let Err(error) = tenon_engine::backends::serve_dynamodb(listener, database, secret, until).await {
            tracing::error!(error.message = %error, "the data could not be offered to other commands");
        }
    });
    Ok(url)
}

/// What outgoing calls to tenants' addresses may reach besides the public internet.
fn allowances(loopback: bool) -> Result<Allowances, Failure> {
    let mut allowances = Allowances::from_env()?;
    if loopback {
        let more = Allowances::loopback();
        allowances.http |= more.http;
        allowances.networks.extend(more.networks);
    }
    Ok(allowances)
}

/// The world the functions are served in.
pub fn serving(local: &Local, dir: &DataDir) -> Result<Serving, Failure> {
    let (clock, entropy) = (Clock::system(), Entropy::system());
    let bells = Bells::default();
    let ctx = Context::new(Parts {
        table: local.table.clone(),
        queue: Arc::new(WakingQueue::new(Arc::new(local.queue.clone()), bells.clone())),
        http: Arc::new(HttpClient::new()),
        clock,
        entropy,
        master_key: dir.master_key()?,
    })?;
    // The data directory's lock makes this process the only one that works its queues.
    let now = ctx.now_ms();
    let ctx = ctx.alone_since(now).with_limits(Limits::from_env()?);
    Ok(Serving { ctx, local: local.clone(), bells, proxies: Proxies::default() })
}

/// A sandbox on loopback.
pub struct RunningSandbox {
    /// The simulators.
    pub sandbox: Sandbox,
    /// Where they are.
    pub url: String,
}

/// Starts the sandbox; its vendors push to the callback URLs of the front.
pub async fn start_sandbox(listen: SocketAddr, front: SocketAddr) -> Result<RunningSandbox, Failure> {
    let listener = bind(listen).await?;
    let url = format!("http://{}", listener.local_addr().map_err(|e| Failure::outside(e.to_string()))?);
    let dingtalk = DingTalkOptions {
        callback_url: Some(format!("http://{front}/callbacks/dingtalk/ding-sandbox")),
        ..DingTalkOptions::default()
    };
    let wecom = super::sandbox_config::wecom(format!("http://{front}/callbacks/wecom/wecom-sandbox"));
    let weaver = super::sandbox_config::weaver(&format!("http://{front}/callbacks/weaver/weaver-sandbox/approvals"));
    let blacklake = BlacklakeOptions {
        callback_url: Some(format!("http://{front}/callbacks/blacklake/mes-sandbox")),
        ..BlacklakeOptions::default()
    };
    let odoo = super::sandbox_people::odoo(front);
    let sandbox =
        Sandbox::new(SandboxOptions { dingtalk, wecom, weaver, blacklake, odoo, ..SandboxOptions::default() });
    super::sandbox_people::at_dingtalk(&sandbox);
    sandbox.b1().register_set(super::sandbox_config::ROUTING, "Code", false);
    let served = sandbox.clone();
    tokio::spawn(tenon_sandbox::serve(listener, served, std::future::pending()));
    Ok(RunningSandbox { sandbox, url })
}

async fn configure(
    args: &UpArgs,
    ctx: &Context,
    (sandbox, folder): (Option<&RunningSandbox>, &Path),
    out: &Out,
) -> Result<(), Failure> {
    match (&args.config, sandbox) {
        (Some(file), _) => apply::apply_file(ctx, file, false, out).await,
        (None, Some(sandbox)) => {
            let mut config = super::sandbox_config::config(&sandbox.url)?;
            config.aiflow_apps.push(super::sandbox_people::erp(&sandbox.url));
            config.apps.push(super::sandbox_people::boards());
            super::sandbox_tables::add(&mut config, &sandbox.url, folder)?;
            config.oa_integration = Some(Box::new(super::sandbox_people::oa()));
            config.sso = Some(Box::new(super::sandbox_people::sso(&sandbox.url, args.listen)));
            ctx.config.replace_all(&tenon_model::TenantId::operator(), config, &ctx.entropy).await?;
            super::sandbox_people::store(ctx).await?;
            Ok(())
        }
        (None, None) => Ok(()),
    }
}

/// Binds an address, saying which when it is taken.
pub async fn bind(address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|e| Failure::usage(format!("cannot listen on {address}: {e}")))
}
