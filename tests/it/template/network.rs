//! The way out with fixed addresses.

use serde_json::json;

use crate::template::source::{cloudformation, resources};

#[test]
fn a_way_out_is_made_only_when_asked_for() {
    let main = cloudformation("template.yaml");
    assert_eq!(main["Parameters"]["FixedAddresses"]["Default"], "none");
    assert_eq!(main["Parameters"]["SubnetIds"]["Default"], "");
    assert_eq!(main["Resources"]["Network"]["Condition"], "OwnNetwork");
}

#[test]
fn the_addresses_that_others_have_entered_outlive_the_stack() {
    let network = cloudformation("infra/network.yaml");
    let addresses = resources(&network, "AWS::EC2::EIP");
    assert_eq!(addresses.len(), 2);
    for (id, address) in addresses {
        assert_eq!(address["DeletionPolicy"], "Retain", "{id}");
        assert_eq!(address["UpdateReplacePolicy"], "Retain", "{id}");
    }
    assert!(network["Outputs"]["Addresses"].is_object());
}

#[test]
fn nothing_comes_in_and_the_table_is_reached_beside_the_gateways() {
    let network = cloudformation("infra/network.yaml");
    assert!(network["Resources"]["FunctionsGroup"]["Properties"].get("SecurityGroupIngress").is_none());
    let table = &network["Resources"]["TableEndpoint"]["Properties"];
    assert_eq!(table["VpcEndpointType"], "Gateway");
    assert_eq!(table["RouteTableIds"], json!([{ "Ref": "RoutesA" }, { "Ref": "RoutesB" }]));
}
