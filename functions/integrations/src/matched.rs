//! From a mapping to what its page shows, and from what its form says to choices.

use crate::needed_fields;
use serde_json::Value;
use tenon_console_kit::Fields;
use tenon_mapping::choose::{self, fitting};
use tenon_mapping::{Choices, Doubt, Line, Misfit, Reason, TableChoices};
use tenon_model::Language;
use tenon_model::config::range;
use tenon_model::localized::Localized;
use tenon_model::oa::FieldKind;
use tenon_model::schema::{FormControl, FormSchema, TableSchema};
use tenon_operations::mapping::{Mapping, Which};
use tenon_pages::integrations::{
    self as pages, FILLED_BY, Feedback, FieldList, Label, MAPPED, MappingOf, MappingRow, MappingTable, MappingView,
    NeededRow, Proposed, Seen, SeenDocument, TAKEN, TriedView, ViewContext,
};

/// What names a control of the header, or of a table, in a form's field.
fn key(table: Option<&str>, control: &str) -> String {
    Value::from_iter(table.into_iter().chain([control])).to_string()
}

/// The control of a form's field: its table, if it is a column, and its name.
fn named(key: &str) -> Option<(Option<String>, String)> {
    match serde_json::from_str::<Vec<String>>(key).ok()?.as_slice() {
        [control] => Some((None, control.clone())),
        [table, control] => Some((Some(table.clone()), control.clone())),
        _ => None,
    }
}

/// What a form chooses; `None` of one that chooses nothing yet.
pub(crate) fn choices(fields: &Fields) -> Option<Choices> {
    let all = fields.filled();
    let of =
        |prefix: &'static str| all.iter().filter_map(move |(name, value)| Some((name.strip_prefix(prefix)?, value)));
    if of(MAPPED).next().is_none() && of(FILLED_BY).next().is_none() {
        return None;
    }
    let mut choices = Choices::default();
    for (table, from) in of(FILLED_BY) {
        choices.tables.insert(table.to_owned(), TableChoices { from: from.clone(), ..TableChoices::default() });
    }
    // What is written counts before what is only ticked.
    for (key, value) in of(TAKEN).chain(of(MAPPED)).filter(|(_, value)| !value.trim().is_empty()) {
        let Some((table, control)) = named(key) else { continue };
        let from = choose::read(value);
        match table {
            None => _ = choices.header.insert(control, from),
            Some(table) => _ = choices.tables.entry(table).or_default().columns.insert(control, from),
        }
    }
    Some(choices)
}

/// Choices as a form carries them on.
pub(crate) fn carried(choices: &Choices) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for (control, from) in &choices.header {
        all.push((format!("{MAPPED}{}", key(None, control)), choose::shown(from)));
    }
    for (table, own) in &choices.tables {
        all.push((format!("{FILLED_BY}{table}"), own.from.clone()));
        for (control, from) in &own.columns {
            all.push((format!("{MAPPED}{}", key(Some(table), control)), choose::shown(from)));
        }
    }
    all
}

/// Whose mapping it is.
pub(crate) fn of(which: &Which) -> MappingOf<'_> {
    match which {
        Which::New(_) => MappingOf::New,
        Which::Stored(id) => MappingOf::Flow(id.as_str()),
    }
}

/// What the form is called, and what it is between.
pub(crate) fn title(mapping: &Mapping) -> String {
    let wanted = &mapping.sides.wanted;
    let of = wanted.draft_of.as_ref().map(|of| format!(" ({of})")).unwrap_or_default();
    format!("{} · {}{of} · {} → {}", mapping.sides.form.title, wanted.object, wanted.erp, wanted.oa)
}

/// The page of a mapping.
pub(crate) fn shown(
    context: &ViewContext<'_>,
    which: &Which,
    mapping: &Mapping,
    carried: &[(String, String)],
    document: &str,
) -> maud::Markup {
    let language = context.frame.language;
    let mut drawn = Drawn { mapping, language, lists: Vec::new() };
    let form = &mapping.sides.form;
    let rows: Vec<MappingRow> = form
        .controls
        .iter()
        .filter(|control| control.kind != FieldKind::Table)
        .map(|control| {
            let from = mapping.choices.header.get(&control.name).map(String::as_str);
            drawn.row(None, control, &mapping.sides.object.header, &mapping.plan.lines, from)
        })
        .collect();
    let tables: Vec<MappingTable> = form
        .controls
        .iter()
        .filter(|control| control.kind == FieldKind::Table)
        .map(|control| drawn.table(control))
        .collect();
    let unfilled = mapping.chosen.as_ref().map(|(_, chosen)| chosen.unfilled.clone()).unwrap_or_default();
    let problems: Vec<String> = mapping.problems.iter().map(|problem| problem.text(language)).collect();
    let fields: Vec<NeededRow> = mapping.fields.iter().map(|field| needed_fields::row(field, language)).collect();
    let view = MappingView {
        of: of(which),
        title: &title(mapping),
        carried,
        rows: &rows,
        tables: &tables,
        lists: &drawn.lists,
        unfilled: &unfilled,
        problems: &problems,
        fields: &fields,
        notes: &mapping.notes,
        document,
    };
    pages::mapping(context, &view)
}

/// Rows, and the lists of fields that they share.
struct Drawn<'m> {
    mapping: &'m Mapping,
    language: Language,
    lists: Vec<FieldList>,
}

impl Drawn<'_> {
    fn row(
        &mut self,
        table: Option<&str>,
        control: &FormControl,
        of: &TableSchema,
        proposed: &[Line],
        from: Option<&str>,
    ) -> MappingRow {
        let list: FieldList = fitting(of, control)
            .into_iter()
            .map(|field| (field.name.clone(), field.caption.clone().unwrap_or_default()))
            .collect();
        let line = proposed.iter().find(|line| line.to == control.name);
        let misfits = self.mapping.chosen.as_ref().err().map(Vec::as_slice).unwrap_or_default();
        let misfit = misfits.iter().find(|own| own.to == control.name && own.table.as_deref() == table);
        MappingRow {
            key: key(table, &control.name),
            label: control.label.clone(),
            kind: control.word.clone(),
            required: control.required,
            fillable: control.fillable && (!list.is_empty() || from.is_some()),
            proposed: line.map(|line| proposal(line, self.language)),
            from: from.map(choose::shown).unwrap_or_default(),
            list: self.list(list),
            wrong: misfit.map(|own| wrong(own, self.language)),
        }
    }

    /// The place of a list, which is kept once however many controls it is for.
    fn list(&mut self, list: FieldList) -> usize {
        self.lists.iter().position(|known| *known == list).unwrap_or_else(|| {
            self.lists.push(list);
            self.lists.len() - 1
        })
    }

    fn table(&mut self, control: &FormControl) -> MappingTable {
        let mapping = self.mapping;
        let (object, choices) = (&mapping.sides.object, mapping.choices.tables.get(&control.name));
        let from = choices.map(|own| own.from.as_str()).unwrap_or_default();
        let collection = object.collections.iter().find(|collection| collection.name == from);
        let planned = mapping.plan.tables.iter().find(|table| table.to == control.name && table.from == from);
        let lines = planned.map(|table| table.lines.as_slice()).unwrap_or_default();
        let rows = collection.into_iter().flat_map(|of| control.columns.iter().map(move |column| (of, column)));
        let rows = rows.map(|(of, column)| {
            let chosen = choices.and_then(|own| own.columns.get(&column.name)).map(String::as_str);
            self.row(Some(&control.name), column, of, lines, chosen)
        });
        MappingTable {
            key: control.name.clone(),
            label: control.label.clone(),
            from: from.to_owned(),
            rows: rows.collect(),
            collections: object.collections.iter().map(|collection| collection.name.clone()).collect(),
        }
    }
}

fn proposal(line: &Line, language: Language) -> Proposed {
    let doubts = line.doubts.iter().map(|doubt| doubted(doubt, language));
    let why: Vec<String> = std::iter::once(reason(&line.reason, language)).chain(doubts).collect();
    Proposed {
        from: choose::shown(&line.from),
        score: line.score.to_string(),
        why: why.join(language.of("；", "; ")),
        sure: line.is_sure(),
    }
}

fn reason(reason: &Reason, language: Language) -> String {
    let zh = match reason {
        Reason::Earlier(flow) => return language.of(format!("流{flow}也这样映射"), reason.words()),
        Reason::SameName => "名称相同",
        Reason::Synonym => "同义词",
        Reason::PossibleSynonym => "可能是同义词",
        Reason::Caption => "与字段说明相同",
        Reason::SameWords => "词语相同",
        Reason::CaptionWords => "与字段说明的词语相同",
        Reason::SomeWords => "部分词语相同",
        Reason::Similar => "写法相近",
    };
    language.of(zh.to_owned(), reason.words())
}

fn doubted(doubt: &Doubt, language: Language) -> String {
    let zh = match doubt {
        Doubt::TooLong { takes, longest } => format!("字段最长{takes}个字符，控件最长{longest}个，过长的值会被拒绝"),
        Doubt::AnyText => "字段可为任意文本，控件只接受其选项".to_owned(),
        Doubt::NoOption(values) => format!("控件没有与这些值对应的选项：{values}"),
        Doubt::SameLabel => "有多个控件使用此名称".to_owned(),
        Doubt::FitsAsWell(other) => format!("{other}同样匹配"),
    };
    language.of(zh, doubt.words())
}

fn wrong(misfit: &Misfit, language: Language) -> String {
    let state_label = if misfit.is_there { Label::WrongKind } else { Label::NoSuchField };
    format!("{}: {}", choose::shown(&misfit.from), state_label.of(language))
}

/// The page of one real document.
pub(crate) fn tried(
    context: &ViewContext<'_>,
    which: &Which,
    mapping: &Mapping,
    carried: &[(String, String)],
    found: Result<&Value, Feedback<'_>>,
) -> maud::Markup {
    let language = context.frame.language;
    let chosen = mapping.chosen.as_ref().map(|(_, chosen)| chosen.clone()).unwrap_or_default();
    let doubts: Vec<String> =
        chosen.doubts.iter().map(|own| format!("{}: {}", own.label, doubted(&own.why, language))).collect();
    let problems: Vec<String> = mapping.problems.iter().map(|problem| problem.text(language)).collect();
    let seen = found.as_ref().ok().map(|found| Found::of(found, &mapping.sides.form));
    let view = TriedView {
        of: of(which),
        title: &title(mapping),
        carried,
        unfilled: &chosen.unfilled,
        doubts: &doubts,
        problems: &problems,
        may_store: mapping.problems.iter().all(|problem| problem.warning),
        seen: match (&seen, found) {
            (Some(seen), Ok(found)) => Ok(SeenDocument {
                document: &seen.document,
                originator: &seen.originator,
                controls: &seen.controls,
                problems: &seen.problems,
                warnings: &seen.warnings,
                waits: seen.waits,
                found,
            }),
            (_, Err(message)) => Err(message),
            (None, Ok(_)) => Err(Feedback::Done("")),
        },
    };
    pages::tried(context, &view)
}

/// A document as the flow would hand it in.
struct Found {
    document: String,
    originator: String,
    controls: Vec<Seen>,
    problems: Vec<String>,
    warnings: Vec<String>,
    waits: bool,
}

impl Found {
    fn of(found: &Value, form: &FormSchema) -> Self {
        let at = |path: &str| found.pointer(path).unwrap_or(&Value::Null);
        let lines = |name: &str| at(name).as_array().into_iter().flatten().map(text).collect();
        let written = at("/form/fields");
        let controls = form.controls.iter().map(|control| {
            let value = value_of(written, &control.name);
            if control.kind == FieldKind::Table { table(control, value) } else { single(control, value) }
        });
        Self {
            document: format!("{} {}", text(at("/document/object")), text(at("/document/key"))),
            originator: text(at("/form/originator")),
            controls: controls.collect(),
            problems: lines("/problems"),
            warnings: lines("/warnings"),
            waits: at("/waits_for_approval") != &Value::Bool(false),
        }
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The value of a control among those that are written.
fn value_of<'v>(written: &'v Value, control: &str) -> Option<&'v Value> {
    let named = |own: &&Value| own.get("name").and_then(Value::as_str).is_some_and(|name| range::same(name, control));
    written.as_array()?.iter().find(named)?.get("value")
}

fn single(control: &FormControl, value: Option<&Value>) -> Seen {
    Seen::Value { label: control.label.clone(), value: value.map(text).unwrap_or_default(), required: control.required }
}

fn table(control: &FormControl, value: Option<&Value>) -> Seen {
    let rows = value.and_then(Value::as_array).into_iter().flatten();
    let cells = |row: &Value| {
        let cell = |column: &FormControl| value_of(row, &column.name).map(text).unwrap_or_default();
        control.columns.iter().map(cell).collect()
    };
    Seen::Table {
        label: control.label.clone(),
        columns: control.columns.iter().map(|column| column.label.clone()).collect(),
        rows: rows.map(cells).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_form_chooses_is_carried_on_as_it_was() {
        let mut choices = Choices::default();
        choices.header.insert(r#"["开始","结束"]"#.into(), r#"["DocDate","DocDueDate"]"#.into());
        choices.header.insert("备注".into(), "Comments".into());
        let columns = [("品号".to_owned(), "ItemCode".to_owned())].into();
        choices.tables.insert("明细".into(), TableChoices { from: "DocumentLines".into(), columns });
        choices.tables.insert("附表".into(), TableChoices::default());
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(carried(&choices));
        body.append_pair(&format!("{TAKEN}{}", key(None, "备注")), "Address");
        body.append_pair(&format!("{TAKEN}{}", key(None, "地址")), "Address");
        let mut request = lambda_http::Request::new(lambda_http::Body::Text(body.finish()));
        request.headers_mut().insert("content-type", "application/x-www-form-urlencoded".parse().unwrap());
        let read = super::choices(&Fields::of(&request)).unwrap();
        choices.header.insert("地址".into(), "Address".into());
        assert_eq!(read, choices);
        assert_eq!(super::choices(&Fields::default()), None);
    }
}
