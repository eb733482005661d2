//! What a PLM pushes, up to the moment at which the ERP is asked, by flows of each kind.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use tenon_flows::plm::fuzzing;
use tenon_model::config::PlmFlow;

static FLOWS: LazyLock<Vec<PlmFlow>> = LazyLock::new(|| {
    [
        r#"{"id":"i","erp":"b","receives":"items"}"#,
        r#"{"id":"b","erp":"b","receives":"boms","line_quantity":"1","substitutes":{"on_found":"ignore"}}"#,
        r#"{"id":"r","erp":"b","receives":"routings","object":"GYLX","key":"DocEntry","records":"data"}"#,
        r#"{"id":"m","erp":"b","receives":"boms","send_nulls":true,"form":{
            "fields":[{"from":"a","to":"TreeCode"},{"from":"q","to":"Quantity","format":"number"},{"from":"d","to":"U_D","format":"date"}],
            "lines":[{"from":"l","fields":[{"from":"c","to":"ItemCode"},{"from":"n","to":"Quantity","format":"number"}]}]}}"#,
    ]
    .iter()
    .filter_map(|text| serde_json::from_str(text).ok())
    .collect()
});

fuzz_target!(|input: &[u8]| {
    assert_eq!(FLOWS.len(), 4);
    for flow in FLOWS.iter() {
        fuzzing::read(flow, input);
    }
});
