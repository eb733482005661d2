//! One field for one control: the best fit first, and where two fit as well, a person decides.

use crate::gate::{Doubt, Gate, Written, gate};
use crate::score::{Label, SHOWN, SURE, Side, score};
use crate::synonyms::Place;
use crate::{Earlier, Reason, Score};
use std::collections::{BTreeMap, BTreeSet};
use tenon_model::schema::{FieldSchema, FormControl};

/// A field for a control.
#[derive(Clone, Debug)]
pub struct Match {
    pub field: usize,
    pub control: usize,
    pub score: Score,
    pub reason: Reason,
    pub written: Written,
    /// What a person has to look at before it counts.
    pub doubts: Vec<Doubt>,
}

impl Match {
    pub fn is_sure(&self) -> bool {
        self.score >= SURE && self.doubts.is_empty()
    }
}

/// What is compared with what.
pub struct Sides<'a> {
    pub place: Place<'a>,
    pub key: &'a str,
    pub fields: Vec<&'a FieldSchema>,
    pub controls: Vec<&'a FormControl>,
    pub earlier: &'a [Earlier],
}

impl Sides<'_> {
    /// A field at most once and a control at most once, in the order of the controls.
    pub fn assign(&self) -> Vec<Match> {
        let mut all = self.candidates();
        // No two are equal in this order, so nothing is decided by chance.
        all.sort_by(|one, other| {
            let order = |m: &Match| (std::cmp::Reverse((m.is_sure(), m.score)), m.field, m.control);
            order(one).cmp(&order(other))
        });
        let (mut fields, mut controls) = (BTreeSet::new(), BTreeSet::new());
        let mut kept = Vec::new();
        for found in &all {
            if !fields.contains(&found.field) && !controls.contains(&found.control) {
                fields.insert(found.field);
                controls.insert(found.control);
                kept.push(found.clone());
            }
        }
        self.doubt_ties(&all, &fields, &mut kept);
        kept.sort_by_key(|found| found.control);
        kept
    }

    /// Every field that fits a control at all.
    fn candidates(&self) -> Vec<Match> {
        let is_key = |field: &FieldSchema| !self.place.lines && field.name == self.key;
        let sides: Vec<Side<'_>> = self.fields.iter().map(|field| Side::new(field, is_key(field))).collect();
        let twins = self.twins();
        let mut all = Vec::new();
        for (at, control) in self.controls.iter().enumerate() {
            let label = Label::new(control);
            if label.is_empty() {
                continue;
            }
            for (of, side) in sides.iter().enumerate() {
                let (written, doubt) = match gate(side.field, control) {
                    Gate::Open(written) => (written, None),
                    Gate::Doubtful(written, why) => (written, Some(why)),
                    Gate::Shut => continue,
                };
                let Some((score, reason)) = score(self.place, side, &label, self.earlier) else { continue };
                let twin = twins.contains(control.label.as_str());
                let twin = twin.then_some(Doubt::SameLabel);
                let doubts = doubt.into_iter().chain(twin).collect();
                all.push(Match { field: of, control: at, score, reason, written, doubts });
            }
        }
        all
    }

    /// Labels that several controls have.
    fn twins(&self) -> BTreeSet<&str> {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for control in self.controls.iter().filter(|control| control.fillable) {
            *counts.entry(control.label.as_str()).or_default() += 1;
        }
        counts.into_iter().filter(|(_, count)| *count > 1).map(|(label, _)| label).collect()
    }

    /// A field that fits as well and fills nothing else makes a match doubtful.
    fn doubt_ties(&self, all: &[Match], taken: &BTreeSet<usize>, kept: &mut [Match]) {
        let mut free: BTreeMap<usize, Vec<(Score, usize)>> = BTreeMap::new();
        for other in all.iter().filter(|other| !taken.contains(&other.field) && other.score >= SHOWN) {
            free.entry(other.control).or_default().push((other.score, other.field));
        }
        for found in kept {
            let others = free.get(&found.control).into_iter().flatten();
            let tie = others.filter(|(score, _)| *score == found.score).map(|(_, field)| *field).min();
            if let Some(other) = tie.and_then(|field| self.fields.get(field)) {
                found.doubts.push(Doubt::FitsAsWell(other.name.clone()));
            }
        }
    }
}
