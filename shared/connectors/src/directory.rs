//! Departments and people as an OA has them: one enum over the OAs that are asked.

use crate::dingtalk::Dingtalk;
use crate::wecom::Wecom;
use tenon_model::TenantId;
use tenon_model::config::Connection;
use tenon_platform::Context;
use tenon_platform::error::Result;

/// A department.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundDepartment {
    /// The OA's id of it.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The one above; none for the one that was asked for first.
    pub parent: Option<String>,
}

/// A person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FoundPerson {
    /// The OA's id of the person.
    pub id: String,
    /// The person's name.
    pub name: String,
    /// Where the app may see it.
    pub mobile: Option<String>,
    /// Where the app may see it.
    pub email: Option<String>,
    /// Departments, all of them, the main one first.
    pub departments: Vec<String>,
    /// The OA's id of whom the person reports to, where it says so.
    pub supervisor: Option<String>,
    /// Whether the person is here.
    pub active: bool,
}

/// Some people of a department.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PeoplePage {
    /// Who.
    pub people: Vec<FoundPerson>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<String>,
}

/// An OA whose people are read.
pub enum Source<'a> {
    /// DingTalk.
    DingTalk(Box<Dingtalk<'a>>),
    /// WeCom.
    WeCom(Box<Wecom<'a>>),
}

impl<'a> Source<'a> {
    /// The OA of a connection, if its people can be read.
    pub fn over(ctx: &'a Context, tenant: &TenantId, connection: &Connection, revision: u64) -> Option<Self> {
        Some(match connection {
            Connection::Dingtalk(c) => Self::DingTalk(Box::new(Dingtalk::new(ctx, tenant, c.clone(), revision))),
            Connection::Wecom(c) => Self::WeCom(Box::new(Wecom::new(ctx, tenant, c.clone(), revision))),
            _ => return None,
        })
    }

    /// Whether the departments below one are all told at once, and not only the next level.
    pub fn lists_whole_tree(&self) -> bool {
        matches!(self, Self::WeCom(_))
    }

    /// What lets an app see people's numbers and addresses, as the vendor's console calls it.
    pub fn contacts_permission(&self) -> &'static str {
        match self {
            Self::DingTalk(_) => "企业员工手机号信息, 邮箱等个人信息",
            Self::WeCom(_) => "通讯录同步 (its own secret), since other apps see neither",
        }
    }

    /// A department by itself.
    ///
    /// # Errors
    /// The OA's.
    pub async fn department(&self, id: &str) -> Result<FoundDepartment> {
        match self {
            Self::DingTalk(client) => client.department(id).await,
            Self::WeCom(client) => client.department(id).await,
        }
    }

    /// The departments below one.
    ///
    /// # Errors
    /// The OA's.
    pub async fn below(&self, id: &str) -> Result<Vec<FoundDepartment>> {
        match self {
            Self::DingTalk(client) => client.departments_below(id).await,
            Self::WeCom(client) => client.departments_below(id).await,
        }
    }

    /// The OA's ids of those who manage a department; `None` where the OA does not say.
    ///
    /// # Errors
    /// The OA's.
    pub async fn managers(&self, id: &str) -> Result<Option<Vec<String>>> {
        match self {
            Self::DingTalk(client) => client.managers(id).await.map(Some),
            Self::WeCom(client) => client.managers(id).await,
        }
    }

    /// The next people of a department itself.
    ///
    /// # Errors
    /// The OA's.
    pub async fn people(&self, department: &str, cursor: Option<&str>) -> Result<PeoplePage> {
        match self {
            Self::DingTalk(client) => client.people(department, cursor).await,
            Self::WeCom(client) => client.people(department).await,
        }
    }
}
