//! The gateway of signed calls: whether a call is let in, and why not. Knows neither HTTP nor Lambda.
//!
//! The checks come in one order: headers, key, time window, signature, replay, status and expiry,
//! address, module, quota. A call that is wrong in two ways gets the earlier one's answer. To outsiders
//! all of headers, key, time, signature and replay look the same; the tenant's call log has the reason.

mod counting;
mod headers;
mod path;
mod signature;

pub(crate) use counting::KIND;
pub use headers::Presented;

use crate::apps;
use crate::call_rate;
use crate::quota::Usage;
use headers::SignedHeaders;
use tenon_model::Module;
use tenon_model::network;
use tenon_model::tenant_app::TenantApp;
use tenon_platform::{Context, Error, Rejection};

/// How far a timestamp may lie from our time, in ms, either way.
const WINDOW_MS: i64 = 5 * 60_000;

/// What a caller is told of every failed authentication.
pub const UNAUTHENTIC: &str = "签名验证失败";

/// A call that may be carried out.
#[derive(Clone, Debug)]
pub struct Admitted {
    /// The app, with sealed secrets. Its tenant is the call's.
    pub app: TenantApp,
    /// How much of the quota is used, where the count told it.
    pub usage: Option<Usage>,
}

/// A call that may not.
#[derive(Clone, Debug)]
pub struct Refused {
    /// Why, and what the caller is told.
    pub rejection: Rejection,
    /// For the tenant's call log: `headers`, `unknown-key`, `disabled`, `expired`, `timestamp`, `scheme`,
    /// `signature`, `replay`, `ip`, `module`, `quota`, `busy`, `internal`.
    pub reason: &'static str,
    /// The app, once its key was found.
    pub app: Option<TenantApp>,
    /// When the quota is used up.
    pub usage: Option<Usage>,
}

impl Refused {
    fn new(rejection: Rejection, reason: &'static str) -> Box<Self> {
        Box::new(Self { rejection, reason, app: None, usage: None })
    }

    fn unauthentic(reason: &'static str) -> Box<Self> {
        Self::new(Rejection::Unauthenticated { message: UNAUTHENTIC, reason, hint: None }, reason)
    }

    fn forbidden(message: &str, reason: &'static str) -> Box<Self> {
        Self::new(Rejection::Forbidden(message.to_owned()), reason)
    }

    fn failed(error: Error) -> Box<Self> {
        Self::new(Rejection::Failed(error), "internal")
    }

    fn of(mut self: Box<Self>, app: TenantApp) -> Box<Self> {
        self.app = Some(app);
        self
    }
}

type Checked<T> = Result<T, Box<Refused>>;

/// Lets a call in, counted against its app's quota, or refuses it. `write` is whether the call changes
/// something: then its signature is taken once only.
///
/// Costs two table requests, and a third where a replay must be noticed.
///
/// # Errors
/// The refusal, boxed since it carries the app.
pub async fn admit(
    ctx: &Context,
    presented: &Presented<'_>,
    needs: Module,
    write: bool,
) -> Result<Admitted, Box<Refused>> {
    let now_ms = ctx.now_ms();
    let headers = SignedHeaders::of(presented).ok_or_else(|| Refused::unauthentic("headers"))?;
    let Some(app) = apps::by_key(ctx, headers.app_key).await.map_err(Refused::failed)? else {
        // As much work as for a known key, so that time tells nothing about which keys there are.
        if in_window(&headers, now_ms).is_ok() {
            signature::pretend(&headers);
        }
        return Err(Refused::unauthentic("unknown-key"));
    };
    match check(ctx, &app, &headers, presented.ip, needs, write).await {
        Ok(usage) => Ok(Admitted { app, usage }),
        Err(refused) => Err(refused.of(app)),
    }
}

/// The checks of a call whose app is known.
async fn check(
    ctx: &Context,
    app: &TenantApp,
    headers: &SignedHeaders<'_>,
    ip: &str,
    needs: Module,
    write: bool,
) -> Checked<Option<Usage>> {
    let now_ms = ctx.now_ms();
    in_window(headers, now_ms)?;
    signature::check(ctx, app, headers).await?;
    let once = headers.once(app, write);
    if let Err(refused) = check_status(app, now_ms).and_then(|()| authorise(app, ip, needs)) {
        // Whoever has not signed learns nothing of the app, and whoever repeats another's call has not.
        counting::replayed(ctx, once.as_ref()).await?;
        return Err(refused);
    }
    // Before it is remembered: what is put off may be sent again unchanged.
    call_rate::admit(ctx, &app.tenant).await.map_err(|rejection| Refused::new(rejection, "too-fast"))?;
    counting::count(ctx, app, once, now_ms).await
}

/// Whether the app may call at all.
fn check_status(app: &TenantApp, now_ms: i64) -> Checked<()> {
    if !app.enabled {
        return Err(Refused::forbidden("应用已停用", "disabled"));
    }
    if app.is_expired(now_ms) {
        return Err(Refused::forbidden("应用已过期", "expired"));
    }
    Ok(())
}

fn in_window(headers: &SignedHeaders<'_>, now_ms: i64) -> Checked<()> {
    if (now_ms - headers.timestamp_ms).abs() > WINDOW_MS {
        return Err(Refused::unauthentic("timestamp"));
    }
    Ok(())
}

/// Whether it may call from there, and this.
fn authorise(app: &TenantApp, ip: &str, needs: Module) -> Checked<()> {
    if !network::allowed(&app.allow_ips, ip) {
        return Err(Refused::forbidden("IP地址不在允许范围内", "ip"));
    }
    if app.module != needs {
        return Err(Refused::forbidden("应用类型不匹配", "module"));
    }
    Ok(())
}
