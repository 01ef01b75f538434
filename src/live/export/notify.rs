use std::time::Duration;

use serde_json::{Value, json};

use super::courier::{Exporter, Missed};
use super::figures::{Broke, Ending, Item};
use super::peer::Peer;
use crate::report::{counted, grouped, percent, rate, shortened};
use crate::results::ThresholdState;
use crate::secrets::Secrets;
use crate::units::show_duration;

/// Tells a webhook when a run is over, and when a threshold that aborts breaks.
#[derive(Debug)]
pub(super) struct Notify {
    pub(super) peer: Peer,
    pub(super) audience: Audience,
    pub(super) secrets: Secrets,
}

/// Who is told, and so in which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// A program: all of it as JSON.
    Json,
    /// A channel of Slack.
    Slack,
    /// A channel of Microsoft Teams.
    Teams,
    /// A channel of Discord.
    Discord,
}

/// One request may take so long.
pub(super) const WITHIN: Duration = Duration::from_secs(10);
/// What each request says.
pub(super) const HEADERS: [(&str, &str); 1] = [("content-type", "application/json")];
/// Discord takes no more.
const LONGEST: usize = 1900;

impl Exporter for Notify {
    async fn deliver(&mut self, item: &Item) -> Result<(), Missed> {
        let Some(body) = body(item, self.audience) else { return Ok(()) };
        let body = self.secrets.mask_json(&body.to_string()).into_owned();
        self.peer.post(body.into_bytes()).await.map(drop)
    }
}

/// What is posted of an item; `None` of what is not told.
pub(super) fn body(item: &Item, audience: Audience) -> Option<Value> {
    let (document, text) = match item {
        Item::Broke(broke) => (of_broke(broke), words_of_broke(broke)),
        Item::End(ending) => (of_end(ending), words_of_end(ending)),
        Item::Begin(_) | Item::Second(_) => return None,
    };
    let text = shortened(&text, LONGEST);
    Some(match audience {
        Audience::Json => document,
        // the three signs that Slack reads as its own
        Audience::Slack => json!({"text": text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")}),
        // nobody is called by what a service or a plan says
        Audience::Discord => json!({"content": text, "allowed_mentions": {"parse": []}}),
        Audience::Teams => json!({
            "type": "message",
            "attachments": [{
                "contentType": "application/vnd.microsoft.card.adaptive",
                "content": {
                    "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                    "type": "AdaptiveCard",
                    "version": "1.4",
                    "body": [{"type": "TextBlock", "text": text.replace('\n', "\n\n"), "wrap": true}],
                },
            }],
        }),
    })
}

fn of_broke(broke: &Broke) -> Value {
    json!({
        "event": "abort",
        "run": broke.names.run,
        "name": broke.names.name,
        "plan": broke.names.plan,
        "target": broke.names.target,
        "labels": broke.names.labels,
        "threshold": broke.threshold,
        "second": broke.at,
    })
}

fn words_of_broke(broke: &Broke) -> String {
    let Broke { names, threshold, at } = broke;
    format!("✗ {} against {}: the threshold {threshold} broke after {at} s and ends the run", names.plan, names.target)
}

fn of_end(ending: &Ending) -> Value {
    let (names, report) = (&ending.figures.names, &ending.report);
    let thresholds = report.thresholds.iter().map(
        |threshold| json!({"require": threshold.require, "measured": threshold.measured, "state": threshold.state}),
    );
    json!({
        "event": "end",
        "run": names.run,
        "name": names.name,
        "plan": names.plan,
        "target": names.target,
        "labels": names.labels,
        "host": names.host,
        "began": report.run.began,
        "seconds": report.run.seconds,
        "ended": report.run.ended,
        "ended_by": report.run.ended_by,
        "verdict": report.verdict,
        "total": report.total,
        "thresholds": thresholds.collect::<Vec<_>>(),
    })
}

fn words_of_end(ending: &Ending) -> String {
    let (names, report) = (&ending.figures.names, &ending.report);
    let mark = if report.verdict.passed { "✓" } else { "✗" };
    let name = names.name.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
    let total = &report.total;
    let share = if total.requests > 0 { total.failed as f64 / total.requests as f64 } else { 0.0 };
    let mut lines = vec![
        format!("{mark} {}{name} against {}: {}", names.plan, names.target, report.verdict.text),
        format!(
            "{} in {}, {}, {} failed ({})",
            counted(total.requests, "request"),
            show_duration(Duration::from_secs_f64(report.run.seconds.max(0.0))),
            rate(total.rate),
            grouped(total.failed),
            percent(share)
        ),
    ];
    if let Some(times) = &total.response_time {
        lines.push(format!("response time p50 {:.1} ms, p95 {:.1} ms, p99 {:.1} ms", times.p50, times.p95, times.p99));
    }
    let broken = report.thresholds.iter().filter(|threshold| threshold.state == ThresholdState::Broken);
    lines.extend(broken.map(|broken| format!("✗ {}: measured {}", broken.require, broken.measured)));
    lines.join("\n")
}
