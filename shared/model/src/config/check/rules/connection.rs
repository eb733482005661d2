//! What rules say of connections.

use crate::localized::messages;

messages! {
    /// What rules say of connections.
    ConnectionRule;
    LinkBegin: "须以https://或http://开头", "begin with https:// or http://";
    LinkNames { needed: String }: "须含有{needed}，它代表所指的那一个", "name {needed}, which stands for the one that is meant";
    LinkHolds { needed: String, also: String }: "花括号中有{needed}、{also}以外的内容，或含有地址中不能有的字符",
        "holds something in braces that is not {needed} or {also}, or what no address holds";
    B1Root { root: String, word: String }: "请去掉{root}，系统会自动加上；用哪个版本由api = \"{word}\"说明",
        "leave {root} out; it is appended. Which version is used says api = \"{word}\"";
    B1s: "请去掉/b1s，系统会连同api中的版本一起加上", "leave /b1s out; it is appended with the version in api";
    Appended { part: String }: "请去掉{part}，系统会自动加上", "leave {part} out; it is appended";
    RootAppended { part: String }: "请去掉{part}，系统会加上root", "leave {part} out; root is appended";
    PartOfPaths { part: String }: "请去掉{part}，它已是各路径的一部分", "leave {part} out; it is part of the paths";
    Quote: "含有引号或反斜杠，签名无法传送", "holds a quote or backslash, which the signature cannot carry";
    AiflowHeader: "须为A-Signature或X-A-Signature", "is A-Signature or X-A-Signature";
    EmptyOwner: "不能为空；去掉则使用app_key", "is empty; leave it out to use app_key";
    DingtalkRate: "超过500，钉钉会因此封禁地址；0表示不限", "is more than 500, at which DingTalk blocks an address; 0 means any number";
    DomainFile { name: String }: "\"{name}\"不是这种文件的名称；须与企业微信给出的一致：WW_verify_….txt",
        "\"{name}\" is no name of such a file; it is as WeCom gave it: WW_verify_….txt";
    // Black Lake.
    MesPath: "须为MES的路径，以/开头", "is a path of the MES and begins with /";
    NoJson: "不是JSON；代表事件数据的内容写在引号中：\"{{{{data}}}}\"",
        "is no JSON; what stands for the event's data is written in quotes: \"{{{{data}}}}\"";
    Unsealed: "接收未加密的事件，知道地址的人都能发送；请设置allow_ips",
        "takes events that are not sealed, which anyone can send who knows the address; set allow_ips";
    PrefixBlanks: "首尾有空格，或超过32个字符", "has blanks around it, or is longer than 32 characters";
    PrefixDigit: "以数字结尾，1与23会读作12与3；请以其他字符结尾",
        "ends with a digit, so that 1 and 23 reads as 12 and 3; end it with another character";
    PrefixTaken { other: String }: "也是{other}的前缀；每家公司须有自己的前缀", "is the prefix of {other} too; each company needs its own";
    // Kingdee.
    NoK3cloud: "没有以/k3cloud结尾，而K3Cloud的地址都如此", "does not end in /k3cloud, as the addresses of K3Cloud do";
    NoAppSecret: "缺少：app_id需要其密钥", "is missing: app_id needs its secret";
    TwoLogins: "同时给出了app_id；请只保留一种登录方式", "app_id is given as well; keep one way to log in";
    NoAppId: "缺少：app_secret属于某个app_id", "is missing: app_secret is that of an app_id";
    NoPassword: "缺少；请给出它，或app_id与app_secret", "is missing; give it, or app_id with app_secret";
    SignedNeeds: "需要用于签名的app_id与app_secret", "needs app_id and app_secret, which calls are signed with";
    OrganisationUnsigned: "不起作用：只有签名调用会指明组织；会话使用其用户的组织",
        "is of no effect: only a signed call names its organisation; a session has that of its user";
    KingdeePage: "须为1至10000；2000在各版本上都安全", "must be between 1 and 10000; 2000 is safe on every version";
    // E-cology.
    OaPath: "须为OA的路径，以/开头", "is a path of the OA and begins with /";
    NoSystemPassword: "有system_id而缺少它；基础数据用两者签名", "is missing beside system_id; base data is signed with both";
    AgreedToo { word: String }: "{word}也表示同意；一个词只能有一个含义", "{word} means agreed too; a word means one thing";
    NoSuchApp { app: String, known: crate::localized::Names }: "没有[[apps]] {app}；已有：{known}", "there is no [[apps]] {app}; known are: {known}";
    NobodyPushes { flow: String }: "缺少：流{flow}等待审批结果，没有应用就没有人能推送",
        "is missing: flow {flow} waits for results, which nobody may push without an app";
    NoWords { flow: String }: "不能为空：流{flow}等待审批结果，现场用什么词表示结果无法猜测",
        "is empty: flow {flow} waits for results, and what the site's words for them are cannot be guessed";
    // A DI API.
    CompanyBlank: "首尾有空格，公司名称不会如此", "begins or ends with a blank, which no company's name does";
    RootSlash: "须以/开头，且不以/结尾", "begins with / and does not end with it";
    // SQL databases.
    TlsOff: "已关闭：途中的人能读到密码与每一行；仅适用于同一台机器",
        "is off: whoever is between reads the password and every row; fit for one machine only";
}
