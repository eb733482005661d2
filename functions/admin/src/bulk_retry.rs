//! Retries the runs of a job: consumer of the queue `bulk-retry`.

pub use tenon_operations::bulk::BulkRetrier;
