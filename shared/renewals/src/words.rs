//! What is said, in both languages.

use tenon_model::TenantId;
use tenon_model::tenant_app::TenantApp;
use tenon_notices::{Line, Text};
use tenon_tenants::store::{Subscription, Term};
use tenon_tenants::times;

/// What is said to people.
pub(crate) struct NoticeText {
    pub title: Text,
    pub text: Text,
    lines: Vec<Line>,
}

impl NoticeText {
    /// What else is to be known; for the operator, of which tenant.
    pub fn lines(&self, tenant: Option<&TenantId>) -> Vec<Line> {
        let whose = tenant.map(|tenant| Line::new(Text::new("租户", "Tenant"), Text::same(tenant.as_str())));
        whose.into_iter().chain(self.lines.iter().cloned()).collect()
    }
}

/// That a trial or a subscription ends.
pub(crate) fn ending(subscription: &Subscription, days_left: i64, now_ms: i64) -> NoticeText {
    let (zh, en) = match subscription.term {
        Term::Trial => ("试用", "trial"),
        Term::Monthly | Term::Yearly | Term::Perpetual => ("订阅", "subscription"),
    };
    let (name, code) = (subscription.module.name(), subscription.module.code());
    let title = if subscription.ends_ms <= now_ms {
        Text::new(format!("{name}{zh}已到期"), format!("The {en} of {code} has ended"))
    } else if days_left == 0 {
        Text::new(format!("{name}{zh}今天到期"), format!("The {en} of {code} ends today"))
    } else {
        let days = if days_left == 1 { "1 day".to_owned() } else { format!("{days_left} days") };
        Text::new(format!("{name}{zh}{days_left}天后到期"), format!("The {en} of {code} ends in {days}"))
    };
    NoticeText {
        title,
        text: Text::new(
            "到期后接口调用和推送将停止，数据保留。请在应用商店续费。",
            "Calls and pushes stop then; the data stays. Renew it in the app store.",
        ),
        lines: vec![
            Line::new(Text::new("到期时间", "Ends"), Text::same(readable(subscription.ends_ms))),
            Line::new(Text::new("订阅编号", "Subscription"), Text::same(subscription.number.clone())),
        ],
    }
}

/// That so much of an app's quota is used.
pub(crate) fn reached(app: &TenantApp, percent: u8, used: i64, reset_ms: i64) -> NoticeText {
    let name = &app.name;
    let (title, text) = if percent >= 100 {
        (
            Text::new(format!("{name}今日调用次数已用完"), format!("The day's calls of {name} are used up")),
            Text::new(
                "在重置之前，接口调用会被拒绝（429）。如需调高，请联系运营方。",
                "Until it begins anew calls are refused (429). Have the operator raise it if need be.",
            ),
        )
    } else {
        (
            Text::new(
                format!("{name}今日调用次数已用{percent}%"),
                format!("{percent} % of the day's calls of {name} are used"),
            ),
            Text::new("用完后接口调用会被拒绝（429）。", "Once it is used up calls are refused (429)."),
        )
    };
    NoticeText {
        title,
        text,
        lines: vec![
            Line::new(Text::new("已用/配额", "Used / quota"), Text::same(format!("{used}/{}", app.daily_quota))),
            Line::new(Text::new("重置时间", "Begins anew"), Text::same(readable(reset_ms))),
        ],
    }
}

/// `2026-02-18 14:30:00` in China.
fn readable(ms: i64) -> String {
    times::local(ms).replace('T', " ")
}
