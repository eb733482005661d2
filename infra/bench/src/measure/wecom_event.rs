//! An event of WeCom's: what it costs to verify, decrypt and read one of 2 KB, beside a published client where one is
//! installed.

use serde_json::json;
use std::hint::black_box;
use std::process::Stdio;
use std::time::{Duration, Instant};
use tenon_bench::Result;
use tenon_bench::report::{Row, Times};
use tenon_bench::wecom::{SIZE, codec, event, seal};
use tenon_model::wecom::{Event, sealed};
use tenon_sandbox::WecomOptions;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

/// What is wanted.
const WANTED: Duration = Duration::from_micros(12);
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
