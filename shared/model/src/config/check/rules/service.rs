//! What rules say of callers, of applications and of signing in.

use crate::localized::{Names, messages};
use crate::named_values::Unsound;

messages! {
    /// What a setting of single sign-on is.
    SsoSetting;
    RedirectUri: "客户的登录页面，即其OAuth 2.0服务器的授权地址",
        "the customer's login page, the authorise address of its OAuth 2.0 server";
    ClientId: "我方在客户服务器上的id", "our id at the customer's server";
    PublicUrl: "浏览器所见的我方地址，例如https://tenon.example.com",
        "our own address as browsers see it, such as https://tenon.example.com";
    EnterpriseCode: "服务器的用户id属于哪个企业，同[[aiflow_apps]]", "whose codes the server's user ids are, as in [[aiflow_apps]]";
}

messages! {
    /// What rules say of callers, of applications and of signing in.
    ServiceRule;
    // Callers.
    AppKey: "须为os_加1至61个字母、数字或下划线", "use os_ and 1 to 61 letters, digits and underscores";
    SameAppKey: "另一个应用用了相同的app_key，请各取一个", "another app has the same app_key; give each its own";
    NoModule { known: Names }: "不是模块；可用：{known}", "is no module; known are {known}";
    NoAppCode: "缺少；只有普通服务（services）的调用方可以没有",
        "is missing; only callers of plain services (services) do without";
    Anybody: "不能为空：也没有app_code，任何人都能调用；请至少给出一个",
        "is empty and there is no app_code, so anybody could call; give one of them";
    NoCodeToSend: "没有可发送的app_code", "there is no app_code to send";
    ServiceTwice: "有服务出现两次", "names a service twice";
    PushesAlone { connection: String }: "该应用为连接{connection}推送，不能做别的；请把services给另一个应用",
        "the app pushes for connection {connection} and may do nothing else; give services to another app";
    CodeInQueryAlone: "仅对普通服务有效，而该应用不能调用任何服务（services）",
        "counts for plain services alone, and the app may call none (services)";
    // aiflow.
    SameAiflowApp: "另一个应用用了相同的enterprise_code与app_id，请各取一个",
        "another app has the same enterprise_code and app_id; give each its own";
    OtherTenant: "此enterprise_code的另一个应用属于其他租户；一个企业的编码只属于一个租户",
        "another app of this enterprise_code works for another tenant; the codes of an enterprise are one tenant's";
    AiflowCode: "须为1至64个字符，不含空白、引号、反斜杠和#", "use 1 to 64 characters without blanks, quotes, backslashes and #";
    HeaderName: "不是请求头的名称；通常为A-Signature", "is no name of a header; A-Signature is the usual one";
    ServerAddress: "不是服务器地址，请写作https://odoo.example.com", "is no address of a server, such as https://odoo.example.com";
    AddressBeginning: "含有不是地址开头的内容，请写作https://api.example.com/",
        "has what is no beginning of an address, such as https://api.example.com/";
    BetweenDurations { least: String, most: String }: "须为{least}至{most}", "must be between {least} and {most}";
    NamesNobody: "没有指定人员；请列出人员编码", "names nobody; list codes of people";
    // Single sign-on.
    SsoNeeds { what: SsoSetting }: "enabled = true时必填：{what}", "is needed when enabled = true: {what}";
    SsoSecret: "enabled = true时必填；请写\"env:NAME\"或\"secret:NAME\"", "is needed when enabled = true; write \"env:NAME\" or \"secret:NAME\"";
    OriginAlone: "只能有协议、主机与端口；回调路径会自动加上", "is scheme, host and port alone; the callback's path is added";
    TokenInAddress: "会把访问令牌放在地址中，服务器会写入日志；仅用于只接受这种方式的服务器",
        "sends the access token in an address, which servers write into their logs; only for a server \
         that takes it nowhere else";
    AddressHolds: "含有片段、空格、反斜杠或控制字符，请去掉", "has a fragment, a space, a backslash or a control character; leave it out";
    UserInAddress: "含有用户名，请去掉", "has a user in it; leave it out";
    NotHttps: "不是https：授权码、令牌与客户端密钥在途中可被读取", "is not https: codes, tokens and the client's secret travel readable";
    // The OA integration.
    DirectoryPeople: "目录中的人员须由enterprise_code（ERP的编码）或connection（OA的id）之一指明",
        "people of the directory are named by one of enterprise_code (codes of an ERP) and connection (ids of an OA)";
    OfDirectory: "enterprise_code与connection属于source = \"directory\"", "enterprise_code and connection belong to source = \"directory\"";
    OfDatabase: "database与queries属于source = \"database\"", "database and queries belong to source = \"database\"";
    NoOaDatabase: "缺少：请写明[[databases]]中OA自己的数据库", "is missing: name the OA's own of [[databases]]";
    NotInDatabases { id: String }: "[[databases]]中没有数据库{id}", "there is no database {id} in [[databases]]";
    OfGougu: "默认为勾股OA的查询，它使用MySQL；请写明对此数据库的查询", "is 勾股OA's by default, which has MySQL; say what is asked of this database";
    Query { why: Unsound }: "{why}", "{why}";
    AskedWithNone { name: String }: "含有:{name}；此查询没有值", "names :{name}; it is asked with no value";
    AskedWith { name: String, known: String }: "含有:{name}；此查询只有:{known}", "names :{name}; it is asked with :{known} alone";
    NotNamed { name: String }: "没有:{name}，无论问谁都会得到同样的结果", "does not name :{name}, so it would answer the same whoever is asked for";
    OpenToAll: "能访问此地址的任何人都能取得任何人的令牌；用应用编码或来源地址（apps: services = [\"oa-integration\"]）可挡住外人",
        "anybody who reaches this address gets a token of anybody; an app code or an address \
         (apps: services = [\"oa-integration\"]) keeps strangers out";
    NobodyAsks: "[[apps]]中没有应用可以调用（services = [\"oa-integration\"]），没有人能取得令牌",
        "none of [[apps]] may call it (services = [\"oa-integration\"]), so nobody gets a token";
    // Notices.
    NoChannel: "不能为空，否则没有人会收到通知；请写明连接，或去掉[notices]",
        "is empty, so nobody would be told; name a connection, or leave [notices] out";
    ChannelTwice { id: String }: "{id}出现两次；一个渠道只试一次", "{id} stands there twice; a channel is tried once";
    NoAgent: "缺少agent_id，给个人发消息需要它；见厂商的管理后台",
        "has no agent_id, which a message to a person names; the vendor's console shows it";
    RenewalDays: "超过366天；订阅最长一年", "has more than 366 days; a subscription is bought for a year at most";
    RenewalQuota: "须为当日调用次数的百分比：1至100", "is in percent of the day's calls: 1 to 100";
    RenewalAt: "须为一天中的时间，例如09:00", "is a time of day such as 09:00";
    RenewalPerson: "人员id为空；人员id以目录中的为准", "names a person by an empty id; a person's id is that of the directory";
    // Barcode applications.
    SameBarcode: "另一个[[barcode]]用了相同的连接；一家公司只有一个", "another [[barcode]] names the same connection; a company has one";
    NobodyCalls: "[[apps]]中没有应用可以使用此连接，没有人能调用", "none of [[apps]] may use this connection, so nobody can call";
    NoUserField: "不是用户字段；用户字段以U_开头", "is no user field; those begin with U_";
    NoColumnName: "不能为空；需要列的名称", "is empty; the column's name is needed";
    NoTableName { table: String }: "\"{table}\"不是表名，也不是表名的开头", "\"{table}\" is no table's name, nor the beginning of one";
    NoName { name: String }: "\"{name}\"不是名称", "\"{name}\" is no name";
    ObjectNames: "对象、其行与其键的名称只能有字母、数字和_", "an object, its lines and its key are names of letters, digits and _";
    ObjectTwice: "出现两次", "stands there twice";
    NoKeyField: "缺少：自定义对象没有Comments，应答丢失的单据无法再找到",
        "is missing: custom objects have no Comments, so one whose answer was lost cannot be found again";
    EmptyAnswer: "不能为空；去掉则使用通常的应答", "is empty; leave it out for the usual answer";
    NothingToFillIn { name: String }: "{{{{{name}}}}}不能填入；可用code、message、data、repeated、draft、requestId",
        "{{{{{name}}}}} is nothing that can be filled in; known are code, message, data, repeated, draft, requestId";
    QueryName: "查询的名称只能有字母、数字和短横线", "a query's name is letters, digits and dashes";
    SameQuery: "另一个查询用了相同的名称", "another query has the same name";
    NoParameter: "不是名称，或语句中没有用到", "is no name, or the statement does not use it";
}
