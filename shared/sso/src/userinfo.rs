//! Who signed in, as the server says.

use crate::answer::{MAX_ANSWER_BYTES, members, text};
use crate::exchange::{Granted, secret_header};
use crate::fault::Fault;
use http::Method;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use serde_json::{Map, Value};
use tenon_model::config::{Sso, TokenVariant, UserinfoMethod, UserinfoToken};
use tenon_platform::Context;
use tenon_platform::outgoing::OutgoingCall;

/// Longest value of a field.
const LONGEST_FIELD: usize = 256;

/// A person as the server knows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Userinfo {
    /// The ERP's code of the user.
    pub user_id: String,
    /// Mobile number.
    pub phone: Option<String>,
    /// E-mail.
    pub email: Option<String>,
    /// The ERP's code of the department.
    pub department: Option<String>,
    /// What the department is called.
    pub department_name: Option<String>,
}

/// Asks, and holds the answer against whom the token is said to be of.
pub(crate) async fn fetch(ctx: &Context, sso: &Sso, granted: &Granted) -> Result<Userinfo, Fault> {
    let mut address = sso.userinfo_address();
    if sso.userinfo_token == UserinfoToken::Query {
        let joint = if address.contains('?') { '&' } else { '?' };
        let query: String =
            form_urlencoded::Serializer::new(String::new()).append_pair("access_token", &granted.access_token).finish();
        address = format!("{address}{joint}{query}");
    }
    let mut call = OutgoingCall::new(address, Vec::new());
    if sso.userinfo_token == UserinfoToken::Header
        && let Some(value) = secret_header(&format!("Bearer {}", granted.access_token))
    {
        call.headers.insert(AUTHORIZATION, value);
    }
    if sso.userinfo_method == UserinfoMethod::Get {
        call.method = Method::GET;
    } else if sso.variant == TokenVariant::Json {
        call.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        call.body = "{}".into();
    }
    call.headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    call.timeout = sso.timeout;
    call.max_answer = MAX_ANSWER_BYTES;
    let members = members(ctx.outgoing.call(call).await).map_err(|fault| match fault {
        // It is the token that it does not take.
        Fault::Client => Fault::Exchange("userinfo: HTTP 401".to_owned()),
        other => other,
    })?;
    let read = read(sso, &members)?;
    if granted.subjects.iter().any(|subject| *subject != read.user_id) {
        return Err(Fault::OtherUser);
    }
    Ok(read)
}

pub(crate) fn read(sso: &Sso, members: &Map<String, Value>) -> Result<Userinfo, Fault> {
    let field = |names: &[&str]| {
        let sound = |text: &String| text.len() <= LONGEST_FIELD && !text.contains(char::is_control);
        text(members, names).filter(sound)
    };
    // What the server itself has not made sure of finds nobody.
    let unverified = |name: &str| members.get(name) == Some(&Value::Bool(false));
    let phone = field(&["phone", "phoneNumber", "phone_number", "mobile"]);
    let email = field(&["email", "mail"]);
    let info = Userinfo {
        user_id: field(&["userId", "user_id", "sub", "id"]).ok_or(Fault::Userinfo("userId"))?,
        phone: phone.filter(|_| !unverified("phone_number_verified")),
        email: email.filter(|_| !unverified("email_verified")),
        department: field(&["deptId", "dept_id", "departmentId", "department_id"]),
        department_name: field(&["deptName", "dept_name", "departmentName"]),
    };
    if info.phone.is_none() && info.email.is_none() {
        return Err(Fault::Userinfo("phone or email"));
    }
    if sso.require_department && info.department.is_none() {
        return Err(Fault::Userinfo("deptId"));
    }
    Ok(info)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(body: Value) -> Result<Userinfo, Fault> {
        read(&Sso::default(), body.as_object().unwrap())
    }

    #[test]
    fn what_the_document_asks_for_must_be_there() {
        let whole = json!({ "userId": "E1", "phone": "13800000001", "deptId": "D1" });
        assert_eq!(of(whole).unwrap().user_id, "E1");
        let newer = json!({ "userId": 7, "phoneNumber": 13_800_000_001_u64, "deptId": 3, "deptName": "技术部" });
        let newer = of(newer).unwrap();
        assert_eq!((newer.user_id.as_str(), newer.phone.as_deref()), ("7", Some("13800000001")));
        assert_eq!((newer.department.as_deref(), newer.department_name.as_deref()), (Some("3"), Some("技术部")));
        for (body, missing) in [
            (json!({ "phone": "1", "deptId": "D1" }), "userId"),
            (json!({ "userId": "", "phone": "1", "deptId": "D1" }), "userId"),
            (json!({ "userId": "E1", "deptId": "D1" }), "phone or email"),
            (json!({ "userId": "E1", "email": "a@b.c", "email_verified": false, "deptId": "D1" }), "phone or email"),
            (json!({ "userId": "E1", "phone": "1" }), "deptId"),
            (json!({ "userId": "E\u{7}1", "phone": "1", "deptId": "D1" }), "userId"),
        ] {
            assert_eq!(of(body.clone()), Err(Fault::Userinfo(missing)), "{body}");
        }
        let without = Sso { require_department: false, ..Sso::default() };
        let body = json!({ "sub": "u1", "email": "a@b.c" });
        assert_eq!(read(&without, body.as_object().unwrap()).unwrap().department, None);
    }
}
