//! A flow that is looked at by itself as a kind of flow: only what it finds, and how, is its own.

/// Makes a flow of the factory a kind. `$work` is what is kept of each of its things, and `$polled` the end that is asked
/// for them. The room it stands in has `compare`, `find` and `way`.
macro_rules! polled {
    ($flow:ty, $work:ty, $polled:ident) => {
        use crate::kinds::{Begins, Caught, Kind, Polls, ResumePoint, Retried, Schedule, Scope};
        use crate::poll::Counts;
        use crate::unit_failures::Units;
        use serde_json::Value;
        use tenon_model::link::Acceptance;
        use tenon_model::run::{Run, Trigger};
        use tenon_model::{ConnectionId, DocumentKey};
        use tenon_platform::Result;

        #[async_trait::async_trait]
        impl Kind for $flow {
            fn begins(&self) -> Begins<'_> {
                Begins::Polling(self)
            }

            async fn compare(&self, at: Scope<'_>) -> Result<crate::compare::Findings> {
                Box::pin(compare::compare(at, self)).await
            }

            async fn retry(&self, at: Scope<'_>, run: &Run, accept: Option<Acceptance>) -> Result<Retried> {
                let flow = at.loaded.flow(&self.id)?;
                Box::pin(crate::manufacturing::retry::retry::<$work>(at, &way(flow, self), run, accept)).await
            }

            async fn resume_point(&self, at: Scope<'_>, run: &Run) -> Result<ResumePoint> {
                let flow = at.loaded.flow(&self.id)?;
                crate::manufacturing::retry::resume_point::<$work>(at, flow, run).await
            }

            /// Nothing is told from outside, so nothing can be missed.
            async fn reconcile(&self, _at: Scope<'_>, _units: &mut Units<'_>) -> Caught {
                Caught::default()
            }
        }

        #[async_trait::async_trait]
        impl Polls for $flow {
            fn connection(&self) -> &ConnectionId {
                &self.$polled
            }

            fn schedule(&self) -> Schedule {
                Schedule::Manufacturing
            }

            async fn poll(&self, at: Scope<'_>, trigger: Trigger, counts: &mut Counts) -> Result<()> {
                Box::pin(find::find_and_queue(at, self, trigger, counts)).await
            }

            async fn preview(&self, at: Scope<'_>, key: Option<DocumentKey>) -> Result<Value> {
                Box::pin(compare::preview(at, self, key)).await
            }
        }
    };
}

pub(in crate::manufacturing) use polled;
