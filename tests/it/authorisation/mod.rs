//! The authorisation matrix: every HTTP route of the catalog × every way of not being allowed in. A
//! route that is added without its cases fails here.

mod aiflow;
mod app_code;
mod barcode;
mod bearer;
mod blacklake;
mod console;
mod dingtalk;
pub mod fixture;
mod oa;
mod open;
mod plm;
mod service;
mod sign_in;
mod signed;
mod weaver;
mod wecom;

use fixture::Fixture;
use tenon_catalog::{Auth, FUNCTIONS};

/// Ways of not being allowed in.
const CASES: [&str; 6] = ["no credentials", "wrong signature", "expired", "replayed", "other tenant", "wrong role"];

#[tokio::test]
async fn every_route_refuses_who_is_not_allowed_in() {
    let fixture = Fixture::new().await;
    let (mut routes, mut tried) = (0, 0);
    for function in FUNCTIONS {
        // What is tried below is what is declared, and the dispatcher lets in by the same declaration.
        assert_eq!(fixture.faults(function), Vec::<String>::new(), "{}", function.name);
        for route in function.routes() {
            routes += 1;
            // Anyone may ask, so there is one case: the answer holds nothing worth protecting.
            if route.auth == Auth::Open {
                open::holds_nothing(&fixture, function.name, route).await;
                tried += CASES.len();
                continue;
            }
            for case in CASES {
                match route.auth {
                    Auth::Open => {}
                    Auth::DingTalkEnvelope => dingtalk::case(function.name, case).await,
                    Auth::BlacklakeEnvelope => blacklake::case(function.name, case).await,
                    Auth::WecomEnvelope => wecom::case(function.name, route, case).await,
                    Auth::OpenApi { module, write } => {
                        signed::case(&fixture, function.name, route, module, write, case).await;
                    }
                    Auth::Bearer { role, scope } => {
                        bearer::case(&fixture, function.name, route, role, scope, case).await;
                    }
                    Auth::Console { role, scope } => {
                        console::case(&fixture, function.name, route, role, scope, case).await;
                    }
                    Auth::Session => sign_in::case(&fixture, function.name, route, case).await,
                    Auth::Aiflow => aiflow::case(function.name, route, case).await,
                    Auth::ConnectionApp => weaver::case(function.name, route, case).await,
                    Auth::PermittedApp if function.name == "plm" => plm::case(function.name, route, case).await,
                    Auth::PermittedApp => barcode::case(route, case).await,
                    Auth::AppCode => app_code::case(&fixture, function.name, route, case).await,
                    Auth::Service { .. } => service::case(&fixture, function.name, route, case).await,
                    Auth::OaToken => oa::case(route, case).await,
                }
                tried += 1;
            }
        }
    }
    assert_eq!(tried, routes * CASES.len());
}
