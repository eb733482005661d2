use super::*;
use serde_json::json;

fn sound() -> serde_json::Value {
    json!({
        "connections": [
            {"kind": "b1", "id": "b1-main", "base_url": "https://b1:50000", "company_db": "SBODEMOCN", "username": "manager", "password": "x"},
            {"kind": "dingtalk", "id": "ding-main", "app_key": "dingk", "app_secret": "s", "token": "t", "aes_key": "k"}
        ],
        "flows": [
            {"id": "purchase-request", "kind": "approval", "erp": "b1-main", "oa": "ding-main", "source": {},
             "form": {"template": "PROC-1", "fields": [{"from": "DocEntry", "to": "来源单号"}]}}
        ]
    })
}

/// A price flow whose last column goes to this field.
fn quote(template: &str, last: &str) -> serde_json::Value {
    json!({"id": "quote", "kind": "price", "erp": "b1-main", "oa": "ding-main",
        "form": {"template": template, "fields": [{"from": "客户", "to": "CardCode"}],
                 "lines": {"from": "明细", "fields": [{"from": "物料", "to": "ItemCode"}, {"from": "价格", "to": last}]}}})
}

/// A PLM flow for these records.
fn plm(receives: &str) -> serde_json::Value {
    json!({"id": format!("plm-{receives}"), "kind": "plm", "erp": "b1-main", "receives": receives})
}

fn problems(value: serde_json::Value) -> Vec<String> {
    check(&serde_json::from_value(value).unwrap()).iter().map(ToString::to_string).collect()
}

#[test]
fn the_smallest_sound_configuration_has_the_documents_defaults() {
    assert!(problems(sound()).is_empty());
    let config: Config = serde_json::from_value(sound()).unwrap();
    let flow = config.flows[0].as_approval().unwrap();
    let source = &flow.source;
    assert_eq!((source.object.as_str(), source.key.as_str(), source.page_size), ("Drafts", "DocEntry", 20));
    assert_eq!((flow.marks.synced.as_str(), flow.marks.instance.name()), ("U_ISSYN", "U_instanceID"));
    assert_eq!(flow.every, Duration::from_secs(60));
    assert_eq!(flow.key_control(), Some("来源单号"));
}
#[test]
fn what_is_watched_must_be_shown() {
    let mut config = sound();
    config["flows"][0]["form"]["lines"] = json!({"to": "明细", "fields": [{"from": "Quantity", "to": "数量"}]});
    config["flows"][0]["watch"] = json!(["DocEntry", "DocumentLines.Quantity", "DocumentLines", "U_UserID"]);
    assert!(problems(config.clone()).is_empty());
    config["flows"][0]["watch"] = json!(["DocumentLines.Price"]);
    assert!(problems(config.clone())[0].contains("DocumentLines.Price is not mapped"));
    config["flows"][0]["watch"] = json!([]);
    assert!(problems(config)[0].contains("names no field"));
}

#[test]
fn a_draft_of_an_unknown_kind_is_told() {
    let mut config = sound();
    config["flows"][0]["source"]["object"] = json!("CountingDrafts");
    assert!(problems(config.clone())[0].contains("which kind of draft CountingDrafts holds"));
    config["flows"][0]["source"]["draft_type"] = json!(1470000109);
    assert!(problems(config).is_empty());
}

#[test]
fn a_form_by_which_no_instance_could_be_recognised_is_refused() {
    let mut config = sound();
    let contact = json!([{"from": "U_Buyer", "to": "采购员", "format": "contact"}]);
    config["flows"][0]["form"]["fields"] = contact.clone();
    let parsed: Config = serde_json::from_value(config.clone()).unwrap();
    let found = check(&parsed);
    assert!(
        found.iter().any(|p| !p.warning && p.path.ends_with("form.key") && p.rule.to_string().contains("reads back"))
    );
    config["flows"][0]["form"]["key"] = json!("来源单号");
    assert!(problems(config.clone()).is_empty());
    config["flows"][0]["form"] = json!({"template": "PROC-1", "fields": contact,
        "lines": {"to": "明细", "fields": [{"from": "Quantity", "to": "数量"}]}});
    let parsed: Config = serde_json::from_value(config).unwrap();
    assert!(check(&parsed).iter().all(|p| p.warning));
}

#[test]
fn names_the_place_and_the_mend() {
    let mut bad = sound();
    bad["flows"][0]["erp"] = json!("ding-main");
    bad["flows"][0]["source"]["page_size"] = json!(0);
    bad["connections"][0]["base_url"] = json!("b1:50000");
    let found = problems(bad);
    assert!(
        found.iter().any(|p| p.starts_with("flows[purchase-request].erp: connection ding-main is of kind dingtalk"))
    );
    assert!(found.iter().any(|p| p.starts_with("flows[purchase-request].source.page_size")));
    assert!(found.iter().any(|p| p.starts_with("connections[b1-main].base_url")));
}

#[test]
fn a_link_to_what_people_see_names_what_is_meant() {
    let mut config = sound();
    config["connections"][0]["link"] = json!("https://b1.example.com/webx/{object}/{key}");
    assert!(problems(config.clone()).is_empty());
    for (link, wrong) in [
        ("javascript:alert({key})", "begin with https://"),
        ("https://b1.example.com/webx", "name {key}"),
        ("https://b1.example.com/{key}/{instance}", "in braces"),
    ] {
        config["connections"][0]["link"] = json!(link);
        let found = problems(config.clone());
        assert!(found.iter().any(|p| p.starts_with("connections[b1-main].link") && p.contains(wrong)), "{found:?}");
    }
}

#[test]
fn companies_may_share_an_approval_form_but_not_a_price_form() {
    let mut config = sound();
    let mut second = config["flows"][0].clone();
    second["id"] = json!("other-company");
    config["flows"].as_array_mut().unwrap().push(second);
    assert!(problems(config.clone()).is_empty());
    config["flows"][1] = quote("PROC-1", "Price");
    assert!(problems(config).iter().any(|p| p.contains("uses the same form")));
}

#[test]
fn a_price_flow_maps_what_a_price_needs() {
    let mut bad = sound();
    bad["flows"][0] = quote("PROC-2", "Prise");
    let found = problems(bad);
    assert!(found.iter().any(|p| p.contains("no field is mapped to Price")));
    assert!(found.iter().any(|p| p.contains("Prise is no field of a special price")));
}

/// A sound base data flow, and the connection it needs.
fn with_base_data() -> serde_json::Value {
    let mut config = sound();
    config["connections"].as_array_mut().unwrap().push(json!({"kind": "weaver", "id": "weaver-main",
        "base_url": "https://oa", "app_id": "a", "secret": "s", "spk": "k", "system_id": "SAPB1", "system_password": "p",
        "operator": "1"}));
    config["flows"] = json!([{"id": "items", "kind": "base-data", "erp": "b1-main", "oa": "weaver-main",
        "form": {"template": "erpWuliao", "fields": [{"from": "ItemCode", "to": "wlbm"}]}}]);
    config
}

// R-W1, R-W11, R-W46
#[test]
fn a_base_data_flow_has_all_that_its_calls_need() {
    assert_eq!(problems(with_base_data()), Vec::<String>::new());
    for (place, value, wanted) in [
        ("/flows/0/oa", json!("ding-main"), "weaver is needed here"),
        ("/flows/0/form/template", json!(" "), "form.template: is empty"),
        ("/flows/0/form/batch", json!(0), "between 1 and 100"),
        ("/flows/0/form/batch", json!(101), "between 1 and 100"),
        ("/flows/0/form/per_minute", json!(0), "nothing would be sent"),
        ("/flows/0/form/fields", json!([{"from": "ItemName", "to": "wlmc"}]), "no column from the key ItemCode"),
        ("/flows/0/form/fields/0/to", json!("ID"), "id is the OA's own number"),
        ("/flows/0/form/fields/0/format", json!("attachment"), "base data does not carry"),
        (
            "/flows/0/form/tables",
            json!([{"from": "L", "to": "lines", "fields": [{"from": "a", "to": "b"}]}]),
            "detail1",
        ),
        ("/flows/0/source", json!({"select": "ItemName", "page_size": 1}), ""),
        ("/flows/0/source", json!({"page_size": 0}), "between 1 and 1000"),
        ("/flows/0/marks", json!({"synced_value": "N"}), "two values"),
        ("/connections/2/system_id", json!(null), "no system_id and system_password"),
        ("/connections/2/operator", json!(null), "names the OA user"),
    ] {
        let mut bad = with_base_data();
        let (parent, key) = place.rsplit_once('/').unwrap();
        match bad.pointer_mut(parent).unwrap() {
            serde_json::Value::Array(all) => all[key.parse::<usize>().unwrap()] = value.clone(),
            parent => parent[key] = value.clone(),
        }
        let found = problems(bad);
        assert_eq!(found.is_empty(), wanted.is_empty(), "{place} {value}: {found:?}");
        assert!(found.iter().any(|p| p.contains(wanted)) || wanted.is_empty(), "{place} {value}: {found:?}");
    }
    let mut left_out = with_base_data();
    left_out["flows"][0]["form"]["fields"].as_array_mut().unwrap().push(json!({"from": "ItemName", "to": "wlmc"}));
    left_out["flows"][0]["source"] = json!({"select": "Valid"});
    assert!(problems(left_out)[0].contains("leaves out ItemName"));
}

#[test]
fn callers_name_what_exists() {
    let mut config = sound();
    config["apps"] = json!([
        {"id": "production", "app_code": "c", "allow_ips": ["10.0.0.0/8", "2001:db8::/32", "192.0.2.1"], "tenant": "t-1"}
    ]);
    config["openapi_apps"] =
        json!([{"app_key": "os_demo", "app_secret": "s", "tenant": "t-1", "module": "ORDER_SYNC"}]);
    assert!(problems(config.clone()).is_empty());
    for (place, value, wanted) in [
        ("/apps/0/tenant", json!("default"), "apps[production].tenant"),
        ("/apps/0/allow_ips", json!(["10.0.0.0/33"]), "apps[production].allow_ips"),
        ("/apps/0/allow_ips", json!(["10.1.2.3/8"]), "apps[production].allow_ips"),
        ("/apps/0/allow_ips", json!(["intranet"]), "apps[production].allow_ips"),
        ("/openapi_apps/0/app_key", json!("demo"), "openapi_apps[demo].app_key"),
        ("/openapi_apps/0/tenant", json!("t 1"), "openapi_apps[os_demo].tenant"),
        ("/openapi_apps/0/module", json!("ORDERS"), "openapi_apps[os_demo].module"),
    ] {
        let mut bad = config.clone();
        *bad.pointer_mut(place).unwrap() = value;
        let found = problems(bad);
        assert!(found.len() == 1 && found[0].starts_with(wanted), "{place}: {found:?}");
    }
    for list in ["apps", "openapi_apps"] {
        let mut twice = config.clone();
        let first = twice[list][0].clone();
        twice[list].as_array_mut().unwrap().push(first);
        assert_eq!(problems(twice).len(), 1, "{list}");
    }
}

#[test]
fn every_duration_has_bounds_and_its_default_lies_within() {
    let places = [
        ("/connections/0/timeouts/login", "connections[b1-main].timeouts.login", "50ms", "61s"),
        ("/connections/0/timeouts/read", "connections[b1-main].timeouts.read", "50ms", "10m"),
        ("/connections/0/timeouts/write", "connections[b1-main].timeouts.write", "50ms", "2m"),
        ("/connections/0/timeouts/approval", "connections[b1-main].timeouts.approval", "50ms", "365d"),
        ("/connections/1/timeout", "connections[ding-main].timeout", "50ms", "10m"),
        ("/connections/1/freshness", "connections[ding-main].freshness", "500ms", "100d"),
        ("/connections/1/reconcile_every", "connections[ding-main].reconcile_every", "500ms", "2d"),
        ("/connections/1/check_open_after", "connections[ding-main].check_open_after", "500ms", "31d"),
        ("/flows/0/every", "flows[purchase-request].every", "500ms", "200000000d"),
        ("/flows/1/every", "flows[quote].every", "500ms", "2d"),
        ("/flows/2/every", "flows[items].every", "500ms", "2d"),
        ("/flows/3/every", "flows[plm-items].every", "500ms", "2d"),
    ];
    let mut within = sound();
    within["connections"][0]["timeouts"] = json!({});
    within["flows"].as_array_mut().unwrap().push(quote("PROC-2", "Price"));
    let base_data = with_base_data();
    within["flows"].as_array_mut().unwrap().push(base_data["flows"][0].clone());
    within["connections"].as_array_mut().unwrap().push(base_data["connections"][2].clone());
    within["flows"].as_array_mut().unwrap().push(plm("items"));
    assert!(problems(within.clone()).is_empty());
    for (pointer, path, short, long) in places {
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        for value in [short, long] {
            let mut bad = within.clone();
            bad.pointer_mut(parent).unwrap()[key] = json!(value);
            let found = problems(bad);
            assert!(found.len() == 1 && found[0].starts_with(path) && found[0].contains("between"), "{found:?}");
        }
    }
    // No duration of the configuration is left out here.
    let files = [
        include_str!("../connection.rs"),
        include_str!("../connection/b1.rs"),
        include_str!("../connection/dingtalk.rs"),
        include_str!("../flow/approval.rs"),
        include_str!("../flow/price.rs"),
        include_str!("../flow/base_data.rs"),
        include_str!("../flow/plm.rs"),
        include_str!("../flow/source.rs"),
    ];
    let settings: usize = files.iter().map(|file| file.matches("duration::text\")]").count()).sum();
    assert_eq!(settings, places.len());
}

#[test]
fn an_unknown_key_is_an_error() {
    let mut bad = sound();
    bad["flows"][0]["source"]["filer"] = json!("x");
    let error = serde_json::from_value::<Config>(bad).unwrap_err().to_string();
    assert!(error.contains("filer") && error.contains("filter"), "{error}");
}

#[test]
fn only_drafts_of_b1s_own_approval_are_added() {
    let with = |change: serde_json::Value| {
        let mut config = sound();
        for (name, value) in change.as_object().unwrap() {
            config["flows"][0][name] = value.clone();
        }
        problems(config)
    };
    assert!(with(json!({"on_approved": "add", "add_batches": true})).is_empty());
    let document = with(json!({"on_approved": "add", "source": {"document": "document", "object": "Orders"}}));
    assert!(document[0].contains("only a draft becomes a document"), "{document:?}");
    let payments = with(json!({"on_approved": "add", "source": {"object": "PaymentDrafts"}}));
    assert!(payments[0].contains("the source is PaymentDrafts"), "{payments:?}");
    assert!(with(json!({"add_batches": true}))[0].contains("of no effect"));
}

#[test]
fn files_have_a_control_of_their_own_and_the_oas_limits() {
    let with = |files: serde_json::Value| {
        let mut config = sound();
        config["flows"][0]["form"]["attachments"] = files;
        problems(config)
    };
    assert!(with(json!({"to": "附件", "max_files": 9, "max_mb": 20, "types": ["pdf"]})).is_empty());
    for (files, messages) in [
        (json!({"to": " "}), "form.attachments.to"),
        (json!({"to": "附件", "max_files": 10}), "between 1 and 9"),
        (json!({"to": "附件", "max_files": 0}), "between 1 and 9"),
        (json!({"to": "附件", "max_mb": 21}), "between 1 and 20"),
        (json!({"to": "来源单号"}), "filled from a field too"),
    ] {
        let found = with(files.clone());
        assert!(found.iter().any(|p| p.contains(messages)), "{files}: {found:?}");
    }
}

// R-C1
#[test]
fn a_wecom_connection_has_its_company_its_secrets_and_wecoms_own_address() {
    let given = json!({"kind": "wecom", "id": "wecom-main", "corp_id": " ww5f0e1d2c3b4a5968 ", "secret": "s", "token": "t", "aes_key": "k"});
    let connection: crate::config::WecomConnection = {
        let mut fields = given.clone();
        fields.as_object_mut().unwrap().remove("kind");
        serde_json::from_value(fields).unwrap()
    };
    assert_eq!(connection.api_url, "https://qyapi.weixin.qq.com");
    assert_eq!((connection.corp_id.as_str(), connection.secret.expose()), ("ww5f0e1d2c3b4a5968", "s"));
    assert_eq!((connection.token.expose(), connection.aes_key.expose()), ("t", "k"));
    assert!(!format!("{connection:?}").contains("\"s\""), "no secret is shown");
    for needed in ["corp_id", "secret", "token", "aes_key"] {
        let mut config = sound();
        let mut fields = given.clone();
        fields.as_object_mut().unwrap().remove(needed);
        config["connections"][1] = fields;
        let messages = serde_json::from_value::<Config>(config).unwrap_err().to_string();
        assert!(messages.contains(needed), "{needed}: {messages}");
    }
}

#[test]
fn a_plm_flow_says_what_it_needs() {
    let with = |flow: serde_json::Value, changes: serde_json::Value| {
        let mut config = sound();
        let mut flow = flow;
        for (name, value) in changes.as_object().unwrap() {
            flow[name] = value.clone();
        }
        config["flows"].as_array_mut().unwrap().push(flow);
        problems(config)
    };
    assert!(with(plm("items"), json!({})).is_empty());
    assert!(with(plm("boms"), json!({"on_update": "merge", "line_quantity": "1"})).is_empty());
    assert!(with(plm("routings"), json!({"object": "GYLX", "collections": ["GYLX_LINESCollection"]})).is_empty());
    assert!(with(plm("routings"), json!({}))[0].contains("names no object"));
    assert!(with(plm("items"), json!({"on_update": "merge"}))[0].contains("for boms alone"));
    assert!(with(plm("items"), json!({"collections": ["X"]}))[0].contains("for routings alone"));
    assert!(with(plm("boms"), json!({"line_quantity": "one"}))[0].contains("is no number"));
    assert!(with(plm("items"), json!({"constants": {"ItemCode": "A"}}))[0].contains("the key"));
    let unkeyed = json!({"form": {"fields": [{"from": "名称", "to": "ItemName"}]}});
    assert!(with(plm("items"), unkeyed)[0].contains("fills no ItemCode"));
    let mut twice = sound();
    let mut other = plm("items");
    other["id"] = json!("other");
    twice["flows"].as_array_mut().unwrap().extend([plm("items"), other]);
    assert!(problems(twice)[0].contains("one URL leads to one flow"));
}

#[test]
fn an_app_is_limited_to_connections_that_there_are() {
    let mut config = sound();
    config["apps"] = json!([{"id": "plm", "app_code": "c", "connections": ["b1-main"]}]);
    assert!(problems(config.clone()).is_empty());
    config["apps"][0]["connections"] = json!(["b1-mian"]);
    assert!(problems(config)[0].starts_with("apps[plm].connections: there is no connection b1-mian"));
}
