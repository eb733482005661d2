//! Names of ranges. A control for a range of dates may have two labels, which are written as JSON text:
//! `["start","end"]`; the ERP has two fields. In a configuration both are a list of two names, or that text.

use serde::Deserialize;

/// The two names of a range; `None` for a plain name.
pub fn pair(name: &str) -> Option<(String, String)> {
    let name = name.trim_start();
    if !name.starts_with('[') {
        return None;
    }
    serde_json::from_str::<[String; 2]>(name).ok().map(|[begin, end]| (begin, end))
}

/// Whether two names mean the same control: the text of a range may have blanks in it.
pub fn same(one: &str, other: &str) -> bool {
    one == other || pair(one).is_some_and(|names| pair(other) == Some(names))
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "must be a name, or a list of the two names of a range")]
enum Name {
    One(String),
    Two([String; 2]),
}

/// For `#[serde(deserialize_with)]`: a name as it stands, two names as JSON text.
///
/// # Errors
/// For anything else.
pub fn name_or_pair<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(match Name::deserialize(deserializer)? {
        Name::One(name) => name,
        Name::Two([begin, end]) => serde_json::json!([begin, end]).to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Field;
    use serde_json::json;

    #[test]
    fn two_names_are_one_text() {
        let field: Field =
            serde_json::from_value(json!({"from": ["DocDate", "DocDueDate"], "to": ["开始", "结束"]})).unwrap();
        assert_eq!((field.from.as_str(), field.to.as_str()), (r#"["DocDate","DocDueDate"]"#, r#"["开始","结束"]"#));
        assert_eq!(pair(&field.to), Some(("开始".into(), "结束".into())));
        assert!(same(&field.to, r#" ["开始", "结束"]"#));
        for plain in ["开始", "[x]", r#"["a"]"#, r#"["a","b","c"]"#] {
            assert_eq!(pair(plain), None, "{plain}");
        }
        // As it is stored and read again.
        let stored: Field = serde_json::from_value(serde_json::to_value(&field).unwrap()).unwrap();
        assert_eq!(stored, field);
        assert!(serde_json::from_value::<Field>(json!({"from": ["a"], "to": "b"})).is_err());
    }
}
