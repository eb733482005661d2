//! What the console says, in each language.

use crate::labels::texts;

texts! {
    /// Something a page of the console says.
    Label;
    /// What the module does.
    AboutLogistics: "成品出库信息推送给客户，客户可随时查询发货记录", "Shipments are pushed to the customer, who may ask for them at any time.";
    /// What the module does.
    AboutOrders: "客户ERP直接下单并跟踪生产进度，也可从纸样、制单系统拉取数据", "The customer's ERP places orders and follows their progress; data can be pulled from pattern systems too.";
    /// What the module does.
    AboutPayment: "对账单审批后推送给客户，客户系统回传付款确认", "Reconciliations are pushed once they are approved; the customer's system confirms the payment.";
    /// What the module does.
    AboutQuality: "入库质检结果推送给客户，客户可随时查询质检报告", "Results of inspections are pushed to the customer, who may ask for reports at any time.";
    /// A column.
    Actions: "操作", "Actions";
    /// State of a subscription.
    Active: "已开通", "Active";
    /// State of a subscription.
    ActiveForGood: "永久有效", "Active for good";
    /// When an old secret ends.
    AfterDay: "24小时后", "after 24 hours";
    /// When an old secret ends.
    AfterHour: "1小时后", "after 1 hour";
    /// When an old secret ends.
    AfterWeek: "7天后", "after 7 days";
    /// What was raised about an endpoint.
    Alerts: "告警记录", "Alerts";
    /// The operator's list.
    AllOrders: "全部订单", "All orders";
    /// A setting.
    AllowIps: "IP白名单", "Addresses that may call";
    /// What helps.
    AllowIpsHint: "每行一个IP地址或网段（如203.0.113.0/24），留空表示不限，最多50项", "One address or network (such as 203.0.113.0/24) a line, 50 at most; empty for any";
    /// A column.
    Amount: "金额", "Amount";
    /// What came back.
    Answered: "应答内容", "Answer";
    /// No choice.
    Any: "全部", "Any";
    /// An app.
    App: "应用", "App";
    /// State of an app.
    AppActive: "启用", "On";
    /// State of an app.
    AppDisabled: "停用", "Off";
    /// The public key.
    AppKey: "appKey（应用标识）", "appKey";
    /// A setting.
    AppName: "应用名称", "Name";
    /// The secret of calls.
    AppSecret: "appSecret（签名密钥）", "appSecret";
    /// The store.
    AppStore: "应用商店", "App store";
    /// Those that can be used, and all.
    Apps: "应用（可用/全部）", "Apps (usable / all)";
    /// A call on a command line.
    AsCurl: "复制为curl", "As a curl command";
    /// When an old secret ends.
    AtOnce: "立即失效", "at once";
    /// Tries of a delivery.
    Attempts: "推送尝试", "Attempts";
    /// Leads back.
    Back: "返回", "Back";
    /// Where tenants' systems call.
    BaseUrl: "接口地址", "Base URL";
    /// We failed.
    Broken: "系统暂时无法处理，请稍后重试。", "Something went wrong here. Please try again in a moment.";
    /// Leads to the order.
    Buy: "立即购买", "Buy";
    /// A column.
    Call: "请求", "Call";
    /// The secret of pushes.
    CallbackSecret: "callbackSecret（回调签名密钥）", "callbackSecret";
    /// A setting.
    CallbackUrl: "回调URL", "Callback URL";
    /// What helps.
    CallbackUrlHint: "如 https://your-erp.com/webhook/fashion；清空即停止推送，首次填写时自动生成签名密钥", "Such as https://your-erp.com/webhook; empty stops pushing; the first one comes with a secret";
    /// A chart.
    CallsByDay: "每日调用次数", "Calls by day";
    /// A number.
    CallsToday: "今日调用", "Calls today";
    /// A number.
    CallsWeek: "近7天调用", "Calls in 7 days";
    /// Ends an order.
    CancelOrder: "取消订单", "Cancel the order";
    /// State of a subscription.
    Canceled: "已退订", "Ended by a refund";
    /// Why no app can be made.
    CannotMake: "没有可新建的模块：请先在应用商店开通；试用期间每个模块仅限一套凭证。", "There is no module to make one of: subscribe in the app store first; a trial has one app of each module.";
    /// Leads to a form.
    Change: "修改", "Change";
    /// Takes the filters away.
    Clear: "清除筛选", "Clear filters";
    /// Where a call came from.
    ClientIp: "来源IP", "From address";
    /// Closes a dialog.
    Close: "关闭", "Close";
    /// A field.
    CompanyName: "公司名称", "Company";
    /// How many modules are.
    Connected: "已连接模块", "Connected modules";
    /// The name of the pages.
    Console: "Tenon 管理后台", "Tenon console";
    /// A field.
    ContactEmail: "联系邮箱", "Mail address";
    /// A field.
    ContactName: "联系人", "Contact";
    /// A field.
    ContactPhone: "联系电话", "Telephone";
    /// After copying.
    Copied: "已复制", "Copied";
    /// Copies.
    Copy: "复制", "Copy";
    /// A column.
    Created: "创建时间", "Created";
    /// What helps.
    CurlHint: "密钥不在页面中：请先设置环境变量APP_SECRET。正文以日志所存为准，超过2000字符的部分未保存。", "The secret is not on this page: set the variable APP_SECRET first. The body is as the log has it, cut at 2000 characters.";
    /// A setting.
    DailyQuota: "日调用上限", "Calls a day";
    /// What helps.
    DailyQuotaHint: "0表示不限；仅限运营方修改", "0 for no limit; for operators alone";
    /// A unit.
    Days: "天", "days";
    /// Deletes an app.
    DeleteApp: "删除应用", "Delete the app";
    /// What follows.
    DeleteHint: "删除后密钥立即失效，不可恢复；调用日志保留。", "Its key is dead at once and for good; its log stays.";
    /// A box to tick.
    DeleteSure: "我确认删除该应用", "I want this app deleted";
    /// State of a delivery.
    Delivered: "已送达", "Delivered";
    /// Pushes.
    Deliveries: "推送记录", "Deliveries";
    /// A chart.
    DeliveriesByHour: "近24小时推送", "Deliveries of 24 hours";
    /// One push.
    Delivery: "推送", "Delivery";
    /// State of a delivery.
    DeliveryCanceled: "已取消", "Cancelled";
    /// State of a delivery.
    DeliveryFailed: "失败", "Failed";
    /// A field.
    Description: "说明", "Description";
    /// Leads to more.
    Details: "查看详情", "Details";
    /// A column.
    Direction: "方向", "Direction";
    /// Why an endpoint is off.
    DisabledSince: "已停用", "Switched off";
    /// A column.
    Duration: "耗时", "Took";
    /// A body without anything.
    Empty: "（空）", "(empty)";
    /// Switches pushing on.
    EnableAgain: "重新启用推送", "Switch pushing on again";
    /// A notice.
    EndsSoon: "即将到期：", "Ends soon:";
    /// A notice.
    EndsTomorrow: "24小时内到期：", "Ends within a day:";
    /// A column.
    Event: "事件", "Event";
    /// A setting.
    Events: "推送事件", "Events";
    /// What helps.
    EventsHint: "全部不勾选等同于推送该模块的全部事件", "None ticked means every event of the module";
    /// A choice.
    Everything: "全部（含已送达）", "all, those that arrived too";
    /// State.
    Expired: "已到期", "Ended";
    /// A setting.
    ExternalUrl: "客户系统API地址", "Customer system's API";
    /// What helps.
    ExternalUrlHint: "数据拉取（Pull）转发到此地址", "Pull requests are forwarded there";
    /// A number.
    FailuresInARow: "连续失败", "Failures in a row";
    /// The filter hides all.
    Filtered: "没有符合筛选条件的记录。", "Nothing matches the filters.";
    /// Leads to the first page.
    FirstPage: "回到第一页", "First page";
    /// A term.
    ForGood: "永久", "For good";
    /// The beginning.
    From: "开始时间", "From";
    /// Leads on.
    GoOn: "继续", "Go on";
    /// The developers' guide.
    Guide: "接口文档", "Guide";
    /// What a call carries.
    Headers: "请求头", "Headers";
    /// How an endpoint does.
    Health: "端点健康状态", "Endpoint health";
    /// State of an endpoint.
    Healthy: "正常", "Healthy";
    /// A filter.
    HttpStatus: "HTTP状态码", "HTTP status";
    /// State of a delivery.
    InFlight: "推送中", "Under way";
    /// Calls of tenants.
    Inbound: "调入", "In";
    /// A group of fields.
    Invoice: "发票", "Invoice";
    /// A field.
    InvoiceTaxNo: "税号", "Tax number";
    /// What helps.
    InvoiceTaxNoHint: "15至20位字母和数字", "15 to 20 letters and digits";
    /// A field.
    InvoiceTitle: "发票抬头", "Invoice title";
    /// A box to tick.
    InvoiceWanted: "需要发票", "An invoice is wanted";
    /// State of a module.
    IsConnected: "已连接", "Connected";
    /// State of a job.
    JobDone: "已完成", "Done";
    /// State of a job.
    JobFailed: "已失败", "Failed";
    /// A number.
    JobFound: "符合条件", "Found";
    /// A number.
    JobQueued: "已重新推送", "Sent again";
    /// State of a job.
    JobRunning: "进行中", "Running";
    /// A section.
    KeyAndSecrets: "密钥", "Key and secrets";
    /// What a key does.
    KeyBefore: "上一行", "row before";
    /// What a key does.
    KeyHelp: "显示本帮助", "this help";
    /// What a key does.
    KeyNext: "下一行", "next row";
    /// What a key does.
    KeyRetry: "重试或重新推送当前行", "retry or resend the row";
    /// What a key does.
    KeySearch: "跳到搜索框", "to the search field";
    /// A title.
    Keys: "键盘快捷键", "Keys";
    /// A column.
    LastAnswer: "最近应答", "Last answer";
    /// A number.
    LastCall: "最近调用", "Last call";
    /// A list.
    LastErrors: "最近的错误", "Latest errors";
    /// A time.
    LastSuccess: "最近成功", "Last success";
    /// Leads to the log.
    Log: "查看日志", "Log";
    /// The third tab.
    Logs: "日志查询", "Call log";
    /// Makes an app.
    MakeApp: "新建应用", "New app";
    /// The page.
    Management: "客户应用管理", "Tenant apps";
    /// Marks an order paid.
    MarkPaid: "确认到账", "Mark as paid";
    /// A module.
    Module: "模块", "Module";
    /// A unit.
    Month: "月", "month";
    /// A term.
    Monthly: "月付", "Monthly";
    /// A field.
    MonthlyPrice: "月价（元）", "Price a month (yuan)";
    /// The filter looked at as much as it may.
    MoreBehind: "本页没有符合条件的记录，后面可能还有。", "Nothing on this page matches; there may be more behind it.";
    /// The second tab.
    MyApps: "我的应用", "My apps";
    /// The tenant's orders.
    MyOrders: "我的订单", "My orders";
    /// No time.
    Never: "从未", "never";
    /// A box to tick.
    NewCredentials: "升级时更换新的appKey和appSecret", "Give me a new key and secret with the upgrade";
    /// What a chart leaves out.
    NewestOnly: "仅统计最新的500条。", "Of the newest 500 alone.";
    /// A time.
    NextAttempt: "下次推送", "next";
    /// Leads on.
    NextPage: "下一页", "Next page";
    /// An empty list.
    NoApps: "还没有应用。", "No apps yet.";
    /// An empty list.
    NoAppsYet: "还没有应用：请先在应用商店试用或购买。", "No apps yet: try or buy one in the app store.";
    /// An empty list.
    NoAttempts: "还没有推送尝试。", "No attempt was made yet.";
    /// An empty list.
    NoCalls: "还没有调用记录：按接口文档签名并发起第一次调用。", "No calls yet: sign the first one as the guide shows.";
    /// An empty list.
    NoDeliveries: "还没有推送记录：填写回调URL后可发送测试推送。", "Nothing was pushed yet: fill in a callback URL and send a test.";
    /// A quota.
    NoLimit: "不限", "no limit";
    /// An empty list.
    NoOrders: "还没有订单。", "No orders yet.";
    /// Leads to help.
    NoToken: "没有令牌？", "No token?";
    /// What helps.
    NoTokenHint: "运营方在服务器上执行以下命令之一：前两条给出一分钟内有效的一次性登录链接，第三条签发令牌。", "An operator runs one of these on the server: the first two give a link that is good once within a minute, the third a token.";
    /// A refusal.
    NotAllowed: "没有权限", "Not permitted";
    /// A choice.
    NotArrived: "未送达的", "those that have not arrived";
    /// State of a module.
    NotConnected: "未连接", "Not connected";
    /// A refusal.
    NotNow: "暂时不能执行", "Not now";
    /// State of a module.
    NotOffered: "已下架", "Not offered";
    /// A setting without a value.
    NotSet: "未配置", "not set";
    /// State of a module.
    NotSubscribed: "未开通", "Not subscribed";
    /// A refusal.
    NotTaken: "未能提交", "Not taken";
    /// A refusal.
    NotThere: "资源不存在", "There is no such page";
    /// Leads to the numbers of a chart.
    Numbers: "查看数据", "Numbers";
    /// A box to tick.
    Offered: "上架", "Offered in the store";
    /// A field.
    OldSecretEnds: "旧密钥失效时间", "The old secret ends";
    /// A time.
    OldSecretUntil: "旧密钥有效至", "old secret until";
    /// State of an order.
    OrderCanceled: "已取消", "Cancelled";
    /// After a change.
    OrderDone: "订单已更新：", "The order is done:";
    /// What follows.
    OrderHint: "提交后订单为待付款状态；运营方确认到账后自动开通或续期。", "The order then waits for its payment; once an operator has marked it paid, the subscription has its time.";
    /// A column.
    OrderNumber: "订单号", "Order";
    /// State of an order.
    OrderPaid: "已付款", "Paid";
    /// State of an order.
    OrderPending: "待付款", "Waits for payment";
    /// State of an order.
    OrderRefunded: "已退款", "Refunded";
    /// A list.
    Orders: "订单", "Orders";
    /// This page in the other language.
    OtherLanguage: "English", "中文";
    /// Pushes.
    Outbound: "推送", "Out";
    /// Nothing is left.
    Over: "已到期", "ended";
    /// The first tab.
    Overview: "集成总览", "Overview";
    /// Leads to other pages.
    Pages: "翻页", "Pages";
    /// A filter.
    PathBegins: "路径开头", "Path begins with";
    /// State of a delivery.
    Pending: "待推送", "Waiting";
    /// A field.
    PerpetualPrice: "永久价（元）", "Price for good (yuan)";
    /// Places an order.
    PlaceOrder: "提交订单", "Place the order";
    /// The menu.
    Places: "主菜单", "Menu";
    /// What follows.
    PriceChangeHint: "年价为月价的10倍；已下的订单保持原价。", "A year costs ten months; what was ordered keeps its price.";
    /// A table.
    Prices: "价格", "Prices";
    /// What helps.
    PricesHint: "年付按10个月计价；价格与用户数无关。", "A year costs ten months; the number of users does not change the price.";
    /// What helps.
    QuotaResets: "每日配额在UTC 00:00（北京时间8:00）重置", "A quota begins anew at 00:00 UTC";
    /// A number.
    QuotaToday: "今日配额", "Quota today";
    /// A time.
    Range: "时间范围", "Range";
    /// A setting.
    Rate: "每秒推送上限", "Pushes a second";
    /// What helps.
    RateHint: "1至1000，留空表示不限", "1 to 1000, empty for no limit";
    /// Why.
    Reason: "原因", "Reason";
    /// A section.
    Reference: "快速参考", "Quick reference";
    /// Loads again.
    Refresh: "刷新", "Refresh";
    /// Returns the money.
    Refund: "退款", "Refund";
    /// A field.
    Remark: "备注", "Remark";
    /// What to do about it.
    Remedy: "处理办法", "What to do";
    /// Leads to the order.
    Renew: "续费", "Renew";
    /// Finds a request.
    RequestId: "请求编号", "Request id";
    /// Sends again.
    Resend: "重新推送", "Send again";
    /// What follows.
    ResendHint: "按事件时间选择；任务在后台执行，进行中的推送不受影响。", "By the events' times; a job works in the background and leaves alone what is under way.";
    /// Sends a range again.
    ResendRange: "批量重新推送", "Send a range again";
    /// Gives the quota again.
    ResetQuota: "重置今日配额", "Reset today's quota";
    /// A column.
    Result: "结果", "Result";
    /// A setting.
    RetryPreset: "重试策略", "Retries";
    /// A choice.
    RetryQuick: "快速：3次，6分钟内", "quick: 3 attempts within 6 minutes";
    /// A choice.
    RetryShort: "短：6次，约7.5小时", "short: 6 attempts over 7.5 hours";
    /// A choice.
    RetryStandard: "标准：10次，约75小时", "standard: 10 attempts over 75 hours";
    /// Makes a new secret.
    Rotate: "重置密钥", "New secret";
    /// Leads to the secret.
    RotateCallback: "重置回调签名密钥", "New callback secret";
    /// What follows.
    RotateHint: "新密钥只显示一次；所选时间内新旧密钥同时有效，最多3个。", "The new secret is shown once; until then both count, three at most.";
    /// Words of an error.
    Said: "说明", "Message";
    /// Saves.
    Save: "保存", "Save";
    /// A box to tick.
    Scheme2Only: "仅接受签名方案2（含路径与随机数）", "Take signature scheme 2 alone";
    /// Sends a test.
    SendTest: "发送测试推送", "Send a test";
    /// What was sent.
    Sent: "请求内容", "Request";
    /// A refusal.
    SessionOver: "登录已失效，请重新登录", "Your session is over";
    /// A section.
    Settings: "应用设置", "Settings";
    /// Applies filters.
    Show: "查询", "Show";
    /// A title.
    ShownOnce: "请立即保存", "Keep these now";
    /// What follows.
    ShownOnceHint: "密钥只显示这一次，离开本页后无法再查看，遗失只能重置。", "The secret is shown this once. When you leave this page it cannot be seen again; if it is lost, make a new one.";
    /// Begins a session.
    SignIn: "登录", "Sign in";
    /// Begins one again.
    SignInAgain: "重新登录", "Sign in again";
    /// Whose session.
    SignInAs: "登录身份：", "You will be:";
    /// A refusal.
    SignInRefused: "令牌或链接无效、已过期或已吊销。", "This token or link is wrong, too old or revoked.";
    /// Ends a session.
    SignOut: "退出登录", "Sign out";
    /// How calls are signed.
    Signature: "签名", "Signature";
    /// A session ended.
    SignedOut: "您已退出登录。", "You are signed out.";
    /// A time.
    Since: "自", "since";
    /// Skips to the content.
    Skip: "跳到内容", "Skip to content";
    /// State of a delivery.
    Skipped: "未推送", "Skipped";
    /// State of an endpoint.
    Slow: "应答缓慢", "Answers slowly";
    /// Starts a trial.
    StartTrial: "开通试用", "Start the trial";
    /// A column.
    State: "状态", "State";
    /// A box to tick.
    StoredIt: "我已保存", "I have stored it";
    /// Switches an app off.
    SwitchOff: "停用", "Switch off";
    /// Switches an app on.
    SwitchOn: "启用", "Switch on";
    /// A tenant.
    Tenant: "租户", "Tenant";
    /// What helps.
    TenantHint: "租户编号，如 t-1", "The tenant's id, such as t-1";
    /// A field.
    Term: "订阅方式", "Term";
    /// A column.
    Time: "时间", "Time";
    /// The end.
    To: "结束时间", "To";
    /// Leads to the store.
    ToStore: "前往应用商店", "To the app store";
    /// A field.
    Token: "访问令牌", "Token";
    /// What helps.
    TokenHint: "以tnn_开头，由运营方签发", "Begins with tnn_; operators issue it";
    /// A sum.
    Total: "合计", "total";
    /// A kind of app.
    Trial: "试用", "Trial";
    /// A rule.
    TrialDays: "试用期自开通时刻起", "It lasts, from the moment it starts,";
    /// A field.
    TrialDaysField: "试用天数", "Days of a trial";
    /// A rule.
    TrialEnds: "到期自动失效，API凭证停用，数据保留", "It ends by itself: the key is dead then, your data stay";
    /// A rule.
    TrialKey: "开通后显示appKey和appSecret，密钥只显示一次", "Key and secret are shown next, the secret this once";
    /// A rule.
    TrialOnce: "每个租户每个应用仅限试用一次", "Once for each tenant and app";
    /// A rule.
    TrialQuota: "试用期间每日100次调用", "100 calls a day";
    /// A box to tick.
    TrialSupported: "支持试用", "May be tried";
    /// A rule.
    TrialWhole: "功能完全开放", "Everything is open";
    /// State of a subscription.
    Trialling: "试用中", "Trial";
    /// Leads to the trial.
    Try: "免费试用", "Try it";
    /// State of an endpoint.
    Unhealthy: "异常", "Trouble";
    /// Calls that were not signed.
    Unsigned: "未通过签名", "Not signed";
    /// A time.
    Until: "有效期至", "until";
    /// A column.
    Used: "已用", "Used";
    /// A quota.
    UsedUp: "已用完", "used up";
    /// A field.
    UserCount: "用户数", "Users";
    /// How a call went.
    WasError: "错误", "Error";
    /// How a call went.
    WasRefused: "被拒绝", "Refused";
    /// Pushes.
    Webhook: "Webhook推送", "Webhook";
    /// How a call went.
    WentWell: "成功", "Succeeded";
    /// A field.
    Which: "范围", "Which";
    /// A term.
    Yearly: "年付", "Yearly";
    /// After a change.
    AppMade: "应用已创建", "The app is made";
    /// After a change.
    AppDeleted: "应用已删除", "The app is deleted";
    /// After a change.
    Saved: "已保存", "Saved";
    /// After a change.
    QuotaWasReset: "今日配额已重置", "Today's quota is whole again";
    /// After a change.
    SecretMade: "新密钥已生成", "A new secret";
    /// After a change.
    TrialStarted: "试用已开通", "The trial has started";
    /// After a change.
    OrderActivated: "订单已确认到账", "The order is paid";
    /// What to do.
    HandToTenant: "请将以下凭证交给租户，或由租户自行重置密钥。", "Hand these to the tenant, or let the tenant make a new secret.";
    /// After a change.
    TestSent: "测试推送已发出", "A test is on its way";
    /// After a change.
    ResendQueued: "已加入推送队列", "It is sent again";
    /// After a change.
    PushingOn: "推送已重新启用", "Pushing is on again";
    /// What follows.
    OldUntil: "旧密钥有效至：", "The old secret counts until:";
    /// What follows.
    OldEnded: "旧密钥已失效", "The old secret does not count any more";
    /// A role.
    Operator: "运营方", "Operator";
    /// A role.
    TenantAdmin: "租户管理员", "Tenant administrator";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::labels::missing;
    use tenon_model::Language;

    #[test]
    fn every_text_is_there_in_both_languages() {
        let all = Label::ALL.iter().map(|label| (format!("{label:?}"), label.of(Language::Zh), label.of(Language::En)));
        assert_eq!(missing(all, &["OtherLanguage"]), Vec::<String>::new());
    }
}
