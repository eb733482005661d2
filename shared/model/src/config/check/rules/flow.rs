//! What rules say of the other kinds of flows.

use crate::localized::{Names, messages};

messages! {
    /// A value that only an OA knows.
    OaValue;
    Files: "附件", "files";
    People: "人员", "people";
    Departments: "部门", "departments";
    Instances: "关联审批单", "other instances";
    Options: "多选", "a list of options";
}

messages! {
    /// What rules say of flows other than approval flows.
    FlowRule;
    // Prices.
    PriceRange { to: String, from: String }: "{to}是两个字段，而{from}是一个控件；请写出区间的两个名称",
        "{to} are two fields, and {from} is one control; name the two labels of its range";
    PriceNeeds { name: String }: "没有字段映射到{name}，而特殊价格需要它", "no field is mapped to {name}, which a special price needs";
    NoPriceField { name: String, known: Names }: "{name}不是特殊价格的字段；可用：{known}以及U_字段",
        "{name} is no field of a special price; known are {known} and U_ fields";
    // Documents.
    PushesDocuments { oa: String }: "连接{oa}会推送单据，没有表单可写，请去掉",
        "connection {oa} pushes its documents, so there is no form to name; leave it out";
    CreatesNothing: "没有映射任何内容，表单的内容都不会创建", "maps nothing, so nothing of the form would be created";
    PushesNoDocuments { oa: String }: "必填：连接{oa}不推送单据，每张单据都由此模板的表单发起",
        "is needed: connection {oa} pushes no documents, so each begins as a form of this template";
    NoSuchTable { lines: String }: "映射中没有表写入{lines}；请在form.lines中映射一个，或去掉lines",
        "no table of the mapping goes to {lines}; map one in form.lines, or leave lines out";
    RangeOnBothSides { from: String, to: String }: "{from}与{to}：区间两侧都须有两个名称",
        "{from} and {to}: a range has two names on both sides";
    IsTheMark { name: String }: "{name}是存放申请的标记字段，请映射到其他字段",
        "{name} is the mark, which carries the request; map to another field";
    MappedTwice { name: String }: "{name}被映射了两次", "{name} is mapped twice";
    NoErpField { from: String, what: OaValue }: "{from}：{what}不能写入ERP字段；请用文本，或去掉",
        "{from}: {what} cannot become a field of the ERP; use text, or leave it out";
    // Base data.
    SelectLeavesOut { names: Names }: "缺少form所映射的{names}；请加上，或去掉select以读取全部字段",
        "leaves out {names}, which form maps; add them, or leave select out to read all fields";
    SendsNothing: "为0则什么都不会发送；不限请去掉", "is 0, so nothing would be sent; leave it out for no limit";
    KeyUnmapped { key: String }: "没有列映射自键{key}，保存没有得到应答的行就无法再找到，会重复创建；请映射它",
        "maps no column from the key {key}, so a row whose saving was not answered could not be found again and would \
         be made twice; map it";
    DetailName: "须为detail1、detail2等，即OA中表单明细表的名称",
        "must be detail1, detail2 and so on, as the OA names the form's tables";
    DetailTwice: "另一个表用了相同的名称；一个明细表由一个集合填写",
        "another table has the same name; a detail table is filled from one collection";
    OaRowId: "id是OA自己的行号，由此处保存，不能映射", "id is the OA's own number of a row, which is kept here; it cannot be mapped";
    RangeIntoColumn { from: String }: "{from}是区间，而一列只取一个值；请分别映射",
        "{from} is a range, and a column takes one value; map each by itself";
    NotCarried { from: String }: "{from}是附件或审批单，基础数据不传送，请去掉",
        "{from} is a file or an instance, which base data does not carry; leave it out";
    ListsOthersRows { other: String }: "也列出另一家公司的流{other}的行，两家相同的键可能被混淆；请给每家公司各自的接口",
        "lists the rows of flow {other} of another company too, and equal keys of both could be taken for each other; \
         give each company interfaces of its own";
    NoSystem { oa: String }: "连接{oa}没有基础数据所需的system_id与system_password",
        "connection {oa} has no system_id and system_password, which base data needs";
    NoOperator { oa: String }: "form.operator与连接{oa}都没有指定写入数据的OA用户",
        "neither form.operator nor connection {oa} names the OA user who writes the rows";
    // PLM.
    SamePush { other: String }: "流{other}接收同一连接的同类数据；一个地址对应一个流程",
        "flow {other} receives the same of the same connection; one URL leads to one flow";
    NoObject: "没有指定对象；工艺路线是客户自定义对象，其代码见B1的对象注册",
        "names no object; routings are a custom object of the site, whose code B1 shows in its registration";
    NoNumber { quantity: String }: "\"{quantity}\"不是数字，请写作\"1\"", "\"{quantity}\" is no number; give one such as \"1\"";
    FillsTheKey { key: String }: "填写了键{key}，而它由每条记录带来", "fills {key}, the key, which each record brings";
    MergeOfBoms: "merge仅用于boms，其行以子件区分；其他类型重复推送会重复添加行",
        "merge is for boms alone, whose lines are told apart by their component; a repeated push would \
         add lines of others again";
    RoutingsAlone: "仅用于routings，请去掉", "is for routings alone; leave it out";
    BomsAlone: "仅用于boms，请去掉", "is for boms alone; leave it out";
    EmptyMember: "含有空名称", "holds an empty name";
    KeyNotFilled { key: String }: "没有填写键{key}，请映射它", "fills no {key}, the key; map it";
    SameCollection: "另一个列表写入同一集合；一个集合由一个列表填写",
        "another list becomes the same collection; a collection is filled from one list";
    NoField: "没有映射任何字段", "maps no field";
    NoItemCode: "没有填写子件ItemCode，请映射它", "fills no ItemCode, the component; map it";
    RangeIntoField { from: String }: "{from}是区间，而一个字段只取一个值；请分别映射",
        "{from} is a range, and a field takes one value; map each by itself";
    NotOfAPlm { from: String }: "{from}用了OA表单的格式，PLM不推送这种值", "{from} has a format of forms in an OA, which a PLM does not push";
    // Manufacturing.
    NoDay { text: String }: "{text}不是日期，请写作2026-01-31", "{text} is no day, such as 2026-01-31";
    ConstantMapped { to: String, from: String }: "{to}也映射自{from}", "{to} is mapped from {from} too";
    MadeOfItem { name: String }: "{name}由物料的编码与单位组成，不能另写", "{name} is made of the item's code and units, and is no other";
    FlagIsMark: "就是标记字段本身；标志须为另一字段", "is the field of the mark itself; the flag is another";
    NoTime { text: String }: "{text}不是一天中的时间，请写作23:59:59", "{text} is no time of day, such as 23:59:59";
    ReportIdField: "是报工id所在的字段；请写另一个，或不写", "is the field of the report's id; name another, or none";
    RangeIntoMember { from: String }: "{from}是区间，而一个成员只取一个值；请分别映射",
        "{from} is a range, and a member takes one value; map each by itself";
    NotOfAnMes { from: String }: "{from}是附件或审批单，MES不接收", "{from} is a file or an instance, which the MES does not take";
    SameOrderCodes { other: String, erp: String }:
        "{other}与{erp}的工单在同一工厂中编码相同，后到的会被拒绝；请给每家公司一个前缀：在MES连接中写code_prefixes = {{ {other} = \"A-\", {erp} = \"B-\" }}",
        "orders of {other} and of {erp} have the same codes in one factory, and the second to come is refused; give \
         each company a prefix: code_prefixes = {{ {other} = \"A-\", {erp} = \"B-\" }} in the MES connection";
    FilledByTheFlow: "由流自身填写", "is filled by the flow itself";
    NoBin: "不是库位的内部编号（BinLocations的AbsEntry）", "is no internal number of a bin (AbsEntry of BinLocations)";
    UnitTwice { other: String, erp: String }: "ERP中{other}也叫这个名称，无法判断{erp}在MES中是哪一个",
        "is what the ERP calls {other} too, so what {erp} is in the MES cannot be told";
    NotAskedBy { name: String }: "没有按{name}查询，会取到其他物料或仓库的批次", "does not ask by {name}, so batches of others would be taken";
    SameFeedings { other: String }: "流{other}向同一公司发同样的投料；两者请留一个",
        "flow {other} issues the same feedings to the same company; keep one of the two";
    // Tables.
    EntriesOfOneForm: "是某一个表单的分录，请在form中写明表单", "are those of one form; name it in form";
    ReconcileTime: "须为一天中的时间（例如02:00）或off", "is a time of day, such as 02:00, or off";
    Percentage: "须为百分比：0至100", "is a percentage: 0 to 100";
    UnknownDatabase { id: String, known: Names }: "没有数据库{id}；已有：{known}", "there is no database {id}; known are: {known}";
    TableTaken { other: String }: "流{other}在同一数据库写入此表单的表", "flow {other} writes the table of this form in the same database";
    OthersTaken { other: String }: "流{other}已负责同一数据库的其他所有表单", "flow {other} serves every other form of the same database";
    FormName { name: String }: "{name}：只能用字母、数字、下划线和点", "{name}: use letters, digits, underscores and points";
    // The directory.
    DepartmentNumber: "须为部门编号；1为整个公司", "is a department's number; 1 is the whole company";
    OdooDomain: "须为JSON文本形式的Odoo筛选条件，例如[[\"company_id\", \"=\", 1]]",
        "is Odoo's domain as JSON text, such as [[\"company_id\", \"=\", 1]]";
    PersonnelType: "含有aiflow没有的编号；可用1至5", "names a number that is none of aiflow's: 1 to 5";
}
