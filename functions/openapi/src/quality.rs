//! `GET /openapi/v1/quality/{orderNo}`: the quality report on one order.

use crate::entry::{self, Call, Data, Operation, Refusal};
use crate::orders::answer;
use futures::FutureExt;
use futures::future::BoxFuture;
use lambda_http::{Body, Request, Response};
use tenon_model::Module;
use tenon_platform::{Context, request};
use tenon_trade::quality;

/// The route.
pub const OPERATIONS: &[Operation] = &[Operation {
    method: "GET",
    path: "/openapi/v1/quality/{orderNo}",
    module: Module::QualityFeedback,
    write: false,
    act: report,
}];

/// The Lambda handler.
pub fn handler(ctx: &Context, request: Request) -> BoxFuture<'_, Response<Body>> {
    entry::serve(ctx, request, OPERATIONS)
}

fn report(call: Call<'_>) -> BoxFuture<'_, Result<Data, Refusal>> {
    async move {
        let order_no = request::path_parameter(call.request, "orderNo");
        answer(&quality::report(call.ctx, &call.app.tenant, order_no).await?)
    }
    .boxed()
}
