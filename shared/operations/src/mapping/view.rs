//! A mapping as the operators' API and the command tell it.

use super::Mapping;
use serde_json::{Map, Value, json};
use tenon_mapping::{Doubt, Line, Plan, Unmatched};

impl Mapping {
    /// All of it that a person looks at before it is stored.
    pub fn view(&self) -> Value {
        let chosen = self.chosen.as_ref().ok().map(|(_, chosen)| chosen);
        let doubts = chosen.into_iter().flat_map(|chosen| &chosen.doubts);
        let misfits = self.chosen.as_ref().err().into_iter().flatten();
        let mut view = plan_view(&self.plan);
        for (name, value) in [
            ("flow", json!(self.sides.wanted.id)),
            ("form", json!(self.sides.form.title)),
            ("choices", json!(self.choices)),
            ("revision", json!(self.revision)),
            ("unfilled", json!(chosen.map(|chosen| &*chosen.unfilled).unwrap_or_default())),
            ("doubts", doubts.map(|own| json!({ "label": own.label, "why": own.why.words() })).collect()),
            (
                "misfits",
                misfits
                    .map(|own| {
                        json!({ "table": own.table, "to": own.to, "label": own.label, "from": own.from,
                            "is_there": own.is_there })
                    })
                    .collect(),
            ),
            (
                "problems",
                self.problems
                    .iter()
                    .map(|own| json!({ "path": own.path, "message": own.rule.to_string(), "warning": own.warning }))
                    .collect(),
            ),
            ("fields", json!(self.fields)),
            ("notes", json!(self.notes)),
        ] {
            view.insert(name.to_owned(), value);
        }
        Value::Object(view)
    }

    /// Why it cannot be stored as it is chosen, in words.
    pub(super) fn unfit(&self) -> String {
        let misfits = self.chosen.as_ref().err().into_iter().flatten().map(|own| {
            let why = if own.is_there { "cannot fill it" } else { "is no field of the ERP's object" };
            format!("{} ({}): {} {why}", own.label, own.to, own.from)
        });
        let problems = self.problems.iter().filter(|problem| !problem.warning).map(ToString::to_string);
        misfits.chain(problems).collect::<Vec<_>>().join("; ")
    }
}

/// What is proposed for which control.
pub fn plan_view(plan: &Plan) -> Map<String, Value> {
    let tables = plan.tables.iter().map(|table| {
        json!({ "to": table.to, "label": table.label, "from": table.from, "lines": lines(&table.lines),
            "unmatched": unmatched(&table.unmatched) })
    });
    Map::from_iter([
        ("lines".to_owned(), lines(&plan.lines)),
        ("unmatched".to_owned(), unmatched(&plan.unmatched)),
        ("tables".to_owned(), tables.collect()),
        ("unmatched_tables".to_owned(), unmatched(&plan.unmatched_tables)),
    ])
}

fn lines(all: &[Line]) -> Value {
    let one = |line: &Line| {
        json!({ "from": line.from, "to": line.to, "label": line.label, "format": line.written.format,
            "score": line.score.to_string(), "reason": line.reason.words(), "sure": line.is_sure(),
            "doubts": line.doubts.iter().map(Doubt::words).collect::<Vec<_>>() })
    };
    all.iter().map(one).collect()
}

fn unmatched(all: &[Unmatched]) -> Value {
    let one = |control: &Unmatched| json!({ "to": control.to, "label": control.label, "kind": control.word, "required": control.required });
    all.iter().map(one).collect()
}
