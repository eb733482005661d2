//! `POST /aflow/api/order/sync/task`: whole orders of another system, with their tasks.
//!
//! An order is one record with what is true of it as a whole, and a record for each hundred of its tasks. What each
//! person has of it are records of their own ([`crate::tasks`]), derived from these. Usually all of it, and the promise
//! to tell people of new tasks, is one transaction. A long order is several: the first has the order, its tasks and the
//! promises, and marks its lists as unfinished; the others write the lists, each only while nobody stored the order anew;
//! whoever comes to an unfinished order writes all of its lists: the repetition of a sync that died, or the job that was
//! promised with the first transaction ([`finish`]).

mod apply;
mod finish;
mod lists;
mod notices;
mod read;
mod record;

pub(crate) use apply::known;
pub use apply::sync;
pub use finish::{LEFT, ListWriter, Unfinished};
pub use record::{Copied, NodeType, Order, OrderResult, OrderState, Task, TaskResult, TaskState};

use tenon_platform::table::RecordKind;

/// The kinds of records.
pub(crate) const RECORDS: [RecordKind; 2] =
    [RecordKind::of::<record::Head>("TASK-ORDER"), RecordKind::of::<record::Tasks>("TASK-ORDER")];
