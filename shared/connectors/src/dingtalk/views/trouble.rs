//! What DingTalk's refusals mean to somebody who only looks.

use std::time::Duration;
use tenon_platform::error::{Error, ErrorKind, Retry};

/// Why there is nothing to see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// There is no such department.
    NoDepartment,
    /// The department is none of those that the app may see.
    OutOfScope,
    /// There is nobody of this id.
    NoUser,
    /// The app may not make this call.
    Forbidden(String),
    /// The app's own credentials are refused.
    LoginRefused,
    /// Too many calls; not before this time.
    RateLimited(Duration),
    /// DingTalk does not answer, or not now.
    Away,
    /// DingTalk's own words.
    Refused(String),
    /// Ours.
    Other,
}

impl Trouble {
    /// What an error is.
    pub fn of(error: &Error) -> Self {
        let said = || error.vendor_message.as_ref().map_or_else(|| error.message.clone(), |said| said.to_string());
        match (error.vendor_code.as_deref(), error.retry) {
            (Some("60003"), _) => Self::NoDepartment,
            (Some("50004"), _) => Self::OutOfScope,
            (Some("33012" | "60121"), _) => Self::NoUser,
            (Some("60011" | "60020"), _) => Self::Forbidden(said()),
            (_, Retry::RateLimited(wait)) => Self::RateLimited(wait),
            _ if error.kind() == ErrorKind::LoginRefused => Self::LoginRefused,
            _ if error.kind() == ErrorKind::Refused => Self::Refused(said()),
            (Some(_), Retry::Permanent) => Self::Forbidden(said()),
            (_, Retry::Transient | Retry::TransientFor(_) | Retry::Session | Retry::Blocked(_)) => Self::Away,
            _ => Self::Other,
        }
    }

    /// In words, of the department or user that was asked for.
    pub fn message(&self, id: &str) -> String {
        match self {
            Self::NoDepartment => format!("钉钉没有部门{id}"),
            Self::OutOfScope => {
                format!("部门{id}不在应用的通讯录授权范围内，请在钉钉开发者后台的权限管理中调整授权范围")
            }
            Self::NoUser => format!("钉钉没有用户{id}"),
            Self::Forbidden(said) => {
                format!("应用没有调用该接口的权限，请在钉钉开发者后台开通并检查服务器出口IP（钉钉：{said}）")
            }
            Self::LoginRefused => "钉钉拒绝了应用的app_key或app_secret，请更正配置后运行tenon check".to_owned(),
            Self::RateLimited(wait) => format!("钉钉限制了调用频率，请{}秒后重试", wait.as_secs().max(1)),
            Self::Away => "钉钉没有应答，请稍后重试".to_owned(),
            Self::Refused(said) => format!("钉钉拒绝了请求：{said}"),
            Self::Other => "服务器内部错误".to_owned(),
        }
    }
}
