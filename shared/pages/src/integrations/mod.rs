//! What operators see of flows and their runs: `/system/integrations`. Functions from what is known to markup; nothing
//! here reads or writes.

mod address;
mod alarms;
mod audit;
mod bulk;
mod connections;
mod correct;
mod dead_letters;
mod diff;
mod first_steps;
mod flow;
mod flows;
mod links;
mod mapping;
mod needed;
mod new_flow;
mod preview;
mod processes;
mod remedy;
mod remove;
mod run;
mod runs;
mod spark;
mod step_names;
mod syncs;
mod texts;
mod times;
mod tried;
mod versions;

pub use address::{RUNS, RunsQuery, Since};
pub use alarms::{AlarmKind, AlarmRow, Subject, alarms};
pub use audit::{Change, audit};
pub use bulk::{Item, ItemState, JobState, JobView, Review, SkippedRuns, job, progress, review};
pub use connections::{Checked, ConnectionRow, Part, connections};
pub use correct::{ChangedValue, Correction, VALUE, WrongValue, confirm, correct};
pub use dead_letters::{DeadLetter, dead_letters};
pub use diff::Difference;
pub use first_steps::{Step as FirstStep, first_steps};
pub use flow::{FlowView, Version, flow};
pub use flows::{FlowRow, FlowsView, Hour, LastRun, flows};
pub use links::link;
pub use mapping::{
    FILLED_BY, FieldList, MAPPED, MappingOf, MappingRow, MappingTable, MappingView, Proposed, TAKEN, mapping, unread,
};
pub use needed::{MadeRow, NeededRow, NeededView, TO_CREATE, made_fields, review_fields};
pub use new_flow::{ChooseView, Connected, ConnectionChoice, DRAFTS_OF, NEW_FLOW, choose, object_name};
pub use preview::{Previewed, preview};
pub use processes::{HistoryEntry, ProcessRow, ProcessView, ProcessesView, process, processes};
pub(crate) use remedy::remedy_text;
pub use remedy::{Remedy, remedy};
pub use remove::remove;
pub use run::{AdjacentRuns, ResumePoint, RunView, run};
pub use runs::{Counts, FlowChoice, Matching, RunsView, live, runs, statuses};
pub use syncs::{SyncRow, syncs};
pub use texts::Label;
pub use tried::{Seen, SeenDocument, TriedView, tried};
pub use versions::{VersionView, version};

use crate::console::Frame;
use jiff::tz::TimeZone;
use maud::{Markup, html};
use tenon_model::Language;

/// Where the pages are.
pub const HOME: &str = "/system/integrations";

/// Who looks, how, and when.
#[derive(Clone, Copy)]
pub struct ViewContext<'s> {
    /// What the page is shown in.
    pub frame: &'s Frame,
    /// By this clock.
    pub zone: &'s TimeZone,
    /// Epoch ms.
    pub now_ms: i64,
    /// Whether whoever looks may change anything. What may not be done is not shown.
    pub may_change: bool,
}

impl ViewContext<'_> {
    pub(crate) fn text(&self, text: Label) -> &'static str {
        text.of(self.language())
    }

    pub(crate) fn language(&self) -> Language {
        self.frame.language
    }

    /// A form that is one button. Each has an address of its own, so that it is carried out once by itself.
    pub(crate) fn press(&self, action: &str, class: &str, name: Label) -> Markup {
        self.frame.form(action, "", &html! { button class=(class) { (self.text(name)) } })
    }
}

/// The parts of the section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tab {
    /// Flows.
    Flows,
    /// Runs.
    Runs,
    /// What needs attention now.
    Alarms,
    /// What was given up.
    DeadLetters,
    /// Outside systems.
    Connections,
    /// Processes of the engine.
    Processes,
    /// Tables that are filled.
    Syncs,
    /// Who changed what.
    Audit,
}

impl Tab {
    /// All, in their order.
    pub const ALL: [Self; 8] = [
        Self::Flows,
        Self::Runs,
        Self::Alarms,
        Self::DeadLetters,
        Self::Connections,
        Self::Processes,
        Self::Syncs,
        Self::Audit,
    ];

    /// Where it is.
    pub fn address(self) -> &'static str {
        match self {
            Self::Flows => HOME,
            Self::Runs => "/system/integrations/runs",
            Self::Alarms => "/system/integrations/alarms",
            Self::DeadLetters => "/system/integrations/dead-letters",
            Self::Connections => "/system/integrations/connections",
            Self::Processes => "/system/integrations/processes",
            Self::Syncs => "/system/integrations/data-sync",
            Self::Audit => "/system/integrations/audit",
        }
    }

    /// What it is called.
    pub fn name(self) -> Label {
        match self {
            Self::Flows => Label::Flows,
            Self::Runs => Label::Runs,
            Self::Alarms => Label::Alarms,
            Self::DeadLetters => Label::DeadLetters,
            Self::Connections => Label::Connections,
            Self::Processes => Label::Processes,
            Self::Syncs => Label::Syncs,
            Self::Audit => Label::Audit,
        }
    }
}

/// What stands above every page of the section: its parts, and what was just done or refused.
pub fn framed(context: &ViewContext<'_>, tab: Tab, feedback: Option<&Feedback<'_>>, content: &Markup) -> Markup {
    html! {
        nav.tabs aria-label=(context.text(Label::Integrations)) {
            ul {
                @for own in Tab::ALL {
                    li { a href=(own.address()) aria-current=[(own == tab).then_some("page")] { (context.text(own.name())) } }
                }
            }
        }
        @match feedback {
            Some(Feedback::Done(text)) => { p.told role="status" { (text) } }
            Some(Feedback::Refused { text, code }) => { div.told.wrong role="alert" {
                p { (text) }
                @if let Some(code) = code { (remedy::details(context, code)) }
            } }
            None => {}
        }
        (content)
    }
}

/// What a page says of what was just pressed.
pub enum Feedback<'s> {
    /// It is done.
    Done(&'s str),
    /// It is not.
    Refused {
        /// Why.
        text: &'s str,
        /// The stable code.
        code: Option<&'s str>,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::LazyLock;

    static FRAMES: LazyLock<[Frame; 2]> = LazyLock::new(|| {
        [Language::Zh, Language::En].map(|language| Frame {
            language,
            csrf: "c".to_owned(),
            once: "o".to_owned(),
            ..Frame::default()
        })
    });
    static ZONE: LazyLock<TimeZone> = LazyLock::new(|| TimeZone::get("Asia/Shanghai").unwrap());

    pub(crate) fn context(language: Language, may_change: bool) -> ViewContext<'static> {
        let frame = FRAMES.iter().find(|frame| frame.language == language).unwrap();
        ViewContext { frame, zone: &ZONE, now_ms: 1_795_309_200_000, may_change }
    }

    #[test]
    fn each_part_has_its_own_address_and_the_present_one_is_marked() {
        let page =
            framed(&context(Language::En, true), Tab::Runs, Some(&Feedback::Done("<done>")), &html! {}).into_string();
        assert_eq!(page.matches("aria-current=\"page\"").count(), 1);
        assert!(page.contains("&lt;done&gt;") && page.contains(">Dead letters</a>"), "{page}");
        let refused = Feedback::Refused { text: "no", code: Some("run.succeeded") };
        let page = framed(&context(Language::Zh, true), Tab::Runs, Some(&refused), &html! {}).into_string();
        assert!(page.contains("role=\"alert\"") && page.contains("run.succeeded"), "{page}");
    }
}
