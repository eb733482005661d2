//! Reading bodies: everything that is wrong is told at once, each with its path; fields that nobody knows are kept out
//! and named.

use crate::times;
use serde_json::{Map, Value};
use tenon_platform::Rejection;
use tenon_platform::body::{self, BadBody};

/// Longest code.
pub(crate) const CODE: usize = 128;
/// Longest name or other line.
pub(crate) const LINE: usize = 255;
/// Unknown fields that are named.
const NAMED: usize = 20;
/// Things wrong after which no more is looked for.
const ENOUGH: usize = 100;

/// What was found so far.
#[derive(Debug, Default)]
pub(crate) struct Found {
    wrong: Vec<BadBody>,
    unknown: Vec<String>,
    more_unknown: usize,
}

/// An object of the body, and where it stands.
#[derive(Clone, Copy)]
pub(crate) struct Fields<'a> {
    map: &'a Map<String, Value>,
    path: &'a str,
}

impl<'a> Fields<'a> {
    /// An object at this path; the empty one is the body's.
    pub fn new(map: &'a Map<String, Value>, path: &'a str) -> Self {
        Self { map, path }
    }

    /// The field by the first of its names that is there, and that name. Null and an empty text are not there.
    pub fn get(&self, names: &[&'static str]) -> Option<(&'static str, &'a Value)> {
        names.iter().find_map(|name| match self.map.get(*name) {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) if text.trim().is_empty() => None,
            Some(value) => Some((*name, value)),
        })
    }

    /// The path of a field.
    pub fn path_of(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }
}

/// The body, which must be an object.
///
/// # Errors
/// [`Rejection::BadRequest`].
pub(crate) fn read(bytes: &[u8]) -> Result<Map<String, Value>, Rejection> {
    match body::read_any(bytes)? {
        Value::Object(map) => Ok(map),
        _ => Err(BadBody::field("", "应为JSON对象").into()),
    }
}

impl Found {
    pub fn wrong(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.wrong.push(BadBody::field(field, message));
    }

    /// Whether it makes no sense to look for more.
    pub fn is_enough(&self) -> bool {
        self.wrong.len() >= ENOUGH
    }

    /// Names the fields that nobody knows.
    pub fn known(&mut self, of: &Fields<'_>, known: &[&str]) {
        for name in of.map.keys().filter(|name| !known.contains(&name.as_str())) {
            if self.unknown.len() < NAMED {
                self.unknown.push(of.path_of(name));
            } else {
                self.more_unknown += 1;
            }
        }
    }

    /// What was passed over, in words; everything that is wrong otherwise.
    ///
    /// # Errors
    /// [`Rejection::BadFields`].
    pub fn end(self) -> Result<Vec<String>, Rejection> {
        if !self.wrong.is_empty() {
            return Err(Rejection::BadFields(self.wrong));
        }
        let mut warnings: Vec<String> =
            self.unknown.into_iter().map(|path| format!("{path}: 未知字段，已忽略")).collect();
        if self.more_unknown > 0 {
            warnings.push(format!("另有{}个未知字段，已忽略", self.more_unknown));
        }
        Ok(warnings)
    }

    /// A text, trimmed.
    pub fn text(&mut self, of: &Fields<'_>, names: &[&'static str], most: usize) -> Option<String> {
        let (name, value) = of.get(names)?;
        let Value::String(text) = value else {
            self.wrong(of.path_of(name), "应为文本");
            return None;
        };
        let text = text.trim();
        if text.chars().count() > most {
            self.wrong(of.path_of(name), format!("不能超过{most}个字符"));
            return None;
        }
        if text.chars().any(char::is_control) {
            self.wrong(of.path_of(name), "不能含有控制字符");
            return None;
        }
        Some(text.to_owned())
    }

    /// A text that must be there; empty where it is not, which is told.
    pub fn required(&mut self, of: &Fields<'_>, names: &[&'static str], most: usize) -> String {
        self.missing(of, names);
        self.text(of, names, most).unwrap_or_default()
    }

    /// Says that a field is missing, where it is.
    pub fn missing(&mut self, of: &Fields<'_>, names: &[&'static str]) {
        if of.get(names).is_none() {
            self.wrong(of.path_of(names.first().copied().unwrap_or_default()), "不能为空");
        }
    }

    /// A whole number in a range.
    pub fn whole(
        &mut self,
        of: &Fields<'_>,
        names: &[&'static str],
        range: std::ops::RangeInclusive<i64>,
    ) -> Option<i64> {
        let (name, value) = of.get(names)?;
        let Some(number) = value.as_i64() else {
            let message = if value.is_u64() { "超出范围" } else { "应为整数" };
            self.wrong(of.path_of(name), message);
            return None;
        };
        if !range.contains(&number) {
            self.wrong(of.path_of(name), format!("应在{}到{}之间", range.start(), range.end()));
            return None;
        }
        Some(number)
    }

    /// A truth value that must be there.
    pub fn truth(&mut self, of: &Fields<'_>, names: &[&'static str]) -> bool {
        self.missing(of, names);
        match of.get(names) {
            Some((_, Value::Bool(truth))) => *truth,
            Some((name, _)) => {
                self.wrong(of.path_of(name), "应为true或false");
                false
            }
            None => false,
        }
    }

    /// One of several words.
    pub fn word<T: Copy>(&mut self, of: &Fields<'_>, names: &[&'static str], words: &[(&str, T)]) -> Option<T> {
        let (name, value) = of.get(names)?;
        let found = value.as_str().and_then(|word| words.iter().find(|(known, _)| *known == word));
        if found.is_none() {
            let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            self.wrong(of.path_of(name), format!("应为{}之一", known.join("、")));
        }
        found.map(|(_, meaning)| *meaning)
    }

    /// A time, as epoch ms.
    pub fn time(&mut self, of: &Fields<'_>, names: &[&'static str]) -> Option<i64> {
        let (name, value) = of.get(names)?;
        let time = value.as_str().and_then(|text| times::parse(text.trim()));
        if time.is_none() {
            self.wrong(of.path_of(name), "应为yyyy-MM-dd HH:mm:ss格式的有效时间");
        }
        time
    }

    /// A list of at most so many; `None` where there is none.
    pub fn list<'a>(&mut self, of: &Fields<'a>, names: &[&'static str], most: usize) -> Option<&'a [Value]> {
        let (name, value) = of.get(names)?;
        let Value::Array(items) = value else {
            self.wrong(of.path_of(name), "应为数组");
            return None;
        };
        if items.len() > most {
            self.wrong(of.path_of(name), format!("一次最多{most}条，请分批提交"));
            return None;
        }
        Some(items)
    }

    /// A list of codes, each once.
    pub fn codes(&mut self, of: &Fields<'_>, names: &[&'static str], most: usize) -> Vec<String> {
        let name = of.get(names).map(|(name, _)| name).unwrap_or_default();
        let mut codes: Vec<String> = Vec::new();
        for (index, item) in self.list(of, names, most).unwrap_or_default().iter().enumerate() {
            let path = format!("{}[{index}]", of.path_of(name));
            match item.as_str().map(str::trim) {
                Some("") => self.wrong(path, "不能为空"),
                Some(code) if code.chars().count() > CODE => self.wrong(path, format!("不能超过{CODE}个字符")),
                Some(code) if code.chars().any(char::is_control) => self.wrong(path, "不能含有控制字符"),
                Some(code) if codes.iter().any(|known| known == code) => {}
                Some(code) => codes.push(code.to_owned()),
                None => self.wrong(path, "应为文本"),
            }
        }
        codes
    }

    /// An object, where one is expected.
    pub fn object<'a>(&mut self, value: &'a Value, path: &str) -> Option<&'a Map<String, Value>> {
        if value.as_object().is_none() {
            self.wrong(path, "应为对象");
        }
        value.as_object()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_is_wrong_is_told_at_once_and_what_nobody_knows_is_named() {
        let body = read(
            r#"{"a": 5, "b": "x", "c": "2025-02-30 00:00:00", "d": 1.5, "f": ["u", "", 3, "u"], "g": "?"}"#.as_bytes(),
        );
        let body = body.unwrap();
        let (mut found, fields) = (Found::default(), Fields::new(&body, "rows[2]"));
        assert_eq!(found.required(&fields, &["a"], 5), "");
        assert_eq!(found.word(&fields, &["b"], &[("new", 1), ("ing", 2)]), None);
        assert_eq!(found.time(&fields, &["c"]), None);
        assert_eq!(found.whole(&fields, &["d"], 0..=9), None);
        assert_eq!(found.required(&fields, &["e", "older"], 5), "");
        assert_eq!(found.codes(&fields, &["f"], 5), ["u"]);
        found.known(&fields, &["a", "b", "c", "d", "f"]);
        let Err(Rejection::BadFields(wrong)) = found.end() else { panic!() };
        let messages: Vec<String> = wrong.iter().map(ToString::to_string).collect();
        assert_eq!(
            messages,
            [
                "rows[2].a: 应为文本",
                "rows[2].b: 应为new、ing之一",
                "rows[2].c: 应为yyyy-MM-dd HH:mm:ss格式的有效时间",
                "rows[2].d: 应为整数",
                "rows[2].e: 不能为空",
                "rows[2].f[1]: 不能为空",
                "rows[2].f[2]: 应为文本"
            ]
        );
        let mut found = Found::default();
        found.known(&fields, &["a", "b", "c", "d", "f"]);
        assert_eq!(found.end().unwrap(), ["rows[2].g: 未知字段，已忽略"]);
    }
}
