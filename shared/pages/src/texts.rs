//! What pages say, in each language.

use crate::labels::texts;

texts! {
    /// Something a page says.
    Text;
    /// The name of the task centre.
    TaskCentre: "任务中心", "Task centre";
    /// Skips to the content.
    Skip: "跳到内容", "Skip to content";
    /// Ends the session.
    SignOut: "退出登录", "Sign out";
    /// Begins one.
    SignIn: "重新登录", "Sign in again";
    /// A session ended.
    SignedOut: "您已退出登录。", "You are signed out.";
    /// A sign-in failed.
    SignInFailed: "登录失败", "Signing in failed";
    /// Something went wrong with us.
    Broken: "系统暂时无法处理，请稍后重试。", "Something went wrong here. Please try again in a moment.";
    /// The code of an error.
    ErrorCode: "错误代码", "Error code";
    /// The id of a request.
    RequestId: "请求编号", "Request id";
    /// The lists.
    Lists: "任务列表", "Task lists";
    /// What waits.
    Todo: "我的待办", "To do";
    /// What is done.
    Done: "我已处理", "Done";
    /// What was begun.
    Started: "我发起的", "Started by me";
    /// What was copied.
    Cc: "抄送我的", "Copied to me";
    /// Looks for a text.
    Search: "搜索", "Search";
    /// What is searched.
    SearchHint: "任务、流程、单据号、发起人", "task, flow, document, initiator";
    /// Chooses a flow.
    Flow: "流程", "Flow";
    /// No choice.
    AllFlows: "全部流程", "All flows";
    /// Takes the filters away.
    Clear: "清除筛选", "Clear filters";
    /// The document's key.
    Document: "单据号", "Document";
    /// Who began it.
    Initiator: "发起人", "Started by";
    /// By when.
    Deadline: "截止", "Due";
    /// When it was done.
    Handled: "处理时间", "Done on";
    /// When it was begun.
    Created: "发起时间", "Started on";
    /// When it was copied.
    Copied: "抄送时间", "Copied on";
    /// Too late.
    Overdue: "已超期", "Overdue";
    /// Opens the outside page.
    Open: "打开", "Open";
    /// There is no page to open.
    NoPage: "未配置详情页", "No page to open";
    /// The page behind this one.
    Next: "下一页", "Next page";
    /// The first page.
    First: "回到第一页", "First page";
    /// A list without anything.
    NothingTodo: "没有待办任务。", "Nothing waits for you.";
    /// The same of what is done.
    NothingDone: "还没有处理过任务。", "You have not done a task yet.";
    /// The same of what was begun.
    NothingStarted: "还没有发起过流程。", "You have not started a flow yet.";
    /// The same of copies.
    NothingCc: "还没有抄送给您的流程。", "Nothing was copied to you yet.";
    /// The filter hides everything.
    Filtered: "没有符合筛选条件的任务。", "No task matches the filters.";
    /// The filter looked at as much as it may.
    MoreBehind: "本页没有符合条件的任务，后面可能还有。", "No task on this page matches; there may be more behind it.";
    /// Another language.
    OtherLanguage: "English", "中文";
    /// State of a task.
    StateNew: "新任务", "New";
    /// State of a task or order.
    StateIng: "处理中", "In progress";
    /// Result of a task.
    ResultAccept: "已领取", "Taken";
    /// Result.
    ResultPass: "已通过", "Approved";
    /// Result.
    ResultReject: "已拒绝", "Refused";
    /// Result.
    ResultRevoke: "已撤销", "Withdrawn";
    /// Result.
    ResultRebut: "已驳回", "Sent back";
    /// Result.
    ResultDelete: "已删除", "Deleted";
    /// State.
    StateOver: "已结束", "Over";
    /// What a task asks for.
    NodeHandle: "执行", "To carry out";
    /// What a task asks for.
    NodeAudit: "审批", "To approve";
    /// What a task asks for.
    NodeNotify: "知悉", "To take note of";
    /// The number of a running process.
    RunningNumber: "流水号", "Number";
    /// What was filled in.
    FormData: "表单内容", "Form";
    /// A form without anything in it.
    NothingFilled: "表单没有内容。", "Nothing was filled in.";
    /// What is drawn.
    Diagram: "流程图", "Process diagram";
    /// A file that draws nothing.
    NoDiagram: "该流程没有流程图。", "This process has no diagram.";
    /// Where it stands.
    PresentNode: "当前节点", "Present step";
    /// A node that was passed.
    PassedNode: "已经过", "Passed";
    /// What happened.
    History: "流程记录", "History";
    /// What can be done.
    Decide: "处理任务", "Your decision";
    /// What is written with it.
    Comment: "意见", "Comment";
    /// Lets it pass.
    Approve: "同意", "Approve";
    /// Does not.
    Refuse: "拒绝", "Refuse";
    /// Gives it to somebody else.
    Transfer: "转办", "Transfer";
    /// To whom.
    TransferTo: "转办给（用户编码）", "Transfer to (user code)";
    /// Writes something down.
    AddComment: "仅添加意见", "Comment only";
    /// Fields of the form that may be changed.
    FillIn: "填写", "To fill in";
    /// A choice that was not made.
    NotChosen: "未选择", "Not chosen";
    /// Where a span begins.
    From: "开始", "From";
    /// Where it ends.
    Until: "结束", "Until";
    /// It is done.
    SavedApprove: "已同意。", "Approved.";
    /// It is done.
    SavedRefuse: "已拒绝。", "Refused.";
    /// It is done.
    SavedTransfer: "已转办。", "Transferred.";
    /// It is done.
    SavedComment: "意见已保存。", "The comment was saved.";
    /// There is nothing to decide.
    NotYours: "该任务已处理，或无需您处理。", "This task is done, or not for you to decide.";
    /// There is no such thing.
    NoTask: "任务不存在，或您无权查看。", "There is no such task, or it is not for you to see.";
    /// Leads to the lists.
    BackToList: "返回任务列表", "Back to the lists";
    /// It stands still.
    StateIncident: "异常待处理", "Stopped by an incident";
    /// It waits for the initiator.
    StateReturned: "已驳回至发起人", "Returned to the initiator";
    /// It was thrown away.
    StateDiscarded: "已废弃", "Discarded";
    /// Who is to do it.
    Assignees: "处理人", "Assigned to";
    /// There is no time by which it must be done.
    NoDeadline: "无", "None";
    /// Yes.
    Yes: "是", "Yes";
    /// No.
    No: "否", "No";
}

#[cfg(test)]
mod tests {
    use super::*;
    use tenon_model::Language;

    #[test]
    fn every_text_is_there_in_both_languages() {
        for text in Text::ALL {
            let (zh, en) = (text.of(Language::Zh), text.of(Language::En));
            assert!(!zh.is_empty() && !en.is_empty() && zh != en, "{text:?}");
            assert!(en.is_ascii() || *text == Text::OtherLanguage, "{text:?}: {en}");
        }
    }
}
