//! Files of users: JSON with every kind, or CSV with one. Nothing of a file counts unless all of it does.

use crate::records::Batch;
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::fmt;

/// Problems that are told at once.
const MAX_PROBLEMS: usize = 100;
/// Longest id.
const MAX_ID_LENGTH: usize = 128;

/// What is wrong with a file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// `users[3].id`, or `line 4`.
    pub place: String,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.place.is_empty() { f.write_str(&self.message) } else { write!(f, "{}: {}", self.place, self.message) }
    }
}

/// What the lines of a CSV file are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Users; with `assistant_user_id` their bindings too.
    Users,
    /// Bindings.
    Bindings,
    /// Departments.
    Departments,
    /// Positions.
    Positions,
    /// Roles.
    Roles,
    /// Data rights.
    DataAuth,
}

impl Kind {
    /// Every one.
    pub const ALL: [Self; 6] =
        [Self::Users, Self::Bindings, Self::Departments, Self::Positions, Self::Roles, Self::DataAuth];

    /// As a batch calls it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Bindings => "bindings",
            Self::Departments => "departments",
            Self::Positions => "positions",
            Self::Roles => "roles",
            Self::DataAuth => "data_auth",
        }
    }

    /// The kind of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// What the columns are of; departments and positions have the same.
    fn of_columns(columns: &[String]) -> Option<Self> {
        let has = |name: &str| columns.iter().any(|column| column == name);
        Some(match () {
            () if has("username") => Self::Users,
            () if has("assistant_user_id") => Self::Bindings,
            () if has("rules") => Self::Roles,
            () if has("uids") => Self::DataAuth,
            () => return None,
        })
    }
}

/// Reads a batch as JSON.
///
/// # Errors
/// What is wrong, field by field.
pub fn from_json(bytes: &[u8]) -> Result<Batch, Vec<Problem>> {
    let batch: Batch =
        tenon_platform::body::read(bytes).map_err(|bad| vec![Problem { place: bad.field, message: bad.message }])?;
    checked(batch)
}

/// Reads the lines of a CSV file: UTF-8, the first names the columns.
///
/// # Errors
/// What is wrong, line by line.
pub fn from_csv(bytes: &[u8], kind: Option<Kind>) -> Result<Batch, Vec<Problem>> {
    let one = |place: String, message: String| vec![Problem { place, message }];
    let bytes = tenon_model::json::without_mark(bytes);
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(bytes);
    let columns = reader.headers().map_err(|why| one("line 1".to_owned(), why.to_string()))?;
    let columns: Vec<String> = columns.iter().map(str::to_owned).collect();
    let kind = kind.or_else(|| Kind::of_columns(&columns)).ok_or_else(|| {
        let message = "the columns are of no kind that is known; name it with --kind (users, bindings, departments, positions, roles, data_auth)";
        one("line 1".to_owned(), message.to_owned())
    })?;
    let (mut batch, mut problems) = (Batch::default(), Vec::new());
    for (number, line) in reader.records().enumerate() {
        let place = format!("line {}", number + 2);
        let outcome = match line {
            Ok(line) => take(&mut batch, kind, &columns, line.iter())
                .map_err(|bad| Problem { place: format!("{place}, {}", bad.field), message: bad.message }),
            Err(why) => Err(Problem { place, message: why.to_string() }),
        };
        problems.extend(outcome.err());
        if problems.len() >= MAX_PROBLEMS {
            break;
        }
    }
    if problems.is_empty() { checked(batch) } else { Err(problems) }
}

/// Reads one record of a kind: its fields as JSON, under this name.
///
/// # Errors
/// What is wrong, field by field.
pub fn one(kind: Kind, id: &str, fields: &[u8]) -> Result<Batch, Vec<Problem>> {
    let bad = |bad: tenon_platform::body::BadBody| vec![Problem { place: bad.field, message: bad.message }];
    let mut fields: Map<String, Value> = tenon_platform::body::read(fields).map_err(bad)?;
    let name = match kind {
        Kind::DataAuth => "name",
        Kind::Bindings => "assistant_user_id",
        Kind::Users | Kind::Departments | Kind::Positions | Kind::Roles => "id",
    };
    fields.insert(name.to_owned(), id.into());
    let (mut batch, fields) = (Batch::default(), Value::Object(fields));
    put(&mut batch, kind, &fields).map_err(bad)?;
    checked(batch)
}

/// Takes one line in.
fn take<'l>(
    batch: &mut Batch,
    kind: Kind,
    columns: &[String],
    line: impl Iterator<Item = &'l str>,
) -> Result<(), tenon_platform::body::BadBody> {
    let mut fields: Map<String, Value> = columns
        .iter()
        .zip(line)
        .filter(|(_, text)| !text.is_empty())
        .map(|(name, text)| (name.clone(), text.into()))
        .collect();
    if kind == Kind::Users
        && let Some(assistant) = fields.remove("assistant_user_id")
    {
        let binding = Value::from_iter([
            ("assistant_user_id", assistant),
            ("oa_user_id", fields.get("id").cloned().unwrap_or_default()),
        ]);
        batch.bindings.push(tenon_platform::body::from_value(&binding)?);
    }
    put(batch, kind, &Value::Object(fields))
}

fn put(batch: &mut Batch, kind: Kind, line: &Value) -> Result<(), tenon_platform::body::BadBody> {
    match kind {
        Kind::Users => batch.users.push(tenon_platform::body::from_value(line)?),
        Kind::Bindings => batch.bindings.push(tenon_platform::body::from_value(line)?),
        Kind::Departments => batch.departments.push(tenon_platform::body::from_value(line)?),
        Kind::Positions => batch.positions.push(tenon_platform::body::from_value(line)?),
        Kind::Roles => batch.roles.push(tenon_platform::body::from_value(line)?),
        Kind::DataAuth => batch.data_auth.push(tenon_platform::body::from_value(line)?),
    }
    Ok(())
}

/// The batch, if each record has an id, and each id one record.
fn checked(batch: Batch) -> Result<Batch, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut look = |kind: Kind, field: &str, ids: Vec<&str>| {
        let mut seen = BTreeSet::new();
        for (number, id) in ids.into_iter().enumerate() {
            let message = match id {
                "" => "不能为空",
                id if id.chars().count() > MAX_ID_LENGTH => "最长128个字符",
                id if !seen.insert(id) => "重复",
                _ => continue,
            };
            problems.push(Problem { place: format!("{}[{number}].{field}", kind.name()), message: message.to_owned() });
        }
    };
    look(Kind::Departments, "id", batch.departments.iter().map(|one| one.id.as_str()).collect());
    look(Kind::Positions, "id", batch.positions.iter().map(|one| one.id.as_str()).collect());
    look(Kind::Roles, "id", batch.roles.iter().map(|one| one.id.as_str()).collect());
    look(Kind::Users, "id", batch.users.iter().map(|one| one.id.as_str()).collect());
    look(Kind::DataAuth, "name", batch.data_auth.iter().map(|one| one.name.as_str()).collect());
    look(
        Kind::Bindings,
        "assistant_user_id",
        batch.bindings.iter().map(|one| one.assistant_user_id.as_str()).collect(),
    );
    for (number, binding) in batch.bindings.iter().enumerate().filter(|(_, binding)| binding.oa_user_id.is_empty()) {
        let _ = binding;
        problems.push(Problem { place: format!("bindings[{number}].oa_user_id"), message: "不能为空".to_owned() });
    }
    problems.truncate(MAX_PROBLEMS);
    if problems.is_empty() { Ok(batch) } else { Err(problems) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_and_bindings_come_from_one_csv_with_numbers_as_texts() {
        let file = "\u{feff}id,username,name,did,roles,assistant_user_id,status\r\n\
                    1,admin,管理员,1,\"1,2\",U001,1\r\n2,lisi,\"李, 四\",1,,,0\r\n";
        let batch = from_csv(file.as_bytes(), None).unwrap();
        assert_eq!((batch.users.len(), batch.bindings.len()), (2, 1));
        assert_eq!(
            (batch.users[0].roles.as_slice(), batch.users[1].name.as_str()),
            (["1".to_owned(), "2".to_owned()].as_slice(), "李, 四")
        );
        assert_eq!((batch.users[0].active, batch.users[1].active), (true, false));
        assert_eq!(
            (batch.bindings[0].assistant_user_id.as_str(), batch.bindings[0].oa_user_id.as_str()),
            ("U001", "1")
        );
        let named = from_csv("id,name\n1,总公司\n".as_bytes(), Some(Kind::Departments)).unwrap();
        assert_eq!(named.departments[0].name, "总公司");
    }

    #[test]
    fn what_is_wrong_names_its_place_and_nothing_counts() {
        let messages = |problems: Vec<Problem>| problems.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(messages(from_csv(b"id,name\n1,x\n", None).unwrap_err()).len(), 1);
        let wrong = messages(from_csv(b"id,username,colour\n1,admin,red\n2,b\n", None).unwrap_err());
        assert!(wrong[0].starts_with("line 2, colour: ") && wrong[1].starts_with("line 3"), "{wrong:?}");
        let twice = br#"{"users":[{"id":1,"username":"a"},{"id":"1","username":"b"},{"id":"","username":"c"}],
                         "bindings":[{"assistant_user_id":"U","oa_user_id":""}]}"#;
        assert_eq!(
            messages(from_json(twice).unwrap_err()),
            ["users[1].id: 重复", "users[2].id: 不能为空", "bindings[0].oa_user_id: 不能为空"]
        );
        assert!(messages(from_json(br#"{"user":[]}"#).unwrap_err())[0].contains("未知字段"));
        let all =
            br#"{"roles":[{"id":1,"title":"r","rules":[1,2]}],"data_auth":[{"name":"office_admin","uids":"1,2"}]}"#;
        assert_eq!(from_json(all).unwrap().roles[0].rules, ["1", "2"]);
    }
}
