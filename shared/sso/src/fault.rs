//! Why somebody is not signed in: a code for people to name, a text in both languages, and the rest for the log.

use tenon_platform::Error;

/// Why a sign-in comes to nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Single sign-on is off.
    Off,
    /// The address has begun so many sign-ins in this minute that it has to wait, for so many seconds.
    TooOften(u32),
    /// No `state`, or one that nobody gave out, is too old or was used.
    State,
    /// The sign-in began in another browser.
    OtherBrowser,
    /// The configuration names another server than the one the sign-in began at.
    ProviderChanged,
    /// The answer says that it is of another server.
    Issuer,
    /// The server says no; its code.
    Refused(String),
    /// The server sent no code.
    NoCode,
    /// The server does not take the code, or the token, that it gave; its code.
    Exchange(String),
    /// The server does not know us.
    Client,
    /// The server did not answer.
    Unreachable(String),
    /// What the server answered cannot be understood.
    Answer(String),
    /// The server does not say enough of who signed in.
    Userinfo(&'static str),
    /// The server speaks of two persons.
    OtherUser,
    /// The directory has nobody with this phone or e-mail.
    PersonUnknown,
    /// The directory has several.
    PersonAmbiguous,
    /// The person is disabled.
    PersonDisabled,
    /// The person belongs to another code of the ERP already.
    PersonBound,
}

impl Fault {
    /// Its stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Off => "sso.off",
            Self::TooOften(_) => "sso.too-often",
            Self::State => "sso.state",
            Self::OtherBrowser => "sso.other-browser",
            Self::ProviderChanged => "sso.provider-changed",
            Self::Issuer => "sso.issuer",
            Self::Refused(_) => "sso.refused",
            Self::NoCode => "sso.no-code",
            Self::Exchange(_) => "sso.exchange",
            Self::Client => "sso.client",
            Self::Unreachable(_) => "sso.unreachable",
            Self::Answer(_) => "sso.answer",
            Self::Userinfo(_) => "sso.userinfo",
            Self::OtherUser => "sso.other-user",
            Self::PersonUnknown => "sso.person-unknown",
            Self::PersonAmbiguous => "sso.person-ambiguous",
            Self::PersonDisabled => "sso.person-disabled",
            Self::PersonBound => "sso.person-bound",
        }
    }

    /// The HTTP status of the page that says so.
    pub fn status(&self) -> u16 {
        match self {
            Self::Off => 404,
            Self::State | Self::OtherBrowser | Self::ProviderChanged | Self::Issuer | Self::NoCode => 400,
            Self::Refused(_)
            | Self::PersonUnknown
            | Self::PersonAmbiguous
            | Self::PersonDisabled
            | Self::PersonBound => 403,
            Self::Exchange(_) | Self::Client | Self::Answer(_) | Self::Userinfo(_) | Self::OtherUser => 502,
            Self::TooOften(_) => 429,
            Self::Unreachable(_) => 503,
        }
    }

    /// After how many seconds it may be tried again, where that is known.
    pub fn retry_after_s(&self) -> Option<u32> {
        match self {
            Self::TooOften(after_s) => Some(*after_s),
            _ => None,
        }
    }

    /// What people are told, in Chinese and in English.
    pub fn messages(&self) -> (&'static str, &'static str) {
        match self {
            Self::Off => ("未启用单点登录。", "Single sign-on is switched off."),
            Self::TooOften(_) => (
                "您的网络在一分钟内发起的登录过多。请稍后重试。",
                "Too many sign-ins were begun from your network in this minute. Please try again in a moment.",
            ),
            Self::State => (
                "登录链接已失效、已使用过或超过 5 分钟。请重新登录。",
                "This sign-in is too old, was used already or is not known. Please sign in again.",
            ),
            Self::OtherBrowser => (
                "登录不是在此浏览器中开始的。请在此浏览器中重新登录。",
                "This sign-in was begun in another browser. Please sign in again in this one.",
            ),
            Self::ProviderChanged => (
                "登录期间单点登录设置已变更。请重新登录。",
                "The settings of single sign-on changed while you signed in. Please sign in again.",
            ),
            Self::Issuer => {
                ("登录应答来自另一个登录服务器，已拒绝。", "The answer came from another login server and was refused.")
            }
            Self::Refused(_) => (
                "登录服务器拒绝了登录，或您取消了授权。",
                "The login server refused, or you did not agree to sign in here.",
            ),
            Self::NoCode => ("登录服务器没有返回授权码。", "The login server sent no authorisation code."),
            Self::Exchange(_) => (
                "登录服务器不接受授权码。请重新登录。",
                "The login server did not take the authorisation code. Please sign in again.",
            ),
            Self::Client => (
                "登录服务器不认识本系统。请联系管理员检查 client_id 与密钥。",
                "The login server does not know this system. Please ask your administrator to look at its client id and secret.",
            ),
            Self::Unreachable(_) => {
                ("登录服务器没有应答。请稍后重试。", "The login server does not answer. Please try again in a moment.")
            }
            Self::Answer(_) => (
                "无法识别登录服务器的应答。请联系管理员。",
                "The login server's answer cannot be understood. Please tell your administrator.",
            ),
            Self::Userinfo(_) => (
                "登录服务器返回的用户信息不完整（需要用户编码、手机号或邮箱、部门）。请联系管理员。",
                "The login server does not say enough about you (user id, phone or e-mail, department). Please tell your administrator.",
            ),
            Self::OtherUser => (
                "登录服务器返回的令牌与用户信息不是同一个人，已拒绝。",
                "The login server's token and user do not belong together; the sign-in was refused.",
            ),
            Self::PersonUnknown => (
                "通讯录中没有使用此手机号或邮箱的人员。请联系管理员。",
                "Nobody in the directory has your phone number or e-mail. Please tell your administrator.",
            ),
            Self::PersonAmbiguous => (
                "通讯录中有多人使用此手机号或邮箱，无法确定是哪一位。请联系管理员。",
                "Several people in the directory have your phone number or e-mail. Please tell your administrator.",
            ),
            Self::PersonDisabled => {
                ("您的账号已停用。请联系管理员。", "Your account is disabled. Please tell your administrator.")
            }
            Self::PersonBound => (
                "通讯录中的人员已绑定另一个 ERP 用户编码。请联系管理员。",
                "The person in the directory belongs to another user id of the ERP. Please tell your administrator.",
            ),
        }
    }

    /// What the log is told beside the code.
    pub fn detail(&self) -> &str {
        match self {
            Self::Refused(text) | Self::Exchange(text) | Self::Unreachable(text) | Self::Answer(text) => text,
            Self::Userinfo(what) => what,
            _ => "",
        }
    }
}

/// Why something was not done: a fault that people are told, or a failure of our own.
#[derive(Clone, Debug, PartialEq)]
pub enum Stop {
    /// People are told why.
    Fault(Fault),
    /// The log is.
    Failed(Error),
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}
