//! Who is signed in.

use crate::answer::{self, Seen};
use crate::fields::Fields;
use crate::{SESSION, csrf, nav, origin};
use async_trait::async_trait;
use tenon_catalog::{Auth, Role, Route};
use tenon_model::config::Secret;
use tenon_model::{Language, TenantId};
use tenon_pages::console::Label;
use tenon_platform::dispatch::{Authenticator, Ended};
use tenon_platform::idempotency::Scope;
use tenon_platform::request::{self, Request};
use tenon_platform::{Context, Error, Rejection, cookies};
use tenon_tenants::access::{Principal, session};
use tenon_tenants::call_rate;

/// What a form of another site's page is told, or one of a session that is over.
const FOREIGN: &str = "只能从本系统的页面提交";
/// Longest name a form gives itself.
const ONCE: usize = 64;

/// Lets those in who are signed in, to what they may do. What changes something must come from a page of this origin
/// and of this session.
#[derive(Clone, Copy, Debug, Default)]
pub struct Console;

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub struct Visitor {
    /// Whose token it is.
    pub principal: Principal,
    /// The tenant the page is about; the operator's own where an operator names none.
    pub tenant: TenantId,
    /// Whether an operator named it.
    pub named: bool,
    pub(crate) session: Secret,
    once: Option<String>,
}

impl Visitor {
    /// Where one begins.
    pub fn home(by: &Principal) -> &'static str {
        nav::home(by)
    }

    /// Whether there is a tenant to look at.
    pub fn has_tenant(&self) -> bool {
        self.tenant != TenantId::operator()
    }
}

/// Who is signed in, in words.
pub fn who(by: &Principal, language: Language) -> String {
    match by.own_tenant() {
        Some(tenant) => format!("{} {tenant}", Label::TenantAdmin.of(language)),
        None => Label::Operator.of(language).to_owned(),
    }
}

#[async_trait]
impl Authenticator for Console {
    type Caller = Visitor;
    type Note = Seen;
    const READS_BODY: bool = true;

    fn knows(&self, auth: &Auth) -> bool {
        matches!(auth, Auth::Console { .. })
    }

    fn begin(&self, _: &Context) -> Seen {
        Seen::default()
    }

    async fn authenticate(
        &self,
        ctx: &Context,
        route: &Route,
        request: &Request,
        seen: &mut Seen,
    ) -> Result<Visitor, Rejection> {
        let Auth::Console { role, scope } = route.auth else {
            let message = format!("{} {} is for other callers", route.method, route.path);
            return Err(Error::permanent("platform.route", message).into());
        };
        let reads = route.method == "GET";
        if !reads && !origin::is_ours(request) {
            return Err(Rejection::Forbidden(FOREIGN.to_owned()));
        }
        let id = cookies::read(request, SESSION).ok_or(Rejection::unauthenticated("no session"))?;
        // What a page asks for by itself keeps nobody signed in.
        let used = !(reads && request.headers().contains_key("hx-request"));
        let principal = session::enter(ctx, id, used).await?;
        let (tenant, named) = whose(&principal, request::query(request, "tenantId"))?;
        let fields = if reads { Fields::default() } else { Fields::of(request) };
        let once = Some(fields.one("_once")).filter(|once| (1..=ONCE).contains(&once.len())).map(str::to_owned);
        let visitor = Visitor { principal, tenant, named, session: Secret::new(id), once };
        seen.visitor = Some(visitor.clone());
        visitor.principal.allow(role, scope)?;
        if !reads && !csrf::fits(id, fields.one("_csrf")) {
            return Err(Rejection::Forbidden(FOREIGN.to_owned()));
        }
        if matches!(role, Role::Either) && !visitor.has_tenant() {
            return Err(Rejection::field("tenantId", "运营方须在查询参数中指明租户"));
        }
        if !visitor.principal.is_operator() {
            call_rate::admit(ctx, &visitor.tenant).await?;
        }
        Ok(visitor)
    }

    fn scope(&self, by: &Visitor) -> Option<Scope> {
        Some(Scope { tenant: by.tenant.clone(), caller: format!("page/{}", by.principal.token) })
    }

    fn call_name<'c>(&self, by: &'c Visitor) -> Option<&'c str> {
        by.once.as_deref()
    }

    async fn answered(&self, ctx: &Context, ended: Ended<'_, Seen>) {
        answer::finish(ctx, ended);
    }
}

/// The tenant a page is about, and whether an operator named it.
fn whose(by: &Principal, named: Option<&str>) -> Result<(TenantId, bool), Rejection> {
    let named = named.filter(|named| !named.is_empty());
    match named {
        None if by.is_operator() => Ok((TenantId::operator(), false)),
        named => Ok((by.tenant(named)?, by.is_operator())),
    }
}
