//! The XML as a tree of named elements: namespaces resolved, with the line where each begins. No document type, no
//! entities of its own, and limits that no honest file comes near.

use super::Unreadable;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::name::{QName, ResolveResult};
use quick_xml::reader::NsReader;

/// Longest file, in bytes.
pub const MAX_FILE_BYTES: usize = 1024 * 1024;
/// Deepest nesting.
pub const DEEPEST: usize = 64;
/// Elements of a file, at most.
pub const MAX_ELEMENTS: usize = 50_000;

/// BPMN 2.0.
const MODEL: &str = "http://www.omg.org/spec/BPMN/20100524/MODEL";
/// Its diagrams.
const DIAGRAM: &str = "http://www.omg.org/spec/BPMN/20100524/DI";
/// Shapes and points of diagrams.
const DRAWN: [&str; 2] = ["http://www.omg.org/spec/DD/20100524/DC", "http://www.omg.org/spec/DD/20100524/DI"];
/// What engines and tools say of assignees and services beside BPMN; [`super::settings`] reads these.
const KNOWN: [&str; 5] = [
    "https://tenon.dev/schema/process",
    "http://flowable.org/bpmn",
    "http://camunda.org/schema/1.0/bpmn",
    "http://activiti.org/bpmn",
    "http://aiflow.fan/schema/bpmn",
];

/// Whose word a name is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Space {
    /// BPMN's.
    Model,
    /// That of BPMN's diagrams.
    Diagram,
    /// That of points and bounds.
    Drawn,
    /// An engine's whose settings are read.
    Known,
    /// Anybody else's.
    Other,
    /// Nobody's: of an attribute, its element's; of an element, none.
    None,
}

/// An element.
#[derive(Clone, Debug)]
pub struct Node {
    /// Whose.
    pub space: Space,
    /// Its name, without a prefix.
    pub name: String,
    /// The line where it begins, from 1 on.
    pub line: u32,
    /// Its attributes, but for the declarations of namespaces.
    pub attributes: Vec<Attribute>,
    /// The elements in it.
    pub children: Vec<Node>,
    /// The text in it, together.
    pub text: String,
}

/// An attribute.
#[derive(Clone, Debug)]
pub struct Attribute {
    /// Whose.
    pub space: Space,
    /// Its name, without a prefix.
    pub name: String,
    /// Its value.
    pub value: String,
}

impl Node {
    /// The value of BPMN's own attribute of this name.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        let own = |a: &&Attribute| matches!(a.space, Space::None | Space::Model) && a.name == name;
        self.attributes.iter().find(own).map(|a| a.value.as_str())
    }

    /// Children of BPMN's that are called so.
    pub fn children<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.space == Space::Model && child.name == name)
    }

    /// The first of them.
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.space == Space::Model && child.name == name)
    }
}

/// Reads a file.
///
/// # Errors
/// What makes it no file that is read, and where.
pub fn read(text: &str) -> Result<Node, Unreadable> {
    if text.len() > MAX_FILE_BYTES {
        return Err(Unreadable::new(
            "xml-too-long",
            1,
            format!("文件共{}字节，超过上限{MAX_FILE_BYTES}字节", text.len()),
            format!("the file has {} bytes, at most {MAX_FILE_BYTES} are read", text.len()),
        ));
    }
    Reading::new(text).document()
}

struct Reading<'a> {
    text: &'a str,
    reader: NsReader<&'a [u8]>,
    open: Vec<Node>,
    root: Option<Node>,
    elements: usize,
    line: u32,
    counted: usize,
}

impl<'a> Reading<'a> {
    fn new(text: &'a str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut reader = NsReader::from_str(text);
        reader.config_mut().check_end_names = true;
        reader.config_mut().check_comments = true;
        Self { text, reader, open: Vec::new(), root: None, elements: 0, line: 1, counted: 0 }
    }

    /// The line that has been come to.
    fn now(&mut self) -> u32 {
        let at = usize::try_from(self.reader.buffer_position()).unwrap_or(usize::MAX).min(self.text.len());
        if let Some(passed) = self.text.as_bytes().get(self.counted..at) {
            let lines = passed.iter().filter(|byte| **byte == b'\n').count();
            self.line = self.line.saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
            self.counted = at;
        }
        self.line
    }

    fn document(mut self) -> Result<Node, Unreadable> {
        loop {
            let line = self.now();
            let event = self.reader.read_event();
            match event.map_err(|error| malformed(line, &error.to_string()))? {
                Event::Start(start) => {
                    let node = self.element(&start, line)?;
                    self.open.push(node);
                }
                Event::Empty(start) => {
                    let node = self.element(&start, line)?;
                    self.close(node, line)?;
                }
                Event::End(_) => {
                    let node = self.open.pop().ok_or_else(|| malformed(line, "an end without a beginning"))?;
                    self.close(node, line)?;
                }
                Event::Text(text) => self.add(&text.xml10_content(), line)?,
                Event::CData(text) => self.add(&text.into_inner(), line)?,
                Event::GeneralRef(entity) => {
                    let resolved = resolved(&entity, line)?;
                    self.add(&resolved, line)?;
                }
                Event::DocType(_) => {
                    return Err(Unreadable::new(
                        "xml-doctype",
                        line,
                        "文件带有DOCTYPE声明，不予读取，请删除",
                        "the file has a document type (DOCTYPE), which is not read; take it out",
                    ));
                }
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
                Event::Eof => break,
            }
        }
        let line = self.now();
        match self.root {
            Some(root) if self.open.is_empty() => Ok(root),
            _ => Err(malformed(line, "the file ends before its elements do")),
        }
    }

    fn element(&mut self, start: &BytesStart<'_>, line: u32) -> Result<Node, Unreadable> {
        self.elements += 1;
        if self.open.len() >= DEEPEST {
            return Err(Unreadable::new(
                "xml-too-deep",
                line,
                format!("元素嵌套超过{DEEPEST}层"),
                format!("elements are nested deeper than {DEEPEST}"),
            ));
        }
        if self.elements > MAX_ELEMENTS {
            return Err(Unreadable::new(
                "xml-too-many",
                line,
                format!("元素超过{MAX_ELEMENTS}个"),
                format!("the file has more than {MAX_ELEMENTS} elements"),
            ));
        }
        let (space, name) = self.named(start.name(), line, true)?;
        let mut attributes = Vec::new();
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|error| malformed(line, &error.to_string()))?;
            if attribute.key.as_namespace_binding().is_some() {
                continue;
            }
            let (space, name) = self.named(attribute.key, line, false)?;
            let value = attribute.normalized_value(XmlVersion::Implicit1_0);
            let value = value.map_err(|error| entity(line, &error.to_string()))?.into_owned();
            attributes.push(Attribute { space, name, value });
        }
        Ok(Node { space, name, line, attributes, children: Vec::new(), text: String::new() })
    }

    fn named(&self, name: QName<'_>, line: u32, is_element: bool) -> Result<(Space, String), Unreadable> {
        let resolver = self.reader.resolver();
        let (resolved, local) =
            if is_element { resolver.resolve_element(name) } else { resolver.resolve_attribute(name) };
        let space = match resolved {
            ResolveResult::Unbound => Space::None,
            ResolveResult::Bound(namespace) => space(namespace.0),
            ResolveResult::Unknown(prefix) => {
                return Err(Unreadable::new(
                    "xml-prefix",
                    line,
                    format!("命名空间前缀{prefix}没有声明"),
                    format!("the namespace prefix {prefix} is not declared"),
                ));
            }
        };
        Ok((space, local.as_ref().to_owned()))
    }

    fn add(&mut self, text: &str, line: u32) -> Result<(), Unreadable> {
        match self.open.last_mut() {
            Some(node) => node.text.push_str(text),
            None if text.trim().is_empty() => {}
            None => return Err(malformed(line, "text outside of the document's element")),
        }
        Ok(())
    }

    fn close(&mut self, node: Node, line: u32) -> Result<(), Unreadable> {
        match self.open.last_mut() {
            Some(parent) => parent.children.push(node),
            None if self.root.is_none() => self.root = Some(node),
            None => return Err(malformed(line, "a second element beside the document's own")),
        }
        Ok(())
    }
}

fn space(namespace: &str) -> Space {
    match namespace.trim() {
        MODEL => Space::Model,
        DIAGRAM => Space::Diagram,
        other if DRAWN.contains(&other) => Space::Drawn,
        other if KNOWN.contains(&other) => Space::Known,
        _ => Space::Other,
    }
}

/// Character references and XML's own five entities.
fn resolved(reference: &BytesRef<'_>, line: u32) -> Result<String, Unreadable> {
    match reference.resolve_char_ref() {
        Ok(Some(character)) => return Ok(character.to_string()),
        Ok(None) => {}
        Err(error) => return Err(entity(line, &error.to_string())),
    }
    let known = quick_xml::escape::resolve_predefined_entity(reference).map(str::to_owned);
    known.ok_or_else(|| entity(line, &format!("&{};", &**reference)))
}

fn entity(line: u32, what: &str) -> Unreadable {
    Unreadable::new(
        "xml-entity",
        line,
        format!("实体引用无法识别：{what}"),
        format!("a reference that is none of XML's own: {what}"),
    )
}

fn malformed(line: u32, why: &str) -> Unreadable {
    Unreadable::new("xml-malformed", line, format!("不是格式正确的XML：{why}"), format!("not well-formed XML: {why}"))
}
