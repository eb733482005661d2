//! Jumps: to a user task out of turn. What lies within the ways of the target's splits is let go, and nothing else, so that
//! a join still gets one token from each of its ways.

use super::event::{Decide, EntryKind, Refused};
use super::machine::Machine;
use crate::definition::Path;
use crate::words::Words;

impl Machine<'_> {
    /// Sends the instance to a user task.
    pub fn jump(&mut self, from: Option<(u32, &str)>, to: &str, decide: &Decide) -> Result<(), Refused> {
        let target = self.definition.by_id.get(to).copied();
        let Some((target, within)) = target.and_then(|at| Some((at, self.node(at)?.within.as_ref()?))) else {
            return Err(not_reachable(to));
        };
        let inside = |path: Option<&Path>| path.is_some_and(|path| path.starts_with(within));
        // Without a split nothing else can be under way.
        let everything = within.is_empty();
        let tokens: Vec<u32> = self
            .instance
            .tokens
            .iter()
            .filter(|token| {
                everything || inside(self.definition.node(&token.node).and_then(|node| node.within.as_ref()))
            })
            .map(|token| token.id)
            .collect();
        // Whoever decides on one way does not move another.
        if tokens.is_empty() || from.is_some_and(|(token, _)| !tokens.contains(&token)) {
            return Err(not_reachable(to));
        }
        tokens.into_iter().for_each(|token| self.release_token(token));
        let definition = self.definition;
        self.instance.joins.retain(|way, _| {
            let path = definition.ways.iter().find(|other| other.id == *way).and_then(|way| way.within.as_ref());
            // What waits at a join of the target's own way has left that way.
            !(everything || (inside(path) && path.is_some_and(|path| path.len() > within.len())))
        });
        let reason = if decide.comment.is_empty() {
            Words::new("指定下一节点", "the next node was named").zh
        } else {
            decide.comment.clone()
        };
        self.wrote_at(EntryKind::Jumped, from.map(|(_, node)| node), |entry| {
            entry.by.clone_from(&decide.by);
            entry.to = Some(to.to_owned());
            entry.comment = reason;
        });
        self.enter(target);
        self.run()
    }
}

fn not_reachable(to: &str) -> Refused {
    Refused::new(
        "process.jump-into-parallel",
        format!("节点{to}在另一条或未进行的并行分支中，不能跳转"),
        format!("{to} lies on another parallel way, or on one that is not under way: a join would wait for ever"),
    )
}
