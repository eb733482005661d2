//! Sends what processes have for others: consumer of the queue `process-work`.

pub use tenon_task_center::process::ProcessSender;
