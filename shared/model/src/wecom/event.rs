//! What WeCom pushes. Of an approval's event only what says which approval it is and how that stands is read:
//! forms and comments are asked for afterwards, and older and newer bodies spell them differently.

use super::tree::{Element, Unreadable};
use crate::code;
use crate::ids::InstanceId;
use crate::oa::InstanceEvent;
use std::borrow::Cow;

/// The event of WeCom's approval app. The approval engine for apps of one's own has another, with other numbers.
const APPROVAL: &str = "sys_approval_change";

/// The sealed text of a pushed body, which is XML or JSON. What stands beside it is not signed and not read.
///
/// # Errors
/// [`Unreadable`] also when there is none.
pub fn sealed(body: &[u8]) -> Result<Cow<'_, str>, Unreadable> {
    Element::read(body)?.into_text("Encrypt").ok_or(Unreadable::Malformed)
}

/// An event, decrypted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    /// `sys_approval_change`, or what else the app is subscribed to.
    pub kind: String,
    /// `sys`, or a user.
    pub from: String,
    /// Epoch seconds of the event.
    pub created: Option<i64>,
    /// The approval's number. 审批编号.
    pub sp_no: Option<String>,
    /// The template's id.
    pub template: Option<String>,
    /// The state after the change.
    pub status: Option<i64>,
    /// What caused it: 1 submitted, 2 agreed, 3 refused, 4 transferred, 6 withdrawn, 10 commented, …
    pub change: Option<i64>,
    /// What tells one comment from another.
    pub comment: Option<String>,
}

impl Event {
    /// Reads a decrypted event, XML or JSON.
    ///
    /// # Errors
    /// [`Unreadable`].
    pub fn read(plain: &[u8]) -> Result<Self, Unreadable> {
        let document = Element::read(plain)?;
        let none = Element::default();
        let info = document.child("ApprovalInfo").unwrap_or(&none);
        let code = |name: &str| info.text(name).map(|text| code::trim(text).to_owned()).filter(|text| !text.is_empty());
        Ok(Self {
            kind: document.text("Event").or(document.text("MsgType")).unwrap_or_default().to_owned(),
            from: document.text("FromUserName").unwrap_or_default().to_owned(),
            created: document.number("CreateTime"),
            // The number has lost digits in readers of JSON; the text is the newer.
            sp_no: code("SpNoStr").or_else(|| code("SpNo")),
            template: code("TemplateId"),
            status: info.number("SpStatus"),
            change: info.number("StatuChangeEvent").or(info.number("StatusChangeEvent")),
            comment: info.child("Comments").and_then(|c| c.text("CommentId")).map(str::to_owned),
        })
    }

    /// Whether it is about an approval.
    pub fn is_approval(&self) -> bool {
        self.kind == APPROVAL
    }

    /// The event in neutral words; `None` for what is not about an approval.
    pub fn neutral(&self) -> Option<InstanceEvent> {
        let sp_no = self.sp_no.as_deref().filter(|_| self.is_approval())?;
        let at_ms = self.created.and_then(|seconds| seconds.checked_mul(1000));
        let outcome = self.status.and_then(super::outcome);
        Some(InstanceEvent {
            identity: self.identity(),
            instance: Some(InstanceId::new(sp_no)),
            template: self.template.clone(),
            outcome,
            at_ms,
            ended_ms: at_ms.filter(|_| outcome.is_some() && self.change != Some(10)),
            told: None,
        })
    }

    /// What tells this event from another. WeCom gives no id; sender and second alone are shared by several
    /// events of one approval.
    fn identity(&self) -> String {
        let number = |value: Option<i64>| value.map(|n| n.to_string()).unwrap_or_default();
        let Self { kind, from, .. } = self;
        let (sp_no, comment) = (self.sp_no.as_deref().unwrap_or_default(), self.comment.as_deref().unwrap_or_default());
        let (created, status, change) = (number(self.created), number(self.status), number(self.change));
        format!("{kind}|{from}|{created}|{sp_no}|{status}|{change}|{comment}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oa::Outcome;

    const REAL: &str = "<xml><ToUserName><![CDATA[ww5f0e1d2c3b4a5968]]></ToUserName><FromUserName><![CDATA[sys]]></FromUserName><CreateTime>1733278800</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[sys_approval_change]]></Event><AgentID>3010040</AgentID><ApprovalInfo><SpNoStr><![CDATA[202412040001]]></SpNoStr><SpNo>202412040001</SpNo><SpName><![CDATA[库存发货]]></SpName><SpStatus>2</SpStatus><TemplateId><![CDATA[3WK7Goods8IssueScrapTmplQz1]]></TemplateId><ApplyTime>1733275800</ApplyTime><Applyer><UserId><![CDATA[zhangtao]]></UserId><Party><![CDATA[2]]></Party></Applyer><SpRecord><SpStatus>2</SpStatus><ApproverAttr>1</ApproverAttr><Details><Approver><UserId><![CDATA[felix]]></UserId></Approver><Speech><![CDATA[同意报废]]></Speech><SpStatus>2</SpStatus><SpTime>1733278800</SpTime></Details></SpRecord><StatuChangeEvent>2</StatuChangeEvent></ApprovalInfo></xml>";

    // R-C9
    #[test]
    fn elements_come_in_any_order_once_or_often_and_any_agent_sends_them() {
        let event = Event::read(REAL.as_bytes()).unwrap().neutral().unwrap();
        assert_eq!(event.instance.as_ref().map(|i| i.as_str()), Some("202412040001"));
        assert_eq!(event.template.as_deref(), Some("3WK7Goods8IssueScrapTmplQz1"));
        assert_eq!((event.outcome, event.at_ms), (Some(Outcome::Agreed), Some(1_733_278_800_000)));
        let other = "<xml><ApprovalInfo><StatuChangeEvent>2</StatuChangeEvent>\
            <SpRecord><Details><SpStatus>1</SpStatus><Speech>a<![CDATA[&]]>b</Speech></Details><Details><SpStatus>2</SpStatus></Details></SpRecord>\
            <SpRecord><SpStatus>1</SpStatus></SpRecord><Notifyer><UserId>a</UserId></Notifyer><Notifyer><UserId>b</UserId></Notifyer>\
            <TemplateId>3WK7Goods8IssueScrapTmplQz1</TemplateId><SpStatus><![CDATA[2]]></SpStatus><SpNo>202412040001</SpNo></ApprovalInfo>\
            <Event>sys_approval_change</Event><AgentID>1000012</AgentID><CreateTime>1733278800</CreateTime><FromUserName>sys</FromUserName></xml>";
        assert_eq!(Event::read(other.as_bytes()).unwrap().neutral().unwrap(), event);
        let json = r#"{"Event":"sys_approval_change","CreateTime":1733278800,"FromUserName":"sys","AgentID":3010040,
            "ApprovalInfo":{"SpNo":202412040001,"SpStatus":2,"TemplateId":"3WK7Goods8IssueScrapTmplQz1","StatuChangeEvent":2,
            "SpRecord":[{"SpStatus":2,"Details":{"SpStatus":2}}]}}"#;
        assert_eq!(Event::read(json.as_bytes()).unwrap().neutral().unwrap(), event);
    }

    // R-C9: as they were seen, in every order, with texts written in every way, and one record where there may be many
    #[test]
    fn a_corpus_of_bodies_reads_alike() {
        let status =
            ["<SpStatus>2</SpStatus>", "<SpStatus><![CDATA[2]]></SpStatus>", "<SpStatus>\n <![CDATA[2]]>\n</SpStatus>"];
        let numbers = [
            "<SpNo>202412040001</SpNo>",
            "<SpNoStr><![CDATA[202412040001]]></SpNoStr>",
            "<SpNo>202412040001</SpNo><SpNoStr>202412040001</SpNoStr>",
            "<SpNoStr><![CDATA[2024]]>1204<![CDATA[0001]]></SpNoStr><SpNo>1</SpNo>",
        ];
        let details = [
            "",
            "<SpRecord><SpStatus>1</SpStatus></SpRecord>",
            "<SpRecord><SpStatus>3</SpStatus><Details><SpStatus>3</SpStatus><Speech><![CDATA[<SpStatus>4</SpStatus>]]></Speech></Details></SpRecord>",
            "<SpRecord><Details><Speech>a &amp; b</Speech></Details><Details/></SpRecord><SpRecord/><Notifyer><UserId>a</UserId></Notifyer><Notifyer/>",
            "<ProcessList><NodeList><SpStatus>1</SpStatus><SubNodeList><SpYj>1</SpYj></SubNodeList><SubNodeList/></NodeList></ProcessList>",
        ];
        let template = "<TemplateId><![CDATA[3WK7]]></TemplateId>";
        let mut read = 0;
        for status in status {
            for number in numbers {
                for detail in details {
                    let parts = [status, number, detail, template, "<StatuChangeEvent>2</StatuChangeEvent>"];
                    for turn in 0..parts.len() {
                        let (tail, head) = parts.split_at(turn);
                        let info = [head, tail].concat().concat();
                        let outer =
                            ["<Event>sys_approval_change</Event>", "<CreateTime>1733278800</CreateTime>", "<AgentID/>"];
                        let (tail, head) = outer.split_at(turn % outer.len());
                        let xml = format!(
                            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<xml>{}<ApprovalInfo>{info}</ApprovalInfo>{}</xml>\n",
                            head.concat(),
                            tail.concat()
                        );
                        let event = Event::read(xml.as_bytes()).unwrap().neutral().unwrap();
                        assert_eq!(event.instance.as_ref().map(|i| i.as_str()), Some("202412040001"), "{xml}");
                        assert_eq!(
                            (event.outcome, event.template.as_deref()),
                            (Some(Outcome::Agreed), Some("3WK7")),
                            "{xml}"
                        );
                        assert_eq!(event.at_ms, Some(1_733_278_800_000), "{xml}");
                        read += 1;
                    }
                }
            }
        }
        assert_eq!(read, 3 * 4 * 5 * 5);
    }

    // R-C9: whole bodies as several sites' forms send them, each element at each place
    #[test]
    fn whole_events_read_alike_whatever_stands_before_and_after() {
        let elements = [
            "<SpNo>202504290007</SpNo>",
            "<SpNoStr>2025<![CDATA[04290007]]></SpNoStr>",
            "<SpName><![CDATA[超领料 & 补料 <急>]]></SpName>",
            "<SpStatus>3</SpStatus>",
            "<TemplateId><![CDATA[C4c73QdXerFBuL6f2dEhgtbMYDpQFn82D]]></TemplateId>",
            "<ApplyTime>1745900000</ApplyTime>",
            "<Applyer><UserId>qian</UserId><Party><![CDATA[12]]></Party></Applyer>",
            "<SpRecord><SpStatus>2</SpStatus><ApproverAttr>2</ApproverAttr><Details><Approver><UserId>a</UserId></Approver><Speech/><SpStatus>2</SpStatus><SpTime>0</SpTime><Attach>WWCISP_1</Attach></Details><Details><Approver><UserId><![CDATA[b]]></UserId></Approver><Speech>先<![CDATA[</SpRecord><SpStatus>2</SpStatus>]]>看 &lt;2&gt;</Speech><SpStatus>2</SpStatus></Details></SpRecord>",
            "<SpRecord><SpStatus>3</SpStatus><Details><SpStatus>3</SpStatus><Speech><![CDATA[]]></Speech></Details></SpRecord>",
            "<Notifyer><UserId>n1</UserId></Notifyer>",
            "<Notifyer><UserId>n2</UserId></Notifyer>",
            "<Comments><CommentUserInfo><UserId>c</UserId></CommentUserInfo><CommentTime>1745910000</CommentTime><CommentContent><![CDATA[<CommentId>9</CommentId>]]></CommentContent><CommentId><![CDATA[6740]]></CommentId></Comments>",
            "<ProcessList><NodeList><NodeType>1</NodeType><SpStatus>3</SpStatus><ApvRel>1</ApvRel><SubNodeList><UserInfo><UserId>b</UserId></UserInfo><SpYj>3</SpYj><Sptime>1745913600</Sptime><MediaIds/></SubNodeList></NodeList><NodeList/></ProcessList>",
            "<StatuChangeEvent>3</StatuChangeEvent>",
        ];
        let outer = [
            "<ToUserName><![CDATA[ww9]]></ToUserName>",
            "<FromUserName>sys</FromUserName>",
            "<MsgType>event</MsgType>",
            "<Event><![CDATA[sys_approval_change]]></Event>",
            "<AgentID/>",
            "<CreateTime>1745913600</CreateTime>",
        ];
        let mut read = Vec::new();
        for turn in 0..elements.len() {
            let (tail, head) = elements.split_at(turn);
            let (outer_tail, outer_head) = outer.split_at(turn % outer.len());
            let mut info = [head, tail].concat();
            if turn % 2 == 1 {
                info.reverse();
            }
            let xml = format!(
                "<xml>\n {}<ApprovalInfo>\r\n\t{}</ApprovalInfo><!-- {turn} -->{}</xml>",
                outer_head.join("\n "),
                info.join("\n  "),
                outer_tail.concat()
            );
            read.push(Event::read(xml.as_bytes()).unwrap());
        }
        let first = read[0].clone();
        assert_eq!((first.sp_no.as_deref(), first.comment.as_deref()), (Some("202504290007"), Some("6740")));
        assert_eq!(first.neutral().unwrap().outcome, Some(Outcome::Refused));
        assert!(read.iter().all(|event| *event == first), "{read:?}");
    }

    // R-C10
    #[test]
    fn the_state_decides_and_not_what_caused_it() {
        for (status, change, outcome) in [
            (1, 1, None),
            (1, 2, None),
            (1, 4, None),
            (1, 5, None),
            (1, 10, None),
            (1, 11, None),
            (1, 12, None),
            (1, 13, None),
            (1, 14, None),
            (1, 15, None),
            (2, 2, Some(Outcome::Agreed)),
            (2, 10, Some(Outcome::Agreed)),
            (3, 3, Some(Outcome::Refused)),
            (4, 6, Some(Outcome::Withdrawn)),
            (6, 8, Some(Outcome::Withdrawn)),
            (7, 0, Some(Outcome::Deleted)),
            (10, 2, Some(Outcome::Agreed)),
            (99, 2, None),
        ] {
            let event = Event {
                kind: APPROVAL.into(),
                sp_no: Some("1".into()),
                status: Some(status),
                change: Some(change),
                ..Event::default()
            };
            assert_eq!(event.neutral().unwrap().outcome, outcome, "{status} {change}");
        }
    }

    // R-C12
    #[test]
    fn events_of_one_second_are_told_apart_and_deliveries_of_one_are_not() {
        let of = |status, change, comment: &str| {
            Event {
                kind: APPROVAL.into(),
                sp_no: Some("1".into()),
                created: Some(1),
                status: Some(status),
                change: Some(change),
                comment: Some(comment.into()),
                ..Event::default()
            }
            .identity()
        };
        assert_eq!(of(1, 2, ""), of(1, 2, ""));
        assert_ne!(of(1, 2, ""), of(2, 2, ""));
        assert_ne!(of(2, 10, "c1"), of(2, 10, "c2"));
    }

    // R-C11
    #[test]
    fn other_events_are_not_about_an_approval() {
        for xml in [
            "<xml><Event>change_contact</Event></xml>",
            "<xml><MsgType>text</MsgType><Content>hi</Content></xml>",
            "<xml><Event>sys_approval_change</Event></xml>",
            "<xml><Event>open_approval_change</Event><ApprovalInfo><ThirdNo>1</ThirdNo></ApprovalInfo></xml>",
        ] {
            assert_eq!(Event::read(xml.as_bytes()).unwrap().neutral(), None, "{xml}");
        }
    }

    #[test]
    fn the_sealed_text_is_found_in_both_forms() {
        for body in [
            "<xml><ToUserName><![CDATA[ww1]]></ToUserName><AgentID></AgentID><Encrypt><![CDATA[abc=]]></Encrypt></xml>",
            "<xml><Encrypt>abc=</Encrypt><AgentID><![CDATA[1]]></AgentID></xml>",
            r#"{"tousername":"ww1","encrypt":"abc=","agentid":218}"#,
        ] {
            assert_eq!(sealed(body.as_bytes()).unwrap(), "abc=", "{body}");
        }
        assert!(sealed(b"<xml><ToUserName>x</ToUserName></xml>").is_err());
    }
}
