//! Changing an app: its settings, its secrets, on and off, away.

use super::OfApp;
use super::one::{kinds, preset, settings, shown};
use crate::common::{self, Call, noted, wrong};
use tenon_console_kit::{Fields, frame, see_other};
use tenon_model::AppId;
use tenon_model::tenant_app::TenantApp;
use tenon_pages::console::Label;
use tenon_pages::console::app::Settings;
use tenon_pages::console::apps::{APPS, MANAGEMENT};
use tenon_platform::Rejection;
use tenon_platform::dispatch::{Path, Reply};
use tenon_tenants::manage::{self, AppBody, Edited};
use tenon_tenants::quota as calls_of_a_day;

fn back(call: &Call, id: &AppId, done: &str) -> Result<Reply, Rejection> {
    Ok(see_other(&frame(call)?.at(&format!("{APPS}/{id}"), &[("done", done)])))
}

pub(super) async fn edit(call: Call, (Path(of), fields): (Path<OfApp>, Fields)) -> Result<Reply, Rejection> {
    let app = manage::one(&call.ctx, &call.by.tenant, &of.id).await?.data;
    noted(&call, "edit-app", of.id.as_str()).await?;
    let changed = match body(&app, &fields, call.by.principal.is_operator()) {
        Ok(body) => manage::edit(&call.ctx, &call.by.tenant, &of.id, &body, &call.by.principal).await,
        Err(refusal) => Err(refusal),
    };
    match changed {
        Ok(Edited { callback_secret: None, .. }) => back(&call, &of.id, "saved"),
        Ok(edited) => secret_of_pushes(&call, &of.id, &edited),
        Err(refusal) => {
            let bad = wrong(refusal)?;
            shown(&call, &app, &filled(&app, &fields), Some(&bad)).await
        }
    }
}

/// What a form asks an app to be.
fn body(app: &TenantApp, fields: &Fields, by_operator: bool) -> Result<AppBody, Rejection> {
    let text = |name: &str| Some(Some(fields.one(name).to_owned()).filter(|text| !text.is_empty()));
    let url = text("callbackUrl");
    let number = |name: &str, problem: &str| match fields.one(name) {
        "" => Ok(None),
        given => given.parse::<u32>().map(Some).map_err(|_| Rejection::field(name, problem)),
    };
    let addresses = fields.one("allowIps").split(['\n', ',', ' ']).map(str::trim).filter(|line| !line.is_empty());
    let mut body = AppBody {
        app_name: Some(fields.one("appName").to_owned()),
        external_api_url: text("externalApiUrl"),
        allow_ips: Some(addresses.map(str::to_owned).collect()),
        scheme_2_only: Some(fields.ticked("scheme2Only")),
        ..AppBody::default()
    };
    if by_operator {
        body.daily_quota = number("dailyQuota", "须为0至100000000，0表示不限")?;
    }
    // What belongs to an address goes with it.
    if matches!(url, Some(Some(_))) {
        let wanted = fields.all("callbackEvents");
        let wanted: Vec<_> = kinds(app).filter(|kind| wanted.contains(&kind.code())).collect();
        body.callback_events = Some(Some(wanted).filter(|wanted| !wanted.is_empty()));
        body.retry_preset = preset(fields.one("retryPreset"));
        body.rate_per_second = Some(number("ratePerSecond", "须为1至1000，或留空表示不限")?);
    }
    body.callback_url = url;
    Ok(body)
}

/// What a form was filled in with, to be shown again.
fn filled(app: &TenantApp, fields: &Fields) -> Settings {
    let ticked = fields.all("callbackEvents");
    let own = |name: &str| fields.one(name).to_owned();
    Settings {
        name: own("appName"),
        callback_url: own("callbackUrl"),
        events: kinds(app).map(|kind| (kind.code().to_owned(), ticked.contains(&kind.code()))).collect(),
        preset: own("retryPreset"),
        rate: own("ratePerSecond"),
        external_url: own("externalApiUrl"),
        allow_ips: own("allowIps"),
        scheme_2_only: fields.ticked("scheme2Only"),
        daily_quota: if fields.one("dailyQuota").is_empty() { settings(app).daily_quota } else { own("dailyQuota") },
    }
}

pub(super) async fn switch(call: Call, (Path(of), fields): (Path<OfApp>, Fields)) -> Result<Reply, Rejection> {
    let enabled = match fields.one("status") {
        "active" => true,
        "disabled" => false,
        _ => return Err(Rejection::field("status", "须为active或disabled")),
    };
    noted(&call, if enabled { "switch-app-on" } else { "switch-app-off" }, of.id.as_str()).await?;
    manage::switch(&call.ctx, &call.by.tenant, &of.id, Some(enabled)).await?;
    back(&call, &of.id, "saved")
}

pub(super) async fn delete(call: Call, (Path(of), fields): (Path<OfApp>, Fields)) -> Result<Reply, Rejection> {
    if !fields.ticked("sure") {
        return Err(Rejection::field("sure", "不能为空"));
    }
    noted(&call, "delete-app", of.id.as_str()).await?;
    manage::delete(&call.ctx, &call.by.tenant, &of.id).await?;
    Ok(see_other(&frame(&call)?.at(MANAGEMENT, &[("tab", "apps"), ("done", "deleted")])))
}

fn overlap(fields: &Fields) -> Result<u32, Rejection> {
    let given = fields.one("overlapHours");
    given.parse().map_err(|_| Rejection::field("overlapHours", "须为0至168"))
}

pub(super) async fn secret(call: Call, (Path(of), fields): (Path<OfApp>, Fields)) -> Result<Reply, Rejection> {
    let hours = overlap(&fields)?;
    noted(&call, "reset-secret", of.id.as_str()).await?;
    let (shown, rotation) = manage::reset_secret(&call.ctx, &call.by.tenant, &of.id, hours).await?;
    let frame = frame(&call)?;
    let next = frame.at(&format!("{APPS}/{}", of.id), &[]);
    Ok(common::credentials(&frame, Label::SecretMade, &shown, &common::rotation(&frame, &rotation), &next))
}

pub(super) async fn callback_secret(call: Call, (Path(of), fields): (Path<OfApp>, Fields)) -> Result<Reply, Rejection> {
    let hours = overlap(&fields)?;
    noted(&call, "reset-callback-secret", of.id.as_str()).await?;
    let edited = manage::reset_callback_secret(&call.ctx, &call.by.tenant, &of.id, hours).await?;
    secret_of_pushes(&call, &of.id, &edited)
}

fn secret_of_pushes(call: &Call, id: &AppId, edited: &Edited) -> Result<Reply, Rejection> {
    let frame = frame(call)?;
    let Some(secret) = &edited.callback_secret else { return back(call, id, "saved") };
    let notes = edited.rotation.as_ref().map(|rotation| common::rotation(&frame, rotation)).unwrap_or_default();
    let next = frame.at(&format!("{APPS}/{id}"), &[]);
    let values = [(Label::CallbackSecret, secret.expose())];
    Ok(common::once(&frame, Label::SecretMade, &values, &notes, &next))
}

pub(super) async fn quota(call: Call, Path(of): Path<OfApp>) -> Result<Reply, Rejection> {
    // Apps have no operator's list: the tenant has to be named here as well.
    if !call.by.has_tenant() {
        return Err(Rejection::field("tenantId", "运营方须在查询参数中指明租户"));
    }
    let app = manage::one(&call.ctx, &call.by.tenant, &of.id).await?.data;
    noted(&call, "reset-quota", of.id.as_str()).await?;
    calls_of_a_day::reset(&call.ctx, &app).await?;
    back(&call, &of.id, "quota")
}
