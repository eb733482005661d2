//! What the rules say, in Chinese and in English: a list for each part of a configuration, and what many rules say.

mod approval;
mod connection;
mod flow;
mod service;

pub use approval::ApprovalRule;
pub use connection::ConnectionRule;
pub use flow::{FlowRule, OaValue};
pub use service::{ServiceRule, SsoSetting};

use crate::Language;
use crate::localized::{Localized, Names, OneOf, messages};
use crate::network::NoNetwork;
use std::fmt;

messages! {
    /// What rules of several parts say.
    CommonRule;
    Empty: "不能为空", "is empty";
    EmptyLeaveOut: "不能为空，不需要请去掉", "is empty; leave it out";
    Id: "须为1至64个字母、数字或短横线", "use 1 to 64 letters, digits and dashes";
    Tenant: "须为1至64个字母、数字、短横线或下划线；default为运营方自身",
        "use 1 to 64 letters, digits, dashes and underscores; default is the operator's own";
    Network { text: String, why: NoNetwork }: "{text}：{why}", "{text}: {why}";
    Duration { value: String, least: String, most: String, why: Why }:
        "{value}不在{least}至{most}之间：{why}", "{value} is not between {least} and {most}: {why}";
    Url: "须以https://开头（内网可用http://）", "must begin with https:// (or http:// on a private network)";
    Between { least: u64, most: u64 }: "须为{least}至{most}", "must be between {least} and {most}";
    RateTooHigh: "超过1000000；0表示不限", "is more than 1000000; 0 means any number";
    Kind { id: String, found: String, wanted: OneOf }:
        "连接{id}的类型是{found}，此处须为{wanted}", "connection {id} is of kind {found}; {wanted} is needed here";
    UnknownConnection { id: String, known: Names }:
        "没有连接{id}；已有：{known}", "there is no connection {id}; known are: {known}";
    NoConnection { id: String }: "没有连接{id}", "there is no connection {id}";
    SameConnection: "另一个连接用了相同的id，请各取一个", "another connection has the same id; give each its own";
    SameFlow: "另一个流用了相同的id，请各取一个", "another flow has the same id; give each its own";
    SameApp: "另一个应用用了相同的id，请各取一个", "another app has the same id; give each its own";
    SameDatabase: "另一个数据库用了相同的id，请各取一个", "another database has the same id; give each its own";
    FilledTwice { name: String }: "{name}被填写了两次", "{name} is filled twice";
    NoColumn: "没有映射任何列", "maps no column";
    AnotherTable { to: String }: "已有另一个表写入{to}", "another table goes to {to} already";
    SameMarks: "synced_value与unsynced_value相同，标记须有两个不同的值",
        "synced_value and unsynced_value are the same; a mark needs two values";
}

messages! {
    /// Why a duration is bounded.
    Why;
    Every: "调度每秒最多检查一次，而人在等待单据", "schedules look every second at most, and people wait for their documents";
    EveryMinute: "到泛微的流每分钟最多查找一次单据", "a flow to E-cology looks for its documents once a minute at most";
    Call: "调用须在发起它的函数结束之前结束", "a call has to end before the function that makes it";
    Freshness: "时钟相差以秒计，更早的回调可能是副本", "clocks differ by seconds, and an older callback may be a copy of one";
    LookUp: "漏掉的审批结果靠这次查询找回", "a decision that was missed is found by this look";
    Session: "服务器会结束空闲更久的会话（20分钟）", "the server ends sessions that are idle for longer (20 minutes)";
    TokenLife: "令牌在到期前更新，有效期越长越容易被盗用",
        "a token is renewed before it ends, and one that lives long is one that can be stolen";
    SessionLife: "会话在到期前更新", "a session is renewed before it ends";
    BarcodeQuery: "无论查询多久，应用都要在25秒内得到应答", "an application is answered within 25 s, whatever a query takes";
    Database: "读取数据库的调用在等待它", "a call that reads a database waits for it";
    SsoTimeout: "人要等待两次调用，函数30秒后结束", "a person waits for two calls, and the function ends after 30 s";
    SsoStay: "会话持续一小时，人会在几周内再来", "a session lasts an hour, and people come back within weeks";
    Remember: "离开OA的人在这段时间内仍可进入", "whoever left the OA is let in for as long";
    DirectoryEvery: "离职人员在下次同步前仍会收到任务通知", "whoever has left is told of tasks until the next pull";
    SyncEvery: "每次更新都要读取时间范围内的所有页", "an update reads every page of its window";
    SyncWindow: "十年已是多数系统的全部数据", "ten years are every row of most systems";
    SyncOverlap: "用来覆盖时钟的差异", "it covers clocks that differ";
    LookOverlap: "一次查找最长两分钟，其间的变化由下一次找到；更长会重复读取",
        "a look takes up to two minutes, and what changes meanwhile is found by the next; a longer one reads the same again";
    LookDelay: "正在写入的数据留给下一次查找", "what is being written down just now is left for the next look";
    Sweep: "报工会补录几天前的日期，每次全面查找读取其全部", "reports are dated back by days, and each sweep reads all of them";
    SweepEvery: "全面查找会再次读取这些天的每条报工", "a sweep reads every report of its days again";
    FeedOverlap: "每次查找都会列出这段时间内的全部投料", "all that was fed in that time is listed at every look";
    FeedDelay: "事件丢失的投料要等这么久才发料", "a feeding whose event was lost waits so long for its issue";
}

messages! {
    /// What is wrong with a query of a barcode application.
    StatementRule;
    Refused { why: String }: "{why}", "{why}";
}

macro_rules! groups {
    ($($group:ident($rule:ident)),+) => {
        /// A rule that a configuration breaks, in the words of its reader.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Rule {
            $( #[doc = stringify!($rule)] $group($rule), )+
        }

        impl Localized for Rule {
            fn text(&self, language: Language) -> String {
                match self { $( Self::$group(rule) => rule.text(language), )+ }
            }
        }

        $( impl From<$rule> for Rule {
            fn from(rule: $rule) -> Self {
                Self::$group(rule)
            }
        } )+

        #[cfg(test)]
        const ALL: &[&[(&str, &str, &str)]] = &[Why::WORDS, OaValue::WORDS, SsoSetting::WORDS, NoNetwork::WORDS, crate::named_values::Unsound::WORDS,
            $( $rule::WORDS ),+];
    };
}

groups!(
    Common(CommonRule),
    Approval(ApprovalRule),
    Flow(FlowRule),
    Connection(ConnectionRule),
    Service(ServiceRule),
    Statement(StatementRule)
);

/// In English.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(Language::En))
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_rule_is_said_in_chinese_and_in_english() {
        for words in super::ALL {
            crate::localized::holds(words);
        }
        assert!(super::ALL.iter().map(|words| words.len()).sum::<usize>() > 180);
    }
}
