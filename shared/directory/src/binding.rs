//! Binding an ERP's code to a person or a department.

use crate::keys::{self, Pointer};
use crate::person::Person;
use crate::store::Directory;
use tenon_platform::Result;
use tenon_platform::table::{Expect, Outcome, Stored, Write, in_the_way};

/// What came of it.
pub type Bound = std::result::Result<Person, BindError>;

/// Why a code was not bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BindError {
    /// There is no such person.
    Nobody,
    /// The code is that of this person, who has an account at an OA too.
    Others(String),
    /// The person has this code in the enterprise already.
    Has(String),
}

/// Times it is begun anew when somebody else changed a record meanwhile.
const TIMES: usize = 5;

impl Directory<'_> {
    /// Makes a code of an enterprise's ERP that of a person. A code that a push brought with a person of its own, who is
    /// known to no OA, passes on to this one, and that record is disabled. Repeating it changes nothing.
    ///
    /// # Errors
    /// Those of the table; that others kept changing the same records.
    pub async fn bind(&self, enterprise: &str, code: &str, person: &str, by: &str) -> Result<Bound> {
        for _ in 0..TIMES {
            if let Some(bound) = self.try_bind(enterprise, code, person, by).await? {
                return Ok(bound);
            }
        }
        Err(in_the_way(format!("others keep changing what {code} is bound to")))
    }

    async fn try_bind(&self, enterprise: &str, code: &str, person: &str, by: &str) -> Result<Option<Bound>> {
        let key = keys::person_code(self.tenant, enterprise, code);
        let (pointer, target) = (self.ctx.table.get::<Pointer>(&key).await?, self.person(person).await?);
        let Some(target) = target else { return Ok(Some(Err(BindError::Nobody))) };
        if pointer.as_ref().is_some_and(|pointer| pointer.data.id == person) {
            return Ok(Some(Ok(target.data)));
        }
        if let Some(has) = target.data.external.get(enterprise) {
            return Ok(Some(Err(BindError::Has(has.clone()))));
        }
        let mut after = target.data.clone();
        after.external.insert(enterprise.to_owned(), code.to_owned());
        let mut writes: Vec<Write> = self.person_write(Some(&target), &after, by)?.into_iter().collect();
        let expect = pointer.as_ref().map_or(Expect::AbsentAt(self.ctx.now_ms()), |p| Expect::Version(p.version));
        writes.push(Write::put(key, &Pointer { id: person.to_owned() }, expect)?);
        if let Some(pointer) = pointer {
            let Some(former) = self.person(&pointer.data.id).await? else { return Ok(None) };
            if !former.data.accounts.is_empty() {
                return Ok(Some(Err(BindError::Others(former.data.id))));
            }
            writes.extend(self.person_write(Some(&former), &superseded(&former, enterprise), by)?);
        }
        Ok((self.transact(writes).await? == Outcome::Done).then_some(Ok(after)))
    }

    /// Makes a code of an enterprise's ERP that of a department that has none there. Repeating it changes nothing.
    ///
    /// # Errors
    /// As [`bind`](Self::bind).
    pub async fn bind_department(
        &self,
        enterprise: &str,
        code: &str,
        department: &str,
        by: &str,
    ) -> Result<std::result::Result<(), BindError>> {
        for _ in 0..TIMES {
            let Some(stored) = self.department(department).await? else { return Ok(Err(BindError::Nobody)) };
            if let Some(present) = self.department_by_external(enterprise, code).await? {
                let same = present.data.id == department;
                return Ok(if same { Ok(()) } else { Err(BindError::Others(present.data.id)) });
            }
            if let Some(has) = stored.data.external.get(enterprise) {
                return Ok(Err(BindError::Has(has.clone())));
            }
            let mut after = stored.data.clone();
            after.external.insert(enterprise.to_owned(), code.to_owned());
            if self.put_department(Some(&stored), &after, by).await? == Outcome::Done {
                return Ok(Ok(()));
            }
        }
        Err(in_the_way(format!("others keep changing what {code} is bound to")))
    }
}

/// A record whose code passed on to another.
fn superseded(former: &Stored<Person>, enterprise: &str) -> Person {
    let mut person = former.data.clone();
    person.external.remove(enterprise);
    person.active = false;
    person
}
