//! `POST /openapi/v1/orders/create`, `POST /openapi/v1/orders/list`, `GET /openapi/v1/orders/{orderNo}`:
//! what a tenant's system orders, and where its orders are.

use crate::{BODY_LIMIT, Call};
use serde::Deserialize;
use tenon_catalog::areas::openapi::orders as routes;
use tenon_model::openapi::{CreateOrder, CreatedOrder, ListOrders, OrderPage, OrderStatus};
use tenon_platform::dispatch::{Body, Path, Service, on};
use tenon_tenants::entry::Signed;
use tenon_trade::{TradeError, orders};

/// The function.
pub static SERVICE: Service<Signed> =
    Service::new(Signed, || vec![on(routes::CREATE, create), on(routes::LIST, list), on(routes::READ, status)])
        .with_body_limit(BODY_LIMIT);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OfOrder {
    pub order_no: String,
}

/// Creates an order; also for the calls that bring one among other things.
pub(crate) async fn create(call: Call, Body(wanted): Body<CreateOrder>) -> Result<CreatedOrder, TradeError> {
    let created = orders::create(&call.ctx, &call.by, wanted).await?;
    tracing::info!(order = %created.order.order_no, repeated = created.repeated, "order created");
    Ok(created.order.created(created.repeated))
}

async fn list(call: Call, Body(wanted): Body<ListOrders>) -> Result<OrderPage, TradeError> {
    orders::list(&call.ctx, &call.by, &wanted).await
}

async fn status(call: Call, Path(of): Path<OfOrder>) -> Result<OrderStatus, TradeError> {
    Ok(orders::get(&call.ctx, &call.by.tenant, &of.order_no).await?.status())
}
