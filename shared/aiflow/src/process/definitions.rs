//! `POST /aflow/api/flow/create`, `PUT /flow/update`, `POST /flow/publish`: processes that run here.

use super::{errors, synced};
use crate::Done;
use crate::caller::Caller;
use crate::fields::{self, CODE, Fields, Found, LINE};
use crate::flows::{self, Created};
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use tenon_model::config::ProcessSettings;
use tenon_platform::body::BadBody;
use tenon_platform::outgoing::OutgoingFailure;
use tenon_platform::{Context, Rejection};
use tenon_process::check::{self, Severity};
use tenon_process::form::Schema;
use tenon_process::store::{self, Draft, Failure, Made};

/// What a caller says of a definition; what is left out of a change stays as it is.
struct DefinitionInput {
    code: String,
    name: Option<String>,
    schema: Option<Value>,
    bpmn: Option<String>,
    warnings: Vec<String>,
}

async fn read(ctx: &Context, by: &Caller, body: &[u8], whole: bool) -> Result<DefinitionInput, Rejection> {
    let body = fields::read(body)?;
    let (mut found, of) = (Found::default(), Fields::new(&body, ""));
    found.known(&of, &["flowCode", "flowName", "formSchema", "formCode", "bpmnXml", "flowVersion"]);
    let code = found.required(&of, &["flowCode"], CODE);
    if whole {
        found.missing(&of, &["flowName"]);
        found.missing(&of, &["bpmnXml"]);
    }
    let name = found.text(&of, &["flowName"], LINE);
    let bpmn = match of.get(&["bpmnXml"]) {
        Some((_, Value::String(text))) => Some(text.clone()),
        Some(_) => {
            found.wrong("bpmnXml", "应为文本");
            None
        }
        None => None,
    };
    let form = found.text(&of, &["formCode"], CODE);
    let mut schema = of.get(&["formSchema"]).map(|(_, schema)| schema.clone());
    if let (Some(form), None) = (&form, &schema) {
        schema = synced::schema_of(ctx, &by.tenant, by.enterprise(), form).await?;
        if schema.is_none() {
            found.wrong("formCode", format!("表单{form}不存在"));
        }
    }
    Ok(DefinitionInput { code, name, schema, bpmn, warnings: found.end()? })
}

/// Makes a flow with its first version, a draft. Repeating it changes nothing.
///
/// # Errors
/// [`Rejection::BadFields`] with everything that is wrong with body, form and process; those of the table.
pub async fn create(ctx: &Context, by: &Caller, body: &[u8]) -> Result<Created, Rejection> {
    let input = read(ctx, by, body, true).await?;
    let third = flows::heads(ctx, &by.tenant, std::slice::from_ref(&input.code)).await?;
    if third.contains_key(&input.code) {
        return Err(Rejection::field("flowCode", "该编码已是三方流程的编码"));
    }
    let draft = Draft {
        name: input.name.unwrap_or_default(),
        schema: input.schema.unwrap_or_else(|| serde_json::json!({ "type": "object", "properties": {} })),
        bpmn: input.bpmn.unwrap_or_default(),
        enterprise: by.enterprise().to_owned(),
        by: by.name(),
        code: input.code,
    };
    store_it(ctx, by, &draft, input.warnings, true).await
}

/// Changes a flow: its draft is replaced, a version that was published gets a successor. What is left out stays as it is in
/// the latest version.
///
/// # Errors
/// As [`create`].
pub async fn update(ctx: &Context, by: &Caller, body: &[u8]) -> Result<Created, Rejection> {
    let input = read(ctx, by, body, false).await?;
    let latest = store::draft(ctx, &by.tenant, &input.code, None).await?;
    let latest = latest.filter(|latest| latest.enterprise == by.enterprise());
    let Some(latest) = latest else {
        return Err(Rejection::field("flowCode", format!("流程{}不存在", input.code)));
    };
    let draft = Draft {
        name: input.name.unwrap_or(latest.name),
        schema: input.schema.unwrap_or(latest.schema),
        bpmn: input.bpmn.unwrap_or(latest.bpmn),
        enterprise: latest.enterprise,
        by: by.name(),
        code: input.code,
    };
    store_it(ctx, by, &draft, input.warnings, false).await
}

async fn store_it(
    ctx: &Context,
    by: &Caller,
    draft: &Draft,
    mut warnings: Vec<String>,
    is_new: bool,
) -> Result<Created, Rejection> {
    // What is wrong with the form is told with what is wrong with the process.
    let mut wrong = Schema::read(&draft.schema).err().unwrap_or_default();
    if by.app.process.odoo_url.is_none() {
        wrong.extend(paths(&draft.bpmn).into_iter().map(|path| {
            BadBody::field(
                "bpmnXml",
                format!("service-url: 服务地址{path}是ERP的路径，但未配置odoo_url，请填写完整地址"),
            )
        }));
    }
    let calls = Calls::of(ctx, by, &draft.bpmn).await;
    let may_call = |address: &str| calls.may_call(address);
    let made = match is_new {
        true if wrong.is_empty() => store::create(ctx, &by.tenant, draft, &may_call).await,
        false if wrong.is_empty() => store::update(ctx, &by.tenant, draft, &may_call).await,
        _ => Err(unsound(draft, &may_call)),
    };
    let made = match made {
        Ok(made) => made,
        Err(Failure::Unsound(findings)) => {
            wrong.extend(
                findings.iter().filter(|finding| finding.severity == Severity::Blocking).map(errors::of_finding),
            );
            return Err(Rejection::BadFields(wrong));
        }
        Err(failure) => return Err(errors::rejection(failure, "flowCode")),
    };
    warnings.extend(made.warnings.iter().map(errors::words));
    warnings.extend(calls.warnings);
    Ok(Created { flow_code: made.code, flow_version: made.version, warnings })
}

/// What stands against a process whose form is wrong.
fn unsound(draft: &Draft, may_call: &dyn Fn(&str) -> bool) -> Failure {
    let fields = BTreeSet::new();
    let checked = check::check(&draft.bpmn, &check::Options { fields: &fields, may_call });
    // Without the form's fields it is not known which names there are.
    let own = |finding: &check::Finding| !finding.code.contains("name") && !finding.code.contains("unknown");
    Failure::Unsound(checked.findings.into_iter().filter(own).collect())
}

/// `POST /aflow/api/flow/publish`: new processes run on this version, after it has been checked once more.
///
/// # Errors
/// As [`create`]; [`Rejection::BadRequest`] where there is no such flow or version.
pub async fn publish(ctx: &Context, by: &Caller, body: &[u8]) -> Result<Done, Rejection> {
    let body = fields::read(body)?;
    let (mut found, of) = (Found::default(), Fields::new(&body, ""));
    found.known(&of, &["flowCode", "flowVersion", "updateDesc"]);
    let code = found.required(&of, &["flowCode"], CODE);
    let version = found.whole(&of, &["flowVersion"], 1..=i64::from(u32::MAX)).and_then(|n| u32::try_from(n).ok());
    let description = found.text(&of, &["updateDesc"], LINE * 4);
    let mut warnings = found.end()?;
    let bpmn = store::draft(ctx, &by.tenant, &code, version).await?.map(|draft| draft.bpmn).unwrap_or_default();
    let calls = Calls::of(ctx, by, &bpmn).await;
    let wanted = (code.as_str(), by.enterprise(), version);
    let may_call = |address: &str| calls.may_call(address);
    let made = store::publish(ctx, &by.tenant, wanted, description.as_deref(), &may_call).await;
    let made: Made = made.map_err(|failure| {
        let field = match &failure {
            Failure::Refused(refused) if refused.code == "process.unknown-version" => "flowVersion",
            _ => "flowCode",
        };
        errors::rejection(failure, field)
    })?;
    warnings.extend(made.warnings.iter().map(errors::words));
    Ok(Done::with(warnings))
}

/// The addresses that service tasks name.
struct Calls<'a> {
    settings: &'a ProcessSettings,
    /// Those that may not be called, whatever the settings say.
    refused: BTreeSet<String>,
    /// Those that could not be called as things stand: a name may come to be known later.
    warnings: Vec<String>,
}

impl<'a> Calls<'a> {
    async fn of(ctx: &Context, by: &'a Caller, bpmn: &str) -> Self {
        let mut calls = Self { settings: &by.app.process, refused: BTreeSet::new(), warnings: Vec::new() };
        for address in named(bpmn) {
            match ctx.outgoing.check(&address).await {
                Ok(()) => {}
                Err(OutgoingFailure::Refused(_)) => _ = calls.refused.insert(address),
                Err(failure) => {
                    calls.warnings.push(format!("服务任务地址{address}目前无法调用：{}", failure.chinese()));
                }
            }
        }
        calls
    }

    fn may_call(&self, address: &str) -> bool {
        self.settings.may_call(address) && !self.refused.contains(address)
    }
}

/// Paths at the ERP that a file's service tasks name.
fn paths(bpmn: &str) -> BTreeSet<String> {
    let Ok(document) = tenon_process::bpmn::parse(bpmn) else { return BTreeSet::new() };
    let elements = document.processes.iter().flat_map(|process| &process.elements);
    let urls = elements.filter_map(|element| element.settings.first(&["serviceUrl", "url"]));
    urls.filter(|url| url.starts_with('/')).map(str::to_owned).collect()
}

/// Whole addresses that a file's service tasks name.
fn named(bpmn: &str) -> BTreeSet<String> {
    let named = Mutex::new(BTreeSet::new());
    let note = |address: &str| {
        named.lock().unwrap_or_else(PoisonError::into_inner).insert(address.to_owned());
        true
    };
    drop(check::check(bpmn, &check::Options { fields: &BTreeSet::new(), may_call: &note }));
    named.into_inner().unwrap_or_else(PoisonError::into_inner)
}
