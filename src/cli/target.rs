use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use clap::Args;

use super::terminal::{Reader, complain, data, detach, talk};
use crate::target::{Behaviour, Counts, Delay, Freeze, Target};
use crate::units::{Rate, Ratio, Seed, parse_duration};
use crate::verdict::Exit;

/// Serves the reference API under /v1 and a small shop under /demo, with delays and faults of your choice, and counts
/// what it serves.
///
/// The shop asks for no key: POST /demo/login (the password of `ann` is `ann-secret`), GET /demo/me, GET /demo/products,
/// GET /demo/products/ID, GET, POST and DELETE /demo/cart, POST /demo/checkout, GET /demo/quote, POST /demo/graphql,
/// POST /demo/upload.
#[derive(Debug, Args)]
pub(super) struct TargetArgs {
    /// The port to listen on; 0 takes a free one.
    #[arg(long, default_value_t = 8000)]
    port: u16,

    /// The address to listen on.
    #[arg(long, default_value = "127.0.0.1")]
    host: IpAddr,

    /// A key that is accepted; may be given again.
    #[arg(long, value_name = "KEY", default_value = KEY)]
    api_key: Vec<String>,

    /// How long each answer takes: 20ms, 5ms..20ms, 90%:5ms,10%:200ms or exponential:20ms
    #[arg(long, value_name = "DELAY", value_parser = Delay::parse)]
    delay: Option<Delay>,

    /// The share of requests answered with 500: 5%
    #[arg(long, value_name = "SHARE", value_parser = Ratio::parse)]
    fail: Option<Ratio>,

    /// Stops answering again and again: 2s/30s is 2 seconds of every 30.
    #[arg(long, value_name = "LENGTH/EVERY", value_parser = Freeze::parse)]
    freeze: Option<Freeze>,

    /// Answers 429 beyond so many requests of a key and tenant: 100/min
    #[arg(long, value_name = "RATE", value_parser = Rate::parse)]
    limit: Option<Rate>,

    /// Makes learn and turn take longer: 500ms
    #[arg(long, value_name = "TIME", value_parser = |text: &str| parse_duration(text))]
    slow_learn: Option<Duration>,

    /// Answers learn and turn with 500, as the real service does on a fresh database.
    #[arg(long)]
    fresh_database: bool,

    /// Freezes the server for so long when four learns come at once: 30s
    #[arg(long, value_name = "TIME", value_parser = |text: &str| parse_duration(text))]
    learn_freeze: Option<Duration>,

    /// Spends so much CPU on checking each key: 70ms
    #[arg(long, value_name = "TIME", value_parser = |text: &str| parse_duration(text))]
    key_check_cost: Option<Duration>,

    /// Has the calls of a federation (/v1/federation/…), which the real service answers with 404.
    #[arg(long)]
    federation: bool,

    /// How long a request may take to come, from its first byte to its last.
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = |text: &str| parse_duration(text))]
    read_timeout: Duration,

    /// Starts with a few concepts instead of none.
    #[arg(long)]
    seeded: bool,

    /// The number its chance derives from.
    #[arg(long, value_name = "N", value_parser = Seed::parse, default_value = "1")]
    seed: Seed,

    /// How many threads serve.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=64))]
    threads: u8,
}

/// The key that is accepted where none is given.
const KEY: &str = "cm_test_key";

pub(super) fn run(args: &TargetArgs) -> Exit {
    detach(Reader::MayStall);
    let address = SocketAddr::new(args.host, args.port);
    let target = match Target::start(args.behaviour(), address) {
        Ok(target) => target,
        Err(error) => {
            let help = match error.kind() {
                std::io::ErrorKind::AddrInUse => "another program listens there: choose another with `--port`",
                std::io::ErrorKind::PermissionDenied => "ports below 1024 are the system's: choose one above",
                _ => "check `--host` and `--port`",
            };
            complain(format_args!("cannot listen on {address}: {error}"), help);
            return Exit::NotStarted;
        }
    };
    // whoever chose a key knows it
    let key = args.api_key.first().filter(|key| **key == KEY).map_or("***", String::as_str);
    let at = target.address();
    let what = format!("target listening on http://{at}/v1 (key: {key}) and http://{at}/demo (no key)");
    data(&format!("{what}; Ctrl-C stops it\n")).ok();
    if let Err(error) = wait() {
        talk(&format!("error: cannot listen for Ctrl-C: {error}\n"));
        return Exit::NotStarted;
    }
    data(&table(&target.stop())).err().unwrap_or(Exit::Passed)
}

impl TargetArgs {
    fn behaviour(&self) -> Behaviour {
        Behaviour {
            keys: self.api_key.clone(),
            delay: self.delay.clone().unwrap_or(Delay::None),
            fail: self.fail,
            freeze: self.freeze,
            limit: self.limit,
            slow_learn: self.slow_learn.unwrap_or_default(),
            fresh_database: self.fresh_database,
            learn_freeze: self.learn_freeze,
            key_check_cost: self.key_check_cost.unwrap_or_default(),
            federation: self.federation,
            read_timeout: self.read_timeout,
            seeded: self.seeded,
            seed: self.seed,
            threads: usize::from(self.threads),
        }
    }
}

fn wait() -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => interrupted,
            _ = terminate.recv() => Ok(()),
        }
    })
}

fn table(counts: &Counts) -> String {
    let mut out = String::from("\nserved\n");
    for (route, count) in &counts.routes {
        let status: Vec<String> = count.status.iter().map(|(status, count)| format!("{status}: {count}")).collect();
        out.push_str(&format!("  {route:<22} {:>10}   {}\n", count.received, status.join(", ")));
    }
    out.push_str(&format!("  {:<22} {:>10}\n", "in all", counts.total));
    out
}
