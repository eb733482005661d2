//! What is kept: users of the OA with what belongs to them.

use crate::texts;
use serde::{Deserialize, Serialize};

/// A user of the OA.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OaUser {
    /// The OA's id of the user.
    #[serde(deserialize_with = "texts::text")]
    pub id: String,
    /// Login name.
    #[serde(default, deserialize_with = "texts::text")]
    pub username: String,
    /// The user's name.
    #[serde(default, deserialize_with = "texts::text")]
    pub name: String,
    /// E-mail address.
    #[serde(default, deserialize_with = "texts::text")]
    pub email: String,
    /// Mobile number.
    #[serde(default, deserialize_with = "texts::text")]
    pub mobile: String,
    /// Id of the department.
    #[serde(default, deserialize_with = "texts::text")]
    pub did: String,
    /// Its name, where it is none of the departments that are kept.
    #[serde(default, deserialize_with = "texts::text")]
    pub dept_name: String,
    /// Id of the position.
    #[serde(default, deserialize_with = "texts::text")]
    pub position_id: String,
    /// Its name, where it is none of the positions that are kept.
    #[serde(default, deserialize_with = "texts::text")]
    pub position_name: String,
    /// Address of the picture.
    #[serde(default, deserialize_with = "texts::text")]
    pub thumb: String,
    /// Ids of the roles.
    #[serde(default, deserialize_with = "texts::list")]
    pub roles: Vec<String>,
    /// Whether the user is here.
    #[serde(default = "yes", rename = "status", deserialize_with = "texts::status")]
    pub active: bool,
}

/// A department or a position.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Named {
    /// The OA's id of it.
    #[serde(deserialize_with = "texts::text")]
    pub id: String,
    /// Its name.
    #[serde(deserialize_with = "texts::text")]
    pub name: String,
}

/// A role with what it allows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Role {
    /// The OA's id of it.
    #[serde(deserialize_with = "texts::text")]
    pub id: String,
    /// Its name.
    #[serde(default, deserialize_with = "texts::text")]
    pub title: String,
    /// Ids of what it allows.
    #[serde(default, deserialize_with = "texts::list")]
    pub rules: Vec<String>,
}

/// A right on data, with whom it is given to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataRight {
    /// Its name.
    #[serde(deserialize_with = "texts::text")]
    pub name: String,
    /// Ids of users.
    #[serde(default, deserialize_with = "texts::list")]
    pub uids: Vec<String>,
    /// What the OA keeps with it.
    #[serde(default, deserialize_with = "texts::text")]
    pub conf1: String,
    /// The same.
    #[serde(default, deserialize_with = "texts::text")]
    pub conf2: String,
    /// The same.
    #[serde(default, deserialize_with = "texts::text")]
    pub conf3: String,
}

/// Whom an assistant's user is in the OA.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Binding {
    /// The assistant platform's id.
    #[serde(deserialize_with = "texts::text")]
    pub assistant_user_id: String,
    /// The OA's id.
    #[serde(deserialize_with = "texts::text")]
    pub oa_user_id: String,
    /// Whether it counts.
    #[serde(default = "yes", rename = "status", deserialize_with = "texts::status")]
    pub active: bool,
}

/// Records of every kind, handed in together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Batch {
    /// Departments.
    pub departments: Vec<Named>,
    /// Positions.
    pub positions: Vec<Named>,
    /// Roles.
    pub roles: Vec<Role>,
    /// Users.
    pub users: Vec<OaUser>,
    /// Data rights.
    pub data_auth: Vec<DataRight>,
    /// Bindings.
    pub bindings: Vec<Binding>,
}

fn yes() -> bool {
    true
}
