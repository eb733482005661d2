//! `GET /openapi/v1/logistics/{orderNo}`: the shipments of one order.

use crate::entry::{self, Call, Data, Operation, Refusal};
use crate::orders::answer;
use futures::FutureExt;
use futures::future::BoxFuture;
use lambda_http::{Body, Request, Response};
use tenon_model::Module;
use tenon_platform::{Context, request};
use tenon_trade::logistics;

/// The route.
pub const OPERATIONS: &[Operation] = &[Operation {
    method: "GET",
    path: "/openapi/v1/logistics/{orderNo}",
    module: Module::LogisticsSync,
    write: false,
    act: status,
}];

/// The Lambda handler.
pub fn handler(ctx: &Context, request: Request) -> BoxFuture<'_, Response<Body>> {
    entry::serve(ctx, request, OPERATIONS)
}

fn status(call: Call<'_>) -> BoxFuture<'_, Result<Data, Refusal>> {
    async move {
        let order_no = request::path_parameter(call.request, "orderNo");
        answer(&logistics::status(call.ctx, &call.app.tenant, order_no).await?)
    }
    .boxed()
}
