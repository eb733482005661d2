//! `GET /openapi/v1/logistics/{orderNo}`: the shipments of one order.

use crate::orders::OfOrder;
use crate::{BODY_LIMIT, Call};
use tenon_catalog::areas::openapi::logistics as routes;
use tenon_model::openapi::LogisticsStatus;
use tenon_platform::dispatch::{Path, Service, on};
use tenon_tenants::entry::Signed;
use tenon_trade::{TradeError, logistics};

/// The function.
pub static SERVICE: Service<Signed> =
    Service::new(Signed, || vec![on(routes::READ, status)]).with_body_limit(BODY_LIMIT);

async fn status(call: Call, Path(of): Path<OfOrder>) -> Result<LogisticsStatus, TradeError> {
    logistics::status(&call.ctx, &call.by.tenant, &of.order_no).await
}
