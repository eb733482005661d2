//! A process as it is shown: drawn, and what happened in words.

use tenon_pages::diagram::{Drawing, Form, Line, NodeStatus, Shape};
use tenon_process::bpmn::Kind;
use tenon_process::run::{EntryKind, Instance};
use tenon_process::{Definition, NodeKind};

/// The picture of the process that runs, with where it stands and where it has been.
pub fn drawing(definition: &Definition, instance: &Instance) -> Drawing {
    let document = &definition.document;
    let Some(process) = definition.process() else { return Drawing::default() };
    let shapes = document.diagram.shapes.iter().filter_map(|shape| {
        let element = process.elements.iter().find(|element| element.id == shape.element)?;
        let bounds = shape.bounds;
        Some(Shape {
            form: form_of(element.kind),
            place: (bounds.x, bounds.y, bounds.width, bounds.height),
            name: element.name.clone(),
            status: status_of(definition, instance, &element.id),
        })
    });
    let lines = document.diagram.edges.iter().filter_map(|edge| {
        let flow = process.flows.iter().find(|flow| flow.id == edge.element)?;
        Some(Line { points: edge.points.iter().map(|point| (point.x, point.y)).collect(), name: flow.name.clone() })
    });
    Drawing { shapes: shapes.collect(), lines: lines.collect() }
}

fn form_of(kind: Kind) -> Form {
    match kind {
        Kind::Start => Form::Start,
        Kind::End => Form::End,
        Kind::UserTask => Form::Task { service: false },
        Kind::ServiceTask => Form::Task { service: true },
        Kind::Exclusive => Form::Exclusive,
        Kind::Parallel => Form::Parallel,
        Kind::Catch | Kind::Boundary => Form::Event,
        Kind::Unsupported => Form::Other,
    }
}

fn status_of(definition: &Definition, instance: &Instance, id: &str) -> NodeStatus {
    if instance.tokens.iter().any(|token| token.node == id) {
        return NodeStatus::Present;
    }
    let is_start = definition.node(id).is_some_and(|node| matches!(node.does, NodeKind::Start));
    if instance.visits.contains_key(id) || is_start { NodeStatus::Passed } else { NodeStatus::Ahead }
}

/// What happened, in Chinese and in English.
pub fn did(did: EntryKind) -> (&'static str, &'static str) {
    match did {
        EntryKind::Launched => ("发起流程", "started it"),
        EntryKind::Relaunched => ("重新发起", "started it anew"),
        EntryKind::Entered => ("到达", "came to"),
        EntryKind::Approved => ("同意", "approved"),
        EntryKind::Rejected => ("拒绝", "refused"),
        EntryKind::Jumped => ("跳转", "jumped"),
        EntryKind::Transferred => ("转办", "transferred"),
        EntryKind::Commented => ("意见", "commented"),
        EntryKind::Copied => ("抄送", "copied"),
        EntryKind::Called => ("调用服务", "called a service"),
        EntryKind::Answered => ("服务完成", "the service answered"),
        EntryKind::Failed => ("服务失败", "the service failed"),
        EntryKind::TimedOut => ("超时", "its time was over"),
        EntryKind::Reminded => ("提醒", "reminded"),
        EntryKind::Urged => ("催办", "urged"),
        EntryKind::Stopped => ("异常停止", "stopped"),
        EntryKind::Retried => ("重试", "tried again"),
        EntryKind::Discarded => ("废弃", "discarded it"),
        EntryKind::Passed => ("流程结束", "came to its end"),
    }
}
