//! `POST /aflow/api/sys/sync/department`, `/sys/sync/user`, `/auth/bind`: an ERP's departments and people.

use tenon_catalog::areas::aiflow::directory as routes;
use tenon_platform::Rejection;
use tenon_platform::dispatch::{Call, Envelope, RawBody, Service, on};
use tenon_task_center::{Caller, ErpApp, LONGEST_BODY, Synced};

/// The function.
pub static SERVICE: Service<ErpApp> = Service::new(ErpApp, || {
    vec![on(routes::DEPARTMENTS, departments), on(routes::USERS, users), on(routes::BIND, bind)]
})
.answering(Envelope::Aiflow)
.with_body_limit(LONGEST_BODY);

async fn departments(call: Call<Caller>, RawBody(body): RawBody) -> Result<Synced, Rejection> {
    tenon_task_center::sync_departments(&call.ctx, &call.by, &body).await
}

async fn users(call: Call<Caller>, RawBody(body): RawBody) -> Result<Synced, Rejection> {
    tenon_task_center::sync_people(&call.ctx, &call.by, &body).await
}

async fn bind(call: Call<Caller>, RawBody(body): RawBody) -> Result<String, Rejection> {
    tenon_task_center::bind(&call.ctx, &call.by, &body).await
}
