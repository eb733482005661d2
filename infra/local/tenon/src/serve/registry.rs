//! Every function of the catalog with its handler.

use std::sync::Arc;
use std::time::Duration;
use tenon_catalog::{FUNCTIONS, Function};
use tenon_platform::Context;
use tenon_platform::consumer::Worker;
use tenon_platform::dispatch::Dispatch;
use tenon_platform::lambda::ScheduleHandler;

/// How a function is called.
#[derive(Clone)]
pub enum Handler {
    /// An HTTP function.
    Http(&'static dyn Dispatch),
    /// An HTTP function that needs no world.
    Plain(&'static dyn Dispatch<()>),
    /// A queue consumer.
    Queue(Arc<dyn Worker>),
    /// A schedule.
    Schedule(ScheduleHandler),
}

/// The world of one call of a function: it ends when Lambda would end the process, and of the table the function sees
/// what it may.
pub fn within(ctx: &Context, function: &'static Function) -> Context {
    ctx.of_function(function).within(Duration::from_secs(function.timeout_seconds.into()))
}

/// Every function with its handler.
pub fn all() -> impl Iterator<Item = (&'static Function, Handler)> {
    FUNCTIONS.iter().filter_map(|f| Some((f, super::handlers::handler(f.name)?)))
}

#[cfg(test)]
mod tests {
    use super::super::handlers::handler;
    use super::*;
    use tenon_catalog::Trigger;

    #[test]
    fn every_function_of_the_catalog_is_served_locally_by_a_handler_of_its_kind() {
        for function in FUNCTIONS {
            let handler = handler(function.name).unwrap_or_else(|| panic!("{} has no handler", function.name));
            let fits = matches!(
                (function.trigger, handler),
                (Trigger::Http { .. }, Handler::Http(_) | Handler::Plain(_))
                    | (Trigger::Queue(_), Handler::Queue(_))
                    | (Trigger::Schedule { .. }, Handler::Schedule(_))
            );
            assert!(fits, "{}", function.name);
        }
    }

    #[test]
    fn every_route_of_the_catalog_has_its_operation_and_somebody_who_knows_its_callers() {
        for (function, handler) in all() {
            let faults = match handler {
                Handler::Http(service) => service.faults(function.routes()),
                Handler::Plain(service) => service.faults(function.routes()),
                Handler::Queue(_) | Handler::Schedule(_) => continue,
            };
            assert!(faults.is_empty(), "{}: {faults:#?}", function.name);
        }
    }

    #[test]
    fn a_call_to_a_vendor_ends_before_the_function_that_makes_it() {
        for function in FUNCTIONS.iter().filter(|f| f.area == "approvals") {
            let longest = tenon_model::config::LONGEST_CALL.as_secs();
            // Something was done before the call, and something is done with its answer.
            assert!(u64::from(function.timeout_seconds) >= 2 * longest, "{}", function.name);
        }
    }
}
