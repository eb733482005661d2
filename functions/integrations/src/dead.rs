//! What needs attention now, and messages that were given up: looked at, put back, dropped.

use crate::common::{self, Call, Page, actor, at, page, part, tenant, text};
use crate::convert;
use tenon_catalog::areas::integrations::dead as routes;
use tenon_console_kit::{Console, ENVELOPE, see_other};
use tenon_operations::{alarms as attention, dead_letters};
use tenon_pages::integrations::{self as pages, AlarmRow, DeadLetter, Tab};
use tenon_platform::Rejection;
use tenon_platform::dispatch::{Reply, Service, on};

/// Alarms on a page: where nothing is begun any more, each flow is one.
const SIZE: usize = 50;

/// The function.
pub static SERVICE: Service<Console> = Service::new(Console, || {
    vec![on(routes::PAGE, look), on(routes::ALARMS, alarms), on(routes::PUT_BACK, put_back), on(routes::DROP, drop_one)]
})
.answering(ENVELOPE);

async fn look(call: Call, (): ()) -> Result<Reply, Rejection> {
    let feedback = common::feedback(&call);
    let all: Vec<DeadLetter> = dead_letters::list(&call.ctx, None)
        .await?
        .letters
        .into_iter()
        .map(|own| DeadLetter {
            queue: own.queue,
            id: own.id,
            job: own.job,
            code: Some(own.code).filter(|code| !code.is_empty()),
            reason: own.reason,
            at_ms: own.at_ms,
        })
        .collect();
    let own = Page { feedback, ..Page::new(Tab::DeadLetters, "") };
    page(&call, &own, |context| pages::dead_letters(context, &all))
}

/// What needs attention now.
async fn alarms(call: Call, (): ()) -> Result<Reply, Rejection> {
    let (ctx, tenant) = (&call.ctx, &tenant());
    let all = attention::list(ctx, tenant).await?;
    let begin = text(&call, "cursor", 10).parse().unwrap_or(0).min(all.len());
    let next = Some(begin.saturating_add(SIZE)).filter(|next| *next < all.len()).map(|next| next.to_string());
    let rows: Vec<AlarmRow> = all.into_iter().skip(begin).take(SIZE).map(convert::alarm).collect();
    page(&call, &Page::new(Tab::Alarms, ""), |context| pages::alarms(context, &rows, begin == 0, next.as_deref()))
}

async fn put_back(call: Call, (): ()) -> Result<Reply, Rejection> {
    let (tenant, by) = (tenant(), actor(&call));
    dead_letters::put_back(&at(&call.ctx, &tenant, &by), part(&call, "queue"), part(&call, "id")).await?;
    Ok(see_other(&format!("{}?done=put-back", Tab::DeadLetters.address())))
}

async fn drop_one(call: Call, (): ()) -> Result<Reply, Rejection> {
    let (tenant, by) = (tenant(), actor(&call));
    dead_letters::drop(&at(&call.ctx, &tenant, &by), part(&call, "queue"), part(&call, "id")).await?;
    Ok(see_other(&format!("{}?done=drop", Tab::DeadLetters.address())))
}
