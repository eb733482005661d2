//! A flow that is looked at by itself as a kind of flow: only what it finds, and how, is its own.

/// Makes a flow of the factory a kind. `$work` is what is kept of each of its things, and `$polled` the end that is asked
/// for them. The room it stands in has `compare`, `find` and `way`.
macro_rules! polled {
    ($flow:ty, $work:ty, $polled:ident) => {
        use crate::kinds::{Begins, Caught, Kind, Polls, ResumePoint, Retried, Schedule, Scope};
        use crate::poll::Counts;
        use crate::unit_failures::Units;
        use futures::future::BoxFuture;
        use serde_json::Value;
        use tenon_model::link::Acceptance;
        use tenon_model::run::{Run, Trigger};
        use tenon_model::{ConnectionId, DocumentKey};
        use tenon_platform::Result;

        impl Kind for $flow {
            fn begins(&self) -> Begins<'_> {
                Begins::Polling(self)
            }

            fn compare<'a>(&'a self, at: Scope<'a>) -> BoxFuture<'a, Result<crate::compare::Findings>> {
                Box::pin(compare::compare(at, self))
            }

            fn retry<'a>(
                &'a self,
                at: Scope<'a>,
                run: &'a Run,
                accept: Option<Acceptance>,
            ) -> BoxFuture<'a, Result<Retried>> {
                Box::pin(async move {
                    let flow = at.loaded.flow(&self.id)?;
                    Box::pin(crate::manufacturing::retry::retry::<$work>(at, &way(flow, self), run, accept)).await
                })
            }

            fn resume_point<'a>(&'a self, at: Scope<'a>, run: &'a Run) -> BoxFuture<'a, Result<ResumePoint>> {
                Box::pin(async move {
                    let flow = at.loaded.flow(&self.id)?;
                    crate::manufacturing::retry::resume_point::<$work>(at, flow, run).await
                })
            }

            /// Nothing is told from outside, so nothing can be missed.
            fn reconcile<'a>(&'a self, _at: Scope<'a>, _units: &'a mut Units<'_>) -> BoxFuture<'a, Caught> {
                Box::pin(async move { Caught::default() })
            }
        }

        impl Polls for $flow {
            fn connection(&self) -> &ConnectionId {
                &self.$polled
            }

            fn schedule(&self) -> Schedule {
                Schedule::Manufacturing
            }

            fn poll<'a>(
                &'a self,
                at: Scope<'a>,
                trigger: Trigger,
                counts: &'a mut Counts,
            ) -> BoxFuture<'a, Result<()>> {
                Box::pin(find::find_and_queue(at, self, trigger, counts))
            }

            fn preview<'a>(&'a self, at: Scope<'a>, key: Option<DocumentKey>) -> BoxFuture<'a, Result<Value>> {
                Box::pin(compare::preview(at, self, key))
            }
        }
    };
}

pub(in crate::manufacturing) use polled;
