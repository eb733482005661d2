//! `$metadata`: the sets of the company with the types of their properties, as the vendor's EDMX has it: types first, sets
//! at the end, lines as complex types of their own.

use super::{B1, Version, schema};
use crate::reply::{self, Reply};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Words of which a property's name ends, and the type it has then.
const NUMBERS: [&str; 17] = [
    "Total",
    "Rate",
    "Quantity",
    "Price",
    "Percent",
    "Sum",
    "Weight",
    "Discount",
    "PriceAfterVAT",
    "Stock",
    "Inventory",
    "Size",
    "PerUnit",
    "PerPackUnit",
    "LineTotal",
    "UnitPrice",
    "SourcePrice",
];
const WHOLE: [&str; 13] = [
    "Entry",
    "Num",
    "Series",
    "Number",
    "GroupCode",
    "PersonCode",
    "UserSign",
    "Line",
    "Owner",
    "Branch",
    "Department",
    "ListNum",
    "PriceList",
];
const ENUMERATIONS: [(&str, &str); 9] = [
    ("DocumentStatus", "BoStatus"),
    ("LineStatus", "BoStatus"),
    ("DocType", "BoDocumentTypes"),
    ("AuthorizationStatus", "DocumentAuthorizationStatusEnum"),
    ("Cancelled", "BoYesNoEnum"),
    ("Confirmed", "BoYesNoEnum"),
    ("HandWritten", "BoYesNoEnum"),
    ("Valid", "BoYesNoEnum"),
    ("Frozen", "BoYesNoEnum"),
];

impl B1 {
    pub(super) fn metadata(&self, version: Version) -> Reply {
        let dates = if version == Version::V1 { "Edm.DateTime" } else { "Edm.DateTimeOffset" };
        let times = if version == Version::V1 { "Edm.Time" } else { "Edm.TimeOfDay" };
        let of = |name: &str| {
            let ends = |words: &[&str]| words.iter().any(|word| name.ends_with(word));
            match ENUMERATIONS.iter().find(|(known, _)| *known == name) {
                Some((_, of)) => format!("SAPB1.{of}"),
                None if name.ends_with("Date") => dates.to_owned(),
                None if name.ends_with("Time") => times.to_owned(),
                None if ends(&NUMBERS) => "Edm.Double".to_owned(),
                None if ends(&WHOLE) => "Edm.Int32".to_owned(),
                None => "Edm.String".to_owned(),
            }
        };
        let (mut types, mut sets, mut lines) = (String::new(), String::new(), BTreeSet::new());
        for (name, set) in &self.sets {
            let of_type =
                if schema::set_object(name).is_some() { "Document".to_owned() } else { format!("{name}Type") };
            let _ = write!(sets, "<EntitySet Name=\"{name}\" EntityType=\"SAPB1.{of_type}\"/>");
            if types.contains(&format!("<EntityType Name=\"{of_type}\"")) {
                continue;
            }
            let own = self.user_defined.of_set(name);
            let children = self.user_defined.children_of(name);
            let shown = set.rows.values().flat_map(|stored| stored.row.keys()).filter(|key| key.starts_with("U_"));
            let mut all: BTreeSet<&str> = shown.map(String::as_str).collect();
            for property in schema::listed(name).into_iter().flatten() {
                all.insert(property);
            }
            all.extend(set.key.names.iter().map(String::as_str));
            all.extend(own.iter().map(|(property, _)| property.as_str()));
            all.extend(children.iter().map(String::as_str));
            all.retain(|property| !set.removed.contains(*property));
            let _ = write!(types, "<EntityType Name=\"{of_type}\"><Key>");
            for key in &set.key.names {
                let _ = write!(types, "<PropertyRef Name=\"{key}\"/>");
            }
            types.push_str("</Key>");
            for property in all {
                let of = match property {
                    key if set.key.names.iter().any(|name| name == key) => {
                        if set.key.numeric {
                            "Edm.Int32".to_owned()
                        } else {
                            "Edm.String".to_owned()
                        }
                    }
                    collection if is_collection(collection) => {
                        lines.insert(collection.to_owned());
                        format!("Collection(SAPB1.{collection}Row)")
                    }
                    property => {
                        let known = own.iter().find(|(name, _)| name == property);
                        known.map_or_else(|| of(property), |(_, of)| (*of).to_owned())
                    }
                };
                let _ = write!(types, "<Property Name=\"{property}\" Type=\"{of}\"/>");
            }
            types.push_str("</EntityType>");
        }
        for line in lines {
            let _ = write!(types, "<ComplexType Name=\"{line}Row\">");
            let own = self.user_defined.of_lines(&line);
            let mut all = self.properties_of_lines(&line);
            all.extend(own.iter().map(|(property, _)| property.clone()));
            for property in all {
                let known = own.iter().find(|(name, _)| *name == property).map(|(_, of)| (*of).to_owned());
                let of = known.unwrap_or_else(|| of(&property));
                let _ = write!(types, "<Property Name=\"{property}\" Type=\"{of}\"/>");
            }
            types.push_str("</ComplexType>");
        }
        let enumerations: BTreeSet<&str> = ENUMERATIONS.iter().map(|(_, of)| *of).collect();
        for name in enumerations {
            let _ = write!(types, "<EnumType Name=\"{name}\"/>");
        }
        let body = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><edmx:Edmx Version=\"{}\" \
             xmlns:edmx=\"http://schemas.microsoft.com/ado/2007/06/edmx\"><edmx:DataServices><Schema Namespace=\"SAPB1\">\
             {types}<EntityContainer Name=\"ServiceLayer\">{sets}</EntityContainer></Schema></edmx:DataServices></edmx:Edmx>",
            if version == Version::V1 { "1.0" } else { "4.0" }
        );
        reply::with_body(200, "application/xml", body)
    }

    /// What lines have: those of documents what the product shows of them, others what there is.
    fn properties_of_lines(&self, collection: &str) -> BTreeSet<String> {
        let rows = self.sets.values().flat_map(|set| set.rows.values());
        let lines = rows.filter_map(|stored| stored.row.get(collection)).filter_map(Value::as_array).flatten();
        let fields = lines.filter_map(Value::as_object).flatten();
        let mut all: BTreeSet<String> =
            fields.filter(|(_, value)| !value.is_array() && !value.is_object()).map(|(name, _)| name.clone()).collect();
        if collection == "DocumentLines" {
            all.extend(schema::line_properties().map(str::to_owned));
        }
        all
    }
}

fn is_collection(name: &str) -> bool {
    [
        "Lines",
        "Requests",
        "Decisions",
        "Collection",
        "DataAreas",
        "Stages",
        "Approvers",
        "Users",
        "Documents",
        "Terms",
        "Invoices",
        "Checks",
        "References",
        "Prices",
    ]
    .iter()
    .any(|ending| name.ends_with(ending))
        || name == "ProductionOrdersSalesOrderLines"
}
