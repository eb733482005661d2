//! Moments and durations.

use super::{Label, ViewContext};
use jiff::Timestamp;
use maud::{Markup, html};

/// A moment by the tenant's clock, and in UTC for machines.
pub(crate) fn moment(context: &ViewContext<'_>, at_ms: i64) -> Markup {
    let Ok(at) = Timestamp::from_millisecond(at_ms) else { return html! {} };
    let shown = at.to_zoned(context.zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string();
    html! { time datetime=(at.to_string()) { (shown) } }
}

/// What a field of local time holds.
pub(crate) fn local(context: &ViewContext<'_>, at_ms: i64) -> String {
    Timestamp::from_millisecond(at_ms)
        .map(|at| at.to_zoned(context.zone.clone()).strftime("%Y-%m-%dT%H:%M").to_string())
        .unwrap_or_default()
}

/// How long something took: exact below ten seconds.
pub(crate) fn took(context: &ViewContext<'_>, ms: i64) -> String {
    let ms = ms.max(0);
    if ms < 10_000 { format!("{ms} ms") } else { long(context, ms) }
}

/// How long, in its two largest units.
pub(crate) fn long(context: &ViewContext<'_>, ms: i64) -> String {
    let seconds = ms.max(0) / 1000;
    let (second, minute, hour, day) = (
        context.text(Label::Second),
        context.text(Label::Minute),
        context.text(Label::Hour),
        context.text(Label::DayUnit),
    );
    match seconds {
        0..60 => format!("{seconds} {second}"),
        60..3_600 => format!("{} {minute} {} {second}", seconds / 60, seconds % 60),
        3_600..86_400 => format!("{} {hour} {} {minute}", seconds / 3_600, seconds % 3_600 / 60),
        _ => format!("{} {day} {} {hour}", seconds / 86_400, seconds % 86_400 / 3_600),
    }
}

/// How long ago, with the moment itself.
pub(crate) fn ago(context: &ViewContext<'_>, at_ms: i64) -> Markup {
    html! {
        (long(context, context.now_ms - at_ms)) " " (context.text(Label::Ago))
        " " span.soft { (moment(context, at_ms)) }
    }
}
