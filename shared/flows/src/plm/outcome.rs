//! What came of records, and how a push is answered. Pure.

use tenon_model::plm::{PlmAction, PlmEntry, PlmError, PlmReply};
use tenon_platform::{Error, Retry};

/// Longest message of an answer, in characters.
const LONGEST_MESSAGE: usize = 500;

/// What came of one record.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// The ERP has it, or does not need it.
    Done(PlmAction),
    /// It is refused, and will be again.
    Refused(Error),
    /// It is not done, and may be.
    Left(Error),
}

/// What is told of one record.
#[derive(Clone, Debug)]
pub struct RecordResult {
    /// Its place in the push, from 0.
    pub place: usize,
    /// Its key; empty when it has none.
    pub shown: String,
    /// What came of it.
    pub outcome: Outcome,
    /// What its sender is told besides.
    pub warnings: Vec<String>,
}

/// Whether the same would be refused again, so that a person has to act.
pub fn is_final(error: &Error) -> bool {
    match error.retry {
        Retry::Permanent => true,
        // B1 answered that it changed nothing. An answer that is none of its own says nothing of the record.
        Retry::TransientFor(_) => error.vendor_message.is_some(),
        _ => false,
    }
}

/// The answer to a push.
pub fn reply(mut results: Vec<RecordResult>) -> PlmReply {
    results.sort_by_key(|one| one.place);
    let mut code = 200;
    let mut failures = Vec::new();
    for one in &results {
        let (error, weight) = match &one.outcome {
            Outcome::Done(_) => continue,
            Outcome::Refused(error) => (error, 400),
            Outcome::Left(error) => (error, 503),
        };
        code = code.max(weight);
        failures.push(failure(one, error));
    }
    let message = if failures.is_empty() { "success".to_owned() } else { cut(&failures) };
    PlmReply { code, message, data: results.into_iter().map(entry).collect() }
}

fn failure(one: &RecordResult, error: &Error) -> String {
    let name = if one.shown.is_empty() { format!("第{}条", one.place + 1) } else { one.shown.clone() };
    let said = in_words(error);
    match &error.vendor_code {
        Some(code) if error.vendor_message.is_some() => format!("{name}: [{code}] {}", said.message),
        _ => format!("{name}: {}", said.message),
    }
}

/// As many failures as there is room for; the first at least in part.
fn cut(failures: &[String]) -> String {
    let mut text = String::new();
    let mut results = 0;
    for failure in failures {
        let more = if text.is_empty() { failure.clone() } else { format!("；{failure}") };
        let room = LONGEST_MESSAGE.saturating_sub(12);
        if text.chars().count() + more.chars().count() > room {
            if results == 0 {
                text = more.chars().take(room).collect::<String>() + "…";
                results = 1;
            }
            break;
        }
        text.push_str(&more);
        results += 1;
    }
    match failures.len() - results {
        0 => text,
        more => format!("{text}；另有{more}条失败"),
    }
}

fn entry(results: RecordResult) -> PlmEntry {
    let (action, error) = match &results.outcome {
        Outcome::Done(action) => (*action, None),
        Outcome::Refused(error) | Outcome::Left(error) => (PlmAction::Failed, Some(in_words(error))),
    };
    PlmEntry { key: results.shown, action, error, warnings: results.warnings }
}

/// B1's code and words where it has spoken, else ours.
fn in_words(error: &Error) -> PlmError {
    match (&error.vendor_message, &error.vendor_code) {
        (Some(said), code) => PlmError {
            code: code.as_deref().unwrap_or(error.code).to_owned(),
            message: said.to_string(),
            remedy: Some(remedy(error, said).to_owned()),
        },
        (None, _) => PlmError { code: error.code.to_owned(), message: error.message.clone(), remedy: None },
    }
}

/// What to do about B1's words.
pub fn remedy(error: &Error, said: &str) -> &'static str {
    match error.vendor_code.as_deref() {
        Some("-1116") => {
            "B1没有提交该写入，通常是站点的校验过程拒绝了数据：按提示修改后重新推送；若所有写入都如此，请重启Service Layer"
        }
        Some("-2028") => "数据中引用的编码在B1中不存在（物料、仓库、物料组、计量单位等）：先在B1中建立，再重新推送",
        Some("-2035") => "B1中已有同一编码的其他记录：核对编码后重新推送",
        Some("-1000") if said.contains("roperty") => {
            "B1没有该字段：在B1中建立该用户字段，或在流程的form.fields中改名或去掉，再重新推送"
        }
        _ if !is_final(error) => "请稍后重新推送",
        _ => "按B1的提示修改PLM中的数据，再重新推送",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    fn error_of(code: &'static str, vendor: &str, retry: Retry, text: &str) -> Error {
        let mut error = Error::new(code, retry, format!("B1 refused: {text}")).with_vendor_code(vendor);
        error.vendor_message = Some(Arc::new(text.to_owned()));
        error
    }

    fn result(place: usize, shown: &str, outcome: Outcome) -> RecordResult {
        RecordResult { place, shown: shown.to_owned(), outcome, warnings: Vec::new() }
    }

    #[test]
    fn r_p3_the_code_is_200_only_if_every_record_succeeded() {
        let keyless = Outcome::Refused(Error::permanent("plm.key", "ItemCode 为空"));
        let all = vec![
            result(2, "", keyless),
            result(0, "test1234", Outcome::Done(PlmAction::Created)),
            result(1, "LM4029MC", Outcome::Done(PlmAction::Updated)),
        ];
        assert_eq!(
            serde_json::to_value(reply(all.clone())).unwrap(),
            serde_json::json!({"code": 400, "message": "第3条: ItemCode 为空", "data": [
                {"key": "test1234", "action": "created"}, {"key": "LM4029MC", "action": "updated"},
                {"key": "", "action": "failed", "error": {"code": "plm.key", "message": "ItemCode 为空"}}]})
        );
        let good = reply(all.into_iter().skip(1).collect());
        assert_eq!((good.code, good.message.as_str()), (200, "success"));
    }

    #[test]
    fn r_p16_b1s_code_and_words_reach_the_message() {
        let text = "Could not commit transaction. Error-1 detected during transaction";
        let refused =
            error_of("b1.not-committed", "-1116", Retry::TransientFor(std::time::Duration::from_secs(3600)), text);
        assert!(is_final(&refused));
        let answer = reply(vec![result(0, "test1234", Outcome::Refused(refused))]);
        assert_eq!((answer.code, answer.message), (400, format!("test1234: [-1116] {text}")));
        let error = answer.data[0].error.as_ref().unwrap();
        assert_eq!((error.code.as_str(), error.message.as_str()), ("-1116", text));
        assert!(error.remedy.as_ref().unwrap().contains("校验过程"));
        let out = Outcome::Left(Error::transient("b1.unreachable", "B1 cannot be reached"));
        assert_eq!(reply(vec![result(0, "A", out)]).code, 503);
    }

    #[test]
    fn r_p3_the_message_has_500_characters_at_most_and_says_how_many_more_failed() {
        let failed = |n: usize, words: &str| {
            let error = error_of("b1.refused", "-5002", Retry::Permanent, words);
            result(n, &format!("K{n}"), Outcome::Refused(error))
        };
        let many = reply((0..500).map(|n| failed(n, "物料组不存在")).collect());
        assert!(many.message.chars().count() <= 500, "{}", many.message.chars().count());
        assert!(many.message.starts_with("K0: [-5002] 物料组不存在；K1: "), "{}", many.message);
        assert!(many.message.ends_with("条失败"), "{}", many.message);
        let long = reply(vec![failed(0, &"长".repeat(2000)), failed(1, "x")]);
        assert!(long.message.chars().count() <= 500);
        assert!(long.message.ends_with("；另有1条失败"), "{}", long.message);
    }
}
