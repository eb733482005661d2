//! The whole tree below a department, breadth first. What was read is kept when a reading has to end, so that the next
//! goes on from there.

use super::super::error::text;
use super::super::people::number;
use super::super::{DINGTALK, Dingtalk};
use super::trouble::Trouble;
use super::{Pace, WIDTH};
use futures::{StreamExt, stream};
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet, VecDeque};
use tenon_platform::error::{Error, Result};

/// Departments whose readings begin together.
const BATCH: usize = 256;

/// A department of the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Node {
    name: String,
    parent: Option<String>,
    below: Vec<String>,
    /// Why what is below it is not known.
    note: Option<String>,
}

/// A tree as far as it was read.
#[derive(Clone, Debug)]
pub(super) struct Walk {
    root: String,
    nodes: HashMap<String, Node>,
    /// Departments whose next level is still to be read, those further up first.
    unread: VecDeque<String>,
}

/// How a reading ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The tree is whole.
    Whole,
    /// There is no more time.
    OutOfTime,
}

impl Walk {
    /// Departments that are known.
    pub fn known(&self) -> usize {
        self.nodes.len()
    }

    fn begin(id: &str, name: String, parent: Option<String>) -> Self {
        let root = Node { name, parent, below: Vec::new(), note: None };
        Self {
            root: id.to_owned(),
            nodes: HashMap::from([(id.to_owned(), root)]),
            unread: VecDeque::from([id.to_owned()]),
        }
    }

    /// Takes a level in. A department that was seen already is not put below another: no tree leads back.
    fn note(&mut self, of: &str, below: Vec<(String, String)>) {
        let mut own = Vec::with_capacity(below.len());
        for (id, name) in below {
            if self.nodes.contains_key(&id) {
                continue;
            }
            let node = Node { name, parent: Some(of.to_owned()), below: Vec::new(), note: None };
            self.nodes.insert(id.clone(), node);
            self.unread.push_back(id.clone());
            own.push(id);
        }
        if let Some(node) = self.nodes.get_mut(of) {
            node.below = own;
        }
    }

    fn mark(&mut self, of: &str, note: String) {
        if let Some(node) = self.nodes.get_mut(of) {
            node.note = Some(note);
        }
    }

    /// The tree as JSON. Written without recursion: a tree may be deeper than a stack.
    pub fn written(&self) -> String {
        let mut out = String::with_capacity(self.nodes.len() * 80);
        let mut path = vec![(self.root.as_str(), 0_usize)];
        self.open(&mut out, &self.root);
        while let Some((id, next)) = path.last_mut() {
            let child = self.nodes.get(*id).and_then(|node| node.below.get(*next));
            match child {
                Some(child) => {
                    if *next > 0 {
                        out.push(',');
                    }
                    *next += 1;
                    self.open(&mut out, child);
                    path.push((child, 0));
                }
                None => {
                    out.push_str("]}");
                    path.pop();
                }
            }
        }
        out
    }

    fn open(&self, out: &mut String, id: &str) {
        let Some(node) = self.nodes.get(id) else { return };
        let parent = node.parent.as_deref().map_or(Value::Null, number);
        let texts = [number(id), Value::from(node.name.as_str()), parent].map(|value| value.to_string());
        let [id, name, parent] = texts;
        out.push_str(&format!("{{\"id\":{id},\"name\":{name},\"parentId\":{parent},"));
        if let Some(note) = &node.note {
            out.push_str(&format!("\"note\":{},", Value::from(note.as_str())));
        }
        out.push_str("\"children\":[");
    }
}

impl Dingtalk<'_> {
    /// The department itself, as the beginning of its tree.
    pub(super) async fn begin_walk(&self, id: &str, pace: &Pace) -> Result<Walk> {
        let result = self.result("/topapi/v2/department/get", &json!({ "dept_id": number(id) }), pace).await?;
        let name = text(result.get("name")).ok_or_else(|| DINGTALK.unintelligible("a department has no name"))?;
        // The company itself has none above it, or says 0.
        let parent = text(result.get("parent_id")).filter(|parent| !parent.is_empty() && parent != "0");
        Ok(Walk::begin(id, name, parent))
    }

    /// Reads on until the tree is whole or the time is over.
    pub(super) async fn walk_on(&self, walk: &mut Walk, pace: &Pace) -> Result<End> {
        while !walk.unread.is_empty() {
            if self.is_late() {
                return Ok(End::OutOfTime);
            }
            let count = walk.unread.len().min(BATCH);
            let batch: Vec<String> = walk.unread.drain(..count).collect();
            let (read, stopped) = self.read_batch(walk, &batch, pace).await;
            for id in batch.into_iter().rev().filter(|id| !read.contains(id)) {
                walk.unread.push_front(id);
            }
            if let Some(error) = stopped {
                return Err(error);
            }
        }
        Ok(End::Whole)
    }

    /// Those of a batch that were read, and why the others were not.
    async fn read_batch(&self, walk: &mut Walk, batch: &[String], pace: &Pace) -> (HashSet<String>, Option<Error>) {
        let reads = stream::iter(batch.to_vec()).map(|id| async move {
            let level = self.level(&id, pace).await;
            (id, level)
        });
        let mut reads = std::pin::pin!(reads.buffer_unordered(WIDTH));
        let mut read = HashSet::new();
        while let Some((id, outcome)) = reads.next().await {
            match outcome.map_err(|error| (Trouble::of(&error), error)) {
                Ok(below) => walk.note(&id, below),
                // One department that the app may not see, or that was dissolved meanwhile, hides no other.
                Err((trouble @ (Trouble::OutOfScope | Trouble::NoDepartment), _)) if id != walk.root => {
                    walk.mark(&id, trouble.message(&id));
                }
                Err((_, error)) => return (read, Some(error)),
            }
            read.insert(id);
            if self.is_late() {
                break;
            }
        }
        (read, None)
    }

    /// Ids and names of the departments right below one.
    async fn level(&self, id: &str, pace: &Pace) -> Result<Vec<(String, String)>> {
        let result = self.result("/topapi/v2/department/listsub", &json!({ "dept_id": number(id) }), pace).await?;
        let Value::Array(all) = result else {
            return Err(DINGTALK.unintelligible("the answer is no list of departments"));
        };
        let one = |one: &Value| text(one.get("dept_id")).zip(text(one.get("name")));
        let read: Option<Vec<_>> = all.iter().map(one).collect();
        read.ok_or_else(|| DINGTALK.unintelligible("a department has no id or no name"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_of_any_depth_is_written_and_leads_back_nowhere() {
        let mut walk = Walk::begin("1", "总\"部\"".to_owned(), None);
        walk.note("1", vec![("2".to_owned(), "甲".to_owned()), ("3".to_owned(), "乙".to_owned())]);
        walk.note("2", vec![("1".to_owned(), "again".to_owned()), ("4".to_owned(), "丙".to_owned())]);
        walk.mark("3", "看不到".to_owned());
        let tree: Value = serde_json::from_str(&walk.written()).unwrap();
        assert_eq!(
            tree,
            json!({ "id": 1, "name": "总\"部\"", "parentId": null, "children": [
                { "id": 2, "name": "甲", "parentId": 1, "children": [{ "id": 4, "name": "丙", "parentId": 2, "children": [] }] },
                { "id": 3, "name": "乙", "parentId": 1, "note": "看不到", "children": [] }
            ] })
        );
        let mut chain = Walk::begin("0", "0".to_owned(), None);
        for n in 0..100_000 {
            chain.note(&n.to_string(), vec![((n + 1).to_string(), "x".to_owned())]);
        }
        let written = chain.written();
        assert_eq!(written.matches("\"id\"").count(), 100_001);
        assert!(written.ends_with("]}]}"));
    }
}
