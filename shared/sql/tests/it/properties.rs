//! Texts nobody wrote: what is let through holds nothing that must not be there, and nothing makes the judge fall.

use crate::corpus::{honest, rules};
use proptest::prelude::*;
use tenon_sql::{Call, judge, of_orders};

/// Words that no text that is let through may hold outside quotes.
const NEVER: [&str; 8] = ["insert", "update", "delete", "drop", "exec", "into", "call", "shutdown"];

fn outside_quotes(sql: &str) -> String {
    let (mut out, mut end) = (String::new(), None);
    for c in sql.chars() {
        match end {
            None if matches!(c, '\'' | '"') => end = Some(c),
            None if c == '[' => end = Some(']'),
            None => out.push(c),
            Some(quote) if c == quote => end = None,
            Some(_) => {}
        }
    }
    out
}

fn sound(sql: &str) {
    let Ok(select) = judge(sql, &rules()) else { return };
    let outside = outside_quotes(select.text()).to_lowercase();
    assert!(!outside.contains(';') && !outside.contains("--") && !outside.contains("/*"), "{sql}");
    let words: Vec<&str> = outside.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '.').collect();
    for word in NEVER {
        assert!(!words.contains(&word), "{word} in {sql}");
    }
    let _ = of_orders(&select, &[1, 2]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_text_is_judged(sql in "\\PC{0,200}") {
        sound(&sql);
    }

    #[test]
    fn any_select_is_judged(tail in "[ -~]{0,120}") {
        sound(&format!("select {tail}"));
        sound(&format!("select \"ItemCode\" from OITM {tail}"));
        let _ = Call::read(&format!("call TMDK({tail}"), &["TMDK".to_owned()]);
    }

    #[test]
    fn an_honest_text_with_something_put_into_it_is_sound_or_refused(
        which in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(),
        what in prop::sample::select(vec![
            ";", "--", "/*", "*/", "'", "\"", "]", "[", "\0", " drop table OITM ", " union select * from OUSR ", " into X ",
            " exec xp_cmdshell 'a' ", "; delete from OITM", " shutdown", "\u{ff07}", "\u{200b}", "@x", ":x", "#", " for update",
            "(", ")", ",(select PASSWORD from OUSR)", " or exists(select 1 from SYS.TABLES)", "\\", "`", "$", "{", "?"
        ])
    ) {
        let all = honest();
        let sql = which.get(&all);
        let places: Vec<usize> = sql.char_indices().map(|(place, _)| place).collect();
        let place = *at.get(&places);
        let mut changed = sql.clone();
        changed.insert_str(place, what);
        sound(&changed);
        if let Ok(select) = judge(&changed, &rules()) {
            let outside = outside_quotes(select.text()).to_uppercase();
            prop_assert!(!outside.contains("OUSR") && !outside.contains("SYS."), "{}", changed);
        }
    }
}
