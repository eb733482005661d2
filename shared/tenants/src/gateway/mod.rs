//! The gateway of signed calls: whether a call is let in, and why not. Knows neither HTTP nor Lambda.
//!
//! The checks come in one order: headers, key, time window, signature, replay, status and expiry,
//! address, module, quota. A call that is wrong in two ways gets the earlier one's answer. To outsiders
//! all of headers, key, time, signature and replay look the same; the tenant's call log has the reason.

mod counting;
mod form;
mod path;
mod signature;

pub use form::Presented;

use crate::apps;
use crate::quota::Usage;
use form::Form;
use tenon_model::Module;
use tenon_model::network;
use tenon_model::tenant_app::TenantApp;
use tenon_platform::{Context, Error};

/// How far a timestamp may lie from our time, in ms, either way.
const WINDOW_MS: i64 = 5 * 60_000;

/// What a caller is told of every failed authentication.
pub const UNAUTHENTIC: &str = "签名验证失败";
/// What a caller is told when we fail.
pub const INTERNAL: &str = "服务器内部错误";

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
    /// 401, 403, 429 or 500.
    pub status: u16,
    /// For the caller.
    pub message: &'static str,
    /// For the tenant's call log: `headers`, `unknown-key`, `disabled`, `expired`, `timestamp`, `scheme`,
    /// `signature`, `replay`, `ip`, `module`, `quota`, `busy`, `internal`.
    pub reason: &'static str,
    /// The app, once its key was found.
    pub app: Option<TenantApp>,
    /// With 429; `reset_s` is what `Retry-After` says.
    pub usage: Option<Usage>,
    /// With 500: what failed, for our own log.
    pub error: Option<Error>,
}

impl Refused {
    fn new(status: u16, message: &'static str, reason: &'static str) -> Box<Self> {
        Box::new(Self { status, message, reason, app: None, usage: None, error: None })
    }

    fn unauthentic(reason: &'static str) -> Box<Self> {
        Self::new(401, UNAUTHENTIC, reason)
    }

    fn failed(error: Error) -> Box<Self> {
        let mut refused = Self::new(500, INTERNAL, "internal");
        refused.error = Some(error);
        refused
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
    let form = Form::of(presented).ok_or_else(|| Refused::unauthentic("headers"))?;
    let Some(app) = apps::by_key(ctx, form.app_key).await.map_err(Refused::failed)? else {
        // As much work as for a known key, so that time tells nothing about which keys there are.
        if in_window(&form, now_ms).is_ok() {
            signature::pretend(&form);
        }
        return Err(Refused::unauthentic("unknown-key"));
    };
    match check(ctx, &app, &form, presented.ip, needs, write).await {
        Ok(usage) => Ok(Admitted { app, usage }),
        Err(refused) => Err(refused.of(app)),
    }
}

/// The checks of a call whose app is known.
async fn check(
    ctx: &Context,
    app: &TenantApp,
    form: &Form<'_>,
    ip: &str,
    needs: Module,
    write: bool,
) -> Checked<Option<Usage>> {
    let now_ms = ctx.now_ms();
    in_window(form, now_ms)?;
    signature::check(ctx, app, form)?;
    let once = form.once(app, write);
    if let Err(refused) = standing(app, now_ms).and_then(|()| entitled(app, ip, needs)) {
        // Whoever has not signed learns nothing of the app, and whoever repeats another's call has not.
        counting::replayed(ctx, once.as_ref()).await?;
        return Err(refused);
    }
    counting::count(ctx, app, once, now_ms).await
}

/// Whether the app may call at all.
fn standing(app: &TenantApp, now_ms: i64) -> Checked<()> {
    if !app.enabled {
        return Err(Refused::new(403, "应用已停用", "disabled"));
    }
    if app.is_expired(now_ms) {
        return Err(Refused::new(403, "应用已过期", "expired"));
    }
    Ok(())
}

fn in_window(form: &Form<'_>, now_ms: i64) -> Checked<()> {
    if (now_ms - form.timestamp_ms).abs() > WINDOW_MS {
        return Err(Refused::unauthentic("timestamp"));
    }
    Ok(())
}

/// Whether it may call from there, and this.
fn entitled(app: &TenantApp, ip: &str, needs: Module) -> Checked<()> {
    if !network::allowed(&app.allow_ips, ip) {
        return Err(Refused::new(403, "IP地址不在允许范围内", "ip"));
    }
    if app.module != needs {
        return Err(Refused::new(403, "应用类型不匹配", "module"));
    }
    Ok(())
}
