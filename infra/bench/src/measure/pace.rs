//! Load at a constant rate, whatever the answers do. An answer's time runs from when its request was
//! due, so a server that stalls is charged for all who wait.

use std::future::Future;
use std::time::{Duration, Instant};
use tenon_bench::Result;
use tenon_bench::report::{Row, Times, ms};
use tokio::task::JoinHandle;

/// What came of a load.
pub struct Loaded {
    /// Times of the answers that were as wanted.
    pub times: Times,
    /// Answers that were not, warm-up included.
    pub errors: usize,
    /// Share of the machine's processor time that its host gave to others meanwhile, where the system tells.
    pub withheld: Option<f64>,
}

/// How fast, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Requests a second.
    pub rate: u64,
    /// Seconds that are measured, after one that is not.
    pub seconds: u64,
}

impl Pace {
    /// Requests in all.
    pub fn requests(self) -> u64 {
        self.rate * (self.seconds + 1)
    }

    /// Sends each of these when it is due. `send` gives how long it took since the moment it is given, or
    /// `None` when the answer is not as wanted.
    ///
    /// # Errors
    /// When a task panics.
    pub async fn load<T, F>(self, requests: Vec<T>, send: impl Fn(T, Instant) -> F + Send + 'static) -> Result<Loaded>
    where
        T: Send + 'static,
        F: Future<Output = Option<Duration>> + Send + 'static,
    {
        let (runtime, rate) = (tokio::runtime::Handle::current(), self.rate);
        let before = processors();
        // A thread of its own keeps the time: the runtime's timer is a millisecond coarse.
        let pace = std::thread::spawn(move || {
            let begun = Instant::now() + Duration::from_millis(50);
            let mut under_way = Vec::with_capacity(requests.len());
            for (number, request) in (0u64..).zip(requests) {
                let due = begun + Duration::from_micros(number * 1_000_000 / rate);
                std::thread::sleep(due.saturating_duration_since(Instant::now()));
                under_way.push(runtime.spawn(send(request, due)));
            }
            under_way
        });
        let under_way: Vec<JoinHandle<Option<Duration>>> =
            tokio::task::spawn_blocking(move || pace.join()).await?.map_err(|_| "the pacing thread panicked")?;
        let (mut times, mut errors) = (Vec::new(), 0);
        for (number, answer) in (0u64..).zip(under_way) {
            match answer.await? {
                Some(time) if number >= self.rate => times.push(time),
                Some(_) => {}
                None => errors += 1,
            }
        }
        let withheld = before.zip(processors()).map(|(before, after)| after.withheld_since(before));
        Ok(Loaded { times: Times::new(times), errors, withheld })
    }
}

impl Loaded {
    /// A row that judges one percentile.
    pub fn row(&self, what: String, share: f64, wanted: Duration) -> Row {
        let at = self.times.at(share);
        Row::judged(
            what,
            format!(
                "{} (p50 {}, p90 {}, slowest {}, errors {}{})",
                ms(at),
                ms(self.times.median()),
                ms(self.times.at(0.9)),
                ms(self.times.max()),
                self.errors,
                self.withheld.map_or_else(String::new, |share| format!(", host withheld {:.0} %", share * 100.0))
            ),
            format!("≤ {} ms, no errors", wanted.as_secs_f64() * 1e3),
            at <= wanted && self.errors == 0,
        )
    }
}

/// What the machine's processors have done since its start, in ticks.
#[derive(Clone, Copy)]
struct Processors {
    all: u64,
    stolen: u64,
}

impl Processors {
    #[expect(clippy::cast_precision_loss, reason = "a share of some thousand ticks")]
    fn withheld_since(self, before: Self) -> f64 {
        let all = self.all.saturating_sub(before.all).max(1);
        self.stolen.saturating_sub(before.stolen) as f64 / all as f64
    }
}

/// Of the first line of `/proc/stat`: user, nice, system, idle, iowait, irq, softirq, steal.
fn processors() -> Option<Processors> {
    let text = std::fs::read_to_string("/proc/stat").ok()?;
    let ticks: Vec<u64> =
        text.lines().next()?.split_whitespace().skip(1).take(8).map_while(|t| t.parse().ok()).collect();
    Some(Processors { all: ticks.iter().sum(), stolen: *ticks.get(7)? })
}
