//! What is answered: tokens, what is known of a user, what the user may do. The OA's words, with texts for numbers.

use crate::records::OaUser;
use crate::source::Source;
use crate::token::{self, Holder};
use futures::try_join;
use serde::Serialize;
use std::collections::BTreeMap;
use tenon_model::TenantId;
use tenon_model::config::{OaIntegration, ShownRights};
use tenon_platform::body::BadBody;
use tenon_platform::{Context, Rejection, Retry};

/// When a database that does not answer is asked again, in seconds.
const AGAIN_S: i64 = 5;

/// A token, with whose it is.
#[derive(Clone, Debug, Serialize)]
pub struct Token {
    /// Goes into the header `Token`.
    pub token: String,
    /// The OA's id of the user.
    pub oa_user_id: String,
    /// Login name.
    pub username: String,
    /// The user's name.
    pub name: String,
}

/// What is known of a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Info {
    /// The OA's id.
    pub id: String,
    /// Login name.
    pub username: String,
    /// The user's name.
    pub name: String,
    /// E-mail address.
    pub email: String,
    /// Mobile number.
    pub mobile: String,
    /// Id of the department.
    pub did: String,
    /// Its name.
    pub dept_name: String,
    /// Id of the position.
    pub position_id: String,
    /// Its name.
    pub position_name: String,
    /// Address of the picture.
    pub thumb: String,
}

/// What a user may do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rights {
    /// The OA's id.
    pub user_id: String,
    /// The user's roles, by their ids.
    pub groups: BTreeMap<String, Group>,
    /// Rights on data, by their names.
    pub data_auth: BTreeMap<String, DataAuth>,
}

/// A role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Group {
    /// What it allows: ids joined by commas.
    pub rules: String,
    /// Its name.
    pub title: String,
}

/// A right on data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DataAuth {
    /// Users who have it: ids joined by commas.
    pub uids: String,
    /// What the OA keeps with it.
    pub conf1: String,
    /// The same.
    pub conf2: String,
    /// The same.
    pub conf3: String,
}

/// What whoever asks is told where the OA's own database did not answer; the rest is for the log.
fn for_caller(rejection: Rejection) -> Rejection {
    let Rejection::Failed(error) = &rejection else { return rejection };
    if !["database.", "oa-integration.", "config.database"].iter().any(|family| error.code.starts_with(family)) {
        return rejection;
    }
    tracing::error!(error.code = error.code, error.message = %error, "the OA's database did not answer as it should");
    let passes = !matches!(error.retry, Retry::Permanent | Retry::Blocked(_));
    let message = if passes {
        "OA数据库暂时无法访问，请稍后再试"
    } else {
        "OA数据库的账号、权限或查询有误，请联系管理员"
    };
    Rejection::Upstream { message: message.to_owned(), after_s: passes.then_some(AGAIN_S) }
}

/// What the business does not allow.
fn not_allowed(message: &str) -> Rejection {
    Rejection::BadRequest(BadBody::field("", message))
}

/// A token for the OA's user whom an assistant's user is.
///
/// # Errors
/// That nobody is bound, or that the user is not there or not active.
pub async fn issue(
    ctx: &Context,
    settings: &OaIntegration,
    tenant: &TenantId,
    assistant: &str,
) -> Result<Token, Rejection> {
    let user = bound_user(ctx, settings, tenant, assistant).await.map_err(for_caller)?;
    let user = user.ok_or_else(|| not_allowed("绑定的OA用户不存在或已停用"))?;
    let holder = Holder { tenant: tenant.clone(), user: user.id.clone(), assistant: assistant.to_owned() };
    let token = token::issue(ctx, settings, &holder).await?;
    Ok(Token { token, oa_user_id: user.id, username: user.username, name: user.name })
}

/// The user whom an assistant's user is now, where the user is active.
async fn bound_user(
    ctx: &Context,
    settings: &OaIntegration,
    tenant: &TenantId,
    assistant: &str,
) -> Result<Option<OaUser>, Rejection> {
    let source = Source::new(ctx, tenant, settings).await?;
    let bound = source.bound(assistant).await?.ok_or_else(|| not_allowed("未找到绑定用户"))?;
    Ok(source.user(&bound).await?.filter(|user| user.active))
}

/// What is known of a user.
///
/// # Errors
/// That the token's user is no more the one it was issued for; that this user may not see the other; that there is no
/// such user.
pub async fn info(ctx: &Context, settings: &OaIntegration, holder: &Holder, id: &str) -> Result<Info, Rejection> {
    let user = named_user(ctx, settings, holder, id).await.map_err(for_caller)?;
    let OaUser { id, username, name, email, mobile, did, dept_name, position_id, position_name, thumb, .. } = user;
    Ok(Info { id, username, name, email, mobile, did, dept_name, position_id, position_name, thumb })
}

async fn named_user(ctx: &Context, settings: &OaIntegration, holder: &Holder, id: &str) -> Result<OaUser, Rejection> {
    let source = Source::new(ctx, &holder.tenant, settings).await?;
    Ok(source.named(shown(&source, settings, holder, id).await?).await?)
}

/// What a user may do.
///
/// # Errors
/// As [`info`].
pub async fn rights(ctx: &Context, settings: &OaIntegration, holder: &Holder, id: &str) -> Result<Rights, Rejection> {
    all_rights(ctx, settings, holder, id).await.map_err(for_caller)
}

async fn all_rights(ctx: &Context, settings: &OaIntegration, holder: &Holder, id: &str) -> Result<Rights, Rejection> {
    let source = Source::new(ctx, &holder.tenant, settings).await?;
    let user = shown(&source, settings, holder, id).await?;
    let (roles, data) = try_join!(source.roles(&user), source.data_rights())?;
    let groups = roles.into_iter().map(|role| (role.id, Group { rules: role.rules.join(","), title: role.title }));
    let own = |uids: &[String]| settings.data_rights == ShownRights::All || uids.contains(&user.id);
    let data_auth = data.into_iter().filter(|right| own(&right.uids)).map(|right| {
        let auth = DataAuth { uids: right.uids.join(","), conf1: right.conf1, conf2: right.conf2, conf3: right.conf3 };
        (right.name, auth)
    });
    Ok(Rights { user_id: user.id.clone(), groups: groups.collect(), data_auth: data_auth.collect() })
}

/// The user who is asked for, if the token's user may see him. A token ends with its binding and its user.
async fn shown(source: &Source<'_>, settings: &OaIntegration, holder: &Holder, id: &str) -> Result<OaUser, Rejection> {
    let (bound, own) = source.holder(&holder.assistant, &holder.user).await?;
    let ended = |reason| Rejection::Unauthenticated { message: EXPIRED, reason, hint: None };
    if bound.as_ref() != Some(&holder.user) {
        return Err(ended("the binding is gone"));
    }
    let own = own.filter(|user| user.active).ok_or_else(|| ended("the user is gone"))?;
    if id == own.id {
        return Ok(own);
    }
    let may = settings.may_see_others.contains(&own.id)
        || !settings.roles_see_others.is_empty()
            && source.role_ids(&own).await?.iter().any(|role| settings.roles_see_others.contains(role));
    if !may {
        return Err(Rejection::Forbidden("无权查看其他用户".to_owned()));
    }
    source.user(id).await?.ok_or_else(|| not_allowed("用户不存在"))
}

/// What is told of a token that is over.
pub(crate) const EXPIRED: &str = "Token已过期或失效";
