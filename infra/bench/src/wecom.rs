//! WeCom's events: what it costs to verify, decrypt and read one of 2 KB, beside a published client where one is
//! installed; and genuine pushes for the callback.

use crate::Result;
use crate::push::Push;
use crate::report::{Row, Times};
use serde_json::json;
use std::hint::black_box;
use std::process::Stdio;
use std::time::{Duration, Instant};
use tenon::commands::sandbox_config;
use tenon_crypto::envelope::Codec;
use tenon_model::wecom::{Event, sealed};
use tenon_sandbox::WecomOptions;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

/// The connection of the sandbox's configuration.
pub const CONNECTION: &str = "wecom-sandbox";
/// What is wanted.
const WANTED: Duration = Duration::from_micros(12);
/// Bytes of the event, in clear.
const SIZE: usize = 2048;
/// Runs of so many at a time, of which the median is taken.
const RUNS: usize = 200;
const AT_A_TIME: u32 = 200;

/// Measures verifying, decrypting and reading an event.
#[derive(clap::Args, Debug)]
pub struct EventArgs {
    /// A Python that may have wechatpy.
    #[arg(long, default_value = "python3")]
    python: String,
}

/// Seals and opens with the sandbox's token and key.
pub fn codec() -> Result<Codec> {
    let options = WecomOptions::default();
    Codec::new(&options.token, &options.aes_key, &options.corp_id).map_err(|e| format!("sandbox key: {e}").into())
}

/// The end of an approval of the goods issue's form, of about this many bytes.
pub fn event(number: u64, now_ms: i64, size: usize) -> String {
    let corp = WecomOptions::default().corp_id;
    let (now, template) = (now_ms / 1000, sandbox_config::GOODS_ISSUE);
    let detail = |user: usize| {
        format!(
            "<Details><Approver><UserId><![CDATA[approver{user}]]></UserId></Approver><Speech><![CDATA[同意，请尽快办理]]></Speech><SpStatus>2</SpStatus><SpTime>{now}</SpTime></Details>"
        )
    };
    let mut details = String::new();
    let of = |details: &str| {
        format!(
            "<xml><ToUserName><![CDATA[{corp}]]></ToUserName><FromUserName><![CDATA[sys]]></FromUserName><CreateTime>{now}</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[sys_approval_change]]></Event><AgentID>3010040</AgentID><ApprovalInfo><SpNoStr><![CDATA[2026{number:08}]]></SpNoStr><SpNo>2026{number:08}</SpNo><SpName><![CDATA[库存发货]]></SpName><SpStatus>2</SpStatus><TemplateId><![CDATA[{template}]]></TemplateId><ApplyTime>{now}</ApplyTime><Applyer><UserId><![CDATA[zhangtao]]></UserId><Party><![CDATA[2]]></Party></Applyer><SpRecord><SpStatus>2</SpStatus><ApproverAttr>1</ApproverAttr>{details}</SpRecord><StatuChangeEvent>2</StatuChangeEvent></ApprovalInfo></xml>"
        )
    };
    for user in 0..1000 {
        if of(&details).len() >= size {
            break;
        }
        details.push_str(&detail(user));
    }
    of(&details)
}

/// Seals an event as WeCom does.
pub fn seal(codec: &Codec, number: u64, now_ms: i64, event: &str) -> Push {
    let (timestamp, nonce) = ((now_ms / 1000).to_string(), format!("{number:010}"));
    let random = (u128::from(number) << 64 | 0x5eed).to_be_bytes();
    let sealed = codec.seal(event, &timestamp, &nonce, random);
    let corp = WecomOptions::default().corp_id;
    Push {
        query: format!("msg_signature={}&timestamp={timestamp}&nonce={nonce}", sealed.signature),
        body: format!(
            "<xml><ToUserName><![CDATA[{corp}]]></ToUserName><AgentID><![CDATA[3010040]]></AgentID><Encrypt><![CDATA[{}]]></Encrypt></xml>",
            sealed.encrypt
        ),
    }
}

/// Measures it.
pub async fn run(args: EventArgs) -> Result<Vec<Row>> {
    let (codec, now) = (codec()?, 1_795_305_600_000);
    let plain = event(1, now, SIZE);
    let push = seal(&codec, 1, now, &plain);
    let value = |name: &str| {
        push.query.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}="))).unwrap_or_default().to_owned()
    };
    let (signature, timestamp, nonce) = (value("msg_signature"), value("timestamp"), value("nonce"));
    let once = || -> Result<bool> {
        let encrypt = sealed(black_box(push.body.as_bytes()))?;
        let opened = codec.open_bytes(&signature, &timestamp, &nonce, &encrypt).map_err(|e| e.name().to_owned())?;
        let read = Event::read(&opened)?;
        Ok(black_box(read.neutral()).is_some_and(|event| event.outcome.is_some()))
    };
    if !once()? {
        return Err("the event is not understood".into());
    }
    let mut times = Vec::with_capacity(RUNS);
    for _ in 0..RUNS {
        let begun = Instant::now();
        for _ in 0..AT_A_TIME {
            once()?;
        }
        times.push(begun.elapsed() / AT_A_TIME);
    }
    let times = Times::new(times);
    let shown = |time: Duration| format!("{:.1} µs", time.as_secs_f64() * 1e6);
    let what =
        format!("WeCom event of {} bytes: body read, verified, decrypted, read (median of {RUNS} runs)", plain.len());
    let mut rows = vec![Row::judged(
        what,
        format!("{} (fastest {}, p99 {})", shown(times.median()), shown(times.at(0.0)), shown(times.at(0.99))),
        format!("≤ {} µs", WANTED.as_micros()),
        times.median() <= WANTED,
    )];
    let options = WecomOptions::default();
    let given = json!({ "token": options.token, "key": options.aes_key, "corp": options.corp_id, "body": push.body,
        "signature": signature, "timestamp": timestamp, "nonce": nonce, "runs": RUNS, "at_a_time": AT_A_TIME });
    match wechatpy(&args.python, &given.to_string()).await {
        Ok(answered) => rows.push(Row::plain("the same event by wechatpy, in the same run", answered)),
        Err(why) => eprintln!("  wechatpy was not measured: {why}"),
    }
    Ok(rows)
}

/// What it takes the published Python client to do the same.
const SCRIPT: &str = r"
import json, statistics, sys, time
import wechatpy
from wechatpy.enterprise.crypto import WeChatCrypto
from wechatpy.enterprise import parse_message
given = json.load(sys.stdin)
crypto = WeChatCrypto(given['token'], given['key'], given['corp'])
def once():
    plain = crypto.decrypt_message(given['body'], given['signature'], given['timestamp'], given['nonce'])
    return parse_message(plain)
once()
times = []
for _ in range(given['runs'] // 4):
    begun = time.perf_counter()
    for _ in range(given['at_a_time'] // 4):
        once()
    times.append((time.perf_counter() - begun) / (given['at_a_time'] // 4))
print('%.1f µs, fastest %.1f µs (wechatpy %s)'
      % (statistics.median(times) * 1e6, min(times) * 1e6, wechatpy.__version__))
";

async fn wechatpy(python: &str, given: &str) -> Result<String> {
    let mut child = Command::new(python)
        .args(["-c", SCRIPT])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let mut stdin = child.stdin.take().ok_or("no standard input")?;
    stdin.write_all(given.as_bytes()).await?;
    drop(stdin);
    let output = child.wait_with_output().await?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        return Err(text.lines().last().unwrap_or("it failed").to_owned().into());
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_about_two_kilobytes_and_opens() {
        let (codec, plain) = (codec().unwrap(), event(7, 1_795_305_600_000, SIZE));
        assert!((SIZE..SIZE + 300).contains(&plain.len()), "{}", plain.len());
        let push = seal(&codec, 7, 1_795_305_600_000, &plain);
        assert!(sealed(push.body.as_bytes()).is_ok());
        assert!(Event::read(plain.as_bytes()).unwrap().neutral().unwrap().outcome.is_some());
    }
}
