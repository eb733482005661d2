//! Every link and every form, as every role: what is shown works, what a role may not do is not shown, and is refused.

use crate::browser::{Browser, Fixture, Form, SignIn, route_of};
use std::collections::{BTreeMap, BTreeSet};
use tenon_catalog::{Auth, FUNCTIONS, Role};

/// All that can be reached from here: the pages, and the forms that change something by their routes.
async fn crawl(browser: &mut Browser<'_>, from: &str) -> (BTreeSet<String>, BTreeMap<&'static str, Form>) {
    let (mut seen, mut forms) = (BTreeSet::new(), BTreeMap::new());
    let mut next = vec![from.to_owned()];
    while let Some(target) = next.pop() {
        let target = target.split('#').next().unwrap().to_owned();
        if !seen.insert(target.clone()) || seen.len() > 400 {
            continue;
        }
        let page = browser.get(&target).await;
        assert_eq!(page.status, 200, "{target}: {}", page.body);
        for form in page.forms() {
            assert!(form.action.starts_with("/system/"), "{target}: {form:?}");
            if form.method == "get" {
                let filtered = browser.send(&form).await;
                assert_eq!(filtered.status, 200, "{target}: {form:?}: {}", filtered.body);
                continue;
            }
            let route = route_of("POST", &form.action).unwrap_or_else(|| panic!("{target}: no route of {form:?}")).1;
            forms.entry(route.path).or_insert(form);
        }
        next.extend(page.links());
    }
    (seen, forms)
}

/// The routes of the console that change something, and who may.
fn changing() -> Vec<(&'static str, Role)> {
    let routes = FUNCTIONS.iter().filter(|function| function.area == "console").flat_map(|function| function.routes());
    routes
        .filter_map(|route| match route.auth {
            Auth::Console { role, .. } if route.method == "POST" => Some((route.path, role)),
            _ => None,
        })
        .collect()
}

#[tokio::test]
async fn what_a_role_is_shown_works_and_what_it_may_not_do_is_not_shown_and_is_refused() {
    let fixture = Fixture::new().await;
    let mut tenant = fixture.signed_in(Some("t-1")).await;
    let mut operator = fixture.signed_in(None).await;
    // Something of everything: a module that is tried, with an endpoint and a delivery; another that is ordered.
    let trial = tenant.page("/system/app-store/ORDER_SYNC").await.form("/system/app-store/ORDER_SYNC/trial");
    let made = tenant.send(&trial).await;
    let app = made.forms().into_iter().find(|form| form.method == "get").unwrap().action;
    let edit = tenant.page(&app).await.form(&app).with("callbackUrl", "http://127.0.0.1:9/hook");
    tenant.send(&edit).await;
    let test = tenant.page(&format!("{app}/webhook")).await.form(&format!("{app}/webhook/test"));
    tenant.through(&test).await;
    let order =
        tenant.page("/system/app-store/QUALITY_FEEDBACK").await.form("/system/app-store/QUALITY_FEEDBACK/order");
    tenant.through(&order.with("contactName", "x").with("contactPhone", "13800000000")).await;

    let (tenant_pages, tenant_forms) = crawl(&mut tenant, "/system/app-store").await;
    let (mut operator_pages, mut operator_forms) = crawl(&mut operator, "/system/app-store").await;
    let (more, forms) = crawl(&mut operator, "/system/tenant-management?tab=apps&tenantId=t-1").await;
    operator_pages.extend(more);
    operator_forms.extend(forms);
    assert!(tenant_pages.len() > 20 && operator_pages.len() > 20, "{tenant_pages:?} {operator_pages:?}");
    assert!(operator_pages.iter().filter(|page| page.contains("/apps/")).all(|page| page.contains("tenantId=t-1")));

    // An endpoint that works is not switched on again, a module that is held gets no second app, and one that is tried is
    // not tried again: those forms are not there now.
    let elsewhere = ["/system/tenant-management/apps/{id}/webhook/enable"];
    for (path, role) in changing() {
        let (by_tenant, by_operator) = (tenant_forms.contains_key(path), operator_forms.contains_key(path));
        if elsewhere.contains(&path) {
            continue;
        }
        match role {
            Role::Operator => assert!(!by_tenant && by_operator, "{path}"),
            Role::TenantAdmin => assert!(by_tenant && !by_operator, "{path}"),
            Role::Either | Role::Anyone => {
                let may_be_away = path == "/system/tenant-management/apps";
                assert!((by_tenant && by_operator) || may_be_away, "{path} {by_tenant} {by_operator}");
            }
        }
        // The other role's form, with what proves a form of one's own: the role alone refuses it.
        let refused = match role {
            Role::Operator => {
                let csrf = own_csrf(&mut tenant).await;
                tenant.send(&operator_forms[path].clone().with("_csrf", &csrf)).await
            }
            Role::TenantAdmin => {
                let csrf = own_csrf(&mut operator).await;
                operator.send(&tenant_forms[path].clone().with("_csrf", &csrf)).await
            }
            Role::Either | Role::Anyone => continue,
        };
        assert!(refused.status == 403 && refused.has("没有权限"), "{path}: {} {}", refused.status, refused.body);
    }
}

async fn own_csrf(browser: &mut Browser<'_>) -> String {
    let form = browser.page("/system/app-store").await.form("/system/logout");
    form.fields.into_iter().find(|(name, _)| name == "_csrf").unwrap().1
}

#[tokio::test]
async fn who_lacks_a_scope_is_not_shown_its_place() {
    let fixture = Fixture::new().await;
    let (token, _) = fixture.token(Some("t-1"), &["MENU_TENANT_APP_VIEW"]).await;
    let mut browser = Browser::of(&fixture);
    assert_eq!(browser.sign_in(&token).await.location(), "/system/tenant-management");
    let page = browser.page("/system/tenant-management").await;
    assert!(!page.links().iter().any(|link| link == "/system/app-store"), "{}", page.body);
    let refused = browser.get("/system/app-store").await;
    assert!(refused.status == 403 && refused.has("/system/logout"), "{}", refused.body);
}
