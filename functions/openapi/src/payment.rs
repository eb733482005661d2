//! `GET /openapi/v1/payment/{reconciliationNo}`, `POST /openapi/v1/payment/confirm`: what is to be paid,
//! and the customer's word that it is.

use crate::entry::{self, BODY_LIMIT, Call, Data, Operation, Refusal};
use crate::orders::answer;
use futures::FutureExt;
use futures::future::BoxFuture;
use lambda_http::{Body, Request, Response};
use tenon_model::Module;
use tenon_model::openapi::ConfirmPayment;
use tenon_platform::{Context, request};
use tenon_trade::reconciliations;

/// The routes.
pub const OPERATIONS: &[Operation] = &[
    Operation {
        method: "GET",
        path: "/openapi/v1/payment/{reconciliationNo}",
        module: Module::PaymentSync,
        write: false,
        act: status,
    },
    Operation {
        method: "POST",
        path: "/openapi/v1/payment/confirm",
        module: Module::PaymentSync,
        write: true,
        act: confirm,
    },
];

/// The Lambda handler.
pub fn handler(ctx: &Context, request: Request) -> BoxFuture<'_, Response<Body>> {
    entry::serve(ctx, request, OPERATIONS)
}

fn status(call: Call<'_>) -> BoxFuture<'_, Result<Data, Refusal>> {
    async move {
        let no = request::path_parameter(call.request, "reconciliationNo");
        answer(&reconciliations::get(call.ctx, &call.app.tenant, no).await?)
    }
    .boxed()
}

fn confirm(call: Call<'_>) -> BoxFuture<'_, Result<Data, Refusal>> {
    async move {
        let wanted: ConfirmPayment = request::json(call.request, BODY_LIMIT)?;
        let paid = reconciliations::confirm(call.ctx, &call.app.tenant, &wanted).await?;
        tracing::info!(reconciliation = %paid.reconciliation_no, "payment confirmed");
        answer(&paid)
    }
    .boxed()
}
