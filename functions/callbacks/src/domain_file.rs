//! `GET /{file}`: the file by which WeCom checks that this domain is the company's (`WW_verify_….txt`).
//!
//! Only names that a connection lists are answered, with the bytes it lists: what could be made up from the
//! request would let anybody claim the domain.

use crate::wecom::plain_text;
use lambda_http::{Body, RequestExt};
use tenon_catalog::areas::callbacks::domain_file as routes;
use tenon_model::TenantId;
use tenon_model::config::Connection;
use tenon_platform::Rejection;
use tenon_platform::dispatch::{Anyone, Call, Envelope, Open, Reply, Service, on};

/// The function.
pub static SERVICE: Service<Open> = Service::new(Open, || vec![on(routes::READ, answer)]).answering(Envelope::Plain);

async fn answer(call: Call<Anyone>, (): ()) -> Result<Reply, Rejection> {
    let name = call.request.path_parameters_ref().and_then(|p| p.first("file")).unwrap_or_default().to_owned();
    let loaded = call.ctx.config.load(&TenantId::operator()).await?;
    let text = loaded.connections().find_map(|connection| match connection.as_ref() {
        Connection::Wecom(c) => c.domain_files.get(&name).cloned(),
        _ => None,
    });
    text.map(|text| plain_text(200, Body::Text(text))).ok_or_else(Rejection::not_found)
}
