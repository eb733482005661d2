//! [`Http`] over reqwest. Clients are made on first use, one per trust anchor, so that a function
//! that never calls out pays nothing at start.

use crate::http::{Answer, Call, Failure, Http};
use crate::met_certificates::{self, Met};
use crate::tls;
use async_trait::async_trait;
use bytes::BytesMut;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The client.
#[derive(Default)]
pub struct HttpClient {
    clients: Mutex<HashMap<Option<Arc<str>>, reqwest::Client>>,
    certificates: Arc<Met>,
}

impl HttpClient {
    /// A client that has not connected to anything yet.
    pub fn new() -> Self {
        Self::default()
    }

    fn client(&self, trust: Option<&Arc<str>>) -> Result<reqwest::Client, Failure> {
        let mut clients = self.clients.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(client) = clients.get(&trust.cloned()) {
            return Ok(client.clone());
        }
        let tls = met_certificates::tls(trust.map(AsRef::as_ref), &self.certificates).map_err(Failure::NotSent)?;
        let builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_secs(5))
            .pool_idle_timeout(Duration::from_secs(20))
            .tls_backend_preconfigured(tls)
            .no_proxy();
        let client =
            builder.build().map_err(|e| Failure::NotSent(format!("no HTTP client could be made: {}", chain(&e))))?;
        clients.insert(trust.cloned(), client.clone());
        Ok(client)
    }
}

#[async_trait]
impl Http for HttpClient {
    async fn call(&self, call: Call) -> Result<Answer, Failure> {
        let client = self.client(call.trust.as_ref())?;
        let request = client
            .request(call.method, &call.url)
            .headers(call.headers)
            .timeout(call.timeout)
            .body(call.body)
            .build()
            .map_err(|e| Failure::NotSent(format!("the request could not be made: {}", chain(&e))))?;
        let mut response = client.execute(request).await.map_err(|e| classify(&e))?;
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(|e| Failure::NoAnswer(chain(&e)))? {
            if body.len() + chunk.len() > call.max_answer {
                return Err(Failure::NoAnswer(format!("the answer is longer than {} bytes", call.max_answer)));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status, headers, body: body.freeze() })
    }

    fn certificates(&self) -> Vec<(String, i64)> {
        self.certificates.all()
    }
}

fn classify(error: &reqwest::Error) -> Failure {
    if error.is_connect() || error.is_builder() {
        Failure::NotSent(chain(error))
    } else {
        Failure::NoAnswer(chain(error))
    }
}

/// The error with its causes; without the URL, which may carry a token.
fn chain(error: &dyn std::error::Error) -> String {
    let mut causes = Vec::new();
    let mut next = error.source();
    while let Some(cause) = next {
        // Nothing beneath says it better.
        if let Some(words) = tls::words(cause) {
            causes.push(words);
            break;
        }
        causes.push(cause.to_string());
        next = cause.source();
    }
    if causes.is_empty() { "the HTTP client failed".to_owned() } else { causes.join(": ") }
}
