//! The areas, each with its functions.

pub mod admin;
pub mod aiflow;
pub mod app_store;
pub mod approvals;
pub mod barcode;
pub mod callbacks;
pub mod checks;
pub mod console;
pub mod data_sync;
pub mod integrations;
pub mod manufacturing;
pub mod master_data;
pub mod openapi;
pub mod people;
pub mod processes;
pub mod web;
pub mod webhooks;

use crate::Function;

/// A directory under `functions/`, which is a package, and a stack when deployed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Area {
    /// Its name.
    pub name: &'static str,
    /// What it does.
    pub does: &'static str,
    /// The same in Chinese.
    pub does_zh: &'static str,
    /// Its functions.
    pub functions: &'static [Function],
}

/// Every area, in alphabetical order.
pub const AREAS: &[Area] = &[
    Area {
        name: "admin",
        does: "health check; operators' API: flows, runs, dead letters, connections, tokens",
        does_zh: "健康检查；运营方接口：流程、运行、死信、连接、令牌",
        functions: admin::FUNCTIONS,
    },
    Area {
        name: "aiflow",
        does: "aiflow's interface for ERPs: departments and people, flows of other systems, orders with their tasks, processes",
        does_zh: "面向 ERP 的 aiflow 接口：部门与人员、三方流程、订单与任务、流程定义与表单",
        functions: aiflow::FUNCTIONS,
    },
    Area {
        name: "app-store",
        does: "app store, trials, orders; a tenant's apps, keys, call log",
        does_zh: "应用商店、试用、订单；租户应用、密钥、调用日志",
        functions: app_store::FUNCTIONS,
    },
    Area {
        name: "approvals",
        does: "ERP documents to the OA for approval, decisions and prices back",
        does_zh: "ERP 单据送 OA 审批，审批结果与价格回写",
        functions: approvals::FUNCTIONS,
    },
    Area {
        name: "barcode",
        does: "barcode applications: documents saved, queries, prints, methods and companies",
        does_zh: "条码应用：单据保存、查询、打印、可用方法与账套",
        functions: barcode::FUNCTIONS,
    },
    Area {
        name: "callbacks",
        does: "events of outside systems: verified, remembered, queued",
        does_zh: "外部系统的回调：验签、记录、入队",
        functions: callbacks::FUNCTIONS,
    },
    Area {
        name: "checks",
        does: "checks of the login server, SQL databases and the OA integration, for operators",
        does_zh: "供运营方检查登录服务器、SQL 数据库与 OA 集成",
        functions: checks::FUNCTIONS,
    },
    Area {
        name: "console",
        does: "pages for operators and tenants: signing in, app store, tenants' apps with their log and endpoints",
        does_zh: "运营方与租户的页面：登录、应用商店、租户应用与日志、推送端点",
        functions: console::FUNCTIONS,
    },
    Area {
        name: "data-sync",
        does: "forms of an ERP as tables of a SQL database, for boards and reports",
        does_zh: "ERP 表单同步为 SQL 数据库中的表，供看板与报表使用",
        functions: data_sync::FUNCTIONS,
    },
    Area {
        name: "integrations",
        does: "pages of flows and their runs: how each stands, step by step, trying again, dead letters, connections",
        does_zh: "流与运行的页面：状态、逐步记录、重试、死信、连接",
        functions: integrations::FUNCTIONS,
    },
    Area {
        name: "manufacturing",
        does: "items, orders and reports between an ERP and the factory's MES",
        does_zh: "ERP 与工厂 MES 之间的物料、工单与报工",
        functions: manufacturing::FUNCTIONS,
    },
    Area {
        name: "master-data",
        does: "base data of the ERP to other systems; items, BOMs and routings of a PLM to the ERP",
        does_zh: "ERP 基础数据同步到其他系统；PLM 物料、BOM、工艺路线同步到 ERP",
        functions: master_data::FUNCTIONS,
    },
    Area {
        name: "openapi",
        does: "the signed API for tenants' systems, its documents, its call log",
        does_zh: "租户系统的签名接口、接口文档、调用日志",
        functions: openapi::FUNCTIONS,
    },
    Area {
        name: "people",
        does: "notices to people; departments and people between systems; looking at DingTalk's people and attendance",
        does_zh: "向人员发送通知；部门与人员在系统之间同步；查看钉钉部门、人员、考勤",
        functions: people::FUNCTIONS,
    },
    Area {
        name: "processes",
        does: "processes of the engine: launch to decision, service tasks to other systems, deadlines",
        does_zh: "流程引擎：从发起到审批结束、调用其他系统的服务任务、到期与提醒",
        functions: processes::FUNCTIONS,
    },
    Area {
        name: "web",
        does: "pages for people: signing in at the customer's login server, the task centre",
        does_zh: "面向人员的页面：在客户登录服务器单点登录、任务中心",
        functions: web::FUNCTIONS,
    },
    Area {
        name: "webhooks",
        does: "business events in, and out to tenants' endpoints",
        does_zh: "业务事件的接入与向租户推送",
        functions: webhooks::FUNCTIONS,
    },
];
