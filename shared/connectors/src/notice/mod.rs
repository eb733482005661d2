//! Telling a person something, whichever vendor carries it: one enum over the channels, and what each vendor does with
//! messages that come too often or twice.

mod fit;

pub(crate) use fit::{cut, fitted};

use crate::dingtalk::Dingtalk;
use crate::feishu::Feishu;
use crate::wecom::Wecom;
use std::time::Duration;
use tenon_model::TenantId;
use tenon_model::config::Connection;
use tenon_platform::Context;
use tenon_platform::error::Result;

/// What a person reads, in that person's language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// A few words; never empty.
    pub title: String,
    /// A sentence; may be empty.
    pub text: String,
    /// What, and its value.
    pub lines: Vec<(String, String)>,
    /// Number and time, by which no two notices have the same text. A repetition of one has the same foot.
    pub foot: String,
    /// Where it leads: none, one for all, or one for phones and one for desks.
    pub buttons: Vec<Button>,
    /// Names the message: the same for a repetition, at most 50 letters and digits.
    pub id: String,
}

/// A link with its words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Button {
    /// Its words.
    pub text: String,
    /// Where it leads.
    pub url: String,
}

/// What a vendor did with a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SendOutcome {
    /// It was taken; the vendor's id of it, where it gives one.
    Sent(Option<String>),
    /// The vendor has nobody of that id, or not for this app; its words.
    Nobody(String),
}

/// What a vendor says became of a message that it had taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// It was delivered.
    Arrived,
    /// It was not, and will not be; the vendor's words.
    Dropped(String),
    /// It is still under way.
    UnderWay,
}

/// Whose messages a limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// Those to one person.
    Person,
    /// All of the app.
    App,
}

/// So many messages in so long; the vendor drops what is more in silence, or refuses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Whose.
    pub whose: Whose,
    /// Windows follow each other; a day begins at midnight in China.
    pub window: Duration,
    /// Messages in one.
    pub most: i64,
}

/// Until when a message that may have arrived can be sent again without being told twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// While it is the same day in China: the same text reaches a person once a day.
    SameDay,
    /// For so long after it was first sent: the vendor knows it by its id or its text.
    Within(Duration),
}

/// What a vendor does with messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChannelCapabilities {
    /// What it takes.
    pub limits: &'static [Limit],
    /// How it knows a repetition.
    pub repeat: Repeat,
    /// Whether it says what became of a message that it took.
    pub reports_delivery: bool,
}

/// A way to people.
pub enum Channel<'a> {
    /// Work notices of DingTalk.
    DingTalk(Box<Dingtalk<'a>>),
    /// Messages of a WeCom app.
    WeCom(Box<Wecom<'a>>),
    /// Messages of a Feishu bot.
    Feishu(Box<Feishu<'a>>),
}

const fn limit(whose: Whose, seconds: u64, most: i64) -> Limit {
    Limit { whose, window: Duration::from_secs(seconds), most }
}

/// An app takes twenty calls of one kind a second; what is more than 500 a person and day is taken and not delivered.
const DINGTALK: ChannelCapabilities = ChannelCapabilities {
    limits: &[limit(Whose::App, 1, 20), limit(Whose::Person, 86_400, 500)],
    repeat: Repeat::SameDay,
    reports_delivery: true,
};
/// What is more than thirty a minute and a thousand an hour to one member is dropped in silence, whenever the minute begins:
/// half of it in each of ours is never more. Repetitions are known for as long as we ask for it.
const WECOM: ChannelCapabilities = ChannelCapabilities {
    limits: &[limit(Whose::App, 60, 10_000), limit(Whose::Person, 60, 15), limit(Whose::Person, 3_600, 500)],
    repeat: Repeat::Within(Duration::from_secs(crate::wecom::KNOWN_FOR_S - 60)),
    reports_delivery: false,
};
/// Repetitions are known by their uuid for an hour.
const FEISHU: ChannelCapabilities = ChannelCapabilities {
    limits: &[limit(Whose::App, 1, 50), limit(Whose::App, 60, 1_000), limit(Whose::Person, 1, 5)],
    repeat: Repeat::Within(Duration::from_secs(3_600 - 60)),
    reports_delivery: false,
};

impl<'a> Channel<'a> {
    /// The way of a connection, if it is one.
    pub fn over(ctx: &'a Context, tenant: &TenantId, connection: &Connection, revision: u64) -> Option<Self> {
        Some(match connection {
            Connection::Dingtalk(c) => Self::DingTalk(Box::new(Dingtalk::new(ctx, tenant, c.clone(), revision))),
            Connection::Wecom(c) => Self::WeCom(Box::new(Wecom::new(ctx, tenant, c.clone(), revision))),
            Connection::Feishu(c) => Self::Feishu(Box::new(Feishu::new(ctx, tenant, c.clone(), revision))),
            _ => return None,
        })
    }

    /// What the vendor does with messages.
    pub fn capabilities(&self) -> ChannelCapabilities {
        match self {
            Self::DingTalk(_) => DINGTALK,
            Self::WeCom(_) => WECOM,
            Self::Feishu(_) => FEISHU,
        }
    }

    /// Sends a card to the person whom the vendor knows by this id.
    ///
    /// # Errors
    /// The vendor's. After an unknown outcome it may have arrived.
    pub async fn send_card(&self, to: &str, card: &Card) -> Result<SendOutcome> {
        match self {
            Self::DingTalk(client) => client.send_card(to, card).await,
            Self::WeCom(client) => client.send_card(to, card).await,
            Self::Feishu(client) => client.send_card(to, card).await,
        }
    }

    /// What became of a message that the vendor took, where it says so ([`ChannelCapabilities::tells_delivery`]).
    ///
    /// # Errors
    /// The vendor's.
    pub async fn delivery(&self, to: &str, message: &str) -> Result<Delivery> {
        match self {
            Self::DingTalk(client) => client.delivery(to, message).await,
            Self::WeCom(_) | Self::Feishu(_) => Ok(Delivery::UnderWay),
        }
    }
}
