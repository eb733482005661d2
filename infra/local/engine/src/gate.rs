//! Crash points. A gate stands before and after every operation of a client and may kill it there,
//! as if the process had died before the request, or between the request and its answer.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// On which side of an operation the gate is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Moment {
    /// Nothing was done yet.
    Before,
    /// The operation is carried out; its answer is still on its way.
    After,
}

/// What the gate decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GateDecision {
    /// Go on.
    Go,
    /// The process dies here: the caller gets no answer.
    Kill,
    /// A transaction on the same record is in the way, as DynamoDB says of a write under load: nothing is
    /// done. Means nothing for reads, nor after an operation.
    Contend,
}

type Decide = dyn Fn(&str, Moment) -> GateDecision + Send + Sync;

/// Decides by the operation's name (`PutItem`, `Query`, …) and the moment.
#[derive(Clone)]
pub struct Gate(Arc<Decide>);

impl Gate {
    /// A gate that decides so.
    pub fn new(decide: impl Fn(&str, Moment) -> GateDecision + Send + Sync + 'static) -> Self {
        Self(Arc::new(decide))
    }

    /// A gate that lets everything through.
    pub fn open() -> Self {
        Self::new(|_, _| GateDecision::Go)
    }

    /// Counts the writes that reach the engine, to learn how many crash points there are.
    pub fn counting_writes() -> (Self, Arc<AtomicUsize>) {
        let count = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&count);
        let gate = Self::new(move |operation, moment| {
            if moment == Moment::Before && is_write(operation) {
                counted.fetch_add(1, Ordering::SeqCst);
            }
            GateDecision::Go
        });
        (gate, count)
    }

    /// The process dies at this moment of the n-th write, counted from 0, and stays dead: nothing
    /// after it is carried out, reads included.
    pub fn crash_at_write(n: usize, at: Moment) -> Self {
        let writes = AtomicUsize::new(0);
        let dead = std::sync::atomic::AtomicBool::new(false);
        Self::new(move |operation, moment| {
            let this = match (is_write(operation), moment) {
                (true, Moment::Before) => writes.fetch_add(1, Ordering::SeqCst) == n && at == Moment::Before,
                (true, Moment::After) => writes.load(Ordering::SeqCst) == n + 1 && at == Moment::After,
                (false, _) => false,
            };
            if this {
                dead.store(true, Ordering::SeqCst);
            }
            if dead.load(Ordering::SeqCst) { GateDecision::Kill } else { GateDecision::Go }
        })
    }

    /// The decision.
    pub fn decide(&self, operation: &str, moment: Moment) -> GateDecision {
        (self.0)(operation, moment)
    }
}

/// Whether an operation changes records.
pub fn is_write(operation: &str) -> bool {
    matches!(operation, "PutItem" | "UpdateItem" | "DeleteItem" | "BatchWriteItem" | "TransactWriteItems")
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Gate")
    }
}
