//! What the main stack says about the areas' stacks.

use super::{parameters, path};
use crate::Catalog;
use crate::region::Part;
use tenon_catalog::{Area, Function, camel};

/// The generated parts of `template.yaml`.
pub fn parts(catalog: &Catalog<'_>) -> Vec<Part> {
    let stacks: Vec<String> = catalog.areas.iter().map(stack).collect();
    let outputs = catalog.areas.iter().flat_map(outputs).collect();
    vec![Part { name: "Areas", text: format!("\n{}\n", stacks.join("\n")) }, Part { name: "Queues", text: outputs }]
}

/// Logical id of an area's stack.
fn stack_id(area: &Area) -> String {
    format!("{}Area", camel(area.name))
}

fn stack(area: &Area) -> String {
    let mut text = format!(
        "  {}:
    Type: AWS::CloudFormation::Stack
    DeletionPolicy: Delete
    UpdateReplacePolicy: Delete
    Properties:
      TemplateURL: {}
      Parameters:
",
        stack_id(area),
        path(area.name)
    );
    for parameter in parameters(area) {
        text.push_str(&format!("        {parameter}: {}\n", value(&parameter)));
    }
    text
}

/// What the main stack gives for a parameter.
fn value(parameter: &str) -> String {
    match parameter {
        "Prefix" => "!Ref AWS::StackName".to_owned(),
        "KeyArn" => "!GetAtt Key.Arn".to_owned(),
        "ApiId" => "!Ref Api".to_owned(),
        "TableName" => "!Ref Table".to_owned(),
        "TableArn" => "!GetAtt Table.Arn".to_owned(),
        "MasterKeyArn" => "!Ref MasterKey".to_owned(),
        "SubnetIds" => "!If [OwnNetwork, !GetAtt Network.Outputs.SubnetIds, !Ref SubnetIds]".to_owned(),
        "SecurityGroupId" => {
            "!If [OwnNetwork, !GetAtt Network.Outputs.SecurityGroupId, !Ref SecurityGroupId]".to_owned()
        }
        own => format!("!Ref {own}"),
    }
}

fn outputs(area: &Area) -> Vec<String> {
    let stack = stack_id(area);
    let mut lines = Vec::new();
    for spec in area.functions.iter().filter_map(Function::queue) {
        for (id, variable) in
            [(spec.logical_id(), spec.url_env()), (spec.dead_letter_logical_id(), spec.dead_letter_url_env())]
        {
            lines.push(format!(
                "  {id}Url:\n    Description: {variable}.\n    Value: !GetAtt {stack}.Outputs.{id}Url\n"
            ));
        }
    }
    lines
}
