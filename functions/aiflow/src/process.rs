//! The calls of the process engine (`/flow/create`, `/flow/update`, `/flow/publish`, `/form/sync`,
//! `/order/approval/log`): whoever is let in is told that they are not supported.

use std::borrow::Cow;
use tenon_catalog::areas::aiflow::process as routes;
use tenon_platform::Rejection;
use tenon_platform::dispatch::{Call, Envelope, Service, on};
use tenon_task_center::{Caller, ErpApp, LONGEST_BODY};

/// The function.
pub static SERVICE: Service<ErpApp> = Service::new(ErpApp, || {
    [routes::CREATE, routes::UPDATE, routes::PUBLISH, routes::FORM, routes::LOG]
        .map(|route| on(route, not_supported))
        .into()
})
.answering(Envelope::Aiflow)
.with_body_limit(LONGEST_BODY);

async fn not_supported(_: Call<Caller>, (): ()) -> Result<(), Rejection> {
    Err(Rejection::NotSupported(Cow::Borrowed(
        "暂不支持流程引擎接口，请使用三方流程接口（create_third_party、order/sync/task）",
    )))
}
