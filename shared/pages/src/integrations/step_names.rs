//! What the steps of runs are called.

use super::ViewContext;
use maud::{Markup, html};
use tenon_model::Language;

/// What a step is called.
pub(super) fn name(context: &ViewContext<'_>, name: &str) -> Markup {
    let known = STEPS.iter().find(|(own, _)| *own == name).map(|(_, zh)| *zh);
    html! {
        @match (context.language(), known) {
            (Language::Zh, Some(zh)) => { (zh) " " span.soft lang="en" { (name) } }
            _ => { span lang="en" { (name) } }
        }
    }
}

/// The Chinese names of what flows do most.
const STEPS: [(&str, &str); 37] = [
    ("read document", "读取单据"),
    ("read approval request", "读取审批请求"),
    ("map to form", "映射到表单"),
    ("map", "映射"),
    ("create instance", "创建审批单"),
    ("look for instance", "查找审批单"),
    ("mark document", "标记单据"),
    ("read instance", "读取审批单"),
    ("compare document", "比较单据"),
    ("decide approval request", "回写审批结果"),
    ("add draft", "草稿转正式单据"),
    ("carry file", "传送附件"),
    ("write result", "回写结果"),
    ("write special price", "写入特殊价格"),
    ("create document", "创建单据"),
    ("look for document", "查找单据"),
    ("read record", "读取记录"),
    ("save row", "保存行"),
    ("mark record", "标记记录"),
    ("retry by operator", "操作员重试"),
    ("poll", "查找单据"),
    ("read order", "读取订单"),
    ("create work order", "创建工单"),
    ("post receipt", "过账收货"),
    ("look for row", "查找行"),
    ("look up", "查找"),
    ("read item", "读取物料"),
    ("import material", "导入物料"),
    ("find material", "查找物料"),
    ("mark order", "标记订单"),
    ("look for work order", "查找工单"),
    ("read work order", "读取工单"),
    ("edit work order", "修改工单"),
    ("close work order", "关闭工单"),
    ("read report", "读取报工"),
    ("look for receipt", "查找收货"),
    ("read feeding", "读取投料"),
];
