//! The task centre: a person's lists, as a page and as JSON.

use crate::page::{self, Seen};
use serde::{Deserialize, Serialize};
use tenon_catalog::areas::web::tasks as routes;
use tenon_model::Language;
use tenon_pages::tasks::{Row, TABS, TasksQuery, View};
use tenon_pages::{Text, html, tasks as pages, visitor};
use tenon_platform::dispatch::{Call, Envelope, Query, Reply, Service, on};
use tenon_platform::{Context, Rejection, request};
use tenon_sso::cookies::{self, SameSite};
use tenon_sso::{SignedIn, Visitor, add_cookie};
use tenon_task_center::flows::Terminal;
use tenon_task_center::orders::{NodeType, OrderResult, OrderState, TaskResult, TaskState};
use tenon_task_center::tasks::{List, Listed, NO_DEADLINE, TaskPage, TaskQuery, tasks_of};
use tenon_task_center::times;

/// Entries of a page.
const SIZE: usize = 50;
/// Entries of one answer, at most.
const MAX_PAGE_SIZE: usize = 100;
/// How long a chosen language is kept, in seconds.
const KEPT_S: i64 = 365 * 86_400;

/// The function.
pub static SERVICE: Service<SignedIn> =
    Service::new(SignedIn, || vec![on(routes::PAGE, page), on(routes::LIST, list)]).answering(Envelope::Aiflow);

/// The page.
async fn page(call: Call<Visitor>, (): ()) -> Result<Reply, Rejection> {
    let seen = Seen::by(&call.request, own_language(&call.by));
    Ok(Reply(match shown(&call, &seen).await {
        Ok(page) => {
            let mut response = html(200, page);
            let chosen = request::query(&call.request, "lang").and_then(visitor::language_named);
            if let Some(language) = chosen {
                let line = cookies::set(visitor::LANGUAGE_COOKIE, language.word(), KEPT_S, SameSite::Lax);
                add_cookie(&mut response, &line);
            }
            response
        }
        Err(error) => page::broken(&call, error),
    }))
}

pub(crate) fn own_language(by: &Visitor) -> Language {
    match by.person.language {
        tenon_directory::Language::Zh => Language::Zh,
        tenon_directory::Language::En => Language::En,
    }
}

async fn shown(call: &Call<Visitor>, seen: &Seen) -> tenon_platform::Result<String> {
    let (ctx, by) = (&call.ctx, &call.by);
    let page_query = query_of(&call.request);
    let query = TaskQuery {
        flow: filled(&page_query.flow),
        text: filled(&page_query.text),
        cursor: filled(&page_query.cursor),
        terminal: Some(if seen.is_phone { Terminal::Mobile } else { Terminal::Pc }),
        size: SIZE,
        ..TaskQuery::of(list_named(&page_query.list).unwrap_or(List::Todo))
    };
    let found = tasks_of(ctx, &by.session.tenant, &by.person, &query).await?;
    let flows = flows(ctx, by, &page_query, &query, &found).await?;
    let now_ms = ctx.now_ms();
    let rows: Vec<Row> = found.items.iter().map(|listed| row(listed, now_ms, seen.is_phone)).collect();
    Ok(pages::page(&View {
        language: seen.language,
        person: by.person.shown_name(),
        query: &page_query,
        flows: &flows,
        rows: &rows,
        next: found.next.as_deref(),
    }))
}

/// The flows to choose from: those of the list's beginning, and the one that is chosen.
async fn flows(
    ctx: &Context,
    by: &Visitor,
    page_query: &TasksQuery,
    query: &TaskQuery,
    found: &TaskPage,
) -> tenon_platform::Result<Vec<(String, String)>> {
    let is_beginning = query.flow.is_none() && query.text.is_none() && query.cursor.is_none();
    let beginning = match is_beginning {
        true => None,
        false => {
            let query = TaskQuery { terminal: query.terminal, size: SIZE, ..TaskQuery::of(query.list) };
            Some(tasks_of(ctx, &by.session.tenant, &by.person, &query).await?)
        }
    };
    let items = found.items.iter().chain(beginning.iter().flat_map(|page| &page.items));
    let mut flows: Vec<(String, String)> = items
        .filter_map(|listed| {
            let code = listed.entry.flow.clone()?;
            let title = listed.title.clone().unwrap_or_else(|| code.clone());
            Some((code, title))
        })
        .collect();
    if !page_query.flow.is_empty() && flows.iter().all(|(code, _)| *code != page_query.flow) {
        flows.push((page_query.flow.clone(), page_query.flow.clone()));
    }
    flows.sort_by(|one, other| (&one.1, &one.0).cmp(&(&other.1, &other.0)));
    flows.dedup();
    Ok(flows)
}

fn query_of(of: &request::Request) -> TasksQuery {
    let text = |name: &str| {
        let given = request::query(of, name).unwrap_or_default().trim();
        given.chars().filter(|c| !c.is_control()).take(200).collect::<String>()
    };
    let list = text("list");
    let list = if list_named(&list).is_some() { list } else { List::Todo.word().to_owned() };
    TasksQuery { list, text: text("q"), flow: text("flow"), cursor: text("cursor") }
}

fn filled(text: &str) -> Option<String> {
    Some(text.to_owned()).filter(|text| !text.is_empty())
}

fn list_named(word: &str) -> Option<List> {
    List::ALL.into_iter().find(|list| list.word() == word)
}

fn row(listed: &Listed, now_ms: i64, is_phone: bool) -> Row {
    let entry = &listed.entry;
    let flow = listed.title.clone().or_else(|| entry.flow.clone()).unwrap_or_default();
    let link = listed.detail.as_ref().map(|urls| if is_phone { &urls.h5 } else { &urls.web });
    Row {
        name: entry.task.as_ref().map_or_else(|| flow.clone(), |task| task.name.clone()),
        flow,
        document: entry.business_key.clone(),
        initiator: entry.initiator.clone(),
        at_ms: entry.at_ms,
        overdue: is_overdue(listed, now_ms),
        state: state(listed),
        node: entry.task.as_ref().map(|task| match task.node {
            NodeType::Handle => Text::NodeHandle,
            NodeType::Audit => Text::NodeAudit,
            NodeType::Notify => Text::NodeNotify,
        }),
        // What a flow's definition was checked for; a link of another kind is none.
        link: link
            .filter(|link| ["https://", "http://", "/aflow/tasks/"].iter().any(|own| link.starts_with(own)))
            .cloned(),
    }
}

fn is_overdue(listed: &Listed, now_ms: i64) -> bool {
    let task = listed.entry.task.as_ref();
    listed.entry.list == Some(List::Todo) && task.is_some_and(|task| task.deadline_ms < now_ms)
}

fn state(listed: &Listed) -> Text {
    let entry = &listed.entry;
    if let Some(task) = &entry.task {
        return match (task.state, task.result) {
            (TaskState::New, _) => Text::StateNew,
            (TaskState::Ing, TaskResult::Accept) => Text::ResultAccept,
            (TaskState::Ing, _) => Text::StateIng,
            (TaskState::Over, TaskResult::Pass) => Text::ResultPass,
            (TaskState::Over, TaskResult::Reject) => Text::ResultReject,
            (TaskState::Over, TaskResult::Revoke) => Text::ResultRevoke,
            (TaskState::Over, TaskResult::Rebut) => Text::ResultRebut,
            (TaskState::Over, TaskResult::New | TaskResult::Accept) => Text::StateOver,
        };
    }
    match (entry.order_state, entry.order_result) {
        (_, Some(OrderResult::Pass)) => Text::ResultPass,
        (_, Some(OrderResult::Reject)) => Text::ResultReject,
        (_, Some(OrderResult::Revoke)) => Text::ResultRevoke,
        (_, Some(OrderResult::Delete)) => Text::ResultDelete,
        (Some(OrderState::New), _) => Text::StateNew,
        (Some(OrderState::Over), _) => Text::StateOver,
        _ => Text::StateIng,
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wanted {
    #[serde(default)]
    list: Option<String>,
    #[serde(default, alias = "keyword")]
    q: Option<String>,
    #[serde(default, alias = "flowCode")]
    flow: Option<String>,
    #[serde(default)]
    terminal: Option<String>,
    #[serde(default)]
    cursor: Option<String>,
    #[serde(default)]
    page_size: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    list: &'static str,
    tasks: Vec<TaskRow>,
    /// Where the next page begins; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// An entry, in the document's words.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TaskRow {
    order_id: i64,
    business_key: String,
    flow_code: Option<String>,
    flow_title: Option<String>,
    initiator: String,
    create_time: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    order_status: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    order_result: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cc_time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", flatten)]
    task: Option<TaskItem>,
    detail_url: Option<Urls>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TaskItem {
    task_id: String,
    task_name: String,
    task_status: &'static str,
    task_result: &'static str,
    node_type: &'static str,
    dead_line: Option<String>,
    handle_time: Option<String>,
    show_pc: bool,
    show_mobile: bool,
    overdue: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Urls {
    h5_url: String,
    web_url: String,
}

/// The list as JSON.
async fn list(call: Call<Visitor>, Query(wanted): Query<Wanted>) -> Result<Page, Rejection> {
    let list = match wanted.list.as_deref() {
        None | Some("") => List::Todo,
        Some(word) => {
            let words = TABS.map(|tab| tab.word).join("、");
            list_named(word).ok_or_else(|| Rejection::field("list", format!("取值为{words}")))?
        }
    };
    let terminal = match wanted.terminal.as_deref() {
        None | Some("") => None,
        Some("pc") => Some(Terminal::Pc),
        Some("mobile") => Some(Terminal::Mobile),
        Some(_) => return Err(Rejection::field("terminal", "取值为pc、mobile")),
    };
    let size = match wanted.page_size.as_deref() {
        None | Some("") => SIZE,
        Some(text) => {
            let size = text.parse().ok().filter(|size| (1..=MAX_PAGE_SIZE).contains(size));
            size.ok_or_else(|| Rejection::field("pageSize", format!("须为1到{MAX_PAGE_SIZE}的整数")))?
        }
    };
    let given = |text: Option<String>| text.filter(|text| !text.is_empty());
    let query = TaskQuery {
        flow: given(wanted.flow),
        text: given(wanted.q),
        cursor: given(wanted.cursor),
        terminal,
        size,
        ..TaskQuery::of(list)
    };
    let (ctx, by) = (&call.ctx, &call.by);
    let found = tasks_of(ctx, &by.session.tenant, &by.person, &query).await?;
    let now_ms = ctx.now_ms();
    let tasks = found.items.iter().map(|listed| task_row(listed, list, now_ms)).collect();
    Ok(Page { list: list.word(), tasks, next_cursor: found.next })
}

fn task_row(listed: &Listed, list: List, now_ms: i64) -> TaskRow {
    let entry = &listed.entry;
    TaskRow {
        order_id: entry.order,
        business_key: entry.business_key.clone(),
        flow_code: entry.flow.clone(),
        flow_title: listed.title.clone(),
        initiator: entry.initiator.clone(),
        create_time: times::text(entry.created_ms),
        order_status: entry.order_state.map(OrderState::word),
        order_result: entry.order_result.map(OrderResult::word),
        cc_time: (list == List::Cc).then(|| times::text(entry.at_ms)),
        task: entry.task.as_ref().map(|task| TaskItem {
            task_id: task.id.clone(),
            task_name: task.name.clone(),
            task_status: task.state.word(),
            task_result: task.result.word(),
            node_type: task.node.word(),
            dead_line: Some(task.deadline_ms).filter(|at| *at < NO_DEADLINE).map(times::text),
            handle_time: task.handled_ms.map(times::text),
            show_pc: task.show_pc,
            show_mobile: task.show_mobile,
            overdue: is_overdue(listed, now_ms),
        }),
        detail_url: listed.detail.as_ref().map(|urls| Urls { h5_url: urls.h5.clone(), web_url: urls.web.clone() }),
    }
}
