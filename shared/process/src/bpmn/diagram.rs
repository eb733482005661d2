//! Diagram interchange: where shapes and edges are drawn. Numbers are kept as they stand where they are numbers at all.

use super::tree::{Node, Space};

/// Shapes and edges of every diagram of a file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Diagram {
    /// Boxes, circles and diamonds.
    pub shapes: Vec<Shape>,
    /// Lines.
    pub edges: Vec<Edge>,
}

/// A shape.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    /// The element it is of.
    pub element: String,
    /// Where.
    pub bounds: Bounds,
    /// Where its name is written, when that is not within.
    pub label: Option<Bounds>,
    /// Whether a pool or lane lies.
    pub is_horizontal: Option<bool>,
    /// The line in the file.
    pub line: u32,
}

/// An edge.
#[derive(Clone, Debug, PartialEq)]
pub struct Edge {
    /// The flow it is of.
    pub element: String,
    /// Its points, from the source on.
    pub points: Vec<Point>,
    /// Where its name is written.
    pub label: Option<Bounds>,
    /// The line in the file.
    pub line: u32,
}

/// A rectangle.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bounds {
    /// Left.
    pub x: f64,
    /// Top.
    pub y: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

/// A point.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    /// From the left.
    pub x: f64,
    /// From the top.
    pub y: f64,
}

impl Diagram {
    /// The shape of an element.
    pub fn shape(&self, element: &str) -> Option<&Shape> {
        self.shapes.iter().find(|shape| shape.element == element)
    }

    /// The edge of a flow.
    pub fn edge(&self, flow: &str) -> Option<&Edge> {
        self.edges.iter().find(|edge| edge.element == flow)
    }
}

/// Adds what a `BPMNDiagram` draws.
pub(super) fn add(node: &Node, to: &mut Diagram) {
    let drawn = |name: &str| node.space == Space::Diagram && node.name == name;
    if drawn("BPMNShape") {
        if let (Some(element), Some(bounds)) = (element(node), bounds(node)) {
            let is_horizontal = node.attribute("isHorizontal").map(|text| text.trim() == "true");
            to.shapes.push(Shape { element, bounds, label: label(node), is_horizontal, line: node.line });
        }
    } else if drawn("BPMNEdge") {
        if let Some(element) = element(node) {
            let points = node.children.iter().filter(|child| child.name == "waypoint").filter_map(point).collect();
            to.edges.push(Edge { element, points, label: label(node), line: node.line });
        }
    } else {
        node.children.iter().for_each(|child| add(child, to));
    }
}

/// The element that a shape or edge names, without a prefix.
fn element(node: &Node) -> Option<String> {
    let named = node.attribute("bpmnElement")?.trim();
    Some(named.rsplit_once(':').map_or(named, |(_, local)| local).to_owned())
}

fn label(node: &Node) -> Option<Bounds> {
    let label = node.children.iter().find(|child| child.space == Space::Diagram && child.name == "BPMNLabel")?;
    bounds(label)
}

fn bounds(node: &Node) -> Option<Bounds> {
    let bounds = node.children.iter().find(|child| child.space == Space::Drawn && child.name == "Bounds")?;
    let number = |name: &str| number(bounds, name);
    Some(Bounds { x: number("x")?, y: number("y")?, width: number("width")?, height: number("height")? })
}

fn point(node: &Node) -> Option<Point> {
    Some(Point { x: number(node, "x")?, y: number(node, "y")? })
}

/// A number that can be drawn.
fn number(node: &Node, name: &str) -> Option<f64> {
    let number: f64 = node.attribute(name)?.trim().parse().ok()?;
    (number.is_finite() && number.abs() < 1e7).then_some(number)
}
