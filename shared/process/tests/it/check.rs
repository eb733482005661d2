//! What the check catches, each by its code, with the element and its line.

use crate::build::{blocking, checked, definition, file, graph};
use tenon_process::check::Severity;

const USER: &str = "t:assignee=\"u\"";

#[test]
fn each_thing_that_cannot_be_run_is_named_by_its_code() {
    let mut wrong = Vec::new();
    let plain = graph("s>a a>e", &[]);
    let of = |ways: &str| graph(ways, &[]);
    let timer = "|<timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>";
    let with = |id: &str, text: &str| graph("s>a a>v v>t1 t1>e", &[(id, text), ("t1", timer)]);
    let boundary = |text: &str, attached: &str| {
        graph("s>a a>v v>e", &[]).replace(
            "</process>",
            &format!("<boundaryEvent id=\"b\" attachedToRef=\"{attached}\"{text}</boundaryEvent><sequenceFlow id=\"bw\" sourceRef=\"b\" targetRef=\"e\"/></process>"),
        )
    };
    for (xml, codes) in [
        (plain.replace(" isExecutable=\"true\"", ""), &["process-not-executable"][..]),
        (plain.replace("</process>", "</process><process id=\"q\" isExecutable=\"true\"/>"), &["process-several-executable"]),
        (plain.replace("id=\"w1\"", "id=\"w0\""), &["duplicate-id"]),
        (plain.replace("id=\"w1\" ", ""), &["id-missing"]),
        (plain.replace("N a", &"n".repeat(401)), &["name-too-long"]),
        (plain.replace("targetRef=\"e\"", "targetRef=\"z\""), &["flow-target", "unreachable"]),
        (plain.replace("sourceRef=\"s\"", "sourceRef=\"z\""), &["no-way-to-end", "flow-source", "unreachable"]),
        (plain.replace("</process>", "</process><x:BPMNDiagram xmlns:x=\"http://www.omg.org/spec/BPMN/20100524/DI\"><x:BPMNShape bpmnElement=\"z\"><y:Bounds xmlns:y=\"http://www.omg.org/spec/DD/20100524/DC\" x=\"0\" y=\"0\" width=\"1\" height=\"1\"/></x:BPMNShape></x:BPMNDiagram>"), &["diagram-reference"]),
        (of("a>e"), &["start-missing"]),
        (of("s>a s2>a a>e"), &["start-several"]),
        (of("s>a a>b b>a"), &["end-missing", "no-way-to-end"]),
        (plain.replace("name=\"N s\" ></startEvent>", "><messageEventDefinition/></startEvent>"), &["start-typed"]),
        (plain.replace("name=\"N e\" ></endEvent>", "><terminateEventDefinition/></endEvent>"), &["end-typed"]),
        (of("s>a a>e b>e"), &["unreachable"]),
        (of("s>x x>a?amount>1 x>e! a>b b>a"), &["no-way-to-end"]),
        (plain.replace("userTask", "scriptTask"), &["unsupported"]),
        (plain.replace("userTask", "callActivity"), &["unsupported"]),
        (plain.replace("<userTask id=\"a\" name=\"N a\" t:assignee=\"a1,a2\"></userTask>", "<subProcess id=\"a\"><startEvent id=\"i\"/><startEvent id=\"j\"/></subProcess>"), &["unsupported", "subprocess-start"]),
        (plain.replace("userTask", "inclusiveGateway"), &["unsupported"]),
        (plain.replace("userTask", "eventBasedGateway"), &["unsupported", "event-gateway-target"]),
        (of("s>x x>a?amount_>_1 x>b?amount_<=_1 x>c a>e b>e c>e"), &[]),
        (of("s>x x>a x>b a>e b>e"), &["gateway-unconditioned"]),
        (of("s>x x>a x>b! a>e b>e"), &["gateway-unconditioned"]),
        (of("s>x x>a?amount>1 x>b!?amount>2 a>e b>e"), &["default-conditioned"]),
        (of("s>x x>a?amount>1 a>e"), &["condition-on-single-flow"]),
        (of("s>a a>e?amount>1"), &["condition-outside-gateway"]),
        (of("s>x x>a?amount_> x>b! a>e b>e"), &["condition-wrong"]),
        (of("s>x x>a?price_>_1 x>b! a>e b>e"), &["unknown-name"]),
        (of("s>x x>a?amount>1 x>b! a>e b>e").replace("default=\"w2\"", "default=\"w9\""), &["default-flow"]),
        (of("s>x").replace("</process>", "<endEvent id=\"e\"/></process>"), &["no-way-to-end", "unreachable", "gateway-no-outgoing"]),
        (of("s>a a>x x>v?amount>1 x>e! v>x2 x2>v2?amount>1 x2>e! v2>x2"), &["cycle-without-rest"]),
        (with("a", "t:rule=\"any\""), &["assignee-missing"]),
        (with("a", "t:assignee=\"u\" flowable:skipExpression=\"${true}\""), &["unsupported"]),
        (with("a", "t:assignee=\"u\"|<extensionElements><flowable:taskListener class=\"x.Y\"/></extensionElements>"), &["unsupported"]),
        (with("a", "t:assignee=\"nation:x\""), &["assignee-wrong"]),
        (with("a", "t:assignee=\"${boss}\""), &["unknown-name"]),
        (with("a", "t:assignee=\"u\" t:rule=\"most\""), &["rule-wrong"]),
        (with("a", "t:assignee=\"u\" t:rejectTo=\"v\""), &["reject-to"]),
        (with("a", "t:assignee=\"u\" t:dueDate=\"soon\""), &["due-wrong"]),
        (with("a", "t:assignee=\"u\" t:remindBefore=\"PT1H\""), &["due-wrong"]),
        (with("a", "|<multiInstanceLoopCharacteristics/>"), &["assignee-missing", "multi-instance-no-collection"]),
        (with("a", "|<multiInstanceLoopCharacteristics isSequential=\"true\" t:collection=\"approver\"/>"), &["multi-instance-unsupported"]),
        (with("a", &format!("{USER}|<standardLoopCharacteristics/>")), &["multi-instance-unsupported"]),
        (with("v", "t:class=\"com.x.Y\""), &["service-no-implementation"]),
        (with("v", "t:serviceUrl=\"http://erp.example.com/x\""), &["service-url"]),
        (with("v", "t:serviceUrl=\"https://elsewhere.example.com/x\""), &["service-url"]),
        (with("v", "t:serviceUrl=\"//elsewhere.example.com/x\""), &["service-url"]),
        (with("v", "t:serviceUrl=\"https://erp.example.com/x\" t:httpMethod=\"DELETE\""), &["service-method"]),
        (with("v", "t:serviceUrl=\"/x\" t:requestMapping=\"{&quot;a&quot;: &quot;${price}&quot;}\""), &["unknown-name"]),
        (with("v", "t:serviceUrl=\"/x\" t:requestMapping=\"amount\""), &["service-mapping"]),
        (with("v", "t:serviceUrl=\"/x\" t:retryConfig=\"{&quot;maxRetries&quot;: -1}\""), &["service-retry"]),
        (with("v", "t:serviceUrl=\"/x\" t:retryConfig=\"many\""), &["service-retry"]),
        (with("t1", "|<timerEventDefinition><timeCycle>R/PT1H</timeCycle></timerEventDefinition>"), &["timer-wrong"]),
        (with("t1", "|<timerEventDefinition/>"), &["timer-wrong"]),
        (with("t1", "|<messageEventDefinition messageRef=\"m\"/>"), &["reference-missing", "unsupported"]),
        (boundary(">", "a"), &["boundary-no-definition"]),
        (boundary("><timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>", "z"), &["boundary-unsupported", "attached-to"]),
        (boundary("><timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>", "v"), &["boundary-unsupported"]),
        (boundary(" cancelActivity=\"false\"><timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>", "a"), &["boundary-unsupported"]),
        (boundary("><timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>", "a"), &[]),
        (boundary("><errorEventDefinition/>", "v"), &[]),
    ] {
        let mut expected = codes.to_vec();
        let mut found = blocking(&xml);
        expected.sort_unstable();
        found.sort_unstable();
        found.dedup();
        if found != expected {
            wrong.push(format!("{found:?} for {expected:?}: {xml}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn parallel_ways_are_joined_and_only_what_was_split_is() {
    for (ways, codes) in [
        ("s>p1 p1>a p1>b a>p2 b>p2 p2>e", &[][..]),
        // Nested, and three ways joined at once.
        ("s>p1 p1>a p1>p3 p3>b p3>c b>p4 c>p4 p4>p2 a>p2 p2>e", &[]),
        ("s>p1 p1>a p1>p3 p3>b p3>c b>p2 c>p2 a>p2 p2>e", &[]),
        // A choice and a loop within a way.
        (
            "s>p1 p1>a p1>b a>x x>a2?amount>1 x>a3! a2>p2 a3>x4 x4>a3?amount>2 x4>p2! b>p2 p2>e",
            &["parallel-unsynchronised", "parallel-deadlock"],
        ),
        ("s>p1 p1>a p1>b a>x x>a2?amount>1 x>x5! a2>x5 x5>p2 b>x6 x6>b?amount>1 x6>p2! p2>e", &[]),
        // Joins what was not split.
        ("s>x x>a?amount>1 x>b! a>p2 b>p2 p2>e", &["parallel-deadlock"]),
        // Splits and never joins: to ends of their own, to one end, through an exclusive gateway, into one task.
        ("s>p1 p1>a p1>b a>e b>e2", &["parallel-no-join"]),
        ("s>p1 p1>a p1>b a>e b>e", &["parallel-no-join"]),
        ("s>p1 p1>a p1>b a>x b>x x>c c>e", &["parallel-no-join"]),
        ("s>p1 p1>a p1>b a>c b>c c>e", &["parallel-no-join"]),
        ("s>p1 p1>x p1>x x>c c>e", &["parallel-unsynchronised"]),
        // One way may end before the join.
        ("s>p1 p1>a p1>b a>x x>e2?amount>1 x>p2! b>p2 p2>e", &["parallel-deadlock", "parallel-no-join"]),
        // A task with two ways out splits as well.
        ("s>a a>b a>c b>p2 c>p2 p2>e", &[]),
    ] {
        let mut found = blocking(&graph(ways, &[]));
        found.sort_unstable();
        found.dedup();
        let mut expected = codes.to_vec();
        expected.sort_unstable();
        if expected.len() > 1 {
            // Which of them is seen depends on the order; one is enough to be told.
            assert!(!found.is_empty() && found.iter().all(|code| expected.contains(code)), "{ways}: {found:?}");
        } else {
            assert_eq!(found, expected, "{ways}");
        }
    }
    let to = |target: &str| {
        graph(
            "s>a a>p1 p1>b p1>c b>b2 b2>p2 c>p2 p2>e",
            &[("b2", &format!("t:assignee=\"u\" t:rejectTo=\"{target}\""))],
        )
    };
    assert_eq!((blocking(&to("b")), blocking(&to("a")), blocking(&to("c"))), (vec![], vec![], vec!["reject-to"]));
    // Many choices within many ways do not multiply.
    let mut ways = "s>p1 p2>e".to_owned();
    for n in 0..30 {
        ways.push_str(&format!(" p1>x{n}a x{n}a>a{n}?amount>1 x{n}a>b{n}! a{n}>x{n}b b{n}>x{n}b x{n}b>p2"));
    }
    let found = checked(&graph(&ways, &[]));
    assert!(found.is_sound(), "{:?}", found.findings);
    assert!(found.findings.iter().all(|finding| finding.code != "parallel-not-followed"));
}

#[test]
fn what_may_not_have_been_meant_is_a_warning_with_its_line() {
    let xml = graph("s>a a>e a>e s>b b>x1 x1>e", &[])
        .replace("name=\"N b\"", "")
        .replace("</process>", "<dataObject id=\"d\"/></process>");
    let warned: Vec<&str> =
        checked(&xml).findings.iter().filter(|f| f.severity == Severity::Warning).map(|f| f.code).collect();
    for code in
        ["duplicate-flow", "implicit-split", "label-missing", "superfluous-gateway", "no-diagram", "passed-over"]
    {
        assert!(warned.contains(&code), "{code}: {warned:?}");
    }
    let joined = checked(&graph("s>x x>a?amount>1 x>b?amount>2 a>c b>c c>d", &[]).replace(
        "</process>",
        "<endEvent id=\"e\" name=\"e\"/><sequenceFlow id=\"q\" sourceRef=\"c\" targetRef=\"e\"/></process>",
    ));
    let warned: Vec<&str> =
        joined.findings.iter().filter(|f| f.severity == Severity::Warning).map(|f| f.code).collect();
    for code in ["fake-join", "gateway-no-default", "implicit-end"] {
        assert!(warned.contains(&code), "{code}: {warned:?}");
    }
    let xml = file("\n\n<scriptTask id=\"q\" name=\"q\"/>\n<userTask id=\"r\" name=\"r\"/>\n");
    let found = checked(&xml);
    let line = |code: &str, id: &str| {
        found.findings.iter().find(|f| f.code == code && f.element.as_deref() == Some(id)).and_then(|f| f.line)
    };
    assert_eq!((line("unsupported", "q"), line("assignee-missing", "r")), (Some(6), Some(7)));
    assert!(found.findings.iter().all(|finding| !finding.zh.is_empty() && !finding.en.is_empty()));
}

#[test]
fn tools_write_the_same_in_their_own_ways() {
    let ways = [
        "flowable:candidateUsers=\"u1,u2\"",
        "camunda:candidateUsers=\"u1,u2\"",
        "t:assigneeType=\"user\" t:assigneeValue=\"u1,u2\"",
        "assignee=\"u1,u2\"",
        "|<extensionElements><assigneeType>user</assigneeType><assigneeValue>u1,u2</assigneeValue></extensionElements>",
        "|<extensionElements><t:assignee>user:u1,u2</t:assignee></extensionElements>",
        "|<extensionElements><camunda:properties><camunda:property name=\"assignee\" value=\"u1,u2\"/></camunda:properties></extensionElements>",
        "|<extensionElements><t:config>{\"assigneeType\": \"用户\", \"assigneeValue\": \"u1,u2\"}</t:config></extensionElements>",
        "|<extensionElements><flowable:field name=\"assignees\"><flowable:string><![CDATA[u1,u2]]></flowable:string></flowable:field></extensionElements>",
    ];
    for own in ways {
        let definition = definition(&graph("s>a a>e", &[("a", own)]));
        let (_, step) = crate::build::Played::launch(&definition, crate::build::none());
        let people = &step.instance.tasks[0].assignees;
        assert_eq!(people, &["u1", "u2"], "{own}");
    }
    for own in [
        "t:serviceUrl=\"/p\" t:httpMethod=\"put\" t:retryConfig=\"{&quot;times&quot;: 2, &quot;interval&quot;: 7}\" t:requestMapping=\"{&quot;n&quot;: &quot;${amount}&quot;}\"",
        "|<extensionElements><t:serviceConfig>{\"serviceUrl\": \"/p\", \"httpMethod\": \"PUT\", \"retryConfig\": {\"maxRetries\": 2, \"retryInterval\": 7}, \"requestMapping\": {\"n\": \"amount\"}}</t:serviceConfig></extensionElements>",
    ] {
        let definition = definition(&graph("s>v v>e", &[("v", own)]));
        let service = definition.service("v").unwrap();
        assert_eq!((service.url.as_str(), service.method.as_str()), ("/p", "PUT"));
        assert_eq!((service.retry.times, service.retry.seconds, service.mapping.len()), (2, 7, 1));
    }
}

/// As large a file as there is in the reference models.
#[test]
fn a_file_of_240_kb_is_checked_at_once() {
    let mut ways = "s>a0".to_owned();
    for n in 0..560 {
        ways.push_str(&format!(" a{n}>a{}", n + 1));
    }
    ways.push_str(" a560>e");
    let settings = "t:assignee=\"u\"|<documentation>0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789</documentation>";
    let all: Vec<(String, &str)> = (0..=560).map(|n| (format!("a{n}"), settings)).collect();
    let all: Vec<(&str, &str)> = all.iter().map(|(id, text)| (id.as_str(), *text)).collect();
    let xml = graph(&ways, &all);
    assert!(xml.len() > 240_000, "{}", xml.len());
    assert!(checked(&xml).is_sound());
    let began = std::time::Instant::now();
    assert!(checked(&xml).is_sound());
    // Twenty ms optimised; this build is not.
    assert!(began.elapsed().as_millis() < 2_000, "{:?}", began.elapsed());
}

/// What files of the field say of a node's fields: which may be changed, and which must be filled in.
#[test]
fn fields_that_may_be_changed_are_read_as_tools_write_them() {
    let editable = |settings: &str| {
        let xml = graph("s>a a>e", &[("a", settings)]);
        let checked = checked(&xml);
        let codes: Vec<&str> =
            checked.findings.iter().map(|f| f.code).filter(|code| code.starts_with("field")).collect();
        let fields = checked.definition.map(|definition| match &definition.node("a").unwrap().does {
            tenon_process::NodeKind::User(task) => task
                .editable
                .iter()
                .map(|field| format!("{}{}", field.name, if field.required { "!" } else { "" }))
                .collect(),
            _ => Vec::new(),
        });
        (fields.unwrap_or_default().join(" "), codes.join(" "))
    };
    for (settings, fields, codes) in [
        ("t:assignee=\"u\"", "", ""),
        ("t:assignee=\"u\" t:editableFields=\"amount, dept\"", "amount dept", ""),
        ("t:assignee=\"u\" t:editableFields=\"amount,nothing\"", "amount", "field-unknown"),
        (
            "t:assignee=\"u\"|<extensionElements><flowable:formProperty id=\"amount\" required=\"true\"/><flowable:formProperty \
             id=\"dept\" writable=\"false\"/><flowable:formProperty id=\"zero\" readable=\"false\"/></extensionElements>",
            "amount!",
            "field-hidden",
        ),
        (
            "t:assignee=\"u\"|<extensionElements><camunda:formData><camunda:formField id=\"amount\"/><camunda:formField id=\"dept\">\
             <camunda:validation><camunda:constraint name=\"readonly\"/></camunda:validation></camunda:formField>\
             <camunda:formField id=\"zero\"><camunda:validation><camunda:constraint name=\"required\"/></camunda:validation>\
             </camunda:formField></camunda:formData></extensionElements>",
            "amount zero!",
            "",
        ),
        (
            "t:assignee=\"u\"|<extensionElements><t:config>{\"fieldPermissions\": {\"amount\": \"edit\", \"dept\": \"readonly\", \"zero\": {\"read\": true, \"write\": true, \"required\": true}}}</t:config></extensionElements>",
            "amount zero!",
            "",
        ),
        (
            "t:assignee=\"u\"|<extensionElements><t:formPermissions>[{\"field\": \"dept\", \"permission\": \"required\"}]</t:formPermissions></extensionElements>",
            "dept!",
            "",
        ),
        ("t:assignee=\"u\" t:fieldPermissions=\"{&quot;amount&quot;: &quot;perhaps&quot;}\"", "", "field-permission"),
    ] {
        assert_eq!(editable(settings), (fields.to_owned(), codes.to_owned()), "{settings}");
    }
}
