//! What rules say of flows of all kinds that use a form, and of approval flows.

use crate::localized::{Names, messages};

messages! {
    /// What rules say of flows in general, and of approval flows.
    ApprovalRule;
    EmptyName: "不能为空；去掉它则显示id", "is empty; leave it out, and the id is shown";
    FormTaken { other: String }: "流{other}使用相同的表单；价格流与单据流须有自己的表单",
        "flow {other} uses the same form; a price or document flow needs a form of its own";
    IdOfBarcode: "以barcode-开头，这是条码应用运行记录的名称，请另取一个",
        "begins with barcode-, under which the runs of barcode applications stand; call it otherwise";
    NamesNobody: "没有指定人员，或人员id为空", "names nobody, or somebody by an empty id";
    NoOriginatorId: "只有草稿的审批请求带有OriginatorID，请写\"UserSign\"",
        "only a draft has a request with an OriginatorID; write \"UserSign\"";
    AddBatchesAlone: "没有on_approved = \"add\"时不起作用", "is of no effect without on_approved = \"add\"";
    OnlyDraftsAreAdded: "只有草稿会变成单据，请去掉", "only a draft becomes a document; leave it out";
    OnlyOfDrafts { object: String }: "只能转正Drafts的草稿，而来源是{object}",
        "only drafts of Drafts are added, and the source is {object}";
    Files { most: u64 }: "须为1至{most}，即表单能接收的数量", "must be between 1 and {most}, which is what the form takes";
    NoFiles: "此OA不接收附件，请去掉该表", "files are not carried to this OA; leave the table out";
    FilesTaken { to: String }: "{to}也由字段填写", "{to} is filled from a field too";
    WecomNotify: "企业微信只通知模板自身的人员；请同时指定approvers，或在模板中设置抄送",
        "WeCom tells the template's own people only; name approvers too, or set the copies in the template";
    WecomAttachment { from: String }: "{from}是附件；企业微信的文件控件接收单据的文件，见form.attachments",
        "{from} is an attachment; WeCom's file control takes the document's files, see form.attachments";
    NoKey: "须含有:key，它代表单据的键", "must contain :key, which stands for the document's key";
    OneQuery { collections: Names, first: String }:
        "只有一个查询，而表单的表由{collections}填写；请各写一个：lines = {{ {first} = \"select …\", … }}",
        "is one query, and the form's tables are filled from {collections}; give each its own: lines = {{ {first} = \"select …\", … }}";
    FillsNoTable: "没有填写任何表：form.lines的from中没有它", "fills no table: no form.lines has it in from";
    NoQuery { name: String }: "缺少{name}的查询，而form.lines映射了它", "has no query for {name}, which form.lines maps";
    Unordered: "含有:last，须以`order by`键结尾，否则各页不能衔接",
        "has :last and must end in `order by` the key, or pages do not follow each other";
    ByPosition: "没有:last，因此按位置读取：超过一页时，其间被标记的单据会使其全部重读；请加上`and <key> > :last`与`order by <key>`",
        "has no :last, so it is read by position: beyond one page, documents that are marked meanwhile make it \
         read everything again; add `and <key> > :last` and `order by <key>`";
    FirstAlone: "用于第一页代替:last，而main中没有:last", "stands for :last on the first page, and main has no :last";
    MapsNothing: "没有映射任何内容；OA会拒绝空表单", "maps nothing; an OA refuses an empty form";
    TwoIntoOne { from: String, to: String }: "{from}是两个字段，而{to}是一个名称；区间控件有两个名称",
        "{from} are two fields, and {to} is one label; a range control has two";
    NotFoundAgain: "映射的控件读回时都与写入的不同（人员、部门、附件、关联审批单、多选都是如此），\
         发起没有得到应答的审批单就无法再找到，会重复发起；请在form.key中指定一个文本控件存放单据的键",
        "no mapped control reads back as it was written (people, departments, attachments, related instances and \
         lists of options do not), so an instance whose creation was not answered could not be found again and \
         would be made twice; name a text control for the document's key in form.key";
    NoKeyControl: "没有控件存放单据的键，应答不明时只能靠全部内容认出审批单；请将键字段映射到控件，或在form.key中指定",
        "no control carries the document's key, so after an unclear answer an instance is recognised by all its \
         values; map the key field to a control, or name one in form.key";
    WatchesNothing: "没有指定字段；去掉它则关注所有已映射的字段", "names no field; leave it out to watch all that are mapped";
    NotMapped { name: String, mapped: Names }: "{name}没有映射，没有人能看到它；已映射：{mapped}",
        "{name} is not mapped, so nobody is shown it; mapped are {mapped}";
    DraftType { object: String }: "不知道{object}中是哪一类草稿，而草稿编号在各类之间会重复；请写明，例如付款草稿写draft_type = \"140\"",
        "it is not known which kind of draft {object} holds, and numbers of drafts repeat between kinds; say it, such as \
         draft_type = \"140\" for payment drafts";
    NoRow: "没有它，写回审批结果前只比较与B1字段同名的列；请加上按:key查询一行的语句",
        "without it only columns that are named as B1's own fields are compared before a decision is written; add \
         the query of one row by :key";
    NoTitle: "缺少：审批单以它和单据的键命名（流程名称），应答丢失时也靠它找回",
        "is missing: a request is called by it and the document's key (流程名称), and found by that when its \
         answer is lost";
    EcologyPeople: "指定了审批人或通知人；泛微中只由其工作流决定",
        "names approvers or people to tell; in E-cology its workflow alone says who they are";
    EcologyHeader: "没有映射主表字段；泛微会拒绝没有主表字段的审批单",
        "maps no header field; E-cology refuses a request without one";
    EcologyAttachment { from: String }: "{from}是附件；文件字段接收单据的文件，见form.attachments",
        "{from} is an attachment; a field of files takes the document's files, see form.attachments";
    EcologyPrices: "泛微不能按工作流列出表单；价格表单须用其他OA",
        "an E-cology cannot be asked for the forms of a workflow; price forms need another OA";
}
