//! Approvals as they are read.

use super::Wecom;
use super::control;
use super::error::{WRONG_PARAMETER, text};
use super::template::each;
use crate::base::Effect;
use crate::time;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use std::collections::HashSet;
use tenon_model::InstanceId;
use tenon_model::oa::{Instance, Operation, VendorTime};
use tenon_model::wecom::outcome;
use tenon_platform::error::{Error, Result};

impl Wecom<'_> {
    /// An approval. WeCom shows deleted ones too, with their state.
    pub(super) async fn detail(&self, id: &InstanceId, zone: &TimeZone) -> Result<Option<Instance>> {
        // The number is sent as a text: as a JSON number it loses digits.
        let answer = self.send(Effect::Read, "/oa/getapprovaldetail", &json!({"sp_no": id.as_str()})).await;
        match answer {
            Ok(answer) => match answer.get("info").filter(|info| info.is_object()) {
                Some(info) => read(info, zone).map(Some).ok_or_else(|| self.unread("has no sp_status")),
                None => Err(self.unread("has no info")),
            },
            // WeCom's word for what is wrong with any parameter of an approval's call. It may mean that there is no such
            // approval, and as well that the app does not see who handed it in; so nothing is concluded from it.
            Err(error) if error.vendor_code.as_deref() == Some(WRONG_PARAMETER) => {
                let message = format!(
                    "WeCom does not show approval {id}: there is none, or the app does not see its originator (可见范围); \
                     nothing is concluded from it ({})",
                    error.message
                );
                Err(Error::transient("wecom.not-shown", message)
                    .with_vendor_code(WRONG_PARAMETER)
                    .during(error.operation))
            }
            Err(error) => Err(error),
        }
    }

    fn unread(&self, why: &str) -> Error {
        self.remote.vendor.unintelligible(format!("WeCom's answer about an approval {why}"))
    }
}

fn read(info: &Value, zone: &TimeZone) -> Option<Instance> {
    let status = info.get("sp_status").and_then(text)?.parse().ok()?;
    let own = |name: &str| info.get(name).and_then(text).unwrap_or_default();
    let outcome = outcome(status);
    let operations = operations(info);
    let decided = operations.iter().rev().find(|operation| operation.decides).and_then(|operation| operation.at);
    Some(Instance {
        outcome,
        archived: false,
        originator: info.pointer("/applyer/userid").and_then(text).unwrap_or_default(),
        title: own("sp_name"),
        created: at(info.get("apply_time")),
        ended: decided.filter(|_| outcome.is_some_and(|outcome| outcome.is_decision())),
        fields: each(info.pointer("/apply_data/contents")).flat_map(|content| control::read(content, zone)).collect(),
        operations,
        revokes: None,
    })
}

/// What people did, oldest first. Older approvals tell it in `sp_record`, newer ones in `process_list`, some in
/// both.
fn operations(info: &Value) -> Vec<Operation> {
    let mut all = Vec::new();
    for node in each(info.pointer("/process_list/node_list")) {
        // Kind 2 are those who are only told.
        if node.get("node_type").and_then(text).as_deref() == Some("2") {
            continue;
        }
        for one in each(node.get("sub_node_list")) {
            let user = ["/userid", "/user_info/userid", "/userinfo/userid"].iter().find_map(|p| text(one.pointer(p)?));
            all.extend(operation(user, one.get("sp_yj").or_else(|| one.get("sp_status")), one));
        }
    }
    for record in each(info.get("sp_record")) {
        for one in each(record.get("details")) {
            all.extend(operation(one.pointer("/approver/userid").and_then(text), one.get("sp_status"), one));
        }
    }
    let mut met = HashSet::new();
    all.retain(|one| met.insert((one.user.clone(), one.at.map(|at| at.ms), one.decides)));
    all.sort_by_key(|one| one.at.map(|at| at.ms));
    all
}

/// One person's part; nothing when the person has not acted.
fn operation(user: Option<String>, state: Option<&Value>, one: &Value) -> Option<Operation> {
    let state = state.and_then(text).unwrap_or_default();
    let acted = at(one.get("sptime"));
    if acted.is_none() && matches!(state.as_str(), "" | "0" | "1") {
        return None;
    }
    Some(Operation {
        user: user?,
        at: acted,
        // Agreed, refused, agreed and asked one more.
        decides: matches!(state.as_str(), "2" | "3" | "13"),
        comment: one.get("speech").and_then(text).map(|t| t.trim().to_owned()).filter(|t| !t.is_empty()),
    })
}

/// 0 stands for what has not happened.
fn at(value: Option<&Value>) -> Option<VendorTime> {
    time::wecom(value?).map(VendorTime::certain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tenon_model::oa::Outcome;

    fn of(info: &Value) -> Instance {
        read(info, &TimeZone::UTC).unwrap()
    }

    // R-C18, R-C30
    #[test]
    fn who_decided_when_and_with_what_words_is_read_from_either_record() {
        let record = json!({"sp_status": 2, "applyer": {"userid": "zhangtao"}, "apply_time": 1_733_275_800, "sp_record": [
            {"sp_status": 2, "approverattr": 1, "details": [
                {"approver": {"userid": "anna"}, "speech": "", "sp_status": 2, "sptime": 1_733_277_000},
                {"approver": {"userid": "felix"}, "speech": "同意报废", "sp_status": 2, "sptime": 1_733_278_800},
                {"approver": {"userid": "never"}, "speech": "", "sp_status": 1, "sptime": 0}]}]});
        let nodes = json!({"sp_status": 2, "applyer": {"userid": "zhangtao"}, "apply_time": "1733275800", "process_list": {"node_list": [
            {"node_type": 2, "sub_node_list": [{"userid": "told", "sp_yj": 1, "sptime": 1_733_279_999}]},
            {"node_type": 1, "sub_node_list": {"userid": "felix", "speech": "同意报废", "sp_yj": 2, "sptime": 1_733_278_800}},
            {"node_type": 1, "sub_node_list": [{"userid": "anna", "sp_yj": 2, "sptime": 1_733_277_000}]}]}});
        let mut both = record.clone();
        both["process_list"] = nodes["process_list"].clone();
        for info in [record, nodes, both] {
            let read = of(&info);
            assert_eq!((read.outcome, read.originator.as_str()), (Some(Outcome::Agreed), "zhangtao"));
            let who: Vec<&str> = read.operations.iter().map(|o| o.user.as_str()).collect();
            assert_eq!(who, ["anna", "felix"]);
            let last = read.last_decision().unwrap();
            assert_eq!((last.comment.as_deref(), last.at.map(|at| at.ms)), (Some("同意报废"), Some(1_733_278_800_000)));
            assert_eq!(read.ended.map(|at| at.ms), Some(1_733_278_800_000));
        }
    }

    // R-C9, R-C18: what is a list with two is an object with one, at every depth and in either record
    #[test]
    fn one_record_reads_as_a_list_of_one() {
        let detail = json!({"approver": {"userid": "ouyang"}, "speech": "数量不符，退回", "sp_status": 3, "sptime": 1_745_913_600});
        let node = json!({"userid": "ouyang", "speech": "数量不符，退回", "sp_yj": 3, "sptime": "1745913600"});
        let list = |one: &Value, is_list: bool| if is_list { json!([one]) } else { one.clone() };
        for shape in 0..32_u8 {
            let [details, records, subs, nodes, both] = [0, 1, 2, 3, 4].map(|bit| shape >> bit & 1 == 1);
            let record = json!({"sp_status": 3, "approverattr": 2, "details": list(&detail, details)});
            let step = json!({"node_type": 1, "sp_status": 3, "apv_rel": 1, "sub_node_list": list(&node, subs)});
            let mut info = json!({"sp_no": "202504290007", "sp_status": 3, "applyer": {"userid": "qian"},
                "apply_data": {"contents": list(&json!({"control": "Text", "id": "Text-1", "title": list(&json!({"text": "单据编号", "lang": "zh_CN"}), records),
                    "value": {"text": "900012"}}), nodes)}});
            if both || records {
                info["sp_record"] = list(&record, records);
            }
            if both || !records {
                info["process_list"] = json!({"node_list": list(&step, nodes)});
            }
            let read = of(&info);
            assert_eq!((read.outcome, read.operations.len()), (Some(Outcome::Refused), 1), "{info}");
            let last = read.last_decision().unwrap();
            assert_eq!((last.user.as_str(), last.comment.as_deref()), ("ouyang", Some("数量不符，退回")), "{info}");
            assert_eq!(read.ended.map(|at| at.ms), Some(1_745_913_600_000), "{info}");
            assert!(!read.fields.is_empty(), "{info}");
        }
    }

    // R-C14, R-C18
    #[test]
    fn what_runs_or_was_withdrawn_has_no_end_and_zero_is_no_time() {
        for (status, outcome) in [(1, None), (4, Some(Outcome::Withdrawn)), (7, Some(Outcome::Deleted))] {
            let read = of(&json!({"sp_status": status.to_string(), "sp_record": {"details": {
                "approver": {"userid": "a"}, "sp_status": 1, "sptime": 0}}}));
            assert_eq!((read.outcome, read.ended, read.operations.len()), (outcome, None, 0));
        }
        assert!(super::read(&json!({"sp_no": "1"}), &TimeZone::UTC).is_none());
    }
}
