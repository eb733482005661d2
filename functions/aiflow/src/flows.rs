//! `POST /aflow/api/flow/create_third_party`, `/flow/online_third_party`: flows that an ERP runs itself.

use tenon_catalog::areas::aiflow::flows as routes;
use tenon_platform::Rejection;
use tenon_platform::dispatch::{Call, Envelope, RawBody, Service, on};
use tenon_task_center::flows::{self, Created};
use tenon_task_center::{Caller, Done, ErpApp};

/// The function.
pub static SERVICE: Service<ErpApp> =
    Service::new(ErpApp, || vec![on(routes::CREATE, create), on(routes::ONLINE, online)])
        .answering(Envelope::Aiflow)
        .with_body_limit(1024 * 1024);

async fn create(call: Call<Caller>, RawBody(body): RawBody) -> Result<Created, Rejection> {
    flows::create(&call.ctx, &call.by, &body).await
}

async fn online(call: Call<Caller>, RawBody(body): RawBody) -> Result<Done, Rejection> {
    flows::online(&call.ctx, &call.by, &body).await
}
