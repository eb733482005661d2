//! Departments and people, and what aiflow says of each.

use super::{AIFLOW, Aiflow};
use serde_json::{Value, json};
use tenon_platform::error::Result;

/// What became of one call's records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pushed {
    /// How many it took.
    pub taken: u64,
    /// Those it did not.
    pub failed: Vec<Failed>,
}

/// A record that aiflow did not take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    /// The record's code.
    pub code: String,
    /// Its words.
    pub message: String,
}

impl Aiflow<'_> {
    /// Pushes departments, those above first.
    ///
    /// # Errors
    /// aiflow's; then none of them is known to be there.
    pub async fn departments(&self, departments: &[Value]) -> Result<Pushed> {
        let data = self.send("/sys/sync/department", &json!({ "departments": departments })).await?;
        pushed(&data, departments.len())
    }

    /// Pushes people, supervisors first.
    ///
    /// # Errors
    /// As [`Self::departments`].
    pub async fn people(&self, people: &[Value]) -> Result<Pushed> {
        let data = self.send("/sys/sync/user", &json!({ "users": people })).await?;
        pushed(&data, people.len())
    }
}

fn pushed(data: &Value, sent: usize) -> Result<Pushed> {
    let count = |name: &str| data.get(name).and_then(|n| n.as_u64().or_else(|| n.as_str()?.parse().ok()));
    let details = data.get("failDetails").and_then(Value::as_array);
    let failed: Vec<Failed> = details
        .into_iter()
        .flatten()
        .map(|detail| {
            let of = |names: &[&str]| {
                let found = names.iter().find_map(|name| detail.get(*name));
                found.map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned)).unwrap_or_default()
            };
            Failed { code: of(&["code", "deptId", "userId"]), message: of(&["message", "msg"]) }
        })
        .collect();
    let named = failed.len() as u64;
    let (taken, refused) = (count("successCount"), count("failCount"));
    // An answer that counts nothing, or other failures than it names, says of nobody that it is there.
    match (taken, refused) {
        (Some(taken), Some(refused)) if refused == named && taken + refused == sent as u64 => {
            Ok(Pushed { taken, failed })
        }
        _ => Err(AIFLOW.unintelligible(format!(
            "the answer counts {} taken and {} failed and names {named}, of {sent} sent",
            taken.map_or_else(|| "no".to_owned(), |n| n.to_string()),
            refused.map_or_else(|| "no".to_owned(), |n| n.to_string()),
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_does_not_add_up_is_no_success() {
        let good =
            json!({ "successCount": 1, "failCount": 1, "failDetails": [{ "code": "D2", "message": "上级不存在" }] });
        assert_eq!(pushed(&good, 2).unwrap().failed[0].code, "D2");
        for (data, sent) in [
            (json!({}), 1),
            (Value::Null, 1),
            (json!({ "successCount": 1, "failCount": 1, "failDetails": [] }), 2),
            (json!({ "successCount": 1, "failCount": 0, "failDetails": [] }), 2),
        ] {
            assert_eq!(pushed(&data, sent).unwrap_err().code, "aiflow.answer");
        }
    }
}
