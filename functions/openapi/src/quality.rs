//! `GET /openapi/v1/quality/{orderNo}`: the quality report on one order.

use crate::orders::OfOrder;
use crate::{BODY_LIMIT, Call};
use tenon_catalog::areas::openapi::quality as routes;
use tenon_model::openapi::QualityReport;
use tenon_platform::dispatch::{Path, Service, on};
use tenon_tenants::entry::Signed;
use tenon_trade::{TradeError, quality};

/// The function.
pub static SERVICE: Service<Signed> =
    Service::new(Signed, || vec![on(routes::READ, report)]).with_body_limit(BODY_LIMIT);

async fn report(call: Call, Path(of): Path<OfOrder>) -> Result<QualityReport, TradeError> {
    quality::report(&call.ctx, &call.by.tenant, &of.order_no).await
}
