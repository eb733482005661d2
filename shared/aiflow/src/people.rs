//! `POST /aflow/api/sys/sync/user`: supervisors before those who report to them.

use crate::caller::Caller;
use crate::fields::{self, CODE, Fields, Found, LINE};
use crate::synced::{self, Above, FailDetail, MAX_RECORDS, Synced, TIMES};
use std::collections::{HashMap, HashSet};
use tenon_directory::{Directory, Person, free_id, mobile_key};
use tenon_platform::table::{Outcome, Stored, Write};
use tenon_platform::{Context, Rejection};

const KNOWN: [&str; 9] =
    ["userId", "userName", "realName", "email", "mobile", "deptId", "personnelType", "directSupervisor", "status"];

/// What the one above is called.
const ABOVE: &str = "直接上级";

/// A person as pushed.
#[derive(Clone, Debug)]
struct Row {
    code: String,
    user_name: String,
    real_name: Option<String>,
    email: Option<String>,
    mobile: Option<String>,
    department: String,
    personnel_type: u8,
    supervisor: Option<String>,
    active: bool,
}

/// Takes the people of a body. Each who cannot be taken is told with the reason; the others are stored.
///
/// A hundred people cost three requests of the table to read, and as many to store as their writes make transactions: a
/// new person with an e-mail address is three writes, a changed one is one, one who has not changed is none.
///
/// # Errors
/// [`Rejection::BadFields`] for a body of another form, of which nothing is stored; those of the table.
pub async fn sync(ctx: &Context, by: &Caller, body: &[u8]) -> Result<Synced, Rejection> {
    let (rows, warnings) = read(body)?;
    let directory = Directory::new(ctx, &by.tenant);
    for _ in 0..TIMES {
        let mut sync = Sync::load(&directory, by.enterprise(), &rows).await?;
        let failed: Vec<FailDetail> =
            rows.iter().enumerate().filter_map(|(at, row)| sync.take(at, row).err()).collect();
        if synced::store(ctx, sync.writes(&directory, &by.name())?).await? == Outcome::Done {
            return Ok(Synced::of(rows.len(), failed, warnings));
        }
    }
    Err(synced::contended().into())
}

fn read(body: &[u8]) -> Result<(Vec<Row>, Vec<String>), Rejection> {
    let body = fields::read(body)?;
    let (mut found, all) = (Found::default(), Fields::new(&body, ""));
    found.known(&all, &["users"]);
    found.missing(&all, &["users"]);
    let mut rows = Vec::new();
    for (at, item) in found.list(&all, &["users"], MAX_RECORDS).unwrap_or_default().iter().enumerate() {
        if found.is_enough() {
            break;
        }
        let path = format!("users[{at}]");
        let Some(map) = found.object(item, &path) else { continue };
        let of = Fields::new(map, &path);
        found.known(&of, &KNOWN);
        let mobile = found.text(&of, &["mobile"], 32);
        rows.push(Row {
            code: found.required(&of, &["userId"], CODE),
            user_name: found.required(&of, &["userName"], LINE),
            real_name: found.text(&of, &["realName"], LINE),
            email: found.text(&of, &["email"], LINE),
            // As it is looked up, where it is a number at all.
            mobile: mobile.map(|mobile| mobile_key(&mobile).unwrap_or(mobile)),
            department: found.required(&of, &["deptId"], CODE),
            personnel_type: found
                .whole(&of, &["personnelType"], 1..=5)
                .and_then(|number| u8::try_from(number).ok())
                .unwrap_or(1),
            supervisor: found.text(&of, &["directSupervisor"], CODE),
            active: found.whole(&of, &["status"], 0..=1) != Some(0),
        });
    }
    Ok((rows, found.end()?))
}

/// The people as they are, and as they are to be.
struct Sync<'a> {
    enterprise: &'a str,
    above: Above<'a>,
    /// Our ids, by the ERP's codes.
    ids: HashMap<String, String>,
    departments: HashMap<String, String>,
    stored: HashMap<String, Stored<Person>>,
    /// As they are to be, in the order they came.
    after: Vec<Person>,
    /// Where in `after` a person stands, by our id.
    place: HashMap<String, usize>,
}

impl<'a> Sync<'a> {
    async fn load(directory: &Directory<'_>, enterprise: &'a str, rows: &'a [Row]) -> tenon_platform::Result<Self> {
        let mut codes: Vec<String> = rows.iter().map(|row| row.code.clone()).collect();
        codes.extend(rows.iter().filter_map(|row| row.supervisor.clone()));
        let departments: Vec<String> = rows.iter().map(|row| row.department.clone()).collect();
        let ids = directory.ids_of(enterprise, &codes).await?;
        let departments = directory.department_ids_of(enterprise, &departments).await?;
        // A code that is new becomes the id itself, unless it is another's.
        let wanted: Vec<String> = codes.iter().map(|code| ids.get(code).unwrap_or(code).clone()).collect();
        let stored = directory.people(&wanted).await?;
        let above = Above::new(rows.iter().map(|row| (row.code.as_str(), row.supervisor.as_deref())));
        let mut sync = Self { enterprise, above, ids, departments, stored, after: Vec::new(), place: HashMap::new() };
        if sync.someone_moves(rows) {
            sync.load_upwards(directory).await?;
        }
        Ok(sync)
    }

    /// Whether somebody who is known gets another supervisor: only then can there be a circle.
    fn someone_moves(&self, rows: &[Row]) -> bool {
        rows.iter().any(|row| {
            let stored = self.ids.get(&row.code).and_then(|id| self.stored.get(id));
            let supervisor = row.supervisor.as_ref().and_then(|code| self.ids.get(code).or(Some(code)));
            stored.is_some_and(|stored| supervisor.is_some() && stored.data.supervisor.as_ref() != supervisor)
        })
    }

    /// Reads those above, level by level.
    async fn load_upwards(&mut self, directory: &Directory<'_>) -> tenon_platform::Result<()> {
        let mut seen: HashSet<String> = self.stored.keys().cloned().collect();
        loop {
            let above = self.stored.values().filter_map(|stored| stored.data.supervisor.clone());
            let missing: Vec<String> = above.filter(|id| !seen.contains(id)).collect();
            if missing.is_empty() {
                return Ok(());
            }
            seen.extend(missing.iter().cloned());
            self.stored.extend(directory.people(&missing).await?);
        }
    }

    fn take(&mut self, at: usize, row: &Row) -> Result<(), FailDetail> {
        let fail = |field: &str, message: String| FailDetail {
            code: row.code.clone(),
            path: format!("users[{at}].{field}"),
            message,
        };
        let Some(department) = self.departments.get(&row.department).cloned() else {
            return Err(fail("deptId", format!("部门{}不存在，请先同步部门", row.department)));
        };
        let own = self.ids.get(&row.code).cloned();
        let supervisor = match &row.supervisor {
            None => None,
            Some(code) if *code == row.code => {
                return Err(fail("directSupervisor", synced::circle(ABOVE, &[code, code])));
            }
            Some(code) => match self.ids.get(code) {
                Some(id) => Some(id.clone()),
                None => return Err(fail("directSupervisor", self.above.why_missing(ABOVE, (at, &row.code), code))),
            },
        };
        if let (Some(own), Some(supervisor)) = (&own, &supervisor)
            && let Some(codes) = self.chain(own, supervisor)
        {
            return Err(fail("directSupervisor", synced::circle(ABOVE, &codes)));
        }
        self.put(row, own, (department, supervisor));
        Ok(())
    }

    /// The way up from a supervisor, if it comes back to the person.
    fn chain(&self, own: &str, supervisor: &str) -> Option<Vec<String>> {
        let next = |id: &str| self.person(id).and_then(|person| person.supervisor.clone());
        synced::way_back(own, supervisor, next, |id| self.code_of(id))
    }

    fn person(&self, id: &str) -> Option<&Person> {
        let changed = self.place.get(id).and_then(|place| self.after.get(*place));
        changed.or_else(|| self.stored.get(id).map(|stored| &stored.data))
    }

    fn code_of(&self, id: &str) -> String {
        let code = self.person(id).and_then(|person| person.external.get(self.enterprise));
        code.map_or_else(|| id.to_owned(), Clone::clone)
    }

    fn put(&mut self, row: &Row, own: Option<String>, (department, supervisor): (String, Option<String>)) {
        let id = own.unwrap_or_else(|| match self.person(&row.code).is_some() {
            true => free_id(self.enterprise, &row.code),
            false => row.code.clone(),
        });
        let mut person = self.person(&id).cloned().unwrap_or_default();
        if person.id.is_empty() {
            person.id.clone_from(&id);
            person.external.insert(self.enterprise.to_owned(), row.code.clone());
        }
        person.user_name.clone_from(&row.user_name);
        (person.supervisor, person.personnel_type, person.active) = (supervisor, row.personnel_type, row.active);
        if person.departments.first() != Some(&department) {
            person.departments = vec![department];
        }
        // What an ERP does not say, an OA may have said.
        for (known, given) in [
            (&mut person.real_name, &row.real_name),
            (&mut person.email, &row.email),
            (&mut person.mobile, &row.mobile),
        ] {
            if given.is_some() {
                known.clone_from(given);
            }
        }
        self.ids.insert(row.code.clone(), id.clone());
        match self.place.get(&id) {
            Some(place) => {
                if let Some(known) = self.after.get_mut(*place) {
                    *known = person;
                }
            }
            None => {
                self.place.insert(id, self.after.len());
                self.after.push(person);
            }
        }
    }

    fn writes(&self, directory: &Directory<'_>, by: &str) -> tenon_platform::Result<Vec<Vec<Write>>> {
        let of = |after: &Person| directory.person_writes(self.stored.get(&after.id), after, by);
        self.after.iter().map(of).collect()
    }
}
