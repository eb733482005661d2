//! `POST /aflow/api/flow/create`, `PUT /flow/update`, `POST /flow/publish`, `/form/sync`, `/order/approval/log`: processes that
//! run here, their forms, and decisions as the ERP stored them.

use tenon_catalog::areas::aiflow::process as routes;
use tenon_platform::Rejection;
use tenon_platform::dispatch::{Call, Envelope, RawBody, Service, on};
use tenon_task_center::flows::Created;
use tenon_task_center::process::{definitions, logs, synced};
use tenon_task_center::{Caller, Done, ErpApp, LONGEST_BODY};

/// The function.
pub static SERVICE: Service<ErpApp> = Service::new(ErpApp, || {
    vec![
        on(routes::CREATE, create),
        on(routes::UPDATE, update),
        on(routes::PUBLISH, publish),
        on(routes::FORM, form),
        on(routes::LOG, log),
    ]
})
.answering(Envelope::Aiflow)
.with_body_limit(LONGEST_BODY);

async fn create(call: Call<Caller>, RawBody(body): RawBody) -> Result<Created, Rejection> {
    definitions::create(&call.ctx, &call.by, &body).await
}

async fn update(call: Call<Caller>, RawBody(body): RawBody) -> Result<Created, Rejection> {
    definitions::update(&call.ctx, &call.by, &body).await
}

async fn publish(call: Call<Caller>, RawBody(body): RawBody) -> Result<Done, Rejection> {
    definitions::publish(&call.ctx, &call.by, &body).await
}

async fn form(call: Call<Caller>, RawBody(body): RawBody) -> Result<Done, Rejection> {
    synced::sync(&call.ctx, &call.by, &body).await
}

async fn log(call: Call<Caller>, RawBody(body): RawBody) -> Result<Done, Rejection> {
    logs::take_in(&call.ctx, &call.by, &body).await
}
