//! `POST /openapi/v1/orders/create`, `POST /openapi/v1/orders/list`, `GET /openapi/v1/orders/{orderNo}`:
//! what a tenant's system orders, and where its orders are.

use crate::entry::{self, BODY_LIMIT, Call, Data, Operation, Refusal};
use futures::FutureExt;
use futures::future::BoxFuture;
use lambda_http::{Body, Request, Response};
use serde::Serialize;
use serde_json::{Map, Value};
use tenon_model::Module;
use tenon_model::openapi::{CreateOrder, ListOrders};
use tenon_platform::body;
use tenon_platform::{Context, Error, request};
use tenon_trade::{TradeError, orders};

/// The routes.
pub const OPERATIONS: &[Operation] = &[
    Operation {
        method: "POST",
        path: "/openapi/v1/orders/create",
        module: Module::OrderSync,
        write: true,
        act: create,
    },
    Operation { method: "POST", path: "/openapi/v1/orders/list", module: Module::OrderSync, write: false, act: list },
    Operation {
        method: "GET",
        path: "/openapi/v1/orders/{orderNo}",
        module: Module::OrderSync,
        write: false,
        act: status,
    },
];

/// The Lambda handler.
pub fn handler(ctx: &Context, request: Request) -> BoxFuture<'_, Response<Body>> {
    entry::serve(ctx, request, OPERATIONS)
}

fn create(call: Call<'_>) -> BoxFuture<'_, Result<Data, Refusal>> {
    async move { created(&call, request::json(call.request, BODY_LIMIT)?).await }.boxed()
}

/// Creates the order whose fields stand in this object, for the calls that bring one among other things.
///
/// # Errors
/// As `orders/create`.
pub async fn import(call: &Call<'_>, fields: Map<String, Value>) -> Result<Data, Refusal> {
    created(call, body::from_value(&Value::Object(fields))?).await
}

async fn created(call: &Call<'_>, wanted: CreateOrder) -> Result<Data, Refusal> {
    let created = orders::create(call.ctx, call.app, wanted).await?;
    tracing::info!(order = %created.order.order_no, repeated = created.repeated, "order created");
    answer(&created.order.created(created.repeated))
}

fn list(call: Call<'_>) -> BoxFuture<'_, Result<Data, Refusal>> {
    async move {
        let wanted: ListOrders = request::json(call.request, BODY_LIMIT)?;
        answer(&orders::list(call.ctx, call.app, &wanted).await?)
    }
    .boxed()
}

fn status(call: Call<'_>) -> BoxFuture<'_, Result<Data, Refusal>> {
    async move {
        let order_no = request::path_parameter(call.request, "orderNo");
        answer(&orders::get(call.ctx, &call.app.tenant, order_no).await?.status())
    }
    .boxed()
}

/// The `data` of an answer.
pub(crate) fn answer<T: Serialize>(data: &T) -> Result<Data, Refusal> {
    serde_json::value::to_raw_value(data)
        .map_err(|e| Refusal::Failed(Error::permanent("platform.message", e.to_string())))
}

impl From<TradeError> for Refusal {
    fn from(error: TradeError) -> Self {
        match error {
            TradeError::Bad(bad) => Self::BadRequest(bad),
            TradeError::NotFound(message) => Self::NotFound(message),
            TradeError::Failed(error) => Self::Failed(error),
        }
    }
}
