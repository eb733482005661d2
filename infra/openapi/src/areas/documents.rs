//! The documents themselves.

use crate::area::Area;
use crate::files::CODES;
use crate::operation::Operation;
use crate::shapes::{in_path, string, word};
use crate::types::Types;
use serde_json::json;

pub fn describe(_: &mut Types) -> Area {
    let codes: Vec<String> = CODES.iter().map(u16::to_string).collect();
    let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
    Area {
        tag: "文档 Documents",
        description: "本文档及错误码说明，无需认证。",
        operations: vec![
            Operation::plain(
                "/openapi/v1/openapi.json",
                "OpenAPI 3.1 文件",
                "application/json",
                json!({ "type": "object" }),
            )
            .description("This document."),
            Operation::plain("/openapi/v1/docs", "文档页面", "text/html", string())
                .description("This document as a page."),
            Operation::plain("/openapi/v1/docs/operators", "运营方文档页面", "text/html", string())
                .description("What the operator of the service needs besides, as a page."),
            Operation::plain("/openapi/v1/docs/aiflow", "aiflow 接口页面", "text/html", string())
                .description("aiflow 接口的文档页面。"),
            Operation::plain("/openapi/v1/docs/errors/{code}", "错误码说明", "text/html", string())
                .description("What an error code means and how to mend it.")
                .with(in_path("code", word(&codes), "错误码"))
                .refuses(&[404]),
        ],
        schemas: Vec::new(),
    }
}
