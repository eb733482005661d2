//! The one source of Tenon's functions and queues.
//!
//! Pure data without dependencies, grouped by area. One entry is a function: `cargo run -p tenon-generate` writes
//! from it the deployment, the alarms, the router of `cargo lambda watch`, the binaries, the local registry and the
//! tables of the documents; the HTTP dispatcher reads who may call a route. What can be derived is not an entry's to
//! say.

pub mod areas;
mod function;
mod metric;
mod queue;
pub mod records;
mod route;
pub mod scope;
pub mod shapes;
mod table_access;

pub use areas::{AREAS, Area};
pub use function::{Calls, Function, Trigger, camel, url_variable};
pub use metric::{METRICS, Metric};
pub use queue::{QueueSpec, Settings};
pub use route::{Auth, Role, Route, service};
pub use table_access::TableAccess;

const FUNCTION_COUNT: usize = count().0;
const QUEUE_COUNT: usize = count().1;
static ALL_FUNCTIONS: [Function; FUNCTION_COUNT] = lists().0;
static ALL_QUEUES: [QueueSpec; QUEUE_COUNT] = lists().1;

/// Every function, area by area.
pub static FUNCTIONS: &[Function] = &ALL_FUNCTIONS;

/// Every queue, in the order of their consumers.
pub static QUEUES: &[QueueSpec] = &ALL_QUEUES;

/// Functions, and those of them that consume a queue.
const fn count() -> (usize, usize) {
    let (mut functions, mut queues) = (0, 0);
    let mut areas = AREAS;
    while let [area, rest @ ..] = areas {
        let mut own = area.functions;
        while let [function, others @ ..] = own {
            functions += 1;
            if function.queue().is_some() {
                queues += 1;
            }
            own = others;
        }
        areas = rest;
    }
    (functions, queues)
}

/// The areas' functions and queues in one list each, while it is compiled.
const fn lists() -> ([Function; FUNCTION_COUNT], [QueueSpec; QUEUE_COUNT]) {
    let nothing = Settings { batch_size: 0, max_concurrency: 0, oldest_seconds: 0, remedy: "" };
    let mut functions = [areas::admin::HEALTHZ; FUNCTION_COUNT];
    let mut queues = [QueueSpec::of("", 0, nothing); QUEUE_COUNT];
    let (mut functions_left, mut queues_left): (&mut [Function], &mut [QueueSpec]) = (&mut functions, &mut queues);
    let mut areas = AREAS;
    while let [area, rest @ ..] = areas {
        let mut own = area.functions;
        while let [function, others @ ..] = own {
            functions_left = put(functions_left, *function);
            if let Some(queue) = function.queue() {
                queues_left = put(queues_left, queue);
            }
            own = others;
        }
        areas = rest;
    }
    assert!(functions_left.is_empty() && queues_left.is_empty());
    (functions, queues)
}

/// Puts a value into the first place; the places behind it.
const fn put<T: Copy>(places: &mut [T], value: T) -> &mut [T] {
    match places.split_first_mut() {
        Some((place, rest)) => {
            *place = value;
            rest
        }
        None => &mut [],
    }
}

/// The function of that name.
#[must_use]
pub fn function(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.name == name)
}

/// The queue of that name; dead-letter queues are not found by it.
#[must_use]
pub fn queue(name: &str) -> Option<&'static QueueSpec> {
    QUEUES.iter().find(|queue| queue.name == name)
}

/// The function behind a route.
#[must_use]
pub fn behind(route: &Route) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.routes().contains(route))
}

/// The function that consumes the queue of that name.
#[must_use]
pub fn consumer(queue: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.name == queue && function.queue().is_some())
}

#[cfg(test)]
mod tests;
