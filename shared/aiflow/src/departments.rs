//! `POST /aflow/api/sys/sync/department`: parents before children.

use crate::caller::Caller;
use crate::fields::{self, CODE, Fields, Found, LINE};
use crate::synced::{self, Above, FailDetail, MAX_RECORDS, Synced, TIMES};
use std::collections::{BTreeMap, HashMap};
use tenon_directory::{Department, Directory, free_id};
use tenon_platform::table::{Outcome, Stored, Write};
use tenon_platform::{Context, Rejection};

const KNOWN: [&str; 6] = ["deptId", "deptName", "parentId", "deptCode", "orderNum", "status"];

/// What the one above is called.
const ABOVE: &str = "上级部门";

/// A department as pushed.
#[derive(Clone, Debug)]
struct Row {
    code: String,
    name: String,
    parent: Option<String>,
    dept_code: Option<String>,
    order: i64,
    active: bool,
}

/// Takes the departments of a body. Each that cannot be taken is told with its reason; the others are stored.
///
/// # Errors
/// [`Rejection::BadFields`] for a body of another form, of which nothing is stored; those of the table.
pub async fn sync(ctx: &Context, by: &Caller, body: &[u8]) -> Result<Synced, Rejection> {
    let (rows, warnings) = read(body)?;
    let directory = Directory::new(ctx, &by.tenant);
    for _ in 0..TIMES {
        let stored = directory.departments().await?;
        let mut sync = Sync::new(by.enterprise(), &rows, &stored);
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
    found.known(&all, &["departments"]);
    found.missing(&all, &["departments"]);
    let mut rows = Vec::new();
    for (at, item) in found.list(&all, &["departments"], MAX_RECORDS).unwrap_or_default().iter().enumerate() {
        if found.is_enough() {
            break;
        }
        let path = format!("departments[{at}]");
        let Some(map) = found.object(item, &path) else { continue };
        let of = Fields::new(map, &path);
        found.known(&of, &KNOWN);
        rows.push(Row {
            code: found.required(&of, &["deptId"], CODE),
            name: found.required(&of, &["deptName"], LINE),
            parent: found.text(&of, &["parentId"], CODE),
            dept_code: found.text(&of, &["deptCode"], CODE),
            order: found.whole(&of, &["orderNum"], i64::from(i32::MIN)..=i64::from(i32::MAX)).unwrap_or(100),
            active: found.whole(&of, &["status"], 0..=1) != Some(0),
        });
    }
    Ok((rows, found.end()?))
}

/// The departments as they are, and as they are to be.
struct Sync<'a> {
    enterprise: &'a str,
    above: Above<'a>,
    stored: &'a BTreeMap<String, Stored<Department>>,
    /// Our ids, by the ERP's codes.
    ids: HashMap<String, String>,
    /// As they are to be, in the order they came.
    after: Vec<Department>,
    /// Where in `after` a department stands, by our id.
    place: HashMap<String, usize>,
}

impl<'a> Sync<'a> {
    fn new(enterprise: &'a str, rows: &'a [Row], stored: &'a BTreeMap<String, Stored<Department>>) -> Self {
        let code =
            |stored: &Stored<Department>| Some((stored.data.external.get(enterprise)?.clone(), stored.data.id.clone()));
        let ids = stored.values().filter_map(code).collect();
        let above = Above::new(rows.iter().map(|row| (row.code.as_str(), row.parent.as_deref())));
        Self { enterprise, above, stored, ids, after: Vec::new(), place: HashMap::new() }
    }

    fn take(&mut self, at: usize, row: &Row) -> Result<(), FailDetail> {
        let fail = |message: String| FailDetail {
            code: row.code.clone(),
            path: format!("departments[{at}].parentId"),
            message,
        };
        let own = self.ids.get(&row.code).cloned();
        let parent = match &row.parent {
            None => None,
            Some(code) if *code == row.code => {
                return Err(fail(synced::circle(ABOVE, &[code, code])));
            }
            Some(code) => match self.ids.get(code) {
                Some(id) => Some(id.clone()),
                None => return Err(fail(self.above.why_missing(ABOVE, (at, &row.code), code))),
            },
        };
        if let (Some(own), Some(parent)) = (&own, &parent)
            && let Some(codes) = self.chain(own, parent)
        {
            return Err(fail(synced::circle(ABOVE, &codes)));
        }
        self.put(row, own, parent);
        Ok(())
    }

    /// The way up from a parent, if it comes back to the department itself.
    fn chain(&self, own: &str, parent: &str) -> Option<Vec<String>> {
        let next = |id: &str| self.department(id).and_then(|department| department.parent.clone());
        synced::way_back(own, parent, next, |id| self.code_of(id))
    }

    fn department(&self, id: &str) -> Option<&Department> {
        let changed = self.place.get(id).and_then(|place| self.after.get(*place));
        changed.or_else(|| self.stored.get(id).map(|stored| &stored.data))
    }

    fn code_of(&self, id: &str) -> String {
        let code = self.department(id).and_then(|department| department.external.get(self.enterprise));
        code.map_or_else(|| id.to_owned(), Clone::clone)
    }

    fn put(&mut self, row: &Row, own: Option<String>, parent: Option<String>) {
        let taken = |id: &str| self.department(id).is_some();
        let id = own.unwrap_or_else(|| match taken(&row.code) {
            true => free_id(self.enterprise, &row.code),
            false => row.code.clone(),
        });
        let mut department = self.department(&id).cloned().unwrap_or_default();
        if department.id.is_empty() {
            department.id.clone_from(&id);
            department.external.insert(self.enterprise.to_owned(), row.code.clone());
        }
        (department.name, department.parent) = (row.name.clone(), parent);
        (department.order, department.active) = (row.order, row.active);
        if row.dept_code.is_some() {
            department.code.clone_from(&row.dept_code);
        }
        self.ids.insert(row.code.clone(), id.clone());
        match self.place.get(&id) {
            Some(place) => {
                if let Some(known) = self.after.get_mut(*place) {
                    *known = department;
                }
            }
            None => {
                self.place.insert(id, self.after.len());
                self.after.push(department);
            }
        }
    }

    fn writes(&self, directory: &Directory<'_>, by: &str) -> tenon_platform::Result<Vec<Vec<Write>>> {
        let of = |after: &Department| directory.department_writes(self.stored.get(&after.id), after, by);
        self.after.iter().map(of).collect()
    }
}
