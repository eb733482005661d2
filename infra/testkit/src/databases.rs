//! Database servers of a test: their own folder, their own port, gone with it.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tenon_model::DatabaseId;
use tenon_model::config::{Database, DatabaseServer, DatabaseTls, Secret, SqliteDatabase};

/// A database, and what keeps it there.
#[derive(Debug)]
pub struct DatabaseFixture {
    /// As the configuration has it.
    pub database: Database,
    folder: TempDir,
    server: Option<Child>,
}

impl DatabaseFixture {
    /// Where its data lies.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for DatabaseFixture {
    fn drop(&mut self) {
        if let Some(server) = &mut self.server {
            let _ = server.kill();
            let _ = server.wait();
        }
    }
}

/// A SQLite file.
pub fn sqlite() -> DatabaseFixture {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("boards.db").display().to_string();
    let database = Database::Sqlite(SqliteDatabase { id: DatabaseId::new("boards"), path });
    DatabaseFixture { database, folder, server: None }
}

/// A program of a package, wherever Debian has put it.
fn program(name: &str, folders: &[&str]) -> Option<PathBuf> {
    let mut places: Vec<PathBuf> = folders.iter().map(|folder| Path::new(folder).join(name)).collect();
    for version in (11..20).rev() {
        places.push(PathBuf::from(format!("/usr/lib/postgresql/{version}/bin/{name}")));
    }
    places.into_iter().find(|place| place.exists())
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap();
    String::from_utf8_lossy(&id.stdout).trim() == "0"
}

/// As somebody who is not root: PostgreSQL does not run as root.
fn as_nobody(user: &str, program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid", user, "--regid", "nogroup", "--clear-groups"]).arg(program);
    command
}

fn give(user: &str, folder: &Path) {
    if is_root() {
        assert!(Command::new("chown").args(["-R", user]).arg(folder).status().unwrap().success());
    }
}

fn server(kind: fn(DatabaseServer) -> Database, port: u16, user: &str, database: &str) -> Database {
    kind(DatabaseServer {
        id: DatabaseId::new("boards"),
        host: "127.0.0.1".into(),
        port: Some(port),
        database: database.into(),
        username: user.into(),
        password: Secret::new("a-password-of-tests"),
        tls: DatabaseTls::Off,
        ca_file: None,
        ca_pem: None,
        timeout: Duration::from_secs(20),
    })
}

fn run(mut command: Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn wait_for(port: u16, child: &mut Child) {
    let begun = Instant::now();
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(child.try_wait().unwrap().is_none(), "the server ended");
        assert!(begun.elapsed() < Duration::from_secs(60), "the server does not listen");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// A server's certificate and its key, as PEM.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// The certificate, and those between it and its authority.
    pub chain: String,
    /// Its private key.
    pub key: String,
}

/// The files of a certificate, as servers want them: the key is its owner's alone.
fn put_certificate(folder: &Path, certificate: &Certificate) -> (PathBuf, PathBuf) {
    use std::os::unix::fs::PermissionsExt;
    let (chain, key) = (folder.join("server.pem"), folder.join("server.key"));
    std::fs::write(&chain, &certificate.chain).unwrap();
    std::fs::write(&key, &certificate.key).unwrap();
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
    give("nobody", folder);
    (chain, key)
}

/// A cluster of PostgreSQL's; `None` where it is not installed.
pub fn postgres() -> Option<DatabaseFixture> {
    postgres_with(None)
}

/// The same, which lets nobody in but over TLS.
pub fn postgres_with(certificate: Option<&Certificate>) -> Option<DatabaseFixture> {
    let (initdb, postgres) = (program("initdb", &[])?, program("postgres", &[])?);
    let folder = tempfile::Builder::new().prefix("tenon-pg").tempdir_in("/tmp").unwrap();
    give("nobody", folder.path());
    let data = folder.path().join("data");
    let password = folder.path().join("password");
    std::fs::write(&password, "a-password-of-tests\n").unwrap();
    give("nobody", folder.path());
    let mut command = as_nobody("nobody", &initdb);
    // A login by SCRAM takes a client that is not optimised a twentieth of a second, and a test logs in hundreds of times.
    let login = if certificate.is_some() { "scram-sha-256" } else { "password" };
    command.args(["-U", "tenon", "-A", login, "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--pwfile"]);
    command.arg(&password).arg("-D").arg(&data).current_dir("/");
    run(command);
    let port = free_port();
    let mut command = as_nobody("nobody", &postgres);
    command.arg("-D").arg(&data).args(["-h", "127.0.0.1", "-F", "-p", &port.to_string(), "-k"]).arg(folder.path());
    if let Some(certificate) = certificate {
        let (chain, key) = put_certificate(folder.path(), certificate);
        let rules = std::fs::read_to_string(data.join("pg_hba.conf")).unwrap().replace("\nhost ", "\nhostssl ");
        std::fs::write(data.join("pg_hba.conf"), rules).unwrap();
        for setting in [
            "ssl=on".to_owned(),
            format!("ssl_cert_file={}", chain.display()),
            format!("ssl_key_file={}", key.display()),
        ] {
            command.arg("-c").arg(setting);
        }
    }
    let mut child = command.current_dir("/").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    wait_for(port, &mut child);
    Some(DatabaseFixture {
        database: server(Database::Postgres, port, "tenon", "postgres"),
        folder,
        server: Some(child),
    })
}

/// A MariaDB; `None` where it is not installed.
pub fn mariadb() -> Option<DatabaseFixture> {
    mariadb_with(None)
}

/// The same, which lets nobody in but over TLS.
pub fn mariadb_with(certificate: Option<&Certificate>) -> Option<DatabaseFixture> {
    let daemon = program("mariadbd", &["/usr/sbin", "/usr/bin"])?;
    let install = program("mariadb-install-db", &["/usr/bin"])?;
    let folder = tempfile::Builder::new().prefix("tenon-my").tempdir_in("/tmp").unwrap();
    give("nobody", folder.path());
    let (data, port) = (folder.path().join("data"), free_port());
    let mut command = Command::new(install);
    command.args(["--no-defaults", "--skip-test-db", "--auth-root-authentication-method=normal"]);
    command.arg(format!("--datadir={}", data.display())).current_dir("/");
    if is_root() {
        command.arg("--user=nobody");
    }
    run(command);
    give("nobody", folder.path());
    let script = folder.path().join("init.sql");
    let lines = "CREATE DATABASE boards CHARACTER SET utf8mb4;\nCREATE USER 'tenon'@'127.0.0.1' IDENTIFIED BY 'a-password-of-tests';\n\
                 GRANT ALL ON *.* TO 'tenon'@'127.0.0.1' WITH GRANT OPTION;\n";
    std::fs::write(&script, lines).unwrap();
    let mut command = as_nobody("nobody", &daemon);
    command.args([
        "--no-defaults",
        "--bind-address=127.0.0.1",
        "--skip-name-resolve",
        "--innodb-flush-log-at-trx-commit=0",
        "--innodb-flush-method=nosync",
        "--innodb-doublewrite=OFF",
        // Nothing that a test makes outlives it.
        "--debug-no-sync",
        "--innodb-log-file-size=16M",
    ]);
    command.arg(format!("--port={port}")).arg(format!("--datadir={}", data.display()));
    command.arg(format!("--socket={}", folder.path().join("s").display()));
    command.arg(format!("--pid-file={}", folder.path().join("pid").display()));
    command.arg(format!("--init-file={}", script.display()));
    if let Some(certificate) = certificate {
        let (chain, key) = put_certificate(folder.path(), certificate);
        command.arg("--require-secure-transport=ON");
        command.arg(format!("--ssl-cert={}", chain.display())).arg(format!("--ssl-key={}", key.display()));
    }
    let mut child = command.current_dir("/").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    wait_for(port, &mut child);
    Some(DatabaseFixture { database: server(Database::Mysql, port, "tenon", "boards"), folder, server: Some(child) })
}
