//! How long the oldest message of each SQS queue has waited. SQS tells CloudWatch, and nobody who asks for a queue's
//! attributes; so CloudWatch is asked, by one signed request for all queues. The SDK for it would be a dependency larger
//! than all others of the command, for this request alone.

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use http::header::{CONTENT_TYPE, HeaderName};
use http::{HeaderMap, HeaderValue, Method};
use quick_xml::Reader;
use quick_xml::events::Event;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::time::{Duration, SystemTime};
use tenon_platform::http::{Call, Http};
use tenon_platform::http_client::HttpClient;
use tenon_platform::queue::QueueName;
use tenon_platform::settings::Settings;
use tenon_platform::{Error, Result};

const METRIC: &str = "ApproximateAgeOfOldestMessage";
const FORM: &str = "application/x-www-form-urlencoded";
/// How far back a value may lie, in seconds: SQS tells one a minute, some minutes late, and none of a queue that nobody
/// has used for hours.
const LATELY_S: i64 = 15 * 60;
/// Queues one request may ask for.
const MAX_QUEUES: usize = 500;

/// Asks CloudWatch.
pub struct Ages {
    endpoint: String,
    region: String,
    credentials: SharedCredentialsProvider,
    /// The names of the queues in SQS, by their names here.
    queues: BTreeMap<QueueName, String>,
}

impl Ages {
    /// For the queues of the settings; `None` without credentials or region, which is told where the queues are asked.
    pub fn new(shared: &SdkConfig, settings: &Settings) -> Option<Self> {
        let region = shared.region()?.to_string();
        let own = std::env::var("AWS_ENDPOINT_URL_CLOUDWATCH").ok().filter(|url| !url.is_empty());
        let endpoint = own.or_else(|| shared.endpoint_url().map(str::to_owned)).unwrap_or_else(|| of_region(&region));
        let name = |url: &str| url.rsplit('/').next().unwrap_or_default().to_owned();
        let queues = settings.queues.iter().map(|(queue, url)| (QueueName::new(queue.as_str()), name(url))).collect();
        Some(Self { endpoint, region, credentials: shared.credentials_provider()?, queues })
    }

    /// The age in ms of the oldest message of each queue that has had one lately, as of a minute or two ago.
    ///
    /// # Errors
    /// `platform.queue` with CloudWatch's words, for missing permissions above all.
    pub async fn oldest(&self, now_ms: i64) -> Result<BTreeMap<QueueName, i64>> {
        let body = self.question(now_ms)?;
        let credentials = self.credentials.provide_credentials().await.map_err(failed)?;
        let mut call = Call::new(Method::POST, self.endpoint.as_str());
        call.headers = self.signed(&body, credentials, now_ms)?;
        call.body = body.into();
        call.timeout = Duration::from_secs(10);
        let answer = HttpClient::new().call(call).await.map_err(|failure| failed(failure.message()))?;
        let text = String::from_utf8_lossy(&answer.body);
        if answer.status != 200 {
            let words: String = text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(300).collect();
            return Err(failed(format!("HTTP {}: {words}", answer.status)));
        }
        let result = newest(&text)?;
        let age = |(place, queue): (usize, &QueueName)| Some((queue.clone(), *result.get(&id(place))?));
        Ok(self.queues.keys().take(MAX_QUEUES).enumerate().filter_map(age).collect())
    }

    /// `GetMetricData`, one query a queue.
    fn question(&self, now_ms: i64) -> Result<String> {
        let now_s = now_ms.div_euclid(1000);
        let time = |s: i64| jiff::Timestamp::from_second(s).map(|at| at.to_string()).map_err(failed);
        let mut fields = vec![
            ("Action".to_owned(), "GetMetricData".to_owned()),
            ("Version".to_owned(), "2010-08-01".to_owned()),
            ("StartTime".to_owned(), time(now_s - LATELY_S)?),
            ("EndTime".to_owned(), time(now_s)?),
            ("ScanBy".to_owned(), "TimestampDescending".to_owned()),
        ];
        for (place, name) in self.queues.values().take(MAX_QUEUES).enumerate() {
            let query = format!("MetricDataQueries.member.{}", place + 1);
            let metric = format!("{query}.MetricStat.Metric");
            fields.extend([
                (format!("{query}.Id"), id(place)),
                (format!("{query}.MetricStat.Period"), "60".to_owned()),
                (format!("{query}.MetricStat.Stat"), "Maximum".to_owned()),
                (format!("{metric}.Namespace"), "AWS/SQS".to_owned()),
                (format!("{metric}.MetricName"), METRIC.to_owned()),
                (format!("{metric}.Dimensions.member.1.Name"), "QueueName".to_owned()),
                (format!("{metric}.Dimensions.member.1.Value"), name.clone()),
            ]);
        }
        Ok(form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish())
    }

    fn signed(&self, body: &str, credentials: Credentials, now_ms: i64) -> Result<HeaderMap> {
        let identity = credentials.into();
        let since = Duration::from_millis(u64::try_from(now_ms).unwrap_or(0));
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name("monitoring")
            .time(SystemTime::UNIX_EPOCH + since)
            .settings(SigningSettings::default())
            .build()
            .map_err(failed)?;
        let headers = [("content-type", FORM)].into_iter();
        let request = SignableRequest::new("POST", &self.endpoint, headers, SignableBody::Bytes(body.as_bytes()));
        let signed = sign(request.map_err(failed)?, &params.into()).map_err(failed)?;
        let (instructions, _) = signed.into_parts();
        let mut headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(FORM))]);
        for (name, value) in instructions.headers() {
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(failed)?;
            headers.insert(name, HeaderValue::from_str(value).map_err(failed)?);
        }
        Ok(headers)
    }
}

fn of_region(region: &str) -> String {
    let suffix = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    format!("https://monitoring.{region}.{suffix}/")
}

/// Names a query within its request.
fn id(place: usize) -> String {
    format!("q{place}")
}

/// The newest value of each query that has one, in ms.
fn newest(xml: &str) -> Result<BTreeMap<String, i64>> {
    let (mut reader, mut path, mut found) = (Reader::from_str(xml), Vec::<String>::new(), BTreeMap::new());
    let (mut id, mut age_ms) = (None, None);
    loop {
        match reader.read_event().map_err(failed)? {
            Event::Start(tag) => path.push(tag.local_name().into_inner().to_owned()),
            Event::End(_) => {
                if path.ends_with(&RESULT.map(str::to_owned))
                    && let (Some(id), Some(age_ms)) = (id.take(), age_ms.take())
                {
                    found.insert(id, age_ms);
                }
                path.pop();
            }
            Event::Text(text) => {
                let text = text.into_inner();
                match path.iter().rev().map(String::as_str).take(3).collect::<Vec<_>>().as_slice() {
                    ["Id", "member", "MetricDataResults"] => id = Some(text.trim().to_owned()),
                    // The first is the newest.
                    ["member", "Values", "member"] if age_ms.is_none() => age_ms = Some(milliseconds(text.trim())?),
                    _ => {}
                }
            }
            Event::Eof => return Ok(found),
            _ => {}
        }
    }
}

/// What ends with one query's result.
const RESULT: [&str; 2] = ["MetricDataResults", "member"];

/// Seconds as CloudWatch writes them: a decimal, sometimes with an exponent.
fn milliseconds(text: &str) -> Result<i64> {
    let seconds: f64 = text.parse().map_err(|_| failed(format!("an age is {text:?}")))?;
    let age = Duration::try_from_secs_f64(seconds).map_err(failed)?;
    Ok(i64::try_from(age.as_millis()).unwrap_or(i64::MAX))
}

fn failed(why: impl Display) -> Error {
    Error::transient("platform.queue", why.to_string()).during("ages of oldest messages, from CloudWatch")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::net::TcpListener;

    const NOW_MS: i64 = 1_700_000_000_000;

    /// CloudWatch that gives one answer; what it was asked.
    fn cloudwatch(status: &str, body: &str) -> (String, std::thread::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let response =
            format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
        let received = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let (mut request, mut chunk) = (String::new(), [0; 4096]);
            while !request.contains("dead-letters-of-it") {
                let read = stream.read(&mut chunk).unwrap();
                request.push_str(std::str::from_utf8(&chunk[..read]).unwrap());
            }
            stream.write_all(response.as_bytes()).unwrap();
            request
        });
        (url, received)
    }

    fn ages(endpoint: String) -> Ages {
        let credentials = SharedCredentialsProvider::new(Credentials::new("AKIDEXAMPLE", "secret", None, None, "test"));
        let names = [("a", "stack-Submit-1"), ("b", "idle"), ("c", "dead-letters-of-it")];
        let queues = names.map(|(queue, name)| (QueueName::new(queue), name.to_owned())).into();
        Ages { endpoint, region: "cn-north-1".to_owned(), credentials, queues }
    }

    #[tokio::test]
    async fn the_newest_value_of_each_queue_is_its_age() {
        let (url, received) = cloudwatch(
            "200 OK",
            r#"<GetMetricDataResponse xmlns="http://monitoring.amazonaws.com/doc/2010-08-01/"><GetMetricDataResult>
               <Messages/><MetricDataResults>
                 <member><Timestamps><member>2023-11-14T22:12:00Z</member><member>2023-11-14T22:11:00Z</member></Timestamps>
                   <Values><member>4210.0</member><member>4150.0</member></Values>
                   <Label>x</Label><Id>q0</Id><StatusCode>Complete</StatusCode></member>
                 <member><Id>q1</Id><Timestamps/><Values/><StatusCode>Complete</StatusCode></member>
                 <member><Id>q2</Id><Values><member>1.2E5</member></Values></member>
               </MetricDataResults></GetMetricDataResult></GetMetricDataResponse>"#,
        );
        let result = ages(url).oldest(NOW_MS).await.unwrap();
        assert_eq!(result, BTreeMap::from([(QueueName::new("a"), 4_210_000), (QueueName::new("c"), 120_000_000)]));
        let received = received.join().unwrap();
        for part in [
            "Action=GetMetricData&",
            "StartTime=2023-11-14T21%3A58%3A20Z&EndTime=2023-11-14T22%3A13%3A20Z",
            "MetricDataQueries.member.1.Id=q0",
            "member.1.MetricStat.Metric.MetricName=ApproximateAgeOfOldestMessage",
            "member.1.MetricStat.Metric.Dimensions.member.1.Value=stack-Submit-1",
            "member.3.MetricStat.Metric.Dimensions.member.1.Value=dead-letters-of-it",
            "Credential=AKIDEXAMPLE/20231114/cn-north-1/monitoring/aws4_request",
        ] {
            assert!(received.contains(part), "{part} is not in {received}");
        }
    }

    #[tokio::test]
    async fn a_refusal_is_told_in_cloudwatchs_words() {
        let (url, _request) = cloudwatch(
            "403 Forbidden",
            "<ErrorResponse><Error><Code>AccessDenied</Code><Message>not authorized to perform: \
             cloudwatch:GetMetricData</Message></Error></ErrorResponse>",
        );
        let result = ages(url).oldest(NOW_MS).await.unwrap_err().to_string();
        assert!(result.contains("HTTP 403") && result.contains("cloudwatch:GetMetricData"), "{result}");
    }

    #[test]
    fn each_partition_of_aws_has_its_address() {
        assert_eq!(of_region("cn-northwest-1"), "https://monitoring.cn-northwest-1.amazonaws.com.cn/");
        assert_eq!(of_region("eu-central-1"), "https://monitoring.eu-central-1.amazonaws.com/");
    }
}
