//! What runs, and may not have been meant.

use super::finding::{At, Findings};
use super::shape::Graph;
use crate::bpmn::{Bounds, Document, Kind};
use std::collections::HashSet;

/// Every warning.
pub(super) fn check(document: &Document, graph: &Graph<'_>, found: &mut Findings) {
    for (at, element) in graph.process.elements.iter().enumerate() {
        node(graph, at, found);
        let is_gateway = matches!(element.kind, Kind::Exclusive | Kind::Parallel);
        // A gateway needs a name only where it asks something.
        let decides = element.kind == Kind::Exclusive && graph.ways_out(at).len() > 1;
        if element.name.trim().is_empty() && (!is_gateway || decides) {
            let (zh, en) = (format!("{}没有名称", element.id), format!("{} has no name", element.id));
            found.warning("label-missing", graph.at(at), zh, en);
        }
    }
    ways(graph, found);
    for (name, line) in &graph.process.passed_over {
        let (zh, en) = (
            format!("元素{name}不影响运行，已忽略"),
            format!("{name} says nothing of how it runs, and is passed over"),
        );
        found.warning("passed-over", At::line(*line), zh, en);
    }
    diagram(document, graph, found);
}

fn node(graph: &Graph<'_>, at: usize, found: &mut Findings) {
    let (place, kind) = (graph.at(at), graph.kind(at));
    let (into, out) = (graph.ways_in(at).len(), graph.ways_out(at).len());
    let id = graph.element(at).map_or("", |element| &element.id);
    let is_gateway = matches!(kind, Kind::Exclusive | Kind::Parallel);
    if into == 0 && out == 0 && kind != Kind::Boundary {
        found.warning("disconnected", place, format!("{id}没有连线"), format!("{id} is connected to nothing"));
    }
    if !is_gateway && kind != Kind::Unsupported {
        if into > 1 {
            let (zh, en) = (
                format!("多条连线直接汇入{id}，不会相互等待"),
                format!("several ways come to {id}, and none waits for another"),
            );
            found.warning("fake-join", place, zh, en);
        }
        if out > 1 {
            let (zh, en) =
                (format!("{id}有多条出线，将并行执行"), format!("several ways leave {id}: all are taken at once"));
            found.warning("implicit-split", place, zh, en);
        }
        if out == 0 && into > 0 && kind != Kind::End {
            let (zh, en) = (format!("{id}没有出线，流程在此结束"), format!("nothing follows {id}: it ends there"));
            found.warning("implicit-end", place, zh, en);
        }
    }
    if is_gateway && into == 1 && out == 1 {
        let (zh, en) =
            (format!("网关{id}只有一进一出，是多余的"), format!("the gateway {id} has one way in and one out"));
        found.warning("superfluous-gateway", place, zh, en);
    }
    if is_gateway && into > 1 && out > 1 {
        let (zh, en) = (format!("网关{id}同时合并和分支"), format!("the gateway {id} joins and splits at once"));
        found.warning("gateway-join-fork", place, zh, en);
    }
}

fn ways(graph: &Graph<'_>, found: &mut Findings) {
    let mut seen = HashSet::new();
    for edge in &graph.ways {
        if !seen.insert((edge.from, edge.to, edge.flow.condition.as_deref().unwrap_or_default())) {
            let at = At::new(&edge.flow.id, edge.flow.line);
            let (zh, en) = (
                format!("{}与{}之间的连线重复", edge.flow.source, edge.flow.target),
                format!("another way leads from {} to {} alike", edge.flow.source, edge.flow.target),
            );
            found.warning("duplicate-flow", at, zh, en);
        }
    }
}

fn diagram(document: &Document, graph: &Graph<'_>, found: &mut Findings) {
    if document.diagram.shapes.is_empty() {
        let at = At::new(&graph.process.id, graph.process.line);
        return found.warning("no-diagram", at, "文件没有流程图，无法显示", "the file has no diagram to be shown");
    }
    let of = |id: &str| graph.by_id.get(id).copied();
    let shapes: Vec<(usize, Bounds)> =
        document.diagram.shapes.iter().filter_map(|shape| Some((of(&shape.element)?, shape.bounds))).collect();
    for (index, (one, bounds)) in shapes.iter().enumerate() {
        for (other, others) in shapes.iter().skip(index + 1) {
            let attached = [*one, *other].iter().any(|at| graph.kind(*at) == Kind::Boundary);
            if !attached && one != other && overlap(bounds, others) {
                let name = |at: usize| graph.element(at).map_or("", |element| element.id.as_str());
                let (zh, en) = (
                    format!("图形{}与{}重叠", name(*one), name(*other)),
                    format!("the shapes of {} and {} overlap", name(*one), name(*other)),
                );
                found.warning("overlapping-shapes", graph.at(*other), zh, en);
            }
        }
    }
}

fn overlap(one: &Bounds, other: &Bounds) -> bool {
    one.x < other.x + other.width
        && other.x < one.x + one.width
        && one.y < other.y + other.height
        && other.y < one.y + one.height
}
