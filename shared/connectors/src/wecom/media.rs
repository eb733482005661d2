//! Files of a form: WeCom's temporary store, whose ids are good for three days and for every app of the company.

use super::{WECOM, Wecom, error};
use crate::base::Effect;
use crate::base::encode::percent;
use crate::oa::FileContent;
use bytes::Bytes;
use http::{HeaderValue, Method, header};
use serde_json::Value;
use std::time::Duration;
use tenon_crypto::digest::sha256_hex;
use tenon_model::oa::StoredFile;
use tenon_platform::error::{Error, Result};
use tenon_platform::http::Call;

const PATH: &str = "/media/upload";
/// How long a file may be on its way.
const UPLOAD: Duration = Duration::from_secs(40);
/// WeCom takes files of more than five bytes.
const SMALLEST: usize = 6;

impl Wecom<'_> {
    /// Stores a file for three days.
    ///
    /// # Errors
    /// `wecom.refused` for a file that WeCom does not take.
    pub(super) async fn store_for_a_form(&self, file: &FileContent) -> Result<StoredFile> {
        if file.bytes.len() < SMALLEST {
            let message = format!("{} has {} bytes, and WeCom takes files of more than 5", file.name, file.bytes.len());
            return Err(Error::permanent("wecom.refused", message));
        }
        // Longer than any file would have it by chance.
        let boundary = format!("tenon-{}", sha256_hex(&file.bytes));
        let body = Bytes::from(multipart(&boundary, file));
        let kind = HeaderValue::try_from(format!("multipart/form-data; boundary={boundary}"))
            .map_err(|e| Error::permanent("wecom.refused", e.to_string()))?;
        let call = |token: &str| {
            let url = format!("{}?access_token={}&type=file", self.url(PATH), percent(token));
            let mut call = Call::new(Method::POST, url);
            call.headers.insert(header::CONTENT_TYPE, kind.clone());
            call.body = body.clone();
            call.timeout = self.connection.timeout.max(UPLOAD);
            call
        };
        let now = self.remote.ctx.now_ms();
        // One that is stored twice is forgotten in three days.
        let answer = self
            .remote
            .call_with_token(self, Effect::Read, call, |answer| error::read(Effect::Read, answer, now))
            .await
            .map_err(|e| e.during(format!("wecom POST /cgi-bin{PATH}")))?;
        match answer.get("media_id").and_then(Value::as_str).filter(|id| !id.is_empty()) {
            Some(id) => Ok(StoredFile { name: file.name.clone(), reference: id.to_owned() }),
            None => Err(WECOM.unintelligible("WeCom took the file and named no media_id")),
        }
    }
}

/// The one part, under the name that WeCom reads.
fn multipart(boundary: &str, file: &FileContent) -> Vec<u8> {
    let head = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"media\"; filename=\"{}\"; filelength={}\r\n\
         Content-Type: application/octet-stream\r\n\r\n",
        quoted(&file.name),
        file.bytes.len()
    );
    [head.as_bytes(), file.bytes.as_ref(), format!("\r\n--{boundary}--\r\n").as_bytes()].concat()
}

/// As browsers write a name in a header.
fn quoted(name: &str) -> String {
    name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}

#[cfg(test)]
mod tests {
    use super::*;

    // R-C40
    #[test]
    fn a_name_cannot_end_its_header() {
        let file = FileContent { name: "a\"\r\nb.pdf".into(), bytes: Bytes::from_static(b"123456") };
        let text = String::from_utf8(multipart("x", &file)).unwrap();
        assert_eq!(
            text,
            "--x\r\nContent-Disposition: form-data; name=\"media\"; filename=\"a%22%0D%0Ab.pdf\"; filelength=6\r\n\
             Content-Type: application/octet-stream\r\n\r\n123456\r\n--x--\r\n"
        );
    }
}
