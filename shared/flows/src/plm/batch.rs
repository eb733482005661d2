//! Records that are written together: what the ERP has of them is read first, in few calls; then each is written, of
//! bills of materials those that are components of others before those.

use super::components;
use super::job::{Job, Work};
use super::look::Shown;
use super::outcome::{Outcome, is_final};
use super::trees::{self, Tree};
use super::write::{Before, Written};
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use tenon_model::DocumentKey;
use tenon_model::config::{OnUpdate, Receives};
use tenon_model::plm::PlmRecord;
use tenon_platform::runs::Recorder;
use tenon_platform::table::Stored;
use tenon_platform::{Error, Result, breaker};

const ITEMS: &str = "Items";
const ITEM_CODE: &str = "ItemCode";
const BATCHES: &str = "ManageBatchNumbers";

/// Records as stored, by their keys.
pub type StoredRecords = HashMap<DocumentKey, Stored<PlmRecord>>;
type Rows = HashMap<DocumentKey, Shown>;

/// A record that was worked on, with what came of it.
pub struct Ended {
    /// The record.
    pub job: Job,
    /// What came of it.
    pub written: Written,
    /// What was done.
    pub steps: Recorder,
}

impl Work<'_> {
    /// Writes records. No two have the same key, and no tree contains itself.
    pub async fn write_all(&self, jobs: Vec<Job>, stored: &StoredRecords) -> Vec<Ended> {
        let (mut jobs, mut ended) = (jobs, Vec::new());
        let seen = match self.seen(&mut jobs, &mut ended).await {
            Ok(seen) => seen,
            Err(error) => {
                let outcome = if is_final(&error) { Outcome::Refused } else { Outcome::Left };
                ended.extend(jobs.into_iter().map(|job| self.over(job, outcome(error.clone()))));
                return ended;
            }
        };
        let levels = self.levels(&jobs);
        let mut jobs: BTreeMap<usize, Job> = jobs.into_iter().enumerate().collect();
        for level in levels {
            let mut works: Vec<BoxFuture<'_, Ended>> = Vec::new();
            for job in level.into_iter().filter_map(|place| jobs.remove(&place)) {
                let before = Before { stored: stored.get(&job.key).cloned(), seen: seen.get(&job.key).cloned() };
                works.push(self.one_of_level(job, before).boxed());
            }
            // While one record is stored, another is at the ERP.
            let mut works = futures::stream::iter(works).buffer_unordered(self.at_once.saturating_mul(2));
            while let Some(one) = works.next().await {
                ended.push(one);
            }
        }
        ended
    }

    async fn one_of_level(&self, job: Job, before: Before) -> Ended {
        let mut steps = Recorder::new(self.after, job.run.clone());
        let written = self.write(&job, before, &mut steps).await;
        Ended { job, written, steps }
    }

    /// What came of a record before its turn.
    pub fn over(&self, job: Job, outcome: Outcome) -> Ended {
        let steps = Recorder::new(self.after, job.run.clone());
        Ended { job, written: Written::over(outcome), steps }
    }

    /// What the ERP has of the records. Of trees, those whose items are not there end here.
    async fn seen(&self, jobs: &mut Vec<Job>, ended: &mut Vec<Ended>) -> Result<Rows> {
        breaker::admit(self.after, self.tenant, &[&self.flow.erp]).await?;
        if self.flow.receives == Receives::Boms {
            self.with_items(jobs, ended).await?;
        }
        let keys: Vec<DocumentKey> = jobs.iter().map(|job| job.key.clone()).collect();
        let compares = self.flow.skip_unchanged || self.flow.on_update == OnUpdate::Merge;
        let names = jobs.iter().filter(|_| compares).flat_map(|job| job.fields.keys().map(String::as_str));
        let names: BTreeSet<&str> = names.collect();
        self.look(self.flow.object(), self.flow.key_field(), &keys, &names).await
    }

    async fn with_items(&self, jobs: &mut Vec<Job>, ended: &mut Vec<Ended>) -> Result<()> {
        let codes = |job: &Job| -> BTreeSet<String> {
            let own = std::iter::once(job.key.to_string());
            own.chain(components::codes(&job.fields).map(str::to_owned)).collect()
        };
        let all: BTreeSet<String> = jobs.iter().flat_map(codes).collect();
        let keys: Vec<DocumentKey> = all.into_iter().map(DocumentKey::Text).collect();
        let items = self.look(ITEMS, ITEM_CODE, &keys, &BTreeSet::from([BATCHES])).await?;
        let is_item = |code: &String| items.contains_key(&DocumentKey::Text(code.clone()));
        for mut job in std::mem::take(jobs) {
            let missing: Vec<String> = codes(&job).into_iter().filter(|code| !is_item(code)).collect();
            if !missing.is_empty() {
                let why = format!("B1中没有物料 {}；请先推送物料，再推送BOM", missing.join("、"));
                ended.push(self.over(job, Outcome::Refused(Error::permanent("plm.component", why))));
                continue;
            }
            let in_batches = |code: &&str| {
                let item = items.get(&DocumentKey::Text((*code).to_owned()));
                item.and_then(|item| item.row.get(BATCHES)).is_some_and(|by| by == "tYES")
            };
            let flushed: BTreeSet<&str> = components::backflushed(&job.fields).filter(in_batches).collect();
            if !flushed.is_empty() {
                let names = flushed.into_iter().collect::<Vec<_>>().join("、");
                job.warnings.push(format!(
                    "{names} 按批次管理，B1不能对其倒冲（im_Backflush），生产发料时会被拒绝；建议改为 im_Manual"
                ));
            }
            jobs.push(job);
        }
        Ok(())
    }

    fn levels(&self, jobs: &[Job]) -> Vec<Vec<usize>> {
        if self.flow.receives != Receives::Boms {
            return vec![(0..jobs.len()).collect()];
        }
        let tree =
            |job: &Job| (job.key.to_string(), components::codes(&job.fields).map(str::to_owned).collect::<Vec<_>>());
        let named: Vec<(String, Vec<String>)> = jobs.iter().map(tree).collect();
        let trees: Vec<Tree<'_>> = named
            .iter()
            .map(|(code, parts)| Tree { code, components: parts.iter().map(String::as_str).collect() })
            .collect();
        trees::levels(&trees, &BTreeMap::new())
    }
}
