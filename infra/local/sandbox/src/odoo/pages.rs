//! The pages people see: a login form, a question, an error. Without script.

use crate::reply::{self, Reply};
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName};

const STYLE: &str = "body{font:16px/1.6 system-ui,sans-serif;background:#f3f1f5;margin:0;color:#222}\
    main{max-width:22rem;margin:12vh auto;padding:2rem;background:#fff;border-radius:.5rem;box-shadow:0 1px 6px #0002}\
    h1{font-size:1.25rem;margin:0 0 1rem;color:#714b67}label{display:block;margin:.75rem 0 .25rem}\
    input{width:100%;box-sizing:border-box;padding:.5rem;font:inherit;border:1px solid #999;border-radius:.25rem}\
    button{margin:1.25rem .5rem 0 0;padding:.5rem 1.25rem;font:inherit;border:0;border-radius:.25rem;background:#714b67;color:#fff}\
    button.no{background:#666}.wrong{color:#a40000}";

/// The login form, which goes on to `redirect`.
pub(super) fn login(status: u16, redirect: &str, wrong: Option<&str>) -> Reply {
    let wrong =
        wrong.map_or_else(String::new, |text| format!("<p class=\"wrong\" role=\"alert\">{}</p>", escape(text)));
    page(
        status,
        "登录 Odoo",
        &format!(
            "{wrong}<form method=\"post\" action=\"/odoo/web/login\"><input type=\"hidden\" name=\"redirect\" value=\"{}\">\
             <label for=\"login\">用户名</label><input id=\"login\" name=\"login\" autocomplete=\"username\" required>\
             <label for=\"password\">密码</label><input id=\"password\" name=\"password\" type=\"password\" \
             autocomplete=\"current-password\" required><button>登录</button></form>\
             <p>模拟系统：zhangsan、lisi、wangwu，密码与用户名相同。</p>",
            escape(redirect)
        ),
    )
}

/// Whether a client may know who somebody is.
pub(super) fn consent(client: &str, name: &str, query: &str, proof: &str) -> Reply {
    page(
        200,
        "授权",
        &format!(
            "<p>{}，允许 <strong>{}</strong> 获取您的用户编码、姓名、手机号、邮箱和部门吗？</p>\
             <form method=\"post\" action=\"?{}\"><input type=\"hidden\" name=\"proof\" value=\"{}\">\
             <button name=\"answer\" value=\"allow\">允许</button><button class=\"no\" name=\"answer\" value=\"deny\">拒绝</button></form>",
            escape(name),
            escape(client),
            escape(query),
            escape(proof)
        ),
    )
}

/// What is wrong with a request that nobody is sent back from.
pub(super) fn wrong(text: &str) -> Reply {
    page(400, "无法授权", &format!("<p class=\"wrong\" role=\"alert\">{}</p>", escape(text)))
}

fn page(status: u16, title: &str, body: &str) -> Reply {
    let html = format!(
        "<!DOCTYPE html><html lang=\"zh-CN\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>{title} · Odoo</title>\
         <style>{STYLE}</style></head><body><main><h1>{title} · Odoo（模拟）</h1>{body}</main></body></html>"
    );
    let mut page = reply::with_body(status, "text/html; charset=utf-8", html);
    reply::add(&mut page, CACHE_CONTROL, "no-store");
    // Where its forms lead in the end, to the client, is another host: no form-action.
    reply::add(
        &mut page,
        CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    );
    reply::add(&mut page, HeaderName::from_static("referrer-policy"), "no-referrer");
    page
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}
