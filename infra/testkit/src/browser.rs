//! A browser without script: it has cookies, follows redirects, fills in forms.

use crate::HttpEvent;
use std::collections::BTreeMap;
use tenon_catalog::{FUNCTIONS, Route};
use tenon_platform::Context;
use tenon_platform::dispatch::Dispatch;
use tenon_platform::router::Router;

/// A section of pages that a browser is shown.
pub trait Pages {
    /// The area of its functions.
    const AREA: &'static str;
    /// Another area with functions that forms of these pages are sent to.
    const ALSO: Option<&'static str> = None;

    /// The process that serves it.
    fn ctx(&self) -> &Context;

    /// The function of this name.
    fn service(function: &str) -> &'static dyn Dispatch;

    /// Whether an address that is linked is one of the section's.
    fn is_own(href: &str) -> bool;

    /// Whether a form is one that the section's tests send.
    fn is_sent(_: &Form) -> bool {
        true
    }
}

/// What came.
pub struct Page {
    /// Of the answer.
    pub status: u16,
    /// Of the answer.
    pub headers: lambda_http::http::HeaderMap,
    /// Its text.
    pub body: String,
    is_own: fn(&str) -> bool,
    is_sent: fn(&Form) -> bool,
}

/// A form of a page.
#[derive(Clone, Debug)]
pub struct Form {
    /// `get` or `post`.
    pub method: String,
    /// Where it is sent.
    pub action: String,
    /// What is sent, as it stands in the page.
    pub fields: Vec<(String, String)>,
}

fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

/// The value of an attribute of a tag.
fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    Some(unescaped(rest.split('"').next()?))
}

/// What stands in the tags of this beginning.
fn tags<'p>(text: &'p str, begin: &'static str) -> impl Iterator<Item = &'p str> {
    text.split(begin).skip(1).map(|rest| rest.split('>').next().unwrap())
}

impl Page {
    /// Where it leads.
    pub fn location(&self) -> &str {
        self.headers.get("location").map_or("", |value| value.to_str().unwrap())
    }

    /// Whether this stands in it.
    pub fn has(&self, text: &str) -> bool {
        self.body.contains(text)
    }

    /// Rows of its tables.
    pub fn rows(&self) -> usize {
        self.body.matches("<tr data-row").count()
    }

    /// Addresses of the section that are linked.
    pub fn links(&self) -> Vec<String> {
        tags(&self.body, "<a").filter_map(|tag| attribute(tag, "href")).filter(|href| (self.is_own)(href)).collect()
    }

    /// The link that leads on.
    pub fn next(&self) -> Option<String> {
        attribute(tags(&self.body, "<a rel=\"next\"").next()?, "href")
    }

    fn all_forms(&self) -> impl Iterator<Item = Form> {
        self.body.split("<form").skip(1).map(|rest| form(rest.split("</form>").next().unwrap()))
    }

    /// Its forms that are sent somewhere.
    pub fn forms(&self) -> Vec<Form> {
        self.all_forms().filter(|form| form.method != "dialog" && (self.is_sent)(form)).collect()
    }

    /// Its forms that ask for another view of the section.
    pub fn filters(&self) -> Vec<Form> {
        self.all_forms().filter(|form| form.method == "get" && (self.is_own)(&form.action)).collect()
    }

    /// What proves a form of this page, of whichever form it has: that which signs out is on each.
    pub fn csrf(&self) -> Option<String> {
        let mut fields = self.all_forms().flat_map(|form| form.fields);
        fields.find(|(name, _)| name == "_csrf").map(|(_, value)| value)
    }

    /// The form that is sent there, or to an address that ends so.
    pub fn form(&self, action: &str) -> Form {
        let forms = self.forms();
        let path = |form: &&Form| form.action.split('?').next().unwrap().to_owned();
        let exact = forms.iter().find(|form| path(form) == action);
        let found = exact.or_else(|| forms.iter().find(|form| path(form).ends_with(action)));
        found.unwrap_or_else(|| panic!("no form to {action}: {}", self.body)).clone()
    }

    /// The text of the element with this id.
    pub fn text_of(&self, id: &str) -> String {
        let rest = self.body.split(&format!("id=\"{id}\">")).nth(1).unwrap_or_else(|| panic!("no {id}: {}", self.body));
        unescaped(rest.split('<').next().unwrap())
    }
}

fn form(text: &str) -> Form {
    let head = text.split('>').next().unwrap();
    let selects = text.split("<select").skip(1).filter_map(|rest| {
        let own = rest.split("</select>").next()?;
        let options = || own.split("<option").skip(1).filter_map(|option| option.split('>').next());
        let chosen = options().find(|option| option.ends_with(" selected")).or_else(|| options().next())?;
        Some((attribute(own.split('>').next()?, "name")?, attribute(chosen, "value")?))
    });
    let inputs = tags(text, "<input").filter(|tag| !tag.contains("type=\"checkbox\"") || tag.contains(" checked"));
    let fields = inputs.filter_map(|tag| Some((attribute(tag, "name")?, attribute(tag, "value").unwrap_or_default())));
    Form {
        method: attribute(head, "method").unwrap_or_else(|| "get".to_owned()),
        action: attribute(head, "action").unwrap_or_default(),
        fields: fields.chain(selects).collect(),
    }
}

impl Form {
    /// Filled in so.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.fields.retain(|(own, _)| own != name);
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The address that one of another view leads to.
    pub fn target(&self) -> String {
        format!("{}?{}", self.action.split('?').next().unwrap(), self.body())
    }

    fn body(&self) -> String {
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(&self.fields);
        body.finish()
    }
}

/// The function and the route of a target in an area.
pub fn route_of(area: &str, method: &str, target: &str) -> Option<(&'static str, &'static Route)> {
    let mut router = Router::default();
    for function in FUNCTIONS.iter().filter(|function| function.area == area) {
        for route in function.routes() {
            router.insert(route.method, route.path, (function.name, route)).unwrap();
        }
    }
    router.find(method, target.split(['?', '#']).next().unwrap()).map(|found| *found.value)
}

/// A browser that is shown a section.
pub struct Browser<'s, S: Pages> {
    /// Whose pages.
    pub fixture: &'s S,
    /// What it keeps.
    pub cookies: BTreeMap<String, String>,
    /// What it sends with each request.
    pub headers: BTreeMap<&'static str, String>,
}

impl<'s, S: Pages> Browser<'s, S> {
    /// One that nobody has used.
    pub fn of(fixture: &'s S) -> Self {
        let headers = [("sec-fetch-site", "same-origin"), ("host", "tenon.example.com"), ("accept-language", "zh-CN")];
        let headers = headers.into_iter().map(|(name, value)| (name, value.to_owned())).collect();
        Self { fixture, cookies: BTreeMap::new(), headers }
    }

    /// Sends a request, and keeps the cookies of its answer.
    pub async fn request(&mut self, method: &str, target: &str, body: &str) -> Page {
        let found = [Some(S::AREA), S::ALSO].into_iter().flatten().find_map(|area| route_of(area, method, target));
        let (function, route) = found.unwrap_or_else(|| panic!("no route: {method} {target}"));
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut event = HttpEvent::new(method, target).route(route.path).headers(&self.headers);
        if !cookies.is_empty() {
            event = event.header("cookie", &cookies.join("; "));
        }
        if method != "GET" {
            event = event.header("content-type", "application/x-www-form-urlencoded").body(body);
        }
        let response = S::service(function).answer(self.fixture.ctx(), event.request()).await;
        for line in response.headers().get_all("set-cookie") {
            self.keep(line.to_str().unwrap());
        }
        Page {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: String::from_utf8_lossy(response.body().as_ref()).into_owned(),
            is_own: S::is_own,
            is_sent: S::is_sent,
        }
    }

    fn keep(&mut self, line: &str) {
        let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
        assert!(line.contains("; Path=/; Secure; HttpOnly; SameSite=Lax"), "{line}");
        if line.ends_with("Max-Age=0") {
            self.cookies.remove(name);
        } else {
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }

    /// What is there.
    pub async fn get(&mut self, target: &str) -> Page {
        self.request("GET", target, "").await
    }

    /// A page that must be there.
    pub async fn page(&mut self, target: &str) -> Page {
        let page = self.get(target).await;
        assert_eq!(page.status, 200, "{target}: {}", page.body);
        page
    }

    /// Sends a form.
    pub async fn send(&mut self, form: &Form) -> Page {
        if form.method == "get" {
            return self.get(&form.target()).await;
        }
        self.request("POST", &form.action, &form.body()).await
    }

    /// Sends a form that leads to a page.
    pub async fn through(&mut self, form: &Form) -> Page {
        let answer = self.send(form).await;
        assert_eq!(answer.status, 303, "{}: {}", form.action, answer.body);
        let target = answer.location().to_owned();
        self.page(&target).await
    }

    /// The session's id; empty where nobody is signed in.
    pub fn session(&self) -> String {
        self.cookies.get("__Host-tenon").cloned().unwrap_or_default()
    }
}
