//! SAP Business One, simulated, by either version of its Service Layer.

use super::fixture::{Fixture, On};
use crate::support::{self, Route, TestConnections, Trouble};
use serde_json::{Value, json};
use std::marker::PhantomData;
use tenon_model::DocumentKey;
use tenon_model::config::{B1Connection, Connection, Secret, ServiceLayer};
use tenon_platform::Context;
use tenon_sandbox::{B1Options, ServedVersions, Vendor};

/// The version that is served and called.
pub trait Version {
    const CALLED: ServiceLayer;
    const SERVED: ServedVersions;
}

pub struct V1;
pub struct V2;

impl Version for V1 {
    const CALLED: ServiceLayer = ServiceLayer::V1;
    const SERVED: ServedVersions = ServedVersions::V1;
}

impl Version for V2 {
    const CALLED: ServiceLayer = ServiceLayer::V2;
    const SERVED: ServedVersions = ServedVersions::V2;
}

pub struct Simulated<V>(TestConnections, PhantomData<V>);

fn connection<V: Version>() -> B1Connection {
    B1Connection { api: V::CALLED, ..support::b1_connection() }
}

fn route(on: On) -> Route {
    match on {
        On::Read => ("GET", "Orders"),
        On::Update => ("PATCH", "Orders"),
        On::Create => ("POST", "TOOLING"),
    }
}

impl<V: Version> Fixture for Simulated<V> {
    const DOCUMENTS: (&'static str, &'static str) = ("Orders", "DocEntry");
    const KEYED: (&'static str, &'static str) = ("TOOLING", "Code");
    const FIELD: &'static str = "U_ISSYN";
    const VERSIONS: bool = true;

    async fn new() -> Self {
        let options = B1Options { service_layer: V::SERVED, ..B1Options::default() };
        let connections = TestConnections::new(options).await;
        connections.sandbox.b1().register_set("TOOLING", "Code", false);
        Self(connections, PhantomData)
    }

    fn ctx(&self) -> &Context {
        &self.0.ctx
    }

    fn connection(&self) -> Connection {
        Connection::B1(connection::<V>())
    }

    fn refused(&self) -> Connection {
        Connection::B1(B1Connection { password: Secret::new("wrong"), ..connection::<V>() })
    }

    fn add(&self, value: &str) -> DocumentKey {
        let fields = json!({ "CardCode": "C20000", "U_ISSYN": value });
        let order = self.0.sandbox.b1().create_document(self.0.now(), "Orders", fields).unwrap();
        DocumentKey::from_json(&order["DocEntry"]).unwrap()
    }

    fn fields(&self) -> Vec<Value> {
        self.0.sandbox.b1().rows("Orders").iter().map(|order| order["U_ISSYN"].clone()).collect()
    }

    fn keyed(&self) -> usize {
        self.0.sandbox.b1().rows("TOOLING").len()
    }

    fn disturb(&self, on: On, trouble: Trouble) {
        self.0.disturb(Vendor::B1, route(on), trouble, (403, "{}"));
    }

    fn calls(&self, on: On) -> usize {
        let (method, path) = route(on);
        self.0.wire.sent(method, path).len()
    }

    fn logins(&self) -> usize {
        self.0.wire.sent("POST", "/Login").len()
    }
}
