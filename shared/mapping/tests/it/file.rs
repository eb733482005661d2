use super::support::{control, form, run, text};
use tenon_mapping::Earlier;
use tenon_model::config::{Config, Flow};
use tenon_model::oa::FieldKind;
use tenon_model::schema::{FormControl, FormSchema};

fn purchase() -> FormSchema {
    let columns = vec![text("c1", "品号"), control("c2", "数量", FieldKind::Number), text("c3", "金额")];
    form(vec![
        FormControl { required: true, ..text("Text-1", "单据编号") },
        control("Date-2", "到货日期", FieldKind::Date),
        FormControl { required: true, ..text("Text-3", "审批级别") },
        text("Text-4", "质检员"),
        FormControl { columns, ..control("Table-5", "明细", FieldKind::Table) },
    ])
}

fn flow(text: &str) -> tenon_model::config::ApprovalFlow {
    let config: Config = toml::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let flow = config.flows.into_iter().find(|flow| flow.header().id.as_str() == "orders").unwrap();
    let Flow::Approval(flow) = flow else { panic!("another kind") };
    flow
}

#[test]
fn a_flow_is_written_that_the_configuration_takes_and_a_second_run_changes_nothing() {
    for before in ["", "# mine\n[[flows]]\nid = \"other\"\nkind = \"mes-items\"\nerp = \"b\"\nmes = \"m\"\n"] {
        let text = run(before, &purchase(), &[]);
        assert!(text.starts_with(before), "{text}");
        let flow = flow(&text);
        let mapped = |fields: &[tenon_model::config::Field]| -> Vec<(String, String)> {
            fields.iter().map(|field| (field.from.clone(), field.to.clone())).collect()
        };
        let pair = |from: &str, to: &str| (from.to_owned(), to.to_owned());
        assert_eq!(mapped(&flow.form.fields), [pair("DocNum", "Text-1")]);
        assert_eq!(flow.form.lines[0].to, "Table-5");
        assert_eq!(mapped(&flow.form.lines[0].fields), [pair("ItemCode", "c1"), pair("Quantity", "c2")]);
        assert!(!flow.enabled);
        assert_eq!(flow.form.seen.as_ref().unwrap().controls.len(), 8);
        assert!(text.contains("# ? { from = \"DocDueDate\", to = \"Date-2\", format = \"date\" }"), "{text}");
        assert!(text.contains("# ! \"Text-3\" 审批级别 (Text) must be filled in"), "{text}");
        assert!(text.contains("# - \"Text-4\" 质检员"), "{text}");
        assert_eq!(run(&text, &purchase(), &[]), text);
    }
}

#[test]
fn lines_of_a_person_stay_and_what_is_new_joins_them() {
    let first = run("", &purchase(), &[]);
    let mended = first
        .replace("# ? { from = \"DocDueDate\", to = \"Date-2\"", "{ from = \"RequiredDate\", to = \"Date-2\"")
        .replace("to = \"Text-1\", format = \"number\" },  #", "to = \"Text-1\", default = \"无\" },  # mine:")
        .replace("  # - \"Text-4\"", "  { from = \"U_QC\", to = \"Text-4\" },  # by hand\n  # -");
    let mut form = purchase();
    form.controls.push(text("Text-9", "供应商代码"));
    form.controls[4].columns.push(text("c9", "行备注"));
    let text = run(&mended, &form, &[]);
    let kept: Vec<&str> = mended.lines().take_while(|line| !line.starts_with("[flows.form.seen]")).collect();
    for line in &kept {
        assert!(text.contains(line.trim_end()), "{line}\n{text}");
    }
    let flow = flow(&text);
    let to: Vec<&str> = flow.form.fields.iter().map(|field| field.to.as_str()).collect();
    assert_eq!(to, ["Text-1", "Date-2", "Text-4", "Text-9"], "{text}");
    assert_eq!(flow.form.fields[0].default.as_deref(), Some("无"));
    assert_eq!(flow.form.lines[0].fields.len(), 3);
    assert_eq!(run(&text, &form, &[]), text);
}

#[test]
fn what_a_person_commented_out_is_not_written_again() {
    let first = run("", &purchase(), &[]);
    let without = first.replace("  { from = \"DocNum\"", "  # { from = \"DocNum\"");
    assert_eq!(run(&without, &purchase(), &[]), without);
}

#[test]
fn lists_in_any_form_are_added_to() {
    for fields in [
        "fields = []",
        "fields = [{ from = \"A\", to = \"x\" }]",
        "fields = [ { from = \"A\", to = \"x\" }, # one, two\n]",
        "fields = [ { from = \"A\", to = \"x\" } # no comma, here\n  ]",
        "",
    ] {
        let before = format!(
            "[[flows]]\nid = \"orders\"\nkind = \"approval\"\nerp = \"b\"\noa = \"o\"\n[flows.source]\n[flows.form]\n{fields}\n\
             template = \"T-1\"\n\n# the next\n[[apps]]\nid = \"a\"\napp_code = \"env:X\"\n"
        );
        let text = run(&before, &purchase(), &[]);
        assert!(flow(&text).form.fields.iter().any(|field| field.from == "DocNum"), "{text}");
        assert_eq!(flow(&text).form.lines.len(), 1, "{text}");
        assert_eq!(run(&text, &purchase(), &[]), text, "{fields}");
    }
}

#[test]
fn a_hostile_form_writes_nothing_but_its_own_flow() {
    let labels = [
        "\"]\n[[flows]]\nid = \"evil\"\n",
        "单据编号\"}, {from=\"X",
        "\u{0}\u{1b}[2J\u{202e}",
        "'''",
        "\\",
        "]]",
        "# x\r\n[apps]",
    ];
    let controls: Vec<FormControl> =
        labels.iter().map(|label| FormControl { name: (*label).into(), ..text(label, label) }).collect();
    let columns = controls.clone();
    let mut form = form(controls);
    form.title = labels[0].into();
    form.controls.push(FormControl { columns, ..control(labels[1], labels[0], FieldKind::Table) });
    let earlier = [Earlier::new(labels[0], "CardCode", "X", false)];
    let text = run("", &form, &earlier);
    let config: Config = toml::from_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert_eq!((config.flows.len(), config.apps.len()), (1, 0), "{text}");
    assert!(!text.contains(['\u{0}', '\u{1b}', '\u{202e}']));
    assert_eq!(run(&text, &form, &earlier), text);
}

#[test]
fn a_changed_form_is_seen_anew_by_the_next_run() {
    let first = run("", &purchase(), &[]);
    let mut form = purchase();
    form.controls[3].word = "Number".into();
    let second = run(&first, &form, &[]);
    assert_ne!(flow(&second).form.seen, flow(&first).form.seen);
    let without = |text: &str| text.split("[flows.form.seen]").next().unwrap().to_owned();
    assert_eq!(without(&first), without(&second));
}
