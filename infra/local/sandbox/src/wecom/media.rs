//! `POST /cgi-bin/media/upload`: files for three days.

use super::{WeCom, error, fine};
use crate::reply::Reply;
use bytes::Bytes;
use serde_json::json;

/// How long a file is kept.
const KEPT_MS: i64 = 3 * 86_400_000;
const LARGEST: usize = 20 * 1024 * 1024;
const SMALLEST: usize = 6;

/// A file that was uploaded.
#[derive(Clone, Debug)]
pub struct WecomMedia {
    /// Its id.
    pub id: String,
    /// The name that people see.
    pub name: String,
    /// What stands in it.
    pub bytes: Bytes,
    pub(super) at_ms: i64,
}

impl WeCom {
    pub(super) fn upload(&mut self, now_ms: i64, kind: Option<&str>, content_type: &str, body: &Bytes) -> Reply {
        if kind != Some("file") {
            return error(40004, "invalid media type");
        }
        let boundary = content_type.split_once("boundary=").map(|(_, b)| b.trim_matches('"').to_owned());
        let part = boundary.filter(|_| content_type.starts_with("multipart/form-data")).and_then(|b| part(&b, body));
        let Some((name, bytes)) = part else { return error(44001, "empty media data") };
        match bytes.len() {
            0..SMALLEST => return error(40006, "invalid media size"),
            SMALLEST..=LARGEST => {}
            _ => return error(45001, "media size out of limit"),
        }
        let id = format!("3{}", self.ids.token());
        self.media.push(WecomMedia { id: id.clone(), name, bytes, at_ms: now_ms });
        fine(json!({ "type": "file", "media_id": id, "created_at": now_ms.div_euclid(1000).to_string() }))
    }

    pub(super) fn knows_media(&self, now_ms: i64, id: &str) -> bool {
        self.media.iter().any(|media| media.id == id && now_ms < media.at_ms + KEPT_MS)
    }
}

/// The part named `media`: its file name and bytes.
fn part(boundary: &str, body: &Bytes) -> Option<(String, Bytes)> {
    let delimiter = format!("--{boundary}\r\n");
    let end = format!("\r\n--{boundary}--");
    let start = find(body, delimiter.as_bytes(), 0)? + delimiter.len();
    let blank = find(body, b"\r\n\r\n", start)?;
    let head = std::str::from_utf8(body.get(start..blank)?).ok()?;
    let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with("content-disposition"))?;
    if !line.contains("name=\"media\"") {
        return None;
    }
    let name = line.split_once("filename=\"")?.1.split_once('"')?.0.to_owned();
    let close = find(body, end.as_bytes(), blank + 4)?;
    Some((name, body.slice(blank + 4..close)))
}

fn find(body: &[u8], what: &[u8], from: usize) -> Option<usize> {
    body.get(from..)?.windows(what.len()).position(|window| window == what).map(|at| at + from)
}
