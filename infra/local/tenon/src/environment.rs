//! Opening the world a command works in: the data of a local run, whether it is being served now or
//! not, or the deployed table.

use crate::ages::Ages;
use crate::output::Failure;
use aws_config::BehaviorVersion;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tenon_crypto::secrets::MasterKey;
use tenon_engine::{Local, TableQueue};
use tenon_platform::context::Parts;
use tenon_platform::http_client::HttpClient;
use tenon_platform::queue::{Queue, QueueName};
use tenon_platform::settings::{Settings, master_key};
use tenon_platform::sqs::SqsQueue;
use tenon_platform::table::Table;
use tenon_platform::{Clock, Context, Entropy, data_key};

/// The master key's file in a data directory.
const KEY_FILE: &str = "master.key";

/// Where the world is.
#[derive(Clone, Debug)]
pub struct Place {
    /// Directory of the local data.
    pub data: PathBuf,
    /// Whether the deployed table is meant instead.
    pub deployed: bool,
}

/// An open world.
pub struct Environment {
    /// What handlers work with.
    pub ctx: Context,
    /// The embedded engine, when this process has opened the data itself.
    pub local: Option<Local>,
    /// Whether another process serves this data, so that queued work is done without us.
    pub served: bool,
    /// How long the oldest messages of the deployment's queues wait, which SQS does not tell.
    pub ages: Option<Ages>,
    /// Its directory, when this process has opened the data itself: held to the end.
    dir: Option<DataDir>,
}

/// Where a running `tenon up` can be reached; kept in its data directory.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Running {
    /// Process id.
    pub pid: u32,
    /// The HTTP front.
    pub url: String,
    /// The embedded DynamoDB with the table.
    pub dynamodb: String,
    /// The queues.
    pub queues: Queues,
    /// What both ask for: the id of the access key with which requests are signed. Of this run alone.
    pub secret: String,
}

/// Where the queues of a running `tenon up` can be reached.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Queues {
    /// In a table, by the URL of its embedded DynamoDB.
    Table(String),
    /// The embedded SQS of `--backends`.
    Sqs(SocketAddr),
}

impl Environment {
    /// Opens the place. A running `tenon up` is worked through; otherwise the data is opened.
    ///
    /// # Errors
    /// `config.other-key` when the data was sealed with another master key; failures of the directory and of the
    /// table.
    pub async fn open(place: &Place) -> Result<Self, Failure> {
        let environment = Self::enter(place).await?;
        match &environment.dir {
            Some(dir) => dir.identify(&environment.ctx).await?,
            None => _ = data_key::check(&environment.ctx).await?,
        }
        Ok(environment)
    }

    /// As [`open`](Self::open), and takes this process's master key as the data's from now on.
    ///
    /// # Errors
    /// As there, but for `config.other-key`.
    pub async fn open_for_new_key(place: &Place) -> Result<Self, Failure> {
        let environment = Self::enter(place).await?;
        data_key::replace(&environment.ctx).await?;
        if let Some(dir) = &environment.dir {
            dir.identify(&environment.ctx).await?;
        }
        Ok(environment)
    }

    /// The same data with another master key, where this process has opened it itself.
    ///
    /// # Errors
    /// Usage where another process serves it.
    pub fn with_master_key(&self, key: MasterKey) -> Result<Context, Failure> {
        let local = self.local.as_ref().ok_or_else(|| Failure::usage("another process serves this data"))?;
        Ok(local.context(Arc::new(HttpClient::new()), Entropy::system(), key)?)
    }

    /// The file of the master key, when this process has opened the data itself and the key lies there.
    pub fn key_file(&self) -> Option<PathBuf> {
        let dir = self.dir.as_ref()?;
        std::env::var_os("TENON_MASTER_KEY").is_none().then(|| dir.path().join(KEY_FILE))
    }

    async fn enter(place: &Place) -> Result<Self, Failure> {
        if place.deployed {
            return Self::deployed().await;
        }
        match DataDir::open(&place.data)? {
            Opened::Free(dir) => {
                let key = dir.master_key()?;
                let local = Local::open(&dir.database(), Clock::system()).await?;
                let ctx = local.context(Arc::new(HttpClient::new()), Entropy::system(), key)?;
                Ok(Self { ctx, local: Some(local), served: false, ages: None, dir: Some(dir) })
            }
            Opened::Served(running) => {
                let key = read_master_key(&place.data)?;
                let client = loopback_client(&running.dynamodb, &running.secret);
                let (clock, entropy) = (Clock::system(), Entropy::system());
                let queue: Arc<dyn Queue> = match &running.queues {
                    Queues::Table(url) => Arc::new(TableQueue::new(
                        loopback_client(url, &running.secret),
                        tenon_engine::local::QUEUE_TABLE,
                        clock.clone(),
                        entropy.clone(),
                    )),
                    Queues::Sqs(address) => Arc::new(loopback_sqs(*address, &running.secret, key.clone())),
                };
                let ctx = Context::new(Parts {
                    table: Table::new(client, tenon_engine::local::TABLE),
                    queue,
                    http: Arc::new(HttpClient::new()),
                    clock,
                    entropy,
                    master_key: key,
                })?;
                Ok(Self { ctx, local: None, served: true, ages: None, dir: None })
            }
        }
    }

    /// The deployed table and queues, by the environment of the functions and the AWS credentials of
    /// whoever calls.
    async fn deployed() -> Result<Self, Failure> {
        let settings = Settings::from_env()?;
        let shared = aws_config::load_defaults(BehaviorVersion::latest()).await;
        let queue: Arc<dyn Queue> = Arc::new(SqsQueue::new(aws_sdk_sqs::Client::new(&shared), settings.clone()));
        let ages = Ages::new(&shared, &settings);
        let ctx = Context::new(Parts {
            table: Table::new(aws_sdk_dynamodb::Client::new(&shared), settings.table.clone()),
            queue,
            http: Arc::new(HttpClient::new()),
            clock: Clock::system(),
            entropy: Entropy::system(),
            master_key: settings.master_key,
        })?;
        Ok(Self { ctx, local: None, served: true, ages, dir: None })
    }
}

/// The embedded SQS at this address, which asks for this secret.
pub fn loopback_sqs(address: SocketAddr, secret: &str, master_key: MasterKey) -> SqsQueue {
    use aws_sdk_sqs::config::{Credentials, Region};
    let queues = tenon_catalog::QUEUES.iter().flat_map(|q| [q.name.to_owned(), q.dead_letter()]);
    let url = |name: &str| tenon_engine::backends::queue_url(address, &QueueName::new(name.to_owned()));
    let settings = Settings {
        table: tenon_engine::local::TABLE.to_owned(),
        queues: queues
            .map(|name| {
                let url = url(&name);
                (name, url)
            })
            .collect(),
        master_key,
        region: "us-east-1".to_owned(),
        dynamodb_endpoint: None,
        sqs_endpoint: Some(format!("http://{address}")),
    };
    let config = aws_sdk_sqs::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new(secret, "local", None, None, "local"))
        .endpoint_url(format!("http://{address}"))
        .build();
    SqsQueue::new(aws_sdk_sqs::Client::from_conf(config), settings)
}

fn loopback_client(endpoint: &str, secret: &str) -> aws_sdk_dynamodb::Client {
    use aws_sdk_dynamodb::config::{Credentials, Region, retry::RetryConfig, timeout::TimeoutConfig};
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(aws_sdk_dynamodb::config::BehaviorVersion::latest())
        .region(Region::new("local"))
        .credentials_provider(Credentials::new(secret, "local", None, None, "local"))
        .retry_config(RetryConfig::disabled())
        .timeout_config(TimeoutConfig::builder().operation_timeout(Duration::from_secs(10)).build())
        .endpoint_url(endpoint)
        .build();
    aws_sdk_dynamodb::Client::from_conf(config)
}

/// A data directory of which this process is the only owner.
pub struct DataDir {
    path: PathBuf,
    /// Released when the process ends, however it ends.
    _lock: File,
}

/// What opening a data directory found.
pub enum Opened {
    /// Nobody else has it.
    Free(DataDir),
    /// A `tenon up` serves it.
    Served(Running),
}

/// How often a lock that another command holds is asked for again, and how long apart.
const LOCK_TRIES: u32 = 20;
const LOCK_APART: Duration = Duration::from_millis(50);

/// Takes the lock. A command that is about to end is waited for, a server is not.
fn lock_soon(lock: &File, running: &Path) -> Result<(), std::fs::TryLockError> {
    let mut tries = LOCK_TRIES;
    loop {
        match lock.try_lock() {
            Err(std::fs::TryLockError::WouldBlock) if tries > 0 && !running.exists() => {
                tries -= 1;
                std::thread::sleep(LOCK_APART);
            }
            taken => return taken,
        }
    }
}

impl DataDir {
    /// Opens or makes the directory and takes its lock.
    pub fn open(path: &Path) -> Result<Opened, Failure> {
        let refused =
            |e: std::io::Error| Failure::usage(format!("the data directory {} cannot be used: {e}", path.display()));
        make_private_dir(path).map_err(refused)?;
        let lock =
            OpenOptions::new().create(true).truncate(false).write(true).open(path.join("lock")).map_err(refused)?;
        match lock_soon(&lock, &path.join("running.json")) {
            Ok(()) => {
                let dir = Self { path: path.to_owned(), _lock: lock };
                dir.refuse_if_data_is_gone()?;
                Ok(Opened::Free(dir))
            }
            Err(std::fs::TryLockError::WouldBlock) => {
                let running = std::fs::read(path.join("running.json")).ok();
                match running.and_then(|bytes| serde_json::from_slice(&bytes).ok()) {
                    Some(running) => Ok(Opened::Served(running)),
                    None => Err(Failure::outside(format!(
                        "another command is using {}; try again when it has ended",
                        path.display()
                    ))),
                }
            }
            Err(std::fs::TryLockError::Error(e)) => Err(refused(e)),
        }
    }

    /// The database file.
    pub fn database(&self) -> PathBuf {
        self.path.join("tenon.db")
    }

    /// The master key: `TENON_MASTER_KEY`, else the directory's own, made at first use. Ask for it before the
    /// database is made: data without a key is data that was lost.
    pub fn master_key(&self) -> Result<MasterKey, Failure> {
        let file = self.path.join(KEY_FILE);
        if std::env::var_os("TENON_MASTER_KEY").is_none() && !file.exists() {
            if self.id_file().exists() {
                let gone = format!("{} is gone, and the data here was sealed with a master key", file.display());
                return Err(Failure::usage(gone).with_hint(
                    "put the file back from your backup, or set TENON_MASTER_KEY as it was. If the key is lost, set \
                     TENON_MASTER_KEY to a new one and run `tenon apply --new-key`",
                ));
            }
            let key = STANDARD.encode(Entropy::system().bytes::<32>()?);
            write_private(&file, key.as_bytes())
                .map_err(|e| Failure::usage(format!("{} cannot be written: {e}", file.display())))?;
        }
        read_master_key(&self.path)
    }

    /// Holds the data against what the directory knows of it, and against the master key; names data that
    /// has no name yet.
    ///
    /// # Errors
    /// `config.other-key`; usage when this is not the data that was here.
    pub async fn identify(&self, ctx: &Context) -> Result<(), Failure> {
        let file = self.id_file();
        let known = std::fs::read_to_string(&file).ok().map(|text| text.trim().to_owned()).filter(|t| !t.is_empty());
        match (known, data_key::check(ctx).await?) {
            (Some(known), Some(found)) if known == found => Ok(()),
            (Some(_), None) => Err(self.gone(&format!("{} is empty", self.database().display()))),
            (Some(_), Some(_)) => Err(self.gone(&format!("{} is other data", self.database().display()))),
            (None, _) => {
                let id = data_key::establish(ctx).await?;
                write_private(&file, id.as_bytes())
                    .map_err(|e| Failure::usage(format!("{} cannot be written: {e}", file.display())))
            }
        }
    }

    /// Data that was here must be here: an engine would make what is missing, and begin with nothing.
    fn refuse_if_data_is_gone(&self) -> Result<(), Failure> {
        if !self.id_file().exists() {
            return Ok(());
        }
        let database = self.database();
        for file in [tenon_engine::local::queue_file(&database), database] {
            if std::fs::metadata(&file).map_or(0, |about| about.len()) == 0 {
                return Err(self.gone(&format!("{} is gone or empty", file.display())));
            }
        }
        Ok(())
    }

    fn gone(&self, what: &str) -> Failure {
        let id_file = self.id_file();
        Failure::usage(format!("{what}, and this directory held data; nothing was started")).with_hint(format!(
            "put the data back from your backup (docs/OPERATIONS.md). To go on without it, documents in work, tenants \
             and their orders included, remove {}",
            id_file.display()
        ))
    }

    /// Names the data that is here.
    fn id_file(&self) -> PathBuf {
        self.path.join("data.id")
    }

    /// Tells other commands where the server is.
    pub fn announce(&self, running: &Running) -> Result<(), Failure> {
        let text = serde_json::to_vec(running).map_err(|e| Failure::outside(e.to_string()))?;
        write_private(&self.path.join("running.json"), &text)
            .map_err(|e| Failure::usage(format!("running.json cannot be written: {e}")))
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Takes the announcement back.
    pub fn withdraw(&self) {
        // A stale file is harmless: the lock decides whether anybody is there.
        let _ = std::fs::remove_file(self.path.join("running.json"));
    }
}

fn read_master_key(data: &Path) -> Result<MasterKey, Failure> {
    if let Ok(text) = std::env::var("TENON_MASTER_KEY") {
        return master_key(text.trim(), "the environment variable TENON_MASTER_KEY").map_err(unusable_key);
    }
    read_key_file(&data.join(KEY_FILE))
}

/// The master key that a file holds.
pub(crate) fn read_key_file(file: &Path) -> Result<MasterKey, Failure> {
    let mut text = String::new();
    File::open(file)
        .and_then(|mut f| f.read_to_string(&mut text))
        .map_err(|e| Failure::usage(format!("the master key {} cannot be read: {e}", file.display())))?;
    master_key(text.trim(), &format!("the file {}", file.display())).map_err(unusable_key)
}

fn unusable_key(error: tenon_platform::Error) -> Failure {
    Failure::from(error).with_hint(
        "put the key back from your backup. If it is lost, put a new one there (`openssl rand -base64 32`) and run \
         `tenon apply --new-key`: connections are sealed with it anew, tenants' secrets have to be reset",
    )
}

/// Makes a directory that only its owner may enter: the data holds the customer's documents.
pub(crate) fn make_private_dir(path: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(path)
}

/// Writes a file that only its owner may read.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
