//! What is asked of an OA's own database. Values stand in a query as `:name` and are bound; the columns of the answer are
//! called as the fields that they become.

use serde::{Deserialize, Serialize};

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum OaQuery {
    /// Whom an assistant's user is in the OA.
    Binding,
    /// What is known of a user.
    User,
    /// The roles of a user.
    Roles,
    /// Every data right.
    DataAuth,
}

impl OaQuery {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Binding, Self::User, Self::Roles, Self::DataAuth];

    /// The word in the configuration.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Binding => "binding",
            Self::User => "user",
            Self::Roles => "roles",
            Self::DataAuth => "data_auth",
        }
    }

    /// The value that it is asked with, where it is asked of somebody.
    pub const fn parameter(self) -> Option<&'static str> {
        match self {
            Self::Binding => Some("assistant_user_id"),
            Self::User | Self::Roles => Some("oa_user_id"),
            Self::DataAuth => None,
        }
    }

    /// Columns that the answer must have.
    pub const fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Binding => &["oa_user_id"],
            Self::User => &[
                "id",
                "username",
                "name",
                "email",
                "mobile",
                "did",
                "dept_name",
                "position_id",
                "position_name",
                "thumb",
            ],
            Self::Roles => &["id", "title", "rules"],
            Self::DataAuth => &["name", "uids", "conf1", "conf2", "conf3"],
        }
    }

    /// Columns that it may have beside them.
    pub const fn more(self) -> &'static [&'static str] {
        match self {
            Self::Binding => &["assistant_user_id", "status"],
            Self::User => &["status"],
            Self::Roles | Self::DataAuth => &[],
        }
    }

    /// What 勾股OA is asked, whose tables begin with `oa_`.
    const fn of_gougu(self) -> &'static str {
        match self {
            Self::Binding => {
                "SELECT assistant_user_id, oa_user_id, status FROM oa_assistant_agent_bind \
                 WHERE assistant_user_id = :assistant_user_id"
            }
            Self::User => {
                "SELECT a.id, a.username, a.name, a.email, NULLIF(a.mobile, 0) AS mobile, a.did, d.title AS dept_name, \
                 a.position_id, p.title AS position_name, a.thumb, CASE WHEN a.status = 1 THEN 1 ELSE 0 END AS status \
                 FROM oa_admin a LEFT JOIN oa_department d ON d.id = a.did \
                 LEFT JOIN oa_position p ON p.id = a.position_id WHERE a.id = :oa_user_id"
            }
            Self::Roles => {
                "SELECT g.id, g.title, g.rules FROM oa_admin a JOIN oa_position_group pg ON pg.pid = a.position_id \
                 JOIN oa_admin_group g ON g.id = pg.group_id WHERE a.id = :oa_user_id AND g.status = 1"
            }
            Self::DataAuth => "SELECT name, uids, conf_1 AS conf1, conf_2 AS conf2, conf_3 AS conf3 FROM oa_data_auth",
        }
    }
}

/// The queries of an OA. What is not said is asked as 勾股OA's tables are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OaQueries {
    /// Whom an assistant's user is; empty where bindings are handed in alone.
    pub binding: String,
    /// What is known of a user.
    pub user: String,
    /// The roles of a user.
    pub roles: String,
    /// Every data right.
    pub data_auth: String,
}

impl Default for OaQueries {
    fn default() -> Self {
        let of = |query: OaQuery| query.of_gougu().to_owned();
        Self {
            binding: of(OaQuery::Binding),
            user: of(OaQuery::User),
            roles: of(OaQuery::Roles),
            data_auth: of(OaQuery::DataAuth),
        }
    }
}

impl OaQueries {
    /// The text of one.
    pub fn of(&self, query: OaQuery) -> &str {
        match query {
            OaQuery::Binding => &self.binding,
            OaQuery::User => &self.user,
            OaQuery::Roles => &self.roles,
            OaQuery::DataAuth => &self.data_auth,
        }
    }

    /// Whether one is 勾股OA's.
    pub fn is_of_gougu(&self, query: OaQuery) -> bool {
        self.of(query) == query.of_gougu()
    }

    /// Whether nothing was said.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}
