//! Small pictures, as SVG without a style or script of its own.

use super::{Label, ViewContext, flows::Hour};
use maud::{Markup, html};

/// Width of a bar and the room beside it.
const BAR: u32 = 5;
/// Height of the picture.
const HIGH: u32 = 28;

/// Runs of each hour as bars: what failed at the bottom, in another colour and hatched.
pub(crate) fn hours(context: &ViewContext<'_>, hours: &[Hour]) -> Markup {
    let most = hours.iter().map(|hour| hour.failed + hour.others).max().unwrap_or(0).max(1);
    let (failed, others) =
        hours.iter().fold((0_u32, 0_u32), |(failed, others), hour| (failed + hour.failed, others + hour.others));
    let told = format!(
        "{}: {} {failed}, {} {others}",
        context.text(Label::Last24Hours),
        context.text(Label::FailedRuns),
        context.text(Label::GoodRuns)
    );
    let width = u32::try_from(hours.len()).unwrap_or(0).max(1) * (BAR + 1);
    let high = |count: u32| if count == 0 { 0 } else { (count * (HIGH - 2)).div_ceil(most).max(2) };
    html! {
        svg.spark role="img" aria-label=(told) viewBox={ "0 0 " (width) " " (HIGH) } width=(width) height=(HIGH) {
            @for (index, hour) in (0_u32..).zip(hours) {
                @let bad = high(hour.failed);
                @let good = high(hour.others).min(HIGH - bad);
                @if good > 0 {
                    rect.good x=(index * (BAR + 1)) y=(HIGH - bad - good) width=(BAR) height=(good) {}
                }
                @if bad > 0 { rect.bad x=(index * (BAR + 1)) y=(HIGH - bad) width=(BAR) height=(bad) {} }
            }
            line x1="0" y1=(HIGH) x2=(width) y2=(HIGH) {}
        }
    }
}

/// When, within a whole, a part was under way: thousandths from the left, and of its width.
pub(crate) fn span(left: i64, width: i64, failed: bool) -> Markup {
    let left = left.clamp(0, 996);
    html! {
        svg.span aria-hidden="true" viewBox="0 0 1000 10" preserveAspectRatio="none" {
            rect.rail x="0" y="4" width="1000" height="2" {}
            rect class=(if failed { "bad" } else { "good" }) x=(left) y="1" width=(width.clamp(4, 1_000 - left)) height="8" {}
        }
    }
}
