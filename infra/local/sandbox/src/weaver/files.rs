//! Files within a form: `fieldValue` is a list of `{filePath, fileName}`, and `filePath` an address or the file itself
//! as `base64:` and its text. A file that does not fit refuses the whole request, as any field does.

use super::options::WeaverFiles;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::Value;

/// A file that came with a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WeaverFile {
    /// The field that holds it.
    pub field: String,
    /// Its name.
    pub name: String,
    /// What stands in it; empty for one that is fetched from an address.
    #[serde(skip)]
    pub bytes: Vec<u8>,
}

/// The files of a field's value; `None` when it is a list of anything else.
pub(super) fn read(field: &str, value: &Value) -> Option<Result<Vec<WeaverFile>, String>> {
    let list = value.as_array()?;
    Some(list.iter().map(|file| one(field, file)).collect())
}

fn one(field: &str, file: &Value) -> Result<WeaverFile, String> {
    let text = |name: &str| file.get(name).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
    let path = text("filePath").ok_or_else(|| format!("{field}附件filePath不允许为空"))?;
    let name = text("fileName").ok_or_else(|| format!("{field}附件fileName不允许为空"))?;
    let bytes = match path.strip_prefix("base64:") {
        Some(content) => STANDARD.decode(content).map_err(|_| format!("{name}附件base64解析失败"))?,
        None if path.starts_with("http://") || path.starts_with("https://") => Vec::new(),
        None => return Err(format!("{name}附件filePath格式错误")),
    };
    Ok(WeaverFile { field: field.to_owned(), name: name.to_owned(), bytes })
}

/// Why a field does not take a file.
pub(super) fn unfit(takes: Option<&WeaverFiles>, file: &WeaverFile) -> Option<String> {
    let Some(takes) = takes else { return Some(format!("{}不是附件字段", file.field)) };
    let extension = file.name.rsplit_once('.').map_or("", |(_, extension)| extension).to_lowercase();
    if !takes.types.is_empty() && !takes.types.contains(&extension) {
        return Some(format!("{}附件类型不允许", file.name));
    }
    (file.bytes.len() > takes.bytes).then(|| format!("{}附件大小超出限制", file.name))
}
