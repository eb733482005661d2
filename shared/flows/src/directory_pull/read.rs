//! What a pull has seen, and what is still to be read. All of it follows from the pages that were noted.

use super::record::{Named, Seen};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// What is to be read next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unit {
    /// The departments below one.
    Below(Named),
    /// People of a department, from this cursor on.
    People {
        /// The department.
        department: String,
        /// `None` for the first page.
        cursor: Option<String>,
    },
}

/// What was seen so far.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    /// Every department that was told of, in an order in which those above come first.
    pub departments: Vec<Named>,
    /// Those whose departments below were read.
    read: BTreeSet<String>,
    /// Where the people of a department are to be read on: absent before the first page, `None` at the end.
    people: BTreeMap<String, Option<String>>,
    /// Everybody who was seen.
    pub ids: HashSet<String>,
    /// Whom those report to whose supervisor was not known yet, by the OA's ids.
    pub led_by: BTreeMap<String, String>,
    /// Departments whose managers were stored.
    pub managed: BTreeSet<String>,
    /// Departments that were gone when they were to be read: then it is not known who is still here.
    pub gone: Vec<String>,
}

/// The name under which a page is noted.
pub fn name(unit: &Unit) -> String {
    match unit {
        Unit::Below(own) => format!("d#{}", own.id),
        Unit::People { department, cursor } => {
            // In the order in which they follow each other.
            let cursor = cursor.as_deref().unwrap_or("0");
            format!("u#{department}#{cursor:0>20}")
        }
    }
}

impl Progress {
    /// What these pages show, in the order of their names.
    pub fn of(pages: Vec<(String, Seen)>) -> Self {
        let mut progress = Self::default();
        let mut trees: BTreeMap<String, Seen> = BTreeMap::new();
        let mut root = None;
        for (name, page) in pages {
            match (&page, name.split('#').nth(1)) {
                (Seen::Departments { own, .. }, _) => {
                    if own.parent.is_none() {
                        root = Some(own.id.clone());
                    }
                    trees.insert(own.id.clone(), page);
                }
                (Seen::People { .. }, Some(department)) => {
                    let department = department.to_owned();
                    progress.note_people(&department, &page);
                }
                (Seen::People { .. }, None) => {}
                (Seen::Managers { of }, _) => progress.managed.extend(of.iter().cloned()),
            }
        }
        // From the root downwards.
        let mut next: Vec<String> = root.into_iter().collect();
        while let Some(id) = next.pop() {
            if let Some(page) = trees.remove(&id) {
                if let Seen::Departments { below, .. } = &page {
                    next.extend(below.iter().map(|child| child.id.clone()));
                }
                progress.note_departments(&page);
            }
        }
        progress
    }

    /// Takes a page of departments in.
    pub fn note_departments(&mut self, page: &Seen) {
        let Seen::Departments { own, below, gone } = page else { return };
        if *gone {
            self.gone.push(own.id.clone());
        }
        for one in std::iter::once(own).chain(below) {
            if !self.departments.iter().any(|known| known.id == one.id) {
                self.departments.push(one.clone());
            }
        }
        self.read.insert(own.id.clone());
    }

    /// Takes a page of people in.
    pub fn note_people(&mut self, department: &str, page: &Seen) {
        let Seen::People { ids, next, gone, led_by } = page else { return };
        self.led_by.extend(led_by.iter().map(|(person, leader)| (person.clone(), leader.clone())));
        if *gone {
            self.gone.push(department.to_owned());
        }
        self.ids.extend(ids.iter().cloned());
        self.people.insert(department.to_owned(), next.clone());
    }

    /// Departments whose departments below are still to be read; none once the whole tree was told at once.
    pub fn below(&self, whole: bool) -> Vec<Unit> {
        if whole && !self.read.is_empty() {
            return Vec::new();
        }
        let unread = self.departments.iter().filter(|department| !self.read.contains(&department.id));
        unread.cloned().map(Unit::Below).collect()
    }

    /// Pages of people that are still to be read, one of each department.
    pub fn pages(&self) -> Vec<Unit> {
        let unit = |department: &Named| {
            let cursor = match self.people.get(&department.id) {
                None => None,
                Some(None) => return None,
                Some(Some(next)) => Some(next.clone()),
            };
            Some(Unit::People { department: department.id.clone(), cursor })
        };
        let here = self.departments.iter().filter(|department| !self.gone.contains(&department.id));
        here.filter_map(unit).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(id: &str, parent: Option<&str>) -> Named {
        Named { id: id.into(), name: id.into(), parent: parent.map(str::to_owned) }
    }

    #[test]
    fn a_pull_goes_on_behind_what_was_noted() {
        let root = Seen::Departments {
            own: named("1", None),
            below: vec![named("2", Some("1")), named("10", Some("1"))],
            gone: false,
        };
        let two = Seen::Departments { own: named("2", Some("1")), below: vec![named("3", Some("2"))], gone: false };
        let page = Seen::People {
            ids: vec!["a".into(), "b".into()],
            next: Some("100".into()),
            gone: false,
            led_by: BTreeMap::new(),
        };
        let last = Seen::People { ids: vec!["b".into(), "c".into()], next: None, gone: false, led_by: BTreeMap::new() };
        let first = Unit::People { department: "2".into(), cursor: None };
        let second = Unit::People { department: "2".into(), cursor: Some("100".into()) };
        let mut pages = vec![
            (name(&Unit::Below(named("1", None))), root),
            (name(&Unit::Below(named("2", None))), two),
            (name(&first), page),
        ];
        let progress = Progress::of(pages.clone());
        let mut unread: Vec<String> = progress.below(false).iter().map(name).collect();
        unread.sort();
        assert_eq!(unread, ["d#10", "d#3"]);
        assert!(progress.below(true).is_empty());
        assert!(progress.pages().contains(&second));
        pages.push((name(&second), last));
        pages.sort_by(|one, other| one.0.cmp(&other.0));
        let progress = Progress::of(pages);
        assert_eq!(progress.ids.len(), 3);
        assert!(
            !progress.pages().iter().any(|unit| matches!(unit, Unit::People { department, .. } if department == "2"))
        );
    }
}
