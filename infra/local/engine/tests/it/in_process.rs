//! The suite on the embedded engine as the AWS SDK reaches it, without a socket.

use tenon_engine::{Database, Gate, client, create_table};
use tenon_platform::table::Table;

async fn a_table() -> Option<Table> {
    let client = client(Database::memory().unwrap(), Gate::open());
    create_table(&client, "suite").await.unwrap();
    Some(Table::new(client, "suite"))
}

crate::table_suite!(a_table());
