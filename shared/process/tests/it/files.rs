//! Files as they come: odd ones, broken ones, hostile ones.

use crate::build::{blocking, file, graph};
use tenon_process::bpmn::{MAX_FILE_BYTES, parse};

#[test]
fn what_could_harm_is_refused_by_a_code_of_its_own() {
    let lol: String = (1..10).map(|n| format!("<!ENTITY l{n} \"&l{};&l{};&l{};\">", n - 1, n - 1, n - 1)).collect();
    let lol = format!("<!DOCTYPE d [<!ENTITY l0 \"lol\">{lol}]><definitions>&l9;</definitions>");
    let deep = file(&format!("{}{}", "<documentation>".repeat(1_000), "</documentation>".repeat(1_000)));
    let long = file(&format!("<documentation>{}</documentation>", "x".repeat(MAX_FILE_BYTES)));
    let many = file(&"<documentation/>".repeat(60_000));
    let model = "http://www.omg.org/spec/BPMN/20100524/MODEL";
    for (xml, code) in [
        (lol.as_str(), "xml-doctype"),
        ("<!DOCTYPE x SYSTEM \"file:///etc/passwd\"><x/>", "xml-doctype"),
        (&deep, "xml-too-deep"),
        (&long, "xml-too-long"),
        (&many, "xml-too-many"),
        (&file("<documentation>&boom;</documentation>"), "xml-entity"),
        (&file("<userTask id=\"a\" name=\"&boom;\"/>"), "xml-entity"),
        (&file("<userTask id=\"a\">"), "xml-malformed"),
        (&file("<userTask id=\"a\" id=\"b\"/>"), "xml-malformed"),
        ("", "xml-malformed"),
        ("{\"not\": \"xml\"}", "xml-malformed"),
        ("<a/><b/>", "xml-malformed"),
        (&format!("<definitions xmlns=\"{model}\"><process id=\"p\">"), "xml-malformed"),
        (&file("<q:task xmlns=\"\" id=\"a\"/>"), "xml-prefix"),
        ("<definitions><process id=\"p\"/></definitions>", "bpmn-namespace"),
        ("<definitions xmlns=\"http://www.omg.org/spec/BPMN/20100501/MODEL\"/>", "bpmn-namespace"),
        (&format!("<process xmlns=\"{model}\"/>"), "bpmn-namespace"),
        (&format!("<definitions xmlns=\"{model}\"/>"), "process-missing"),
    ] {
        assert_eq!(blocking(xml), [code], "{xml:.120}");
    }
}

#[test]
fn whichever_prefix_a_namespace_is_bound_to_it_is_the_same_file() {
    let plain = graph("s>a a>e", &[]);
    let model = "http://www.omg.org/spec/BPMN/20100524/MODEL";
    let usual = format!("xmlns=\"{model}\"");
    // The default namespace is another's, BPMN's has a prefix; BPMN's is bound anew within; the known prefix is a stranger's.
    let mut prefixed = plain.replace(&usual, &format!("xmlns=\"urn:other\" xmlns:b=\"{model}\""));
    for word in ["definitions", "process", "startEvent", "endEvent", "userTask", "sequenceFlow"] {
        prefixed = prefixed
            .replace(&format!("<{word}"), &format!("<b:{word}"))
            .replace(&format!("</{word}"), &format!("</b:{word}"));
    }
    let within =
        plain.replace("<process ", &format!("<z:process xmlns:z=\"{model}\" ")).replace("</process>", "</z:process>");
    let other = plain
        .replace(
            "xmlns:t=\"https://tenon.dev/schema/process\"",
            "xmlns:t=\"urn:t\" xmlns:u=\"https://tenon.dev/schema/process\"",
        )
        .replace(" t:assignee", " u:assignee");
    let bom = format!("\u{feff}{plain}");
    for xml in [&plain, &prefixed, &within, &other, &bom] {
        assert_eq!(blocking(xml), [""; 0], "{xml}");
    }
    // A stranger's attribute names nobody.
    assert_eq!(blocking(&plain.replace("https://tenon.dev/schema/process", "urn:stranger")), ["assignee-missing"]);
    // BPMN's names of another namespace are not BPMN's.
    let stranger = plain.replace("<endEvent", "<endEvent xmlns=\"urn:x\"");
    assert!(blocking(&stranger).contains(&"end-missing"));
}

#[test]
fn lines_are_those_of_the_file() {
    let xml = graph("s>a a>e", &[]).replace('\n', "\r\n");
    let document = parse(&xml).unwrap();
    let lines: Vec<&str> = xml.lines().collect();
    for element in &document.processes[0].elements {
        let line = lines[usize::try_from(element.line).unwrap() - 1];
        assert!(line.contains(&format!("id=\"{}\"", element.id)), "{} in {line}", element.id);
    }
}
