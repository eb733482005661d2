//! An order in which those above come first.

use std::collections::{BTreeMap, BTreeSet};

/// The codes of `above` (each with the one above it, where that is one of them) with those above first, and the circles that have
/// no first one, each as the codes along it.
pub fn above_first(above: &BTreeMap<String, Option<String>>) -> (Vec<String>, Vec<Vec<String>>) {
    let (mut ordered, mut circles) = (Vec::new(), Vec::new());
    let mut done: BTreeSet<&str> = BTreeSet::new();
    for start in above.keys() {
        // Upwards until something that is done, or the top.
        let mut path: Vec<&str> = Vec::new();
        let mut at = Some(start.as_str());
        while let Some(code) = at.filter(|code| !done.contains(code)) {
            if let Some(place) = path.iter().position(|known| *known == code) {
                let circle = path.split_off(place);
                done.extend(circle.iter().copied());
                circles.push(circle.into_iter().map(str::to_owned).collect());
                break;
            }
            path.push(code);
            at = above.get(code).and_then(Option::as_deref).filter(|up| above.contains_key(*up));
        }
        for code in path.into_iter().rev() {
            if done.insert(code) {
                ordered.push(code.to_owned());
            }
        }
    }
    (ordered, circles)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(&str, Option<&str>)]) -> BTreeMap<String, Option<String>> {
        pairs.iter().map(|(code, up)| ((*code).to_owned(), up.map(str::to_owned))).collect()
    }

    #[test]
    fn those_above_come_first_and_circles_are_named() {
        let (ordered, circles) = above_first(&of(&[
            ("1", Some("3")),
            ("2", Some("1")),
            ("3", None),
            ("a", Some("b")),
            ("b", Some("c")),
            ("c", Some("a")),
            ("d", Some("a")),
            ("e", Some("gone")),
            ("s", Some("s")),
        ]));
        let place = |code: &str| ordered.iter().position(|known| known == code);
        assert!(place("3") < place("1") && place("1") < place("2"), "{ordered:?}");
        assert!(place("d").is_some() && place("e").is_some());
        assert_eq!(circles, [vec!["a", "b", "c"], vec!["s"]]);
        assert!(["a", "b", "c", "s"].iter().all(|code| place(code).is_none()));
    }
}
