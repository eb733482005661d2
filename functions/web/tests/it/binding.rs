//! Who it is: the ERP's code where it is known; else one person's phone, else one person's e-mail.

use crate::common::{Browser, Fixture, WANTED};
use tenon_directory::{Directory, Person};
use tenon_model::TenantId;
use tenon_sandbox::OdooUser;

async fn sign_in(fixture: &Fixture, login: &str) -> crate::common::Answer {
    Browser::default().sign_in(fixture, login).await
}

#[tokio::test]
async fn the_erps_code_is_bound_by_phone_else_by_e_mail() {
    let fixture = Fixture::new().await;
    for (login, person, code) in [("zhangsan", "P1", "E1001"), ("lisi", "P2", "E1002"), ("wangwu", "P3", "E1003")] {
        let mut browser = Browser::default();
        assert_eq!(browser.sign_in(&fixture, login).await.location(), WANTED, "{login}");
        assert_eq!(browser.seen_as(&fixture).await.as_deref(), Some(person));
        let stored = fixture.person(person).await;
        assert_eq!(stored.external.get("COMPANY001").map(String::as_str), Some(code));
        assert_eq!(stored.changes.last().unwrap().by, "sso", "its history says who bound it");
    }
    let tenant = TenantId::operator();
    let department = Directory::new(&fixture.ctx, &tenant).department_by_external("COMPANY001", "D10").await.unwrap();
    assert_eq!(department.unwrap().data.id, "10", "and the department's, which is the person's only one");
}

#[tokio::test]
async fn who_is_bound_stays_so_whatever_phone_the_erp_has_now() {
    let fixture = Fixture::new().await;
    sign_in(&fixture, "zhangsan").await;
    fixture.odoo().put_user(OdooUser::new("zhangsan", "E1001", "张三", "13800000002"));
    let mut browser = Browser::default();
    browser.sign_in(&fixture, "zhangsan").await;
    assert_eq!(browser.seen_as(&fixture).await.as_deref(), Some("P1"), "not the person whose phone it is");
    assert!(fixture.person("P2").await.external.is_empty());
}

#[tokio::test]
async fn nobody_is_guessed_at() {
    let fixture = Fixture::new().await;
    let user = |login: &str, id: &str, phone: &str| OdooUser {
        email: String::new(),
        ..OdooUser::new(login, id, "某人", phone)
    };
    fixture.odoo().put_user(user("nobody", "E9", "13911112222"));
    sign_in(&fixture, "nobody").await.failed("sso.person-unknown");

    let twin = Person { mobile: Some("13800000001".to_owned()), ..Person::new("P4", "张三丰") };
    fixture.add(twin.clone()).await;
    sign_in(&fixture, "zhangsan").await.failed("sso.person-ambiguous");
    assert!(fixture.person("P1").await.external.is_empty() && fixture.person("P4").await.external.is_empty());

    fixture.add(Person { active: false, ..fixture.person("P4").await }).await;
    assert_eq!(sign_in(&fixture, "zhangsan").await.location(), WANTED, "who has left is not counted");

    fixture.add(Person { active: false, ..fixture.person("P2").await }).await;
    sign_in(&fixture, "lisi").await.failed("sso.person-disabled");
    fixture.add(Person { active: false, ..fixture.person("P1").await }).await;
    sign_in(&fixture, "zhangsan").await.failed("sso.person-disabled");
}

// Threat: somebody gives their account at the ERP the phone of another, who is bound.
#[tokio::test]
async fn a_person_who_is_bound_is_not_taken_over_by_another_code() {
    let fixture = Fixture::new().await;
    sign_in(&fixture, "zhangsan").await;
    fixture.odoo().put_user(OdooUser::new("mallory", "E6666", "马某", "13800000001"));
    let mut mallory = Browser::default();
    mallory.sign_in(&fixture, "mallory").await.failed("sso.person-bound");
    assert_eq!(mallory.seen_as(&fixture).await, None);
    assert_eq!(fixture.person("P1").await.external["COMPANY001"], "E1001");
}
