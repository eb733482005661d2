//! Gateways and the conditions of ways.

use super::finding::{At, Findings};
use super::shape::Graph;
use crate::bpmn::Kind;
use crate::expression::Expression;
use std::collections::BTreeSet;

/// Reads conditions into the graph, and checks what leads out of each node.
pub(super) fn check(graph: &mut Graph<'_>, known: &BTreeSet<String>, found: &mut Findings) {
    for way in 0..graph.ways.len() {
        condition(graph, way, known, found);
    }
    for at in 0..graph.process.elements.len() {
        match graph.kind(at) {
            Kind::Exclusive => exclusive(graph, at, found),
            Kind::Parallel => parallel(graph, at, found),
            _ => other(graph, at, found),
        }
    }
}

fn condition(graph: &mut Graph<'_>, way: usize, known: &BTreeSet<String>, found: &mut Findings) {
    let Some(edge) = graph.ways.get(way) else { return };
    let at = At::new(&edge.flow.id, edge.flow.line);
    let Some(text) = &edge.flow.condition else { return };
    if edge.flow.language.as_deref().is_some_and(is_a_program) {
        let (zh, en) = ("条件不能是脚本", "a condition is an expression, and no script");
        return found.blocking("condition-wrong", at, zh, en);
    }
    match Expression::parse(text) {
        Ok(expression) => {
            for name in expression.names().iter().filter(|name| !known.contains(*name)) {
                found.blocking(
                    "unknown-name",
                    at,
                    format!("条件使用的{name}既不是表单字段也不是流程变量"),
                    format!("the condition uses {name}, which is neither a field of the form nor a variable"),
                );
            }
            if let Some(edge) = graph.ways.get_mut(way) {
                edge.condition = Some(expression);
            }
        }
        Err(wrong) => found.blocking(
            "condition-wrong",
            at,
            format!("条件第{}个字符处有误：{}", wrong.at, wrong.zh),
            format!("the condition, at character {}: {}", wrong.at, wrong.en),
        ),
    }
}

fn is_a_program(language: &str) -> bool {
    let language = language.to_ascii_lowercase();
    ["javascript", "groovy", "python", "xpath"].iter().any(|program| language.contains(program))
}

fn exclusive(graph: &mut Graph<'_>, at: usize, found: &mut Findings) {
    let Some(element) = graph.element(at) else { return };
    let (place, id) = (graph.at(at), &element.id);
    let ways = graph.ways_out(at).to_vec();
    let named = default(graph, at, found);
    if ways.is_empty() {
        let (zh, en) = (format!("排他网关{id}没有出线"), format!("the exclusive gateway {id} leads nowhere"));
        return found.blocking("gateway-no-outgoing", place, zh, en);
    }
    let conditioned = |way: &usize| graph.ways.get(*way).is_some_and(|edge| edge.flow.condition.is_some());
    let open: Vec<usize> = ways.iter().copied().filter(|way| !conditioned(way) && Some(*way) != named).collect();
    let at_way = |way: usize| graph.ways.get(way).map_or(place, |edge| At::new(&edge.flow.id, edge.flow.line));
    if let Some(way) = named.filter(conditioned) {
        let (zh, en) = ("默认流不能带条件", "the default way has a condition");
        found.blocking("default-conditioned", at_way(way), zh, en);
    }
    if let [way] = ways.as_slice() {
        if conditioned(way) {
            let (zh, en) = ("网关唯一的出线不能带条件", "the only way out of a gateway has a condition");
            found.blocking("condition-on-single-flow", at_way(*way), zh, en);
        }
    } else if (open.len() > 1 && named.is_none()) || (!open.is_empty() && named.is_some()) {
        found.blocking(
            "gateway-unconditioned",
            place,
            format!("排他网关{id}有多条无条件的出线，无法选择"),
            format!("the exclusive gateway {id} has several ways without a condition: none of them can be chosen"),
        );
    } else if open.is_empty() && named.is_none() {
        found.warning(
            "gateway-no-default",
            place,
            format!("排他网关{id}没有默认流，条件都不满足时无路可走"),
            format!("the exclusive gateway {id} has no default: where no condition holds there is no way"),
        );
    }
    // One way without a condition is taken when no other is.
    if let Some(way) = named.or_else(|| open.first().copied()) {
        graph.defaults.insert(at, way);
    }
}

/// The way that a node names as its default.
fn default(graph: &Graph<'_>, at: usize, found: &mut Findings) -> Option<usize> {
    let named = graph.element(at)?.default.as_deref()?;
    let own = |way: &&usize| graph.ways.get(**way).is_some_and(|edge| edge.flow.id == named);
    let way = graph.ways_out(at).iter().find(own).copied();
    if way.is_none() {
        found.blocking(
            "default-flow",
            graph.at(at),
            format!("default引用的{named}不是该节点的出线"),
            format!("default names {named}, which is no way out of it"),
        );
    }
    way
}

fn parallel(graph: &Graph<'_>, at: usize, found: &mut Findings) {
    let id = graph.element(at).map_or("", |element| &element.id);
    default(graph, at, found);
    if graph.ways_out(at).is_empty() {
        let (zh, en) = (format!("并行网关{id}没有出线"), format!("the parallel gateway {id} leads nowhere"));
        found.blocking("gateway-no-outgoing", graph.at(at), zh, en);
    }
    unconditional(graph, at, found);
}

fn other(graph: &Graph<'_>, at: usize, found: &mut Findings) {
    default(graph, at, found);
    match graph.kind(at) {
        Kind::Unsupported => {}
        Kind::End if !graph.ways_out(at).is_empty() => {
            found.blocking("end-outgoing", graph.at(at), "结束事件不能有出线", "a way leads out of an end event");
        }
        Kind::Start | Kind::Boundary if !graph.ways_in(at).is_empty() => {
            let (zh, en) = ("开始事件和边界事件不能有入线", "a way leads into a start event or a boundary event");
            found.blocking("start-incoming", graph.at(at), zh, en);
        }
        _ => unconditional(graph, at, found),
    }
}

/// Conditions stand behind exclusive gateways alone.
fn unconditional(graph: &Graph<'_>, at: usize, found: &mut Findings) {
    for way in graph.ways_out(at) {
        let Some(edge) = graph.ways.get(*way) else { continue };
        if edge.flow.condition.is_some() {
            let at = At::new(&edge.flow.id, edge.flow.line);
            let (zh, en) =
                ("条件只能写在排他网关的出线上", "a condition stands on a way that leads out of no exclusive gateway");
            found.blocking("condition-outside-gateway", at, zh, en);
        }
    }
}
