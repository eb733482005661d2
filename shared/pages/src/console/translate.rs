//! What the domain says to people is in Chinese, as the documents of its interfaces have it. The console says the same in
//! English; what is not listed is shown as it is.

use std::borrow::Cow;
use tenon_model::Language;

/// What is said whole.
const WHOLE: &[(&str, &str)] = &[
    ("资源不存在", "there is no such thing"),
    ("认证失败", "you are not signed in"),
    ("数据正被其他请求修改，请稍后重试", "others are changing this right now; try again in a moment"),
    ("服务器内部错误", "something went wrong here"),
    ("权限不足: 仅限运营方", "for operators alone"),
    ("权限不足: 仅限租户管理员", "for tenant administrators alone"),
    ("权限不足: dailyQuota仅限运营方修改", "only an operator may change the daily quota"),
    ("运营方须在查询参数中指明租户", "name the tenant to look at"),
    ("须为1至64位字母、数字、-或_，且不能是default", "1 to 64 letters, digits, - or _, and not default"),
    ("每个租户每个应用仅可试用一次", "each tenant may try each app once"),
    ("已有该应用的订阅，无需试用", "you have a subscription of this app already"),
    ("应用已下架", "the app is not offered any more"),
    ("该应用不支持试用", "this app cannot be tried"),
    ("试用无需下单，请直接开通试用", "a trial needs no order; start the trial"),
    ("不能为空", "must not be empty"),
    ("不是有效的电话号码", "is no telephone number"),
    ("不是有效的邮箱地址", "is no mail address"),
    ("须为15至20位字母和数字", "15 to 20 letters and digits"),
    ("须为1至100000", "1 to 100000"),
    ("须为1至90", "1 to 90"),
    ("须为1至64个字符", "1 to 64 characters"),
    ("须为0至1000000元，最多两位小数", "0 to 1000000 yuan with two decimals at most"),
    ("应为金额（元，最多两位小数）", "an amount of yuan with two decimals at most"),
    ("订单已取消，请重新下单", "the order was cancelled; place another"),
    ("订单已退款，请重新下单", "the order was refunded; place another"),
    ("订单已支付，退款须传refund=true", "the order is paid; refund it instead"),
    ("只能退该订阅最近一次支付的订单", "only the order paid last for a subscription can be refunded"),
    ("应用类型不能修改", "the module of an app cannot be changed"),
    ("请先填写回调URL", "fill in the callback URL first"),
    ("该应用未配置回调URL", "this app has no callback URL"),
    ("须为1至1000，或留空表示不限", "1 to 1000, or empty for no limit"),
    ("首尾不能有空格、换行等空白字符", "no blanks at its beginning or end"),
    ("须为16至128个字符，且不含控制字符", "16 to 128 characters without control characters"),
    ("试用期间每个应用仅限一套凭证，正式购买后可创建多套", "a trial has one app; more can be made once it is bought"),
    ("未开通，请先在应用商店试用或购买", "not subscribed yet: try or buy it in the app store"),
    ("订阅已到期，请续费", "the subscription has ended: renew it"),
    ("没有API凭证，请新建应用", "there is no key: make an app"),
    ("应用已停用，请启用", "the app is switched off: switch it on"),
    (
        "最近7天的调用都没有通过签名验证，请查看日志并核对密钥",
        "no call of the last 7 days was signed properly: see the log and check the secret",
    ),
    ("最近7天没有调用，请按文档签名并发起调用", "no calls in the last 7 days: sign one as the guide shows"),
    ("最近7天的调用全部失败，请查看日志", "every call of the last 7 days failed: see the log"),
    ("最近7天有成功的调用", "calls of the last 7 days went well"),
    ("未配置回调URL", "no callback URL"),
    ("应用已停用", "the app is switched off"),
    ("应用已过期", "the app's time is up"),
    ("推送已停用，请先重新启用", "pushing is off: switch it on first"),
    ("推送已停用", "pushing is off"),
    ("接收端返回410", "the endpoint answered 410"),
    ("连续失败100次且超过24小时", "100 failures in a row over more than 24 hours"),
    ("持续失败120小时", "failing for 120 hours"),
    ("已用完全部重试次数", "every attempt was made"),
    ("接收端返回410，已停用推送", "the endpoint answered 410; pushing is off"),
    ("系统无法完成推送", "the push could not be made"),
    ("应用已删除", "the app is deleted"),
    ("应用未配置回调URL", "the app has no callback URL"),
    (
        "回调URL返回重定向，系统不会跟随，请改填最终地址",
        "the callback URL redirects, which is not followed: fill in the final address",
    ),
    ("接收端拒绝了请求，请查看推送记录中的应答", "the endpoint refused the request: see its answer"),
    ("接收端出错，请查看推送记录中的应答", "the endpoint failed: see its answer"),
    ("接收端没有在15秒内应答，请先应答再处理", "no answer within 15 seconds: answer first and work afterwards"),
    ("回调URL的域名无法解析", "the name of the callback URL cannot be resolved"),
    ("无法连接回调URL", "no connection to the callback URL"),
    ("与回调URL的TLS握手失败，请检查证书", "the TLS handshake failed: check the certificate"),
    ("回调URL不在允许访问的范围内", "the callback URL is not in the permitted range"),
    ("连接在应答结束之前中断", "the connection broke before the answer ended"),
    (
        "推送过程中进程中断，它可能已经到达；系统会重做",
        "interrupted on the way: it may have arrived, and is made again",
    ),
    ("回调签名密钥无法使用，请重置回调签名密钥", "the callback secret cannot be used: reset it"),
    ("请查看推送记录", "see the deliveries"),
    ("该推送正在进行，请稍后再试", "an attempt is under way; try again in a moment"),
    ("不能晚于to", "must not be later than the end"),
    ("无效，请从第一页重新查询", "begin again from the first page"),
    ("时间格式须为yyyy-MM-ddTHH:mm:ss", "a time is written 2026-02-11T14:30"),
    ("时间格式须为yyyy-MM-ddTHH:mm:ss，或毫秒时间戳", "a time is written 2026-02-11T14:30"),
    ("相同的请求正在处理，请稍后重试", "the same request is being carried out; try again in a moment"),
    ("该Idempotency-Key已用于内容不同的请求", "this form was sent already with other contents: open the page anew"),
    ("只能从本系统的页面提交", "taken from this console's own pages alone: open the page anew and send it from there"),
    ("请求过于频繁，请稍后重试", "asked for too often; try again in a moment"),
];

/// What is said with something behind it.
const BEGINNINGS: &[(&str, &str)] = &[
    ("地址不可用：", "the address cannot be used: "),
    ("回调URL不可用：", "the callback URL cannot be used: "),
    ("推送已停用：", "pushing is off: "),
    ("最近一次推送失败：", "the latest push failed: "),
    ("权限不足: 需要权限码", "you lack the scope "),
    ("每个租户每个应用最多", "most keys of an app a tenant may have: "),
];

/// The same in the reader's language.
pub fn translate(language: Language, message: &str) -> Cow<'_, str> {
    if language == Language::Zh {
        return Cow::Borrowed(message);
    }
    if let Some((_, english)) = WHOLE.iter().find(|(chinese, _)| *chinese == message) {
        return Cow::Borrowed(english);
    }
    // What names a field has it before the words.
    if let Some((field, rest)) = message.split_once(": ")
        && field.bytes().all(|byte| byte.is_ascii_graphic())
        && let Cow::Borrowed(told) = translate(language, rest)
        && told != rest
    {
        return Cow::Owned(format!("{field}: {told}"));
    }
    let beginning = BEGINNINGS.iter().find_map(|(chinese, english)| Some((message.strip_prefix(chinese)?, english)));
    match beginning {
        // A class and what to do about it.
        Some((rest, english)) => match rest.split_once('，') {
            Some((class, hint)) => Cow::Owned(format!("{english}{class}, {}", translate(language, hint))),
            None => Cow::Owned(format!("{english}{}", translate(language, rest))),
        },
        None => Cow::Borrowed(message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_in_chinese_is_said_in_english_with_what_stands_behind_it() {
        let english = |message| translate(Language::En, message).into_owned();
        assert_eq!(english("contactPhone: 不是有效的电话号码"), "contactPhone: is no telephone number");
        assert_eq!(
            english("最近一次推送失败：status-5xx，接收端出错，请查看推送记录中的应答"),
            "the latest push failed: status-5xx, the endpoint failed: see its answer"
        );
        assert_eq!(english("推送已停用：接收端返回410"), "pushing is off: the endpoint answered 410");
        assert_eq!(english("没有这句话"), "没有这句话");
        assert_eq!(translate(Language::Zh, "不能为空"), "不能为空");
        assert!(WHOLE.iter().chain(BEGINNINGS).all(|(_, english)| english.is_ascii()));
    }
}
