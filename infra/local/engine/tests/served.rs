//! The suite on the engines behind sockets: DynamoDB and SQS as functions see them under
//! `cargo lambda watch`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod over_http;
mod suite;

use std::future::pending;
use std::sync::Arc;
use suite::queue::{MAX_RECEIVES, QUEUE, World};
use tenon_engine::{Database, backends, create_table};
use tenon_platform::sqs::SqsQueue;
use tenon_platform::table::Table;
use tokio::net::TcpListener;

async fn a_table() -> Option<Table> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = over_http::dynamodb(&format!("http://{}", listener.local_addr().unwrap()));
    tokio::spawn(backends::serve_dynamodb(listener, Database::memory().unwrap(), pending()));
    create_table(&client, "suite").await.unwrap();
    Some(Table::new(client, "suite"))
}

async fn a_queue() -> Option<World> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let client = over_http::sqs(&format!("http://{address}"));
    tokio::spawn(backends::serve_sqs(listener, &[QUEUE], MAX_RECEIVES, pending()));
    let settings = over_http::settings(|queue| backends::queue_url(address, queue));
    Some(World { queue: Arc::new(SqsQueue::new(client, settings)), clock: None })
}

table_suite!(a_table());
queue_suite!(a_queue());
