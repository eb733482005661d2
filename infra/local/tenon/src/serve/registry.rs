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
    use serde_json::{Value, json};
    use tenon_catalog::Trigger;
    use tenon_model::message::{Envelope, Unreadable, VERSION};

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

    /// The messages of a queue's golden event.
    fn golden(queue: &str) -> Vec<String> {
        let path = format!("{}/../../../events/{queue}.json", env!("CARGO_MANIFEST_DIR"));
        let event: Value = serde_json::from_str(&std::fs::read_to_string(&path).expect(&path)).expect(&path);
        let records = event["Records"].as_array().expect("records");
        records.iter().map(|record| record["body"].as_str().expect("a body").to_owned()).collect()
    }

    /// As the version before writes a message: the name of its job stands in its body.
    fn as_before(message: &Value) -> Value {
        let mut before = message.clone();
        before["v"] = json!(VERSION - 1);
        let job = before.as_object_mut().and_then(|fields| fields.remove("job")).expect("a job");
        before["body"]["kind"] = job;
        before
    }

    /// As the version after may write one that this version still has to read: with fields that are new.
    fn as_after(message: &Value) -> Value {
        let mut after = message.clone();
        after["fieldOfTomorrow"] = json!({ "a": [1] });
        after["body"]["fieldOfTomorrow"] = json!(true);
        after
    }

    #[test]
    fn processes_of_two_versions_read_each_others_messages_in_every_queue() {
        let mut queues = 0;
        for (function, handler) in all() {
            let Handler::Queue(worker) = handler else { continue };
            queues += 1;
            for text in golden(function.name) {
                let message: Value = serde_json::from_str(&text).expect(&text);
                assert_eq!(message["v"], VERSION, "{}: the golden event is of this version", function.name);
                for (written, by) in
                    [(message.clone(), "now"), (as_before(&message), "before"), (as_after(&message), "after")]
                {
                    let envelope = Envelope::read(&written.to_string());
                    let envelope = envelope.unwrap_or_else(|why| panic!("{} of {by}: {why:?}", function.name));
                    worker.reads(&envelope).unwrap_or_else(|why| panic!("{} of {by}: {why}", function.name));
                    assert_eq!(envelope.tenant.as_str(), message["tenant"].as_str().unwrap_or("default"));
                    // What is sent on is of this version, whoever wrote it.
                    assert_eq!(serde_json::to_value(&envelope).expect("JSON")["v"], VERSION);
                }
                let newer = json!({ "v": VERSION + 1, "work": message["body"] }).to_string();
                assert!(matches!(Envelope::read(&newer), Err(Unreadable::Newer(_))), "left for a newer process");
                let mut other = Envelope::read(&text).expect(&text);
                other.job = "work-of-nobody".to_owned();
                assert!(worker.reads(&other).is_err(), "{} does another job's work", function.name);
            }
        }
        assert_eq!(queues, tenon_catalog::QUEUES.len());
    }

    /// Messages as the version before wrote them, kept as they were. A queue that is younger than that version has none.
    #[test]
    fn messages_that_the_version_before_wrote_are_read() {
        let mut read = 0;
        for (function, handler) in all() {
            let Handler::Queue(worker) = handler else { continue };
            let name = format!("{}.{}.json", function.name, VERSION - 1);
            let path = format!("{}/../../../tests/messages/{name}", env!("CARGO_MANIFEST_DIR"));
            let Ok(text) = std::fs::read_to_string(&path) else { continue };
            let messages: Vec<Value> = serde_json::from_str(&text).expect(&path);
            assert!(!messages.is_empty(), "{name}");
            for message in messages {
                assert_eq!(message["v"], VERSION - 1, "{name}");
                let envelope = Envelope::read(&message.to_string());
                let envelope = envelope.unwrap_or_else(|why| panic!("{name}: {why:?}"));
                worker.reads(&envelope).unwrap_or_else(|why| panic!("{name}: {why}"));
                assert_eq!((envelope.v, envelope.id.as_str()), (VERSION, message["id"].as_str().expect("an id")));
            }
            read += 1;
        }
        assert!(read >= 8, "messages of {read} queues");
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
