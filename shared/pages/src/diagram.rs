//! A process as a picture: what its file says of where things are drawn, as SVG without a style or script of its own.

use crate::texts::Text;
use maud::{Markup, html};
use tenon_model::Language;

/// Room around everything.
const MARGIN: f64 = 20.0;
/// Characters of a name that fit in a line of a box, by its width: a character of Chinese is as wide as it is high.
const LETTER: f64 = 12.0;
/// Lines of a name that are drawn.
const LINES: usize = 4;
/// Nothing is drawn beyond so many shapes and lines.
const MAX_SHAPES: usize = 2_000;

/// What is drawn.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Drawing {
    /// Boxes, circles and diamonds.
    pub shapes: Vec<Shape>,
    /// Lines.
    pub lines: Vec<Line>,
}

/// A shape.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    /// What it looks like.
    pub form: Form,
    /// Left, top, width, height.
    pub place: (f64, f64, f64, f64),
    /// What is written in it, or below it.
    pub name: String,
    /// How it stands.
    pub status: NodeStatus,
}

/// What a shape looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A task; whether a machine does it.
    Task {
        /// Whether a machine does it.
        service: bool,
    },
    /// Where it begins.
    Start,
    /// Where it ends.
    End,
    /// An event in between.
    Event,
    /// One way of several.
    Exclusive,
    /// All ways at once.
    Parallel,
    /// Anything else.
    Other,
}

/// How a node stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NodeStatus {
    /// It was not come to.
    #[default]
    Ahead,
    /// It was passed.
    Passed,
    /// Here it stands.
    Present,
}

/// A line.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Its points.
    pub points: Vec<(f64, f64)>,
    /// What is written beside it.
    pub name: String,
}

impl Drawing {
    /// Whether there is nothing to draw.
    pub fn is_empty(&self) -> bool {
        self.shapes.is_empty()
    }

    /// The picture, with what it shows in words for who cannot see it.
    pub fn svg(&self, language: Language) -> Markup {
        let (left, top, right, bottom) = self.frame();
        let (width, height) = (right - left, bottom - top);
        let view = format!("{} {} {} {}", short(left), short(top), short(width), short(height));
        let present: Vec<&str> =
            self.shapes.iter().filter(|s| s.status == NodeStatus::Present).map(|s| s.name.as_str()).collect();
        let told = format!("{}: {}", Text::PresentNode.of(language), present.join("、"));
        html! {
            svg.process xmlns="http://www.w3.org/2000/svg" viewBox=(view) width=(short(width)) height=(short(height))
                role="img" aria-labelledby="process-told" {
                title #process-told { (Text::Diagram.of(language)) @if !present.is_empty() { "; " (told) } }
                defs {
                    marker #arrow viewBox="0 0 10 10" refX="10" refY="5" markerWidth="7" markerHeight="7" orient="auto" {
                        path.arrow d="M0 0 10 5 0 10z" {}
                    }
                }
                @for line in self.lines.iter().take(MAX_SHAPES) { (line.svg()) }
                @for shape in self.shapes.iter().take(MAX_SHAPES) { (shape.svg()) }
            }
        }
    }

    /// Everything that is drawn lies within: left, top, right, bottom.
    fn frame(&self) -> (f64, f64, f64, f64) {
        let corners = self.shapes.iter().flat_map(|shape| {
            let (x, y, width, height) = shape.place;
            // The name of a round one stands below it.
            [(x, y), (x + width, y + height + shape.below())]
        });
        let points = self.lines.iter().flat_map(|line| line.points.iter().copied());
        let start = (f64::MAX, f64::MAX, f64::MIN, f64::MIN);
        let (left, top, right, bottom) = corners
            .chain(points)
            .fold(start, |(left, top, right, bottom), (x, y)| (left.min(x), top.min(y), right.max(x), bottom.max(y)));
        if left > right {
            return (0.0, 0.0, 1.0, 1.0);
        }
        (left - MARGIN, top - MARGIN, right + MARGIN, bottom + MARGIN)
    }
}

impl Shape {
    fn is_box(&self) -> bool {
        matches!(self.form, Form::Task { .. } | Form::Other)
    }

    /// How much its name needs below it.
    fn below(&self) -> f64 {
        if self.is_box() || self.name.is_empty() { 0.0 } else { 18.0 }
    }

    fn svg(&self) -> Markup {
        let (x, y, width, height) = self.place;
        let (cx, cy) = (x + width / 2.0, y + height / 2.0);
        let class = match self.status {
            NodeStatus::Ahead => "node",
            NodeStatus::Passed => "node passed",
            NodeStatus::Present => "node present",
        };
        let diamond = format!(
            "M{} {} {} {} {} {} {} {}z",
            short(cx),
            short(y),
            short(x + width),
            short(cy),
            short(cx),
            short(y + height),
            short(x),
            short(cy)
        );
        let radius = short(width.min(height) / 2.0);
        html! {
            g class=(class) {
                @match self.form {
                    Form::Task { service } => {
                        rect x=(short(x)) y=(short(y)) width=(short(width)) height=(short(height)) rx="8" {}
                        @if service { text.sign x=(short(x + 12.0)) y=(short(y + 16.0)) { "⚙" } }
                    }
                    Form::Other => {
                        rect.other x=(short(x)) y=(short(y)) width=(short(width)) height=(short(height)) {}
                    }
                    Form::Start | Form::Event => { circle cx=(short(cx)) cy=(short(cy)) r=(radius) {} }
                    Form::End => { circle.end cx=(short(cx)) cy=(short(cy)) r=(radius) {} }
                    Form::Exclusive | Form::Parallel => {
                        path d=(diamond) {}
                        text.sign x=(short(cx)) y=(short(cy + 6.0)) {
                            (if self.form == Form::Parallel { "+" } else { "×" })
                        }
                    }
                }
                (self.written(cx, cy))
            }
        }
    }

    fn written(&self, cx: f64, cy: f64) -> Markup {
        let (_, y, width, height) = self.place;
        if !self.is_box() {
            return html! {
                @if !self.name.is_empty() { text x=(short(cx)) y=(short(y + height + 15.0)) { (self.name) } }
            };
        }
        let lines = broken(&self.name, width);
        let above = (count(lines.len()) - 1.0) * 7.5;
        html! {
            text y=(short(cy + 4.0 - above)) {
                @for (index, line) in lines.iter().enumerate() {
                    tspan x=(short(cx)) dy=(if index == 0 { "0" } else { "15" }) { (line) }
                }
            }
        }
    }
}

impl Line {
    fn svg(&self) -> Markup {
        let points: Vec<String> = self.points.iter().map(|(x, y)| format!("{},{}", short(*x), short(*y))).collect();
        let middle = self.points.get(self.points.len() / 2).zip(self.points.get((self.points.len() / 2).max(1) - 1));
        html! {
            @if self.points.len() > 1 {
                polyline.flow points=(points.join(" ")) marker-end="url(#arrow)" {}
                @if let (Some(((x, y), (from_x, from_y))), false) = (middle, self.name.is_empty()) {
                    text.on-line x=(short((x + from_x) / 2.0)) y=(short((y + from_y) / 2.0 - 5.0)) { (self.name) }
                }
            }
        }
    }
}

/// A name in lines that fit.
fn broken(name: &str, width: f64) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut taken = 0.0;
    for c in name.chars() {
        let wide = if c.is_ascii() { LETTER * 0.6 } else { LETTER };
        if taken + wide > width - 12.0 && lines.last().is_some_and(|line| !line.is_empty()) {
            if lines.len() == LINES {
                if let Some(line) = lines.last_mut() {
                    line.push('…');
                }
                break;
            }
            lines.push(String::new());
            taken = 0.0;
        }
        if let Some(line) = lines.last_mut() {
            line.push(c);
        }
        taken += wide;
    }
    lines
}

fn count(lines: usize) -> f64 {
    u32::try_from(lines).map_or(1.0, f64::from)
}

/// A number with one digit after the point, at most.
fn short(number: f64) -> String {
    let text = format!("{number:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_within_the_picture_and_the_present_node_is_told_in_words_too() {
        let shape = |form, x: f64, name: &str, status| Shape {
            form,
            place: (x, 100.0, 100.0, 80.0),
            name: name.to_owned(),
            status,
        };
        let drawing = Drawing {
            shapes: vec![
                shape(Form::Start, 0.0, "开始", NodeStatus::Passed),
                shape(
                    Form::Task { service: false },
                    150.0,
                    "部门经理<审批>并填写很长很长的意见说明",
                    NodeStatus::Present,
                ),
                shape(Form::Exclusive, 300.0, "", NodeStatus::Ahead),
                shape(Form::Task { service: true }, 450.0, "Odoo", NodeStatus::Ahead),
            ],
            lines: vec![Line { points: vec![(100.0, 140.0), (150.0, 140.5)], name: "是".to_owned() }],
        };
        let svg = drawing.svg(Language::Zh).into_string();
        assert!(svg.contains("viewBox=\"-20 80 590 138\""), "{svg}");
        assert!(svg.contains("当前节点: 部门经理&lt;审批&gt;"), "{svg}");
        assert_eq!(svg.matches("node present").count(), 1);
        assert!(svg.contains("points=\"100,140 150,140.5\"") && !svg.contains("style="), "{svg}");
        assert_eq!(broken("部门经理审批并填写很长很长的意见说明又说明再说明说明说明说明", 100.0).len(), LINES);
        assert!(Drawing::default().is_empty());
        assert!(Drawing::default().svg(Language::En).into_string().contains("viewBox=\"0 0 1 1\""));
    }
}
