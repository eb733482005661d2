//! Conditions and updates in DynamoDB's words, as far as the platform speaks them: comparisons of an attribute with a
//! value, joined by one word, and values that are set, added or taken away whole.

use super::{Done, HandOn};
use aws_sdk_dynamodb::types::AttributeValue;
use std::cmp::Ordering;
use std::collections::HashMap;
use tenon_platform::table::engine::{Changed, Item};

/// What must hold of a record.
pub(super) struct Condition<'c> {
    terms: Vec<Term<'c>>,
    /// Whether one of the terms will do.
    any: bool,
}

enum Term<'c> {
    Absent(&'c str),
    Compares(&'c str, Comparison, &'c AttributeValue),
}

#[derive(Clone, Copy)]
enum Comparison {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl<'c> Condition<'c> {
    /// The condition of a change; one of no terms, which holds, where it has none.
    pub fn of(changed: &'c Changed) -> Done<Self> {
        let Some(text) = &changed.condition else { return Ok(Self { terms: Vec::new(), any: false }) };
        let any = text.contains(" OR ");
        if any && text.contains(" AND ") {
            return Err(HandOn);
        }
        let terms = text.split(if any { " OR " } else { " AND " });
        Ok(Self { terms: terms.map(|term| Term::of(term, changed)).collect::<Done<_>>()?, any })
    }

    /// The attributes it asks for.
    pub fn names(&self) -> impl Iterator<Item = &'c str> + '_ {
        self.terms.iter().map(|term| match term {
            Term::Absent(name) | Term::Compares(name, ..) => *name,
        })
    }

    /// Whether it holds of a record; of an empty one where there is none.
    pub fn holds(&self, item: &Item) -> Done<bool> {
        let mut held = Vec::with_capacity(self.terms.len());
        for term in &self.terms {
            held.push(term.holds(item)?);
        }
        Ok(if self.any { held.contains(&true) } else { !held.contains(&false) })
    }
}

impl<'c> Term<'c> {
    fn of(text: &'c str, changed: &'c Changed) -> Done<Self> {
        if let Some(name) = text.strip_prefix("attribute_not_exists(").and_then(|rest| rest.strip_suffix(')')) {
            return Ok(Self::Absent(name_of(name, &changed.names)?));
        }
        let mut words = text.split(' ');
        let (Some(name), Some(sign), Some(value), None) = (words.next(), words.next(), words.next(), words.next())
        else {
            return Err(HandOn);
        };
        let comparison = match sign {
            "=" => Comparison::Equal,
            "<" => Comparison::Less,
            "<=" => Comparison::LessOrEqual,
            ">" => Comparison::Greater,
            ">=" => Comparison::GreaterOrEqual,
            _ => return Err(HandOn),
        };
        Ok(Self::Compares(name_of(name, &changed.names)?, comparison, value_of(value, &changed.values)?))
    }

    fn holds(&self, item: &Item) -> Done<bool> {
        let (name, comparison, wanted) = match self {
            Self::Absent(name) => return Ok(!item.contains_key(*name)),
            Self::Compares(name, comparison, wanted) => (name, comparison, wanted),
        };
        let Some(order) = item.get(*name).map(|found| order(found, wanted)).transpose()?.flatten() else {
            return Ok(false);
        };
        Ok(match comparison {
            Comparison::Equal => order.is_eq(),
            Comparison::Less => order.is_lt(),
            Comparison::LessOrEqual => order.is_le(),
            Comparison::Greater => order.is_gt(),
            Comparison::GreaterOrEqual => order.is_ge(),
        })
    }
}

/// How two values stand to each other; nothing where they are of different kinds, which no comparison holds of.
fn order(found: &AttributeValue, wanted: &AttributeValue) -> Done<Option<Ordering>> {
    match (found, wanted) {
        (AttributeValue::S(found), AttributeValue::S(wanted)) => Ok(Some(found.cmp(wanted))),
        (AttributeValue::N(found), AttributeValue::N(wanted)) => Ok(Some(whole(found)?.cmp(&whole(wanted)?))),
        (AttributeValue::S(_), AttributeValue::N(_)) | (AttributeValue::N(_), AttributeValue::S(_)) => Ok(None),
        _ => Err(HandOn),
    }
}

fn whole(number: &str) -> Done<i128> {
    number.parse().map_err(|_| HandOn)
}

/// The attribute that a word of an expression stands for. Words that DynamoDB keeps for itself, and ways into an
/// attribute, are for the engine to judge.
fn name_of<'c>(word: &'c str, names: &'c HashMap<String, String>) -> Done<&'c str> {
    if word.starts_with('#') {
        return names.get(word).map(String::as_str).ok_or(HandOn);
    }
    if OWN.contains(&word) { Ok(word) } else { Err(HandOn) }
}

/// Attributes of the platform and of the queues that stand in expressions by their own names.
const OWN: [&str; 9] = ["pk", "sk", "v", "shape_v", "expires_at", "gsi1pk", "gsi1sk", "receives", "deaths"];

fn value_of<'c>(word: &str, values: &'c Item) -> Done<&'c AttributeValue> {
    values.get(word).ok_or(HandOn)
}

/// A record after an update, and what the update changed of it.
pub(super) fn updated(before: Item, expression: &str, changed: &Changed) -> Done<(Item, Item)> {
    let (mut after, mut touched, mut verb) = (before, Vec::new(), "");
    let mut words = expression.split(' ').map(|word| word.strip_suffix(',').unwrap_or(word));
    while let Some(word) = words.next() {
        if matches!(word, "SET" | "ADD" | "REMOVE") {
            verb = word;
            continue;
        }
        let name = name_of(word, &changed.names)?;
        if touched.contains(&name) || name == "pk" || name == "sk" {
            return Err(HandOn);
        }
        touched.push(name);
        let new = match verb {
            "SET" if words.next() == Some("=") => value(words.next(), &changed.values)?.clone(),
            "ADD" => added(after.get(name), value(words.next(), &changed.values)?)?,
            "REMOVE" => {
                after.remove(name);
                continue;
            }
            _ => return Err(HandOn),
        };
        after.insert(name.to_owned(), new);
    }
    let new = touched.iter().filter_map(|name| Some(((*name).to_owned(), after.get(*name)?.clone()))).collect();
    Ok((after, new))
}

fn value<'c>(word: Option<&str>, values: &'c Item) -> Done<&'c AttributeValue> {
    value_of(word.ok_or(HandOn)?, values)
}

fn added(before: Option<&AttributeValue>, add: &AttributeValue) -> Done<AttributeValue> {
    let AttributeValue::N(add) = add else { return Err(HandOn) };
    let before = match before {
        None => 0,
        Some(AttributeValue::N(number)) => whole(number)?,
        Some(_) => return Err(HandOn),
    };
    let sum = before.checked_add(whole(add)?).ok_or(HandOn)?;
    Ok(AttributeValue::N(sum.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tenon_platform::table::engine::Change;

    fn n(number: i64) -> AttributeValue {
        AttributeValue::N(number.to_string())
    }

    fn item<const N: usize>(values: [(&str, AttributeValue); N]) -> Item {
        values.map(|(name, value)| (name.to_owned(), value)).into()
    }

    fn changed(condition: &str, values: Item) -> Changed {
        let names = HashMap::from([("#n".to_owned(), "n_all".to_owned())]);
        Changed { change: Change::Delete(Item::new()), condition: Some(condition.to_owned()), names, values }
    }

    fn holds(condition: &str, value: AttributeValue, of: &Item) -> Done<bool> {
        Condition::of(&changed(condition, item([(":x", value)])))?.holds(of)
    }

    #[test]
    fn conditions_hold_as_dynamodb_has_it() {
        let record = item([("pk", AttributeValue::S("p".to_owned())), ("v", n(7)), ("n_all", n(3))]);
        for (condition, of_seven) in [("v = :x", true), ("v < :x", false), ("v <= :x", true), ("v > :x", false)] {
            assert_eq!(holds(condition, n(7), &record), Ok(of_seven), "{condition}");
            assert_eq!(holds(condition, n(7), &Item::new()), Ok(false), "{condition} of nothing");
        }
        assert_eq!(holds("attribute_not_exists(pk) OR v <= :x", n(6), &record), Ok(false));
        assert_eq!(holds("attribute_not_exists(pk) OR v <= :x", n(6), &Item::new()), Ok(true));
        assert_eq!(holds("attribute_not_exists(#n) OR #n < :x", n(4), &record), Ok(true));
        assert_eq!(holds("v = :x AND #n = :x", n(7), &record), Ok(false));
        assert_eq!(holds("v = :x", AttributeValue::S("7".to_owned()), &record), Ok(false), "another kind");
        for other in
            ["v = :y", "v <> :x", "v = :x OR v = :x AND v = :x", "name = :x", "v.a = :x", "size(v) = :x", "v=:x"]
        {
            assert_eq!(holds(other, n(7), &record), Err(HandOn), "{other}");
        }
        assert_eq!(holds("v = :x", AttributeValue::N("7.5".to_owned()), &record), Err(HandOn), "no whole number");
    }

    #[test]
    fn updates_add_set_and_take_away() {
        let record = item([("pk", n(0)), ("n_all", n(3)), ("receives", n(9))]);
        let adding = changed("v = :x", item([(":x", n(2)), (":y", n(-5))]));
        let (after, new) =
            updated(record.clone(), "ADD #n :x SET gsi1sk = :y, v = :x REMOVE receives", &adding).unwrap();
        assert_eq!(after, item([("pk", n(0)), ("n_all", n(5)), ("gsi1sk", n(-5)), ("v", n(2))]));
        assert_eq!(new, item([("n_all", n(5)), ("gsi1sk", n(-5)), ("v", n(2))]));
        for other in ["SET pk = :x", "SET v = v + :x", "SET v = :x, v = :y", "DELETE v :x", "SET v = :z", "ADD v", ""] {
            assert_eq!(updated(record.clone(), other, &adding), Err(HandOn), "{other}");
        }
    }
}
