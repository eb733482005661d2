//! Moments and durations.

use super::{Say, Scene};
use jiff::Timestamp;
use maud::{Markup, html};

/// A moment by the tenant's clock, and in UTC for machines.
pub(crate) fn moment(scene: &Scene<'_>, at_ms: i64) -> Markup {
    let Ok(at) = Timestamp::from_millisecond(at_ms) else { return html! {} };
    let shown = at.to_zoned(scene.zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string();
    html! { time datetime=(at.to_string()) { (shown) } }
}

/// What a field of local time holds.
pub(crate) fn local(scene: &Scene<'_>, at_ms: i64) -> String {
    Timestamp::from_millisecond(at_ms)
        .map(|at| at.to_zoned(scene.zone.clone()).strftime("%Y-%m-%dT%H:%M").to_string())
        .unwrap_or_default()
}

/// How long something took: exact below ten seconds.
pub(crate) fn took(scene: &Scene<'_>, ms: i64) -> String {
    let ms = ms.max(0);
    if ms < 10_000 { format!("{ms} ms") } else { long(scene, ms) }
}

/// How long, in its two largest units.
pub(crate) fn long(scene: &Scene<'_>, ms: i64) -> String {
    let seconds = ms.max(0) / 1000;
    let (second, minute, hour, day) =
        (scene.say(Say::Second), scene.say(Say::Minute), scene.say(Say::Hour), scene.say(Say::DayUnit));
    match seconds {
        0..60 => format!("{seconds} {second}"),
        60..3_600 => format!("{} {minute} {} {second}", seconds / 60, seconds % 60),
        3_600..86_400 => format!("{} {hour} {} {minute}", seconds / 3_600, seconds % 3_600 / 60),
        _ => format!("{} {day} {} {hour}", seconds / 86_400, seconds % 86_400 / 3_600),
    }
}

/// How long ago, with the moment itself.
pub(crate) fn ago(scene: &Scene<'_>, at_ms: i64) -> Markup {
    html! {
        (long(scene, scene.now_ms - at_ms)) " " (scene.say(Say::Ago))
        span.soft { (moment(scene, at_ms)) }
    }
}
