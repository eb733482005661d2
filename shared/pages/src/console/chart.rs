//! Charts, drawn here as SVG. Every chart has its numbers beside it as a table, and no number is told by a colour alone.

use super::layout::Frame;
use super::texts::Label;
use maud::{Markup, html};

const HEIGHT: i64 = 120;
const LABELS: i64 = 16;
/// Most labels under the bars.
const NAMED: usize = 8;

/// A series of numbers: its name and the class that colours it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Series {
    /// What it is called.
    pub name: &'static str,
    /// `good`, `warn`, `bad` or `none`.
    pub class: &'static str,
}

/// A bar: its name, and its part of each series, from below.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bar {
    /// What it is of.
    pub name: String,
    /// One number a series.
    pub parts: Vec<i64>,
}

/// Stacked bars with their numbers.
pub fn bars(frame: &Frame, title: &str, series: &[Series], bars: &[Bar]) -> Markup {
    let highest = bars.iter().map(sum).max().unwrap_or(0).max(1);
    let total: i64 = bars.iter().map(sum).sum();
    let width = 640;
    let count = i64::try_from(bars.len()).unwrap_or(1).max(1);
    let each = width / count;
    let told = format!("{title}: {total}");
    html! {
        figure {
            figcaption { (title) " · " (frame.text(Label::Total)) " " strong { (total) } }
            svg.chart viewBox={ "0 0 " (width) " " (HEIGHT + LABELS + 12) } role="img" aria-label=(told) {
                line.axis x1="0" x2=(width) y1=(HEIGHT + 12) y2=(HEIGHT + 12) {}
                text x="0" y="9" { (highest) }
                @for (at, bar) in (0_i64..).zip(bars) {
                    @for (class, y, height) in stacked(series, bar, highest) {
                        rect class={ "s-" (class) } x=(at * each + each / 8) y=(y + 12) width=(each - each / 4) height=(height) {}
                    }
                    @if is_named(bars.len(), at) {
                        text x=(at * each + each / 8) y=(HEIGHT + LABELS + 10) { (bar.name) }
                    }
                }
            }
            ul.keyline { @for own in series { li { span class={ "key s-" (own.class) } {} (own.name) } } }
            details.more {
                summary { (frame.text(Label::Numbers)) }
                div.scroll tabindex="0" role="region" aria-label=(title) { (table(frame, title, series, bars)) }
            }
        }
    }
}

fn sum(bar: &Bar) -> i64 {
    bar.parts.iter().sum()
}

/// Class, place from above, and height of each part that is seen.
fn stacked(series: &[Series], bar: &Bar, highest: i64) -> Vec<(&'static str, i64, i64)> {
    let mut below = 0;
    let parts = series.iter().zip(&bar.parts).filter(|(_, number)| **number > 0);
    let placed = parts.map(|(own, number)| {
        let height = (number * HEIGHT / highest).max(1);
        below += height;
        (own.class, (HEIGHT - below).max(0), height)
    });
    placed.collect()
}

fn is_named(bars: usize, at: i64) -> bool {
    let every = i64::try_from(bars.div_ceil(NAMED)).unwrap_or(1).max(1);
    at % every == 0
}

fn table(frame: &Frame, title: &str, series: &[Series], bars: &[Bar]) -> Markup {
    html! {
        table.list {
            caption { (title) }
            thead { tr {
                th scope="col" { (frame.text(Label::Time)) }
                @for own in series { th.number scope="col" { (own.name) } }
            } }
            tbody { @for bar in bars.iter().rev().filter(|bar| sum(bar) > 0) { tr {
                th scope="row" { (bar.name) }
                @for number in &bar.parts { td.number { (number) } }
            } } }
        }
    }
}

/// A small line of bars, told in words.
pub fn spark(told: &str, numbers: &[i64], class: &'static str) -> Markup {
    let highest = numbers.iter().copied().max().unwrap_or(0).max(1);
    html! {
        svg.chart.spark viewBox={ "0 0 " (numbers.len() * 6) " 24" } role="img" aria-label=(told) preserveAspectRatio="none" {
            @for (at, number) in (0_i64..).zip(numbers) {
                @if *number > 0 {
                    rect class={ "s-" (class) } x=(at * 6 + 1) y=(23 - number * 22 / highest) width="4" height=((number * 22 / highest).max(1)) {}
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERIES: [Series; 2] = [Series { name: "ok", class: "good" }, Series { name: "no", class: "bad" }];

    #[test]
    fn parts_stand_on_each_other_and_the_smallest_is_seen() {
        let bar = Bar { name: "x".to_owned(), parts: vec![999, 1] };
        assert_eq!(stacked(&SERIES, &bar, 1_000), [("good", 1, 119), ("bad", 0, 1)]);
        assert!(stacked(&SERIES, &Bar { name: String::new(), parts: vec![0, 0] }, 1).is_empty());
    }

    #[test]
    fn the_numbers_are_there_without_the_picture() {
        let all: Vec<Bar> = (0..24).map(|n| Bar { name: format!("{n:02}:00"), parts: vec![n, 2] }).collect();
        let page = bars(&Frame::default(), "calls", &SERIES, &all).into_string();
        assert!(
            page.contains("aria-label=\"calls: 324\"")
                && page.contains("<th scope=\"row\">23:00</th><td class=\"number\">23</td>")
        );
        assert!(!page.contains("style="), "{page}");
    }
}
