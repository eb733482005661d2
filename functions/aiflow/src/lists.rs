//! Writes the lists of a long order whose process died: consumer of the queue `aiflow-lists`.

pub use tenon_task_center::orders::ListWriter;
