//! What an entity set has, by the service's own metadata (`$metadata`, EDMX): megabytes of XML, of which one type is wanted.

use super::{B1, SERVICE_LAYER};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use std::collections::HashSet;
use std::time::Duration;
use tenon_platform::error::{Error, ErrorKind, Result};

/// It is longer than other answers.
const MAX_ANSWER_BYTES: usize = 48 * 1024 * 1024;
/// And the server puts it together first.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The type of an entity set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EntityType {
    /// The set, as the service spells it.
    pub set: String,
    /// Properties of its key.
    pub key: Vec<String>,
    /// The others, and those of the key.
    pub properties: Vec<Property>,
    /// Its collections of lines, with what a line has.
    pub collections: Vec<(String, Vec<Property>)>,
}

/// A property of one value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Property {
    /// Its name.
    pub name: String,
    /// Its type: `Edm.Int32`, or that of an enumeration.
    pub of: String,
}

impl B1<'_> {
    /// The type of an entity set.
    ///
    /// # Errors
    /// `b1.not-found` for a set that the service has not.
    pub async fn entity_type(&self, set: &str) -> Result<EntityType> {
        let timeout = self.read_timeout("").max(TIMEOUT);
        let mut request = Self::get("$metadata", &[], "$metadata", timeout).header("accept", "application/xml");
        request.max_answer = Some(MAX_ANSWER_BYTES);
        let answer = self.send(&request).await?;
        let body = std::str::from_utf8(&answer.body).map_err(|why| why.to_string());
        let read = body.and_then(|xml| read(xml, set)).map_err(|why| {
            let message =
                format!("the service's $metadata cannot be read: {why}; check that base_url is the Service Layer's");
            SERVICE_LAYER.unintelligible(message).during("b1 GET $metadata")
        })?;
        read.ok_or_else(|| {
            let message = format!("the service has no entity set {set}; its name is that of the path, such as Orders");
            Error::permanent("b1.not-found", message).with_kind(ErrorKind::NotFound)
        })
    }
}

/// What an element says of itself.
struct Element {
    name: String,
    of: String,
}

/// The type of a set; `None` when there is no such set. Sets are named at the end, their types before.
fn read(xml: &str, set: &str) -> std::result::Result<Option<EntityType>, String> {
    let (mut found, mut shapes) = (None, HashSet::new());
    walk(xml, |element, within| {
        match element {
            "EntitySet" if within.name.eq_ignore_ascii_case(set) => {
                found = Some((within.name.clone(), short(&within.of).to_owned()));
            }
            "ComplexType" => {
                shapes.insert(within.name.clone());
            }
            _ => {}
        }
        true
    })?;
    let Some((set, wanted)) = found else { return Ok(None) };
    let (key, own) = properties(xml, "EntityType", &wanted)?;
    let mut entity = EntityType { set, key, ..EntityType::default() };
    for property in own {
        match property.of.strip_prefix("Collection(").and_then(|of| of.strip_suffix(')')) {
            Some(line) if shapes.contains(short(line)) => {
                let (_, mut lines) = properties(xml, "ComplexType", short(line))?;
                lines.retain(|property| is_value(&property.of, &shapes));
                entity.collections.push((property.name, lines));
            }
            Some(_) => {}
            None if is_value(&property.of, &shapes) => entity.properties.push(property),
            None => {}
        }
    }
    Ok(Some(entity))
}

/// Whether it is one value, and neither a list nor an object.
fn is_value(of: &str, shapes: &HashSet<String>) -> bool {
    !of.starts_with("Collection(") && !shapes.contains(short(of)) && !matches!(of, "Edm.Binary" | "Edm.Stream")
}

/// A type's name without its namespace.
fn short(of: &str) -> &str {
    of.rsplit('.').next().unwrap_or(of)
}

/// The key and the properties of one type.
fn properties(xml: &str, kind: &str, name: &str) -> std::result::Result<(Vec<String>, Vec<Property>), String> {
    let (mut inside, mut key, mut all) = (false, Vec::new(), Vec::new());
    walk(xml, |element, within| {
        match element {
            "EntityType" | "ComplexType" | "EnumType" if inside => return false,
            element if element == kind && within.name == name => inside = true,
            "PropertyRef" if inside => key.push(within.name.clone()),
            "Property" if inside => all.push(Property { name: within.name.clone(), of: within.of.clone() }),
            _ => {}
        }
        true
    })?;
    Ok((key, all))
}

/// Shows each element, until that is enough.
fn walk(xml: &str, mut see: impl FnMut(&str, &Element) -> bool) -> std::result::Result<(), String> {
    let mut reader = Reader::from_str(xml);
    loop {
        match reader.read_event().map_err(|why| why.to_string())? {
            Event::Start(start) | Event::Empty(start) if !see(start.local_name().as_ref(), &element_of(&start)?) => {
                return Ok(());
            }
            Event::Eof => return Ok(()),
            _ => {}
        }
    }
}

fn element_of(start: &BytesStart<'_>) -> std::result::Result<Element, String> {
    let mut element = Element { name: String::new(), of: String::new() };
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|why| why.to_string())?;
        // Names and types have no character that is escaped.
        match attribute.key.local_name().as_ref() {
            "Name" => element.name = attribute.value.into_owned(),
            "Type" | "EntityType" => element.of = attribute.value.into_owned(),
            _ => {}
        }
    }
    Ok(element)
}

#[cfg(test)]
mod tests {
    use super::*;

    const XML: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<edmx:Edmx Version="1.0" xmlns:edmx="http://schemas.microsoft.com/ado/2007/06/edmx"><edmx:DataServices>
<Schema Namespace="SAPB1" xmlns="http://schemas.microsoft.com/ado/2008/09/edm">
<EnumType Name="BoStatus"><Member Name="bost_Open" Value="0"/></EnumType>
<ComplexType Name="DocumentLine"><Property Name="LineNum" Type="Edm.Int32"/><Property Name="Quantity" Type="Edm.Double"/>
<Property Name="Tax" Type="Collection(SAPB1.TaxLine)"/></ComplexType>
<ComplexType Name="TaxLine"><Property Name="Code" Type="Edm.String"/></ComplexType>
<EntityType Name="Document"><Key><PropertyRef Name="DocEntry"/></Key>
<Property Name="DocEntry" Nullable="false" Type="Edm.Int32"/><Property Name="DocDate" Type="Edm.DateTime"/>
<Property Name="DocumentStatus" Type="SAPB1.BoStatus"/><Property Name="AddressExtension" Type="SAPB1.TaxLine"/>
<Property Name="DocumentLines" Type="Collection(SAPB1.DocumentLine)"/><NavigationProperty Name="BusinessPartner"/></EntityType>
<EntityType Name="Other"><Property Name="X" Type="Edm.String"/></EntityType>
<EntityContainer Name="ServiceLayer"><EntitySet Name="Orders" EntityType="SAPB1.Document"/></EntityContainer>
</Schema></edmx:DataServices></edmx:Edmx>"#;

    #[test]
    fn a_set_has_the_values_of_its_type_and_its_lines_theirs() {
        let found = read(XML, "orders").unwrap().unwrap();
        let names = |all: &[Property]| all.iter().map(|one| one.name.clone()).collect::<Vec<_>>();
        assert_eq!((found.set.as_str(), found.key.as_slice()), ("Orders", ["DocEntry".to_owned()].as_slice()));
        assert_eq!(names(&found.properties), ["DocEntry", "DocDate", "DocumentStatus"]);
        let [(name, line)] = found.collections.as_slice() else { panic!("{found:?}") };
        assert_eq!((name.as_str(), names(line)), ("DocumentLines", vec!["LineNum".to_owned(), "Quantity".to_owned()]));
        assert_eq!(read(XML, "Nothing").unwrap(), None);
        assert!(read("<a><b></a>", "Orders").is_err());
    }
}
