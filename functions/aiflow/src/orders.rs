//! `POST /aflow/api/order/sync/task`: an ERP's orders with their tasks.

use tenon_catalog::areas::aiflow::orders as routes;
use tenon_platform::Rejection;
use tenon_platform::dispatch::{Call, Envelope, RawBody, Service, on};
use tenon_task_center::{Caller, Done, ErpApp, LONGEST_BODY, orders};

/// The function.
pub static SERVICE: Service<ErpApp> =
    Service::new(ErpApp, || vec![on(routes::SYNC, sync)]).answering(Envelope::Aiflow).with_body_limit(LONGEST_BODY);

async fn sync(call: Call<Caller>, RawBody(body): RawBody) -> Result<Done, Rejection> {
    orders::sync(&call.ctx, &call.by, &body).await
}
