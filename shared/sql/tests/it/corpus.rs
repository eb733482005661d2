//! Two corpora as files, a text a line. `\n`, `\t`, `\\` and `\u{…}` stand for what they usually do.

use std::collections::BTreeMap;
use tenon_sql::{Rules, judge};

pub fn rules() -> Rules {
    Rules { tables: Vec::new(), schemas: vec!["SBODEMO".to_owned()], functions: Vec::new() }
}

fn unescaped(line: &str) -> String {
    let (mut out, mut rest) = (String::new(), line);
    while let Some((before, after)) = rest.split_once('\\') {
        out.push_str(before);
        rest = match after.chars().next() {
            Some('n') => {
                out.push('\n');
                &after[1..]
            }
            Some('t') => {
                out.push('\t');
                &after[1..]
            }
            Some('u') => {
                let (digits, after) = after[2..].split_once('}').expect("\\u{…}");
                out.push(char::from_u32(u32::from_str_radix(digits, 16).unwrap()).unwrap());
                after
            }
            Some('\\') => {
                out.push('\\');
                &after[1..]
            }
            other => panic!("\\{other:?} in {line}"),
        };
    }
    out + rest
}

fn lines(file: &'static str) -> impl Iterator<Item = &'static str> {
    file.lines().filter(|line| !line.is_empty() && !line.starts_with("## "))
}

/// The texts that must be let through.
pub fn honest() -> Vec<String> {
    lines(include_str!("honest.txt")).map(unescaped).collect()
}

// R-B10, R-B11
#[test]
fn no_hostile_text_gets_through() {
    let (mut tried, mut through, mut other) = (0, Vec::new(), Vec::new());
    for line in lines(include_str!("hostile.txt")) {
        let (code, sql) = line.split_once('\t').unwrap_or_else(|| panic!("a code and a text: {line}"));
        let sql = unescaped(sql);
        tried += 1;
        match judge(&sql, &rules()) {
            Ok(_) => through.push(sql),
            Err(refusal) if code != refusal.code => other.push(format!("{code} {}: {sql}", refusal.code)),
            Err(_) => {}
        }
    }
    assert!(through.is_empty(), "{} of {tried} got through: {through:#?}", through.len());
    assert!(other.is_empty(), "refused otherwise than said: {other:#?}");
    assert!(tried >= 400, "only {tried}");
}

// R-B8, R-B10
#[test]
fn every_honest_text_is_let_through_as_it_was_written() {
    let mut refused = BTreeMap::new();
    let all = honest();
    for sql in &all {
        match judge(sql, &rules()) {
            Ok(select) => assert_eq!(select.text(), sql.trim().trim_end_matches(';').trim_end()),
            Err(refusal) => drop(refused.insert(sql, refusal.to_string())),
        }
    }
    assert!(refused.is_empty(), "{} of {} refused: {refused:#?}", refused.len(), all.len());
    assert!(all.len() >= 160, "only {}", all.len());
}

#[test]
fn what_is_long_or_deep_is_refused_and_breaks_nothing() {
    let deep = |open: &str, close: &str, times: usize| {
        format!("select {}1{} from DUMMY", open.repeat(times), close.repeat(times))
    };
    let chain = |part: &str, times: usize| format!("select 1 from DUMMY where 1=1{}", part.repeat(times));
    for sql in [
        deep("(", ")", 500),
        deep("-(", ")", 500),
        deep("(select ", " from DUMMY)", 200),
        deep("case when 1=1 then ", " end", 300),
        deep("not ", "", 2_000),
        deep("- ", "", 5_000),
        chain(" or 1=1", 3_000),
        format!("select 1{} from DUMMY", "+1".repeat(8_000)),
        format!("select 1 from DUMMY{}", " union all select 1 from DUMMY".repeat(500)),
        format!("select '{}' from DUMMY", "x".repeat(33_000)),
    ] {
        assert!(judge(&sql, &rules()).is_err(), "{}", &sql[..60]);
    }
    let list = (0..1_500).map(|n| format!("'{n}'")).collect::<Vec<_>>().join(",");
    assert!(judge(&format!("select \"ItemCode\" from OITM where \"ItemCode\" in ({list})"), &rules()).is_ok());
    assert!(judge(&chain(" or \"ItemCode\"='a'", 300), &rules()).is_ok());
}
