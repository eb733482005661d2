//! Kinds of elements.

/// What an element of a process is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `startEvent`
    Start,
    /// `endEvent`
    End,
    /// `userTask`
    UserTask,
    /// `serviceTask`, `sendTask`
    ServiceTask,
    /// `exclusiveGateway`
    Exclusive,
    /// `parallelGateway`
    Parallel,
    /// `intermediateCatchEvent`
    Catch,
    /// `boundaryEvent`
    Boundary,
    /// What takes part in a flow and is not run: kept by its name.
    Unsupported,
}

impl Kind {
    /// The kind of a node of a flow by its name in BPMN; `None` for what is no node.
    pub(super) fn of(name: &str) -> Option<Self> {
        Some(match name {
            "startEvent" => Self::Start,
            "endEvent" => Self::End,
            "userTask" => Self::UserTask,
            "serviceTask" | "sendTask" => Self::ServiceTask,
            "exclusiveGateway" => Self::Exclusive,
            "parallelGateway" => Self::Parallel,
            "intermediateCatchEvent" => Self::Catch,
            "boundaryEvent" => Self::Boundary,
            "task"
            | "manualTask"
            | "receiveTask"
            | "scriptTask"
            | "businessRuleTask"
            | "callActivity"
            | "subProcess"
            | "adHocSubProcess"
            | "transaction"
            | "inclusiveGateway"
            | "complexGateway"
            | "eventBasedGateway"
            | "intermediateThrowEvent"
            | "implicitThrowEvent"
            | "event"
            | "choreographyTask"
            | "subChoreography"
            | "callChoreography" => Self::Unsupported,
            _ => return None,
        })
    }
}

/// What an event waits for or does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// A time.
    Timer,
    /// An error of a service.
    Error,
    /// Anything else, which is not run.
    Other,
}

impl Trigger {
    /// By the name of a definition; `None` for what is none.
    pub(super) fn of(name: &str) -> Option<Self> {
        Some(match name {
            "timerEventDefinition" => Self::Timer,
            "errorEventDefinition" => Self::Error,
            name if name.ends_with("EventDefinition") || name == "eventDefinitionRef" => Self::Other,
            _ => return None,
        })
    }
}
