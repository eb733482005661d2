//! One suite over SQLite, PostgreSQL and MariaDB. The servers are started by the test itself, on loopback with data of
//! their own; PostgreSQL's and MariaDB's programs are Debian's (`scripts/setup-databases.sh`).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod suite;
