//! Who somebody is whom a process names: codes of an enterprise's people. Answers are kept for a minute, so that a process
//! that goes on asks nobody.

use crate::tasks::NO_ENTERPRISE;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use tenon_directory::{Department, Directory, Person, SHARDS};
use tenon_model::TenantId;
use tenon_model::config::{AiflowApp, ProcessSettings, UnknownPeople};
use tenon_platform::{Context, Result};
use tenon_process::{Answer, Answers, NoOne, Question};

/// How long an answer counts, in ms.
const KEPT_MS: i64 = 60_000;
/// Answers that are kept.
const MAX_CACHED: usize = 10_000;
/// People read at once.
const PAGE: u32 = 500;

/// The code of a person in an enterprise: the ERP's, or our id where it has none.
pub fn code_of(person: &Person, enterprise: &str) -> String {
    person.external.get(enterprise).cloned().unwrap_or_else(|| format!("{NO_ENTERPRISE}{}", person.id))
}

/// Whose list a code names: the enterprise and the code there.
pub(super) fn place_of<'c>(enterprise: &'c str, code: &'c str) -> (&'c str, &'c str) {
    code.strip_prefix(NO_ENTERPRISE).map_or((enterprise, code), |id| (NO_ENTERPRISE, id))
}

/// Answers that were given, with the time until which each counts.
#[derive(Default)]
struct Kept(Mutex<BTreeMap<Place, (Answer, i64)>>);

/// The tenant, the enterprise, what was asked.
type Place = (String, String, Question);

/// An enterprise's people.
pub(super) struct Enterprise<'a> {
    ctx: &'a Context,
    tenant: &'a TenantId,
    code: &'a str,
    app: Option<&'a AiflowApp>,
}

impl<'a> Enterprise<'a> {
    pub fn new(ctx: &'a Context, tenant: &'a TenantId, code: &'a str, app: Option<&'a AiflowApp>) -> Self {
        Self { ctx, tenant, code, app }
    }

    /// Answers all of these.
    pub async fn answers(&self, questions: &[Question]) -> Result<Answers> {
        let kept = self.ctx.extensions.get_or_init::<Kept>();
        let mut answers = Answers::new();
        for question in questions {
            let place = (self.tenant.as_str().to_owned(), self.code.to_owned(), question.clone());
            let known = kept.0.lock().unwrap_or_else(PoisonError::into_inner).get(&place).cloned();
            let now = self.ctx.clock.elapsed_ms();
            if let Some((answer, _)) = known.filter(|(_, until_ms)| *until_ms > now) {
                answers.insert(question.clone(), answer);
                continue;
            }
            let answer = self.answer(question).await?;
            if answer.is_ok() {
                let mut kept = kept.0.lock().unwrap_or_else(PoisonError::into_inner);
                if kept.len() >= MAX_CACHED {
                    kept.clear();
                }
                kept.insert(place, (answer.clone(), now.saturating_add(KEPT_MS)));
            }
            answers.insert(question.clone(), answer);
        }
        Ok(answers)
    }

    fn directory(&self) -> Directory<'a> {
        Directory::new(self.ctx, self.tenant)
    }

    fn settings(&self) -> Option<&'a ProcessSettings> {
        self.app.map(|app| &app.process)
    }

    async fn answer(&self, question: &Question) -> Result<Answer> {
        match question {
            Question::User(code) => self.users(std::slice::from_ref(code)).await,
            Question::Role(role) => match self.settings().and_then(|settings| settings.roles.get(role)) {
                Some(codes) => self.users(codes).await,
                None => Ok(Err(NoOne::Unknown)),
            },
            Question::Department(named) => self.of_department(named).await,
            Question::Manager(named) => self.managers(named).await,
            Question::Supervisor(code) => self.supervisor(code).await,
        }
    }

    /// Those of these codes who are here.
    async fn users(&self, codes: &[String]) -> Result<Answer> {
        let directory = self.directory();
        let known = directory.ids_of(self.code, codes).await?;
        let own = |code: &String| code.strip_prefix(NO_ENTERPRISE).map(str::to_owned);
        let ids: Vec<String> = codes.iter().filter_map(|code| known.get(code).cloned().or_else(|| own(code))).collect();
        let people = directory.people(&ids).await?;
        let accepts = self.app.is_some_and(|app| app.unknown_people == UnknownPeople::Accept);
        let (mut here, mut unknown) = (Vec::new(), false);
        for code in codes {
            let id = known.get(code).cloned().or_else(|| own(code));
            match id.and_then(|id| people.get(&id)) {
                Some(person) if person.data.active => here.push(code.clone()),
                Some(_) => {}
                // The ERP says who they are; they are bound when they first sign in.
                None if accepts && own(code).is_none() => here.push(code.clone()),
                None => unknown = true,
            }
        }
        Ok(match here.is_empty() {
            false => Ok(here),
            true => Err(if unknown { NoOne::Unknown } else { NoOne::Nobody }),
        })
    }

    async fn department(&self, named: &str) -> Result<Option<Department>> {
        let named = named.trim();
        if named.is_empty() {
            return Ok(None);
        }
        let all = self.directory().departments().await?;
        let mut here: Vec<Department> =
            all.into_values().map(|stored| stored.data).filter(|department| department.active).collect();
        let by_code = |department: &Department| {
            department.external.get(self.code).is_some_and(|code| code == named)
                || department.code.as_deref() == Some(named)
                || department.id == named
        };
        if let Some(at) = here.iter().position(by_code) {
            return Ok(Some(here.swap_remove(at)));
        }
        here.retain(|department| department.name.trim() == named);
        // Of two of the same name nobody knows which is meant.
        Ok(if here.len() == 1 { here.pop() } else { None })
    }

    async fn of_department(&self, named: &str) -> Result<Answer> {
        let Some(department) = self.department(named).await? else { return Ok(Err(NoOne::Unknown)) };
        let (directory, mut codes) = (self.directory(), Vec::new());
        for shard in 0..SHARDS {
            let mut after: Option<String> = None;
            loop {
                let page = directory.people_of_shard(shard, after.as_deref(), PAGE).await?;
                let Some(last) = page.last() else { break };
                after = Some(last.data.id.clone());
                let own = page.iter().map(|stored| &stored.data);
                let own = own.filter(|person| person.active && person.departments.contains(&department.id));
                codes.extend(own.map(|person| code_of(person, self.code)));
            }
        }
        codes.sort_unstable();
        Ok(if codes.is_empty() { Err(NoOne::Nobody) } else { Ok(codes) })
    }

    async fn managers(&self, named: &str) -> Result<Answer> {
        let settings = self.settings();
        if let Some(codes) = settings.and_then(|settings| settings.managers.get(named.trim())) {
            return self.users(codes).await;
        }
        let Some(department) = self.department(named).await? else { return Ok(Err(NoOne::Unknown)) };
        let names = [
            Some(&department.name),
            department.code.as_ref(),
            department.external.get(self.code),
            Some(&department.id),
        ];
        let found =
            settings.and_then(|settings| names.into_iter().flatten().find_map(|name| settings.managers.get(name)));
        if let Some(codes) = found {
            return self.users(codes).await;
        }
        if department.managers.is_empty() {
            return Ok(Err(NoOne::NoManager));
        }
        let people = self.directory().people(&department.managers).await?;
        let here = department.managers.iter().filter_map(|id| people.get(id)).filter(|person| person.data.active);
        let codes: Vec<String> = here.map(|person| code_of(&person.data, self.code)).collect();
        Ok(if codes.is_empty() { Err(NoOne::Nobody) } else { Ok(codes) })
    }

    async fn supervisor(&self, code: &str) -> Result<Answer> {
        let directory = self.directory();
        let person = match code.strip_prefix(NO_ENTERPRISE) {
            Some(id) => directory.person(id).await?,
            None => directory.by_external(self.code, code).await?,
        };
        let Some(person) = person else { return Ok(Err(NoOne::Unknown)) };
        let Some(supervisor) = person.data.supervisor else { return Ok(Err(NoOne::NoManager)) };
        let supervisor = directory.person(&supervisor).await?.map(|stored| stored.data).filter(|person| person.active);
        Ok(supervisor.map(|person| vec![code_of(&person, self.code)]).ok_or(NoOne::Nobody))
    }
}
