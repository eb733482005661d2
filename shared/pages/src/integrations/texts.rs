//! What these pages say, in each language.

use tenon_model::Language;
use tenon_model::run::{RunStatus, Trigger};

macro_rules! labels {
    ($($name:ident: $zh:literal, $en:literal;)+) => {
        /// Something a page of the section says.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[expect(missing_docs, reason = "each is what it says")]
        pub enum Label {
            $($name,)+
        }

        impl Label {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// In this language.
            pub fn of(self, language: Language) -> &'static str {
                match self {
                    $(Self::$name => language.of($zh, $en),)+
                }
            }
        }
    };
}

labels! {
    Integrations: "集成", "Integrations";
    Flows: "流", "Flows";
    Runs: "运行记录", "Runs";
    Alarms: "告警", "Alarms";
    DeadLetters: "死信", "Dead letters";
    Connections: "连接", "Connections";
    Processes: "流程实例", "Processes";
    Syncs: "数据同步", "Data sync";
    Audit: "操作记录", "Audit log";

    Flow: "流", "Flow";
    Kind: "类型", "Kind";
    State: "状态", "State";
    On: "已开启", "On";
    Off: "已关闭", "Off";
    Unreadable: "配置无法读取", "Configuration cannot be read";
    LastRun: "最近运行", "Last run";
    LastSuccess: "最近成功", "Last success";
    Lag: "延迟", "Lag";
    NoLag: "无延迟", "None";
    NextTick: "下次触发", "Next tick";
    Every: "触发间隔", "Runs every";
    Last24Hours: "近24小时", "Last 24 hours";
    Never: "从未", "Never";
    NotScheduled: "由外部推送触发", "Told by the other system";
    FailedRuns: "失败", "failed";
    GoodRuns: "其他", "others";
    FlowsCaption: "流及其状态", "Flows and how they stand";
    NoFlowMatches: "没有符合条件的流。", "No flow matches.";
    SearchFlows: "按名称或连接查找流", "Find a flow by its name or a connection";
    TurnOn: "开启", "Turn on";
    TurnOff: "关闭", "Turn off";
    RunNow: "立即运行", "Run now";
    DryRun: "试运行", "Dry run";
    DryRunHint: "读取并映射一张单据，不写入任何内容。", "Reads and maps one document. Writes nothing.";
    DocumentKey: "单据主键（留空则取第一张待同步单据）", "Document key (empty: the first that waits)";
    TurnOffHint: "关闭后不再查找新单据；已提交的审批仍会回写。", "No new documents are looked for; decisions under way are still written back.";
    Versions: "版本历史", "Versions";
    Version: "版本", "Version";
    ChangedBy: "修改人", "Changed by";
    ChangedAt: "修改时间", "Changed at";
    WhatChanged: "变更内容", "What changed";
    Compare: "查看差异", "Show difference";
    NoVersions: "还没有版本记录。", "No version was recorded yet.";
    FirstVersion: "首个版本", "First version";
    NothingDiffers: "没有差异。", "Nothing differs.";
    Field: "字段", "Field";
    Before: "之前", "Before";
    After: "之后", "After";
    Added: "新增", "Added";
    Removed: "删除", "Removed";
    Changed: "修改", "Changed";
    Made: "新建", "Made";
    SwitchedOn: "已开启", "Switched on";
    SwitchedOff: "已关闭", "Switched off";
    VersionBefore: "上一版本", "The version before";
    LastLookFailed: "最近一次查找失败", "Its last look failed";
    FirstPage: "回到第一页", "First page";
    NextPage: "下一页", "Next page";
    MoreDiffers: "还有更多差异未显示", "more differences are not shown";
    AllRunsOfFlow: "该流的全部运行记录", "All runs of this flow";
    FailedOfFlow: "该流的失败记录", "Its failed runs";
    Facts: "基本信息", "Facts";
    LatestRuns: "最近运行记录", "Latest runs";
    Uses: "使用的连接", "Connections";

    NewFlow: "新建流（智能映射）", "New flow (smart mapping)";
    NewFlowHint: "选择ERP单据和OA表单，由程序匹配字段；核对后预览一张真实单据再保存。在保存之前不写入任何内容。", "Choose the ERP's documents and the OA's form; the program matches their fields. Look at it, see one real document, then store it. Nothing is written before.";
    NeedsConnections: "需要先在 tenon.toml 中配置ERP连接和OA连接并应用。", "An ERP and an OA connection have to be in tenon.toml and applied first.";
    ErpConnection: "ERP连接", "ERP connection";
    OaConnection: "OA连接", "OA connection";
    ErpObject: "ERP单据类型", "Kind of document";
    Documents: "正式单据与主数据", "Documents and master data";
    Drafts: "草稿（SAP审批流程）", "Drafts (under B1's approval procedure)";
    DraftOf: "草稿：", "Draft: ";
    CustomObject: "其他对象（可选）", "Another object (optional)";
    CustomObjectHint: "填写自定义对象代码或实体集名称后，以它为准。", "The code of a custom object or an entity set; it counts instead of the list.";
    Template: "OA表单模板", "The OA's form template";
    TemplateHint: "钉钉：processCode（PROC-…）；企业微信：模板ID；泛微：流程ID（workflowId）。", "DingTalk: processCode (PROC-...); WeCom: template id; Weaver: workflow id.";
    FlowId: "流的编号（可选）", "The flow's id (optional)";
    FlowIdHint: "字母、数字和短横线，最多64个；留空则按单据和OA生成。", "Letters, digits and dashes, 64 at most; empty: made of the object and the OA.";
    ShowMapping: "匹配字段", "Match the fields";
    SmartMapping: "智能映射", "Smart mapping";
    MappingHint: "确定的匹配已填入；不确定的仅为建议，勾选或填写后才生效。清空即不填该控件。", "What is sure is filled in; what is not is a proposal, and counts once it is ticked or written. An empty field leaves its control out.";
    Control: "表单控件", "Control";
    Proposal: "建议", "Proposal";
    FilledFrom: "取自ERP字段", "Filled from";
    FilledBy: "取自ERP明细", "Filled by the collection";
    TableControl: "明细表", "Table";
    TableLeftOut: "不填此明细表。", "This table is left out.";
    MapTableAgain: "按所选明细重新匹配", "Match by the chosen collection";
    MustBeFilled: "必填", "required";
    NothingFits: "没有匹配的字段", "Nothing fits";
    NotFillable: "由OA计算或仅为说明，不可填写", "Computed by the OA, or words on the form";
    LeaveOut: "不填", "Left out";
    Sure: "确定", "sure";
    Unsure: "待确认", "not sure";
    TakeProposal: "采用建议", "Take it";
    Unfilled: "以下必填控件还没有对应的字段：", "These controls must be filled in, and nothing is mapped to them:";
    PreviewDocument: "预览的单据主键（留空则取最新一张）", "Document to preview (its key; empty: the newest)";
    ShowPreview: "预览真实单据", "Preview a real document";
    CheckMapping: "重新检查映射", "Check the mapping";
    NeededFields: "流需要的ERP字段", "Fields that the flow needs in the ERP";
    NeededHint: "缺少的字段需在ERP中创建后再开启流。勾选的字段可在此创建，创建前会再次确认。", "The missing ones have to be created in the ERP before the flow is turned on. Those that are ticked can be created here, after a review.";
    CreateChosen: "在ERP中创建所选字段…", "Create the chosen fields in the ERP…";
    FieldDescription: "描述", "Description";
    ErpTable: "表", "Table";
    FieldSize: "长度", "Size";
    FieldAlphanumeric: "字母数字", "Alphanumeric";
    FieldMemo: "长文本", "Text";
    FieldDate: "日期", "Date";
    FieldValues: "可选值", "values";
    FieldDefault: "默认值", "default";
    ReviewFields: "在ERP中创建字段：确认", "Create fields in the ERP: review";
    ReviewFieldsHint: "确认后在此连接的ERP中逐个创建；已有的字段保持原样。营销单据的字段由各类单据（含草稿）共有。创建后不能在此删除。", "Once confirmed they are created in the ERP of this connection, one after the other; fields that are there stay as they are. A field of one marketing document is one of all, drafts included. It cannot be deleted here.";
    ConfirmFields: "确认创建", "Create them";
    NoFieldChosen: "没有勾选要创建的字段。", "No field is ticked to be created.";
    FieldsDiffer: "流所需的字段已有变化，未创建任何字段。请核对后重新选择：", "The fields that the flow needs have changed, and none was created. Look at them and choose again:";
    MadeFields: "字段创建结果", "What became of the fields";
    AllFieldsThere: "所选字段均已在ERP中。", "All chosen fields are in the ERP.";
    FieldsLeft: "未创建的字段数：", "Fields that were not created:";
    FieldCreated: "已创建", "Created";
    FieldLeft: "已有，保持原样", "There already, and left as it is";
    FieldFailed: "未创建：", "Not created:";
    FieldNotBegun: "尚未执行，请再次创建", "Not begun: create it again";
    MatchAgain: "重新匹配字段", "Match the fields again";
    FieldThere: "已有", "There";
    FieldMissing: "缺少，需创建", "Missing: to be created";
    FieldUnknown: "未能查询", "Not looked up";
    FieldDiffers: "已有，但", "There, but";
    MappingPreview: "预览：审批人看到的表单", "Preview: the form as people would see it";
    AsPeopleSee: "表单内容", "The form";
    HandedInBy: "发起人（OA用户）", "Handed in by (OA user)";
    EmptyButRequired: "（空，必填）", "(empty, and required)";
    NoPreview: "没有可预览的内容", "There is no preview";
    LookAt: "请核对", "Look at these";
    StoreNew: "保存（不开启）", "Store it, switched off";
    StoreNewHint: "保存后流处于关闭状态，可在流的页面开启。", "It is stored switched off; turn it on on its page.";
    StoreMapping: "保存映射", "Store the mapping";
    StoreMappingHint: "保存后新提交的单据按新映射填写；审批中的表单不变。", "Documents that are handed in from now on are mapped so; forms under approval stay as they are.";
    ChangeMapping: "返回修改映射", "Change the mapping";
    EditMapping: "修改映射", "Edit the mapping";
    RemoveFlow: "移除流", "Remove the flow";
    Remove: "确认移除", "Remove it";
    RemoveHint: "该流不再查找单据，其配置从系统中删除；运行记录和版本历史会保留。", "It looks for no documents any more, and its configuration is deleted; its runs and versions are kept.";
    RunsUnderWay: "个运行未结束", "runs are under way";
    NotRemovedYet: "移除后其审批结果不会回写到ERP。请先关闭该流，待运行结束后再移除。", "Their decisions would not be written to the ERP once the flow is removed. Turn it off, and remove it when they have ended.";
    FromTheFile: "来自配置文件，映射在文件中修改", "From the configuration file, where its mapping is changed";
    FromThePage: "由页面保存", "Stored by a page";
    Source: "来源", "Kept in";
    BackToFlow: "返回流", "Back to the flow";
    SavedMapping: "映射已保存。", "The mapping is stored.";
    SavedNewFlow: "流已保存，尚未开启。试运行后可开启。", "The flow is stored and not yet on. Try a dry run, then turn it on.";
    SavedRemoved: "流已移除。", "The flow is removed.";
    FormDiffers: "表单在预览之后有变化，尚未保存。请核对后重新预览。", "The form has changed since the preview, and nothing is stored. Look at the mapping and preview it again.";
    ObjectDiffers: "ERP字段在预览之后有变化，尚未保存。请核对后重新预览。", "The ERP's fields have changed since the preview, and nothing is stored. Look at the mapping and preview it again.";
    FlowDiffers: "该流已被他人修改，尚未保存。请核对后重新预览。", "Somebody else has changed the flow, and nothing is stored. Look at the mapping and preview it again.";
    FlowTaken: "已有同编号的流，尚未保存。请另取一个编号。", "There is a flow of this id, and nothing is stored. Choose another id.";
    IdWrong: "流的编号只能用字母、数字和短横线，最多64个。", "An id has letters, digits and dashes alone, 64 at most.";
    NotChosen: "请选择ERP连接、单据类型、OA连接，并填写表单模板。", "Choose an ERP connection, a kind of document, an OA connection and a form template.";
    NotRead: "ERP对象或OA表单未能读取。", "The ERP's object or the OA's form could not be read.";
    SomeDoNotFit: "有字段不能填入所选控件，请修改标出的行。", "Some fields cannot fill the controls they are chosen for: change the marked rows.";
    RulesBroken: "该映射不符合配置规则，不能保存。", "The rules of the configuration do not allow it to be stored.";
    NoSuchField: "ERP没有这个字段", "The ERP has no such field";
    WrongKind: "该字段的类型不能填入此控件", "A field of this type cannot fill the control";

    WouldWrite: "将要写入的内容", "What would be written";
    ComparedWith: "与上一次尝试提交的内容比较", "Compared with what the previous attempt sent";
    ComparedWithNone: "没有可比较的上一次尝试；以下均为将写入的内容。", "There is no earlier attempt to compare with; everything below would be written.";
    Problems: "问题", "Problems";
    Warnings: "提示", "Warnings";
    AlreadySynced: "该单据已标记为已同步，定时任务会跳过它。", "This document is marked as synced, so a poll would pass it over.";
    NotWaiting: "没有等待本流处理的审批请求，定时任务会跳过它。", "No approval request waits for this flow, so a poll would pass it over.";
    NothingWritten: "试运行完成，未写入任何内容。", "The dry run is done; nothing was written.";
    DryRunProblems: "试运行发现问题，未写入任何内容。", "The dry run found problems; nothing was written.";
    RetryThisRun: "重试该单据的运行", "Retry this document's run";
    WholeAnswer: "完整内容", "The whole of it";

    Filters: "筛选", "Filters";
    AllFlows: "全部流", "All flows";
    FlowTyped: "流（编号或名称）", "Flow (id or name)";
    ChooseFlow: "有多个流的编号或名称包含该文字，请选择：", "Several flows have this in their id or name. Choose one:";
    TypeMore: "还有更多，请多输入一些文字。", "There are more. Type more of it.";
    AllConnections: "全部连接", "All connections";
    Connection: "连接", "Connection";
    Document: "单据", "Document";
    ErrorCode: "错误代码", "Error code";
    Time: "时间", "Time";
    Day: "近24小时", "24 hours";
    Week: "近7天", "7 days";
    Month: "近28天", "28 days";
    Custom: "自定义", "Custom";
    From: "从", "From";
    Until: "到", "Until";
    Keyword: "关键词", "Keyword";
    Apply: "查询", "Apply";
    Clear: "清除筛选", "Clear filters";
    AllStatuses: "全部", "All";
    RunsCaption: "运行记录，最新的在前", "Runs, newest first";
    Started: "开始时间", "Started";
    Took: "耗时", "Took";
    Message: "说明", "Message";
    By: "触发方式", "Started by";
    Choose: "选择", "Choose";
    ChooseRun: "选择运行", "Choose run";
    RetryChosen: "重试所选…", "Retry the chosen…";
    RetryAll: "重试全部符合条件的…", "Retry all that match…";
    NothingYet: "还没有运行记录。开启一个流，或点击“立即运行”。", "There are no runs yet. Turn a flow on, or press “Run now”.";
    GoToFlows: "查看流", "See the flows";
    FilterHides: "当前筛选条件下没有记录。", "The filters hide every run.";
    LookedSoFar: "已查找的部分没有符合条件的记录，后面可能还有。", "Nothing matches so far; there may be more behind it.";
    WiderTime: "查看近28天", "Look at 28 days";
    Next: "更早的", "Older";
    First: "回到最新", "Newest";
    NewRuns: "条新记录，点击查看", "new runs: show them";
    Live: "每5秒自动检查新记录", "New runs are looked for every 5 seconds";
    ThisIsSaved: "此页面的地址包含全部筛选条件，可收藏为视图。", "The address of this page holds all filters: bookmark it as a view.";
    CountedUpTo: "仅统计最近的部分", "counted of the newest only";

    Run: "运行", "Run";
    Ended: "结束时间", "Ended";
    UnderWay: "进行中", "Under way";
    Instance: "OA审批单", "OA form";
    RunId: "运行编号", "Run id";
    Trigger: "触发方式", "Started by";
    OpenErp: "在ERP中打开", "Open in the ERP";
    OpenOa: "在OA中打开", "Open in the OA";
    PreviousRun: "该单据的上一次运行", "Previous run of this document";
    NextRun: "该单据的下一次运行", "Next run of this document";
    Retry: "从失败步骤重试", "Retry from the failed step";
    RetryHint: "已完成的步骤不会重复执行。请先排除原因。", "Steps that were done are not done again. Mend the cause first.";
    GoesOnFrom: "重试从此步骤继续：", "A retry goes on from this step: ";
    NotAgain: "不会重复执行：", "Not done again: ";
    LooksFirst: "上一次的请求可能已被执行：会先查找结果，确认没有才重新发送。", "What was sent may have been carried out: it is looked for first, and sent again only when it is not there.";
    ReadsAnew: "读取会重新进行。", "What is only read is read anew.";
    GoesOnWhereItStands: "从已完成的位置继续，已写入的内容不会重复写入。", "It goes on where it stands; what is written is not written again.";
    GoesOnAnew: "不是从某一步继续，而是重新开始一次。", "It does not go on from a step: it is begun anew.";
    GoesOnAside: "已人工处理：只归档该运行，不执行任何操作。", "It is seen to by hand: the run is put aside, and nothing is done.";
    GoesOnNothing: "没有可继续的内容：该运行的工作已完成，或由另一运行处理。", "There is nothing to go on with: its work is done, or another run has it in hand.";
    CorrectInput: "更正输入并重试…", "Correct the input and retry…";
    CorrectTitle: "更正无法映射的值", "Correct values that could not be mapped";
    CorrectHint: "只能更正无法映射的值；可映射的值是审批人批准的内容，不能更改。OA中的表单不会被修改，更正会记入操作记录和运行记录。", "Only values that could not be mapped are to be corrected: what can be mapped is what people approved. The form in the OA is not changed; the correction is kept in the audit log and in the run's history.";
    CorrectCaption: "无法映射的值", "Values that could not be mapped";
    Place: "位置", "Place";
    StandsThere: "当前值", "Value";
    WhatIsWrong: "问题", "What is wrong";
    NewValue: "更正为", "Corrected to";
    Empty: "（空）", "(empty)";
    ShowCorrection: "查看更正结果", "Show what it would change";
    ConfirmTitle: "确认更正", "Confirm the correction";
    ConfirmHint: "确认后按以下内容建立单据。若其间输入或流有变化，更正不会生效。", "Once confirmed the document is created of this. It does not hold if the input or the flow changes meanwhile.";
    WouldCreate: "将建立的内容", "What would be created";
    Confirm: "确认并重试", "Confirm and retry";
    ChangeAgain: "返回修改", "Change it";
    BackToRun: "返回运行", "Back to the run";
    SavedCorrect: "更正已确认，已放回队列。", "The correction is confirmed, and the run is back on its queue.";
    AcceptChange: "单据在审批期间有变化：接受变化并回写", "The document changed meanwhile: accept the change and write the decision";
    NotLatest: "这不是该单据的最新运行，请重试最新的一次。", "This is not the document's latest run; retry the latest.";
    Timeline: "时间线", "Timeline";
    Step: "步骤", "Step";
    Attempt: "第", "Attempt";
    AttemptAfter: "次尝试", "";
    ByOperator: "操作员重试", "retried by an operator";
    ByItself: "自动重试", "retried by itself";
    Input: "输入", "Input";
    Output: "输出", "Output";
    Copy: "复制", "Copy";
    Copied: "已复制", "Copied";
    StepFailed: "失败", "Failed";
    StepDone: "完成", "Done";
    NoSteps: "没有记录步骤。", "No step was recorded.";
    Remedy: "处理办法", "Remedy";
    Meaning: "含义", "Meaning";
    NoRemedy: "该代码没有处理说明。", "Nothing is written about this code.";
    AllAlike: "同类错误的运行", "Runs with the same error";
    Total: "合计", "Total";
    MoreSteps: "仅显示最近的步骤。", "Only the newest steps are shown.";
    CountsOf: "计数", "Counts";

    ClassPermanent: "重复执行结果不变：需人工处理后重试。", "Trying again gives the same answer: a person mends it and retries.";
    ClassTransient: "未执行任何操作，稍后会自动重试。", "Nothing was done; it is tried again by itself.";
    ClassRateLimited: "对方限流，到时自动重试。", "The other side is busy; it is tried again when it may be.";
    ClassSession: "会话未被接受，会自动重新登录并重试。", "A session was not accepted; it is tried again by itself.";
    ClassUnknown: "请求已发出但结果未知，会先查询再决定。", "It was sent and nobody said what became of it; it is looked for first.";
    ClassPutOff: "尚未轮到，稍后自动执行。", "It was not begun; it comes again.";
    ClassBlocked: "登录被拒绝：修正连接并检查后继续。", "A login was refused: correct the connection and check it.";

    ReviewTitle: "批量重试：确认", "Bulk retry: review";
    ReviewCount: "将重试的运行", "runs would be retried";
    ReviewFirst: "前20条", "The first 20";
    NotTaken: "不会重试的", "What will not be taken";
    NotTakenNone: "没有。", "Nothing.";
    Why: "原因", "Why";
    Count: "数量", "Count";
    Frozen: "筛选条件已固定，之后新产生的运行不受影响：", "The filter is frozen; runs that come later are not touched:";
    Reason: "重试原因（必填，写入操作记录）", "Why (required, kept in the audit log)";
    ReasonGiven: "原因", "Reason";
    StartJob: "开始重试", "Start retrying";
    BackToRuns: "返回运行记录", "Back to the runs";
    NothingToRetry: "没有可以重试的运行。", "There is nothing to retry.";
    TooMany: "超过一次任务的上限，仅包含前", "More than one job takes; it holds the first";
    Job: "批量重试任务", "Bulk retry";
    JobRunning: "进行中", "Under way";
    JobDone: "已完成", "Done";
    JobCancelled: "已取消", "Cancelled";
    JobCancelling: "正在取消", "Being cancelled";
    Progress: "进度", "Progress";
    Cancel: "取消任务", "Cancel";
    CancelHint: "已经放回队列的运行不受取消影响。", "Runs that were put back already are not called back.";
    Results: "每项结果", "Result of each";
    ItemWaiting: "等待中", "Waiting";
    ItemRetried: "已放回队列", "Put back";
    ItemRefused: "未重试", "Not retried";
    ItemCancelled: "已取消", "Cancelled";
    ItemNow: "当前状态", "Stands now";
    StartedBy: "发起人", "Started by";

    NoAlarms: "当前没有告警。", "Nothing needs attention.";
    AlarmsCaption: "需要处理的事项", "What needs attention now";
    AlarmSince: "开始于", "Since";
    AlarmMessages: "消息数", "Messages";
    AlarmSchedule: "定时任务没有按时运行", "A schedule did not run when it was due";
    AlarmScheduleRemedy: "检查该定时规则是否启用、是否有权限调用其函数，以及函数的错误；本地运行时检查 tenon up 是否在运行。", "See whether the schedule is enabled and may invoke its function, and the function's errors; locally whether tenon up runs.";
    AlarmQueue: "队列积压", "A queue is behind";
    AlarmQueueRemedy: "消费函数失败、被限流，或在等待无法连接的系统；失败的运行记录会说明原因。", "Its consumer fails, is throttled, or waits for a system that is out; the failed runs say which.";
    AlarmDead: "有消息被放弃", "Messages were given up";
    AlarmDeadRemedy: "在死信页查看原因，排除后放回队列。", "See on the page of dead letters why; mend that, then put them back.";
    AlarmOutbox: "已承诺的消息尚未入队", "Promised messages are not queued";
    AlarmOutboxRemedy: "outbox-sweep 每分钟补发一次；如果一直存在，说明它没有运行或队列拒收，请查看其日志。", "outbox-sweep sends them within a minute; when they stay, it does not run or a queue refuses: see its log.";
    AlarmBreaker: "外部系统不可用，已暂停调用", "An outside system is out: nobody calls it";
    AlarmBreakerRemedy: "先恢复该系统，再到连接页检查该连接，检查通过后工作会继续。", "See to that system, then check its connection: a check that passes lets its work go on.";
    AlarmConnection: "连接配置无法使用", "A connection's configuration cannot be used";
    AlarmConnectionRemedy: "带上该连接的密钥重新应用配置。", "Apply the configuration again with the connection's secrets.";
    AlarmFlow: "流的配置无法读取", "A flow's configuration cannot be read";
    AlarmFlowRemedy: "重新应用配置。", "Apply the configuration again.";
    AlarmUnseen: "无法查看队列", "A queue could not be looked at";
    AlarmUnseenRemedy: "允许该函数读取队列属性。", "Allow the function to read the queue's attributes.";
    SeeFailedRuns: "查看失败的运行", "See the failed runs";

    NoDeadLetters: "没有死信。", "There are no dead letters.";
    DeadCaption: "已放弃的消息", "Messages that were given up";
    Queue: "队列", "Queue";
    Age: "时长", "Age";
    PutBack: "放回队列", "Put back";
    Drop: "丢弃", "Drop";
    DropHint: "丢弃后不可恢复", "It cannot be brought back";
    Actions: "操作", "Actions";
    About: "内容", "About";

    Health: "健康状况", "Health";
    LastCheck: "最近检查", "Last check";
    NeverChecked: "尚未检查", "Not checked yet";
    CheckNow: "立即检查", "Check now";
    Works: "正常", "Works";
    Fails: "异常", "Fails";
    BreakerOpen: "熔断已打开，暂停调用", "The breaker is open: nobody calls";
    LoginServer: "登录服务器", "Login server";
    OaIntegration: "OA 集成", "OA integration";
    Database: "数据库", "database";
    NoConnections: "还没有配置连接。", "No connection is configured yet.";
    ConnectionsCaption: "连接及最近一次检查", "Connections and their last check";
    UsedBy: "被使用于", "Used by";
    RunsOfConnection: "相关运行", "Its runs";

    NoProcesses: "还没有流程实例。", "There are no process instances yet.";
    ProcessesCaption: "流程实例，最新的在前", "Process instances, newest first";
    Number: "流水号", "Number";
    Initiator: "发起人", "Started by";
    Present: "当前节点", "Stands at";
    NoDiagram: "该流程没有流程图。", "This process has no diagram.";
    Diagram: "流程图", "Diagram";
    History: "流程记录", "History";
    ChooseProcess: "请填写流程编码，或按流水号查找。", "Name a process by its code, or an instance by its number.";
    ProcessCode: "流程编码", "Process code";
    BegunIn: "发起月份", "Begun in";
    FindProcess: "按流水号查找", "Find by its number";
    NoSuchProcess: "没有这个流程实例。", "There is no such instance.";

    NoSyncs: "还没有数据同步任务。", "Nothing was synchronised yet.";
    SyncsCaption: "数据同步，最新的在前", "Synchronisations, newest first";
    Form: "表单", "Form";
    Rows: "行数", "Rows";

    NoAudit: "还没有操作记录。", "Nothing was changed yet.";
    AuditCaption: "谁在何时更改了什么", "Who changed what, and when";
    Who: "操作人", "Who";
    What: "操作", "What";
    Subject: "对象", "Subject";
    Details: "详情", "Details";

    FirstSteps: "开始使用", "First steps";
    FirstStepsHint: "还没有配置任何流。按以下步骤接入第一张单据：", "Nothing is configured yet. To bring the first document over:";
    StepConnections: "在 tenon.toml 中写入连接并应用", "Write the connections into tenon.toml and apply it";
    StepCheck: "检查连接是否可用", "Check that the connections work";
    StepFlow: "写一个流，或用 tenon new flow 生成", "Write a flow, or have it written by tenon new flow";
    StepPreview: "试运行一张单据，看看会写入什么", "Dry-run one document and see what would be written";
    StepOn: "开启流", "Turn the flow on";
    DoneAlready: "已完成", "Done";

    ByScheduleWord: "定时", "schedule";
    ByOperatorWord: "操作员", "operator";
    ByCallbackWord: "回调", "callback";
    StatusRunning: "进行中", "running";
    StatusSucceeded: "成功", "succeeded";
    StatusRetrying: "重试中", "retrying";
    StatusFailed: "失败", "failed";
    StatusEnded: "已结束", "ended";

    SavedOn: "流已开启。", "The flow is on.";
    SavedOff: "流已关闭。", "The flow is off.";
    SavedRun: "已开始查找单据。", "It looked for documents.";
    SavedRetry: "已放回队列，从失败的步骤继续。", "It is back on its queue and goes on from the step that failed.";
    SavedPutBack: "消息已放回队列。", "The message is back on its queue.";
    SavedDrop: "消息已丢弃。", "The message is dropped.";
    SavedCheck: "检查完成。", "The check is done.";
    SavedCancel: "任务已取消。", "The job is cancelled.";
    NoSuchRun: "没有这个运行记录，可能已过保存期（90天）。", "There is no such run; runs are kept for 90 days.";
    NoSuchFlow: "没有这个流。", "There is no such flow.";
    NoSuchVersion: "没有这个版本。", "There is no such version.";
    NoSuchJob: "没有这个任务。", "There is no such job.";
    Incomplete: "提交的内容不完整。", "What was sent is incomplete.";
    ReasonNeeded: "请填写原因。", "A reason is needed.";
    Second: "秒", "s";
    Minute: "分", "min";
    Hour: "小时", "h";
    DayUnit: "天", "d";
    Ago: "前", "ago";
}

/// The word for how a run stands.
pub(crate) fn status(status: RunStatus) -> Label {
    match status {
        RunStatus::Running => Label::StatusRunning,
        RunStatus::Succeeded => Label::StatusSucceeded,
        RunStatus::Retrying => Label::StatusRetrying,
        RunStatus::Failed => Label::StatusFailed,
        RunStatus::Ended => Label::StatusEnded,
    }
}

/// The word for what started a run.
pub(crate) fn trigger(trigger: Trigger) -> Label {
    match trigger {
        Trigger::Schedule => Label::ByScheduleWord,
        Trigger::Operator => Label::ByOperatorWord,
        Trigger::Callback => Label::ByCallbackWord,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_is_there_in_both_languages() {
        for text in Label::ALL {
            let (zh, en) = (text.of(Language::Zh), text.of(Language::En));
            assert!(!zh.is_empty() && zh != en, "{text:?}");
            assert!(!en.is_empty() || *text == Label::AttemptAfter, "{text:?}");
            assert!(!zh.is_ascii() && en.chars().all(|c| c.is_ascii() || "“”…".contains(c)), "{text:?}: {en}");
        }
    }
}
