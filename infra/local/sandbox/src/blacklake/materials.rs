//! Materials: one a code; importing makes or changes one.

use super::{Blacklake, Refused, page, refused, text};
use serde::Serialize;
use serde_json::{Map, Value, json};

/// One material.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Material {
    pub id: i64,
    pub code: String,
    pub enabled: bool,
    /// As it was imported last.
    pub fields: Map<String, Value>,
    /// How often it was imported.
    pub imports: u64,
}

impl Blacklake {
    /// 物料导入.
    pub(super) fn import_material(&mut self, body: &Value) -> Result<Value, Refused> {
        let Some(fields) = body.as_object().cloned() else { return refused("MATERIAL/PARAM", "参数错误") };
        let code = text(body, "materialCode");
        for required in ["materialCode", "materialName", "unitName", "bizType"] {
            if text(body, required).is_empty() {
                return refused("MATERIAL/REQUIRED", format!("{required}不能为空"));
            }
        }
        if code.trim() != code || code.chars().count() > 255 {
            return refused("MATERIAL/CODE", "物料编号不合法");
        }
        let unit = text(body, "unitName");
        if !self.options.units.is_empty() && !self.options.units.contains(&unit) {
            return refused("MATERIAL/UNIT", format!("单位[{unit}]不存在"));
        }
        let (purchase, items) = (text(body, "purchaseUnitName"), body.get("items").and_then(Value::as_array));
        let converts = |items: &Vec<Value>| {
            items.iter().any(|item| item.get("unitName").is_some_and(|unit| *unit == purchase.as_str()))
        };
        if !purchase.is_empty() && purchase != unit && !items.is_some_and(converts) {
            return refused("MATERIAL/PURCHASE_UNIT", format!("采购单位[{purchase}]不是主单位或转换单位"));
        }
        if let Some(known) = self.materials.iter_mut().find(|material| material.code == code) {
            if !known.enabled && !self.options.imports_stopped {
                return refused("MATERIAL/STOPPED", "物料已停用");
            }
            known.fields = fields;
            known.imports += 1;
            return Ok(json!({ "id": known.id }));
        }
        let id = self.new_id();
        self.materials.push(Material { id, code, enabled: true, fields, imports: 1 });
        Ok(json!({ "id": id }))
    }

    /// 停用物料, 启用物料.
    pub(super) fn enable(&mut self, body: &Value, enabled: bool) -> Result<Value, Refused> {
        let Some(ids) = body.get("ids").and_then(Value::as_array) else {
            return refused("MATERIAL/PARAM", "ids不能为空");
        };
        for id in ids {
            let Some(material) = self.materials.iter_mut().find(|material| Some(material.id) == id.as_i64()) else {
                return refused("MATERIAL/NOT_FOUND", "物料不存在");
            };
            material.enabled = enabled;
        }
        Ok(Value::Null)
    }

    /// 物料列表: by a part of the code, in no order that helps.
    pub(super) fn list_materials(&mut self, body: &Value) -> Result<Value, Refused> {
        let wanted = text(body, "code");
        let mut rows: Vec<&Material> = self.materials.iter().filter(|m| m.code.contains(&wanted)).collect();
        rows.sort_by_key(|material| std::cmp::Reverse(material.code.len()));
        let shown = rows.into_iter().map(|material| {
            let flag = if material.enabled {
                json!({"code": 1, "message": "启用"})
            } else {
                json!({"code": 0, "message": "停用"})
            };
            json!({ "id": material.id, "code": material.code, "name": material.fields.get("materialName"),
                "unitName": material.fields.get("unitName"), "enableFlag": flag })
        });
        page(body, shown.collect())
    }
}
