//! What people do in Odoo by hand, and looks at its state.

use super::{Odoo, OdooUser};
use crate::action::{ActionError, read};
use crate::system::Handle;
use serde::Serialize;
use serde_json::{Value, json};

/// What Odoo holds. No token is shown.
#[derive(Clone, Debug, Serialize)]
pub struct OdooSnapshot {
    /// People who can sign in.
    pub users: Vec<OdooUser>,
    /// Browsers that are signed in.
    pub sessions: usize,
    /// Codes that were given out, used or not.
    pub codes: usize,
    /// Sign-ins that came to tokens.
    pub sign_ins: u64,
    /// Times a code or a refresh token was presented a second time.
    pub reused: u64,
    /// What was sent to its workflow interfaces, in order.
    pub received: Vec<Value>,
}

impl Handle<'_, Odoo> {
    /// Adds somebody, or changes who has the same login.
    pub fn put_user(&self, user: OdooUser) {
        self.with(|odoo| odoo.put_user(user));
    }

    /// Somebody leaves: their sessions and tokens end.
    ///
    /// # Errors
    /// [`ActionError::NotFound`]
    pub fn disable(&self, login: &str) -> Result<(), ActionError> {
        self.with(|odoo| odoo.disable(login))
    }

    /// What was sent to its workflow interfaces.
    pub fn received(&self) -> Vec<Value> {
        self.with(|odoo| odoo.received.clone())
    }

    /// Times a code or a refresh token was presented a second time.
    pub fn reused(&self) -> u64 {
        self.with(|odoo| odoo.grants.reused)
    }

    /// Sign-ins that came to tokens.
    pub fn sign_ins(&self) -> u64 {
        self.with(|odoo| odoo.grants.families)
    }
}

impl Odoo {
    fn put_user(&mut self, user: OdooUser) {
        self.options.users.retain(|own| own.login != user.login);
        self.options.users.push(user);
    }

    fn disable(&mut self, login: &str) -> Result<(), ActionError> {
        let user = self.options.users.iter_mut().find(|user| user.login == login);
        let user = user.ok_or_else(|| ActionError::NotFound(format!("user {login}")))?;
        user.active = false;
        self.sessions.retain(|_, own| own != login);
        Ok(())
    }

    pub(super) fn snapshot_of(&self) -> OdooSnapshot {
        OdooSnapshot {
            users: self.options.users.clone(),
            sessions: self.sessions.len(),
            codes: self.grants.codes.len(),
            sign_ins: self.grants.families,
            reused: self.grants.reused,
            received: self.received.clone(),
        }
    }

    /// The same over `/_sandbox/odoo/…`:
    ///
    /// | call | does |
    /// |---|---|
    /// | `POST odoo/users` | `{"login","password","user_id","name","phone","email","dept_id","dept_name"}` can sign in |
    /// | `POST odoo/users/{login}/disable` | leaves |
    /// | `GET odoo/received` | what was sent to its workflow interfaces |
    pub(super) fn act_by_hand(
        &mut self,
        method: &str,
        parts: &[&str],
        body: &[u8],
    ) -> Option<Result<Value, ActionError>> {
        let done = match (method, parts) {
            ("POST", ["users"]) => read::<OdooUser>(body).map(|user| self.put_user(user)),
            ("POST", ["users", login, "disable"]) => self.disable(login),
            ("GET", ["received"]) => return Some(Ok(Value::from(self.received.clone()))),
            _ => return None,
        };
        Some(done.map(|()| json!({})))
    }
}
