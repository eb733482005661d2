//! Within which ways of which parallel splits a node lies: what a jump has to end follows from it.

use super::finding::{At, Findings};
use crate::definition::{Definition, NodeKind, OnReject, Path};

/// Marks every node and way that has one answer.
pub(super) fn mark(definition: &mut Definition) {
    let mut marks = Marks {
        nodes: vec![None; definition.nodes.len()],
        doubtful: vec![false; definition.nodes.len()],
        ways: vec![None; definition.ways.len()],
        open: vec![(definition.start, Path::new())],
    };
    while let Some((at, path)) = marks.open.pop() {
        marks.visit(definition, at, path);
    }
    for ((node, mark), doubt) in definition.nodes.iter_mut().zip(marks.nodes).zip(marks.doubtful) {
        node.within = mark.filter(|_| !doubt);
    }
    for (way, mark) in definition.ways.iter_mut().zip(marks.ways) {
        way.within = mark;
    }
}

/// That a refusal leads to where its own token can go: not onto another parallel way, where a join would wait for ever.
pub(super) fn refusals(definition: &Definition, found: &mut Findings) {
    for node in &definition.nodes {
        let NodeKind::User(task) = &node.does else { continue };
        let OnReject::Node(to) = &task.on_reject else { continue };
        let Some(target) = definition.nodes.get(*to) else { continue };
        let can = match (&target.within, &node.within) {
            (Some(target), Some(own)) => own.starts_with(target),
            (Some(target), None) => target.is_empty(),
            (None, _) => false,
        };
        if !can {
            let line =
                definition.process().and_then(|p| p.elements.iter().find(|e| e.id == node.id)).map_or(1, |e| e.line);
            found.blocking(
                "reject-to",
                At::new(&node.id, line),
                format!("rejectTo引用的{}在另一条并行分支中", target.id),
                format!("rejectTo names {}, which lies on another parallel way", target.id),
            );
        }
    }
}

struct Marks {
    nodes: Vec<Option<Path>>,
    doubtful: Vec<bool>,
    ways: Vec<Option<Path>>,
    open: Vec<(usize, Path)>,
}

impl Marks {
    fn visit(&mut self, definition: &Definition, at: usize, path: Path) {
        let Some(node) = definition.nodes.get(at) else { return };
        let joins = matches!(node.does, NodeKind::Parallel) && node.incoming.len() > 1;
        let path = match joins {
            true => match self.joined(&node.incoming) {
                Some(path) => path,
                // The last way that comes to it goes on.
                None => return,
            },
            false => path,
        };
        if let Some(Some(mark)) = self.nodes.get(at) {
            if *mark != path {
                self.doubtful.get_mut(at).into_iter().for_each(|doubt| *doubt = true);
            }
            return;
        }
        self.nodes.get_mut(at).into_iter().for_each(|mark| *mark = Some(path.clone()));
        let splits = node.outgoing.len() > 1 && !matches!(node.does, NodeKind::Exclusive { .. });
        for (number, way) in node.outgoing.iter().enumerate() {
            let mut path = path.clone();
            if splits {
                path.push((at, number));
            }
            self.ways.get_mut(*way).into_iter().for_each(|mark| *mark = Some(path.clone()));
            if let Some(way) = definition.ways.get(*way) {
                self.open.push((way.to, path));
            }
        }
        for (event, other) in definition.nodes.iter().enumerate() {
            if matches!(&other.does, NodeKind::Overdue { of, .. } | NodeKind::Failed { of } if *of == at) {
                self.open.push((event, path.clone()));
            }
        }
    }

    /// What all ways into a join lie within, once all of them are known.
    fn joined(&self, incoming: &[usize]) -> Option<Path> {
        let mut all = incoming.iter().map(|way| self.ways.get(*way).and_then(Option::as_ref));
        let mut common = all.next()??.clone();
        for path in all {
            let alike = common.iter().zip(path?).take_while(|(one, other)| one == other).count();
            common.truncate(alike);
        }
        Some(common)
    }
}
