//! An HTTP function's way in: one integration, one permission, a route each.
//!
//! SAM can add a function's routes only to an API of the same template, so they are written out.

use tenon_catalog::{Function, Route};

/// Everything between the API and the function.
pub fn blocks(function: &Function) -> Vec<String> {
    let id = function.logical_id();
    let mut blocks = vec![
        format!(
            "  {id}Integration:
    Type: AWS::ApiGatewayV2::Integration
    Properties:
      ApiId: !Ref ApiId
      IntegrationType: AWS_PROXY
      IntegrationUri: !Sub arn:${{AWS::Partition}}:apigateway:${{AWS::Region}}:lambda:path/2015-03-31/functions/${{{id}Aliaslive}}/invocations
      PayloadFormatVersion: \"2.0\"
"
        ),
        format!(
            "  {id}Permission:
    Type: AWS::Lambda::Permission
    Properties:
      Action: lambda:InvokeFunction
      FunctionName: !Ref {id}.Alias
      Principal: apigateway.amazonaws.com
      SourceArn: !Sub arn:${{AWS::Partition}}:execute-api:${{AWS::Region}}:${{AWS::AccountId}}:${{ApiId}}/*/{}
",
            reached(function)
        ),
    ];
    blocks.extend(function.routes().iter().map(|route| {
        format!(
            "  {}:
    Type: AWS::ApiGatewayV2::Route
    Properties:
      ApiId: !Ref ApiId
      RouteKey: {} {}
      Target: !Sub integrations/${{{id}Integration}}
",
            route_id(route),
            route.method,
            route.path
        )
    }));
    blocks
}

/// What may reach the function: its one route, or what all its routes begin with.
fn reached(function: &Function) -> String {
    let place = function.place();
    match place.strip_suffix("/…") {
        Some(shared) => format!("*{shared}*"),
        None => place
            .split_once(' ')
            .map(|(method, path)| {
                let parts = path.split('/').map(|part| if part.starts_with('{') { "*" } else { part });
                format!("{method}{}", parts.collect::<Vec<_>>().join("/"))
            })
            .unwrap_or_default(),
    }
}

/// `PostOpenapiV1OrdersCreateRoute`: stable, since another name is another route.
pub fn route_id(route: &Route) -> String {
    let mut id = String::new();
    let words = route.path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    for word in std::iter::once(route.method.to_ascii_lowercase().as_str()).chain(words) {
        let mut letters = word.chars();
        id.extend(letters.next().map(|c| c.to_ascii_uppercase()));
        id.push_str(letters.as_str());
    }
    id.push_str("Route");
    id
}
