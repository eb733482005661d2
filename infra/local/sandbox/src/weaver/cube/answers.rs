//! The forms in which sites answer a saving.

use crate::reply::{self, Reply};
use serde_json::{Value, json};

/// The forms in which sites answer a saving.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CubeAnswers {
    /// `datajson` as a JSON text.
    #[default]
    Text,
    /// `datajson` as an object.
    Object,
    /// The whole answer as a JSON text.
    Whole,
    /// One record where a list is expected, with a number as its id.
    Single,
}

impl CubeAnswers {
    /// That nothing was done.
    pub(in crate::weaver) fn refusal(self, status: &str, why: &str) -> Reply {
        self.reply(&json!({ "status": status, "message": why, "datajson": "" }))
    }

    /// What became of each record.
    pub(in crate::weaver) fn saved(self, results: &[Result<String, String>]) -> Reply {
        let one = |results: &Result<String, String>| match (results, self) {
            (Ok(id), Self::Single) => json!({ "billid": id.parse::<u64>().unwrap_or(0), "message": "成功" }),
            (Ok(id), _) => json!({ "billid": id, "message": "成功" }),
            (Err(why), _) => json!({ "billid": "", "message": why }),
        };
        let mut data: Vec<Value> = results.iter().map(one).collect();
        let data = match self {
            Self::Text | Self::Whole => Value::from(json!({ "data": data }).to_string()),
            Self::Object => json!({ "data": data }),
            Self::Single if data.len() == 1 => data.remove(0),
            Self::Single => Value::from(data),
        };
        let status = if self == Self::Single { json!(1) } else { json!("1") };
        self.reply(&json!({ "status": status, "datajson": data }))
    }

    fn reply(self, answer: &Value) -> Reply {
        match self {
            Self::Whole => reply::json(200, &Value::from(answer.to_string())),
            _ => reply::json(200, answer),
        }
    }
}
