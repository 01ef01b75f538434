use std::cmp::Reverse;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Sparkline, Widget};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::report::{counted, grouped, percent, rate, shortened, visible_line};
use crate::results::{Dashboard, EndpointNow, Planned, Quantiles, Recent, ThresholdNow, ThresholdState};
use crate::run::Steerable;
use crate::units::{Size, show_duration};

/// A run under way, drawn: a pure function of what it has come to and of what a person wants to see of it.
pub(super) struct Picture<'a> {
    pub(super) board: &'a Dashboard,
    pub(super) face: &'a Face,
}

/// What a person wants to see, and what there is to be seen besides the results.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Face {
    pub(super) ranking: Ranking,
    pub(super) keyboard: Keyboard,
    pub(super) state: State,
    pub(super) steerable: Steerable,
    pub(super) help: bool,
}

/// Which endpoints come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Ranking {
    #[default]
    Busiest,
    Slowest,
    Failing,
}

/// Whether keys are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Keyboard {
    Read,
    #[default]
    Away,
}

/// How far the run has come to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum State {
    #[default]
    Running,
    Paused,
    Stopping,
}

/// Terminals at least so wide get words where narrower ones get abbreviations.
const WIDE: usize = 64;
/// How many endpoints there are.
const ENDPOINTS: usize = 5;
/// How many thresholds are shown in any case, where there are so many.
const THRESHOLDS: usize = 3;

const STRONG: Style = Style::new().add_modifier(Modifier::BOLD);
const FAINT: Style = Style::new().add_modifier(Modifier::DIM);
const GOOD: Style = Style::new().fg(Color::Green);
const BAD: Style = Style::new().fg(Color::Red);
const DOUBTFUL: Style = Style::new().fg(Color::Yellow);
const USUAL: Style = Style::new();

/// One row of the picture.
enum Row<'a> {
    Text(Line<'a>),
    /// How much of the run is over, behind what it says.
    Bar {
        label: Line<'a>,
        ratio: f64,
        behind: String,
    },
    /// The rate of each of the last seconds, behind what it says.
    Rates {
        label: Line<'a>,
        rates: &'a [u64],
    },
}

impl Ranking {
    pub(super) const fn next(self) -> Self {
        match self {
            Self::Busiest => Self::Slowest,
            Self::Slowest => Self::Failing,
            Self::Failing => Self::Busiest,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Busiest => "busiest",
            Self::Slowest => "slowest",
            Self::Failing => "most failures",
        }
    }
}

impl Picture<'_> {
    /// How many rows it takes on a terminal of this size.
    pub(super) fn height(&self, columns: u16, rows: u16) -> u16 {
        let rows = self.rows(columns.into(), rows.into()).len();
        u16::try_from(rows).unwrap_or(u16::MAX)
    }

    fn rows(&self, columns: usize, most: usize) -> Vec<Row<'_>> {
        let wide = columns >= WIDE;
        let mut rows = self.heading(columns, wide);
        rows.extend(self.figures(columns, wide));
        rows.truncate(most);
        let left = most.saturating_sub(rows.len());
        let mut end = vec![self.keys(columns, wide), self.generator(columns, wide)];
        end.truncate(left);
        end.reverse();
        let left = left - end.len();
        if self.face.help {
            rows.extend(help(wide, self.face.steerable).into_iter().take(left));
        } else {
            let thresholds = self.board.second.thresholds.len();
            let table = ENDPOINTS.min(self.board.endpoints.len()) + 1;
            let room = left.saturating_sub(table).max(thresholds.min(THRESHOLDS)).min(left);
            let shown = self.thresholds(columns, room);
            let left = left - shown.len();
            rows.extend(shown);
            if left > 1 {
                rows.extend(self.endpoints(columns, wide, left - 1));
            }
        }
        rows.extend(end);
        rows
    }

    /// What is run, and how far it has come.
    fn heading(&self, columns: usize, wide: bool) -> Vec<Row<'_>> {
        let Dashboard { second, stages, stage_place: (place, of), .. } = self.board;
        let (name, target) = (visible_line(&self.board.plan), visible_line(&self.board.target));
        let mut first = vec![Span::styled(name, STRONG), Span::styled(" → ", FAINT), Span::raw(target)];
        let state = match self.face.state {
            State::Running => None,
            State::Paused => Some("paused "),
            State::Stopping => Some("stopping "),
        };
        if let Some(state) = state {
            first.insert(0, Span::styled(state, DOUBTFUL.add_modifier(Modifier::BOLD)));
        }
        let over = second.elapsed > second.length;
        let time = if over {
            "ending".to_owned()
        } else {
            format!("{} of {}", show_duration(second.elapsed), show_duration(second.length))
        };
        let mut rows =
            vec![Row::Text(ends(fitted(first, columns.saturating_sub(time.width() + 2)), Span::raw(time), columns))];
        let stage = match (stages.as_slice(), of) {
            ([], _) | ([_], 1) => String::new(),
            ([name], of) => format!("{} {place}/{of} ", shortened(&visible_line(name), columns / 4)),
            (several, _) => format!("{} ", shortened(&visible_line(&several.join(", ")), columns / 3)),
        };
        let left = second.length.saturating_sub(second.elapsed);
        let ratio = second.elapsed.as_secs_f64() / second.length.as_secs_f64().max(1e-9);
        let behind = match (over, wide) {
            (true, true) => " waiting for what is under way".to_owned(),
            (true, false) => " ending".to_owned(),
            (false, true) => format!(" {:.0}%  {} left", ratio * 100.0, show_duration(left)),
            (false, false) => format!(" {} left", show_duration(left)),
        };
        rows.push(Row::Bar { label: Line::from(stage), ratio: ratio.clamp(0.0, 1.0), behind });
        rows
    }

    /// Users, rate, times and errors.
    fn figures(&self, columns: usize, wide: bool) -> Vec<Row<'_>> {
        let Dashboard { second, rates, recent, whole, errors, .. } = self.board;
        let Planned { users, arrivals } = self.board.planned;
        let planned = |number: Option<f64>, show: &dyn Fn(f64) -> String| {
            number.map(|number| format!(" of {} planned", show(number))).unwrap_or_default()
        };
        let users = planned(users, &|number| grouped(number.round() as u64));
        let users = vec![label("users", wide), Span::styled(grouped(second.users), STRONG), Span::raw(users)];
        // an arrival is a task, and may be several requests
        let arrivals = arrivals.map_or_else(String::new, |arrivals| {
            let planned = if wide { " planned" } else { "" };
            format!(", arrivals {}/s of {}{planned}", grouped(self.board.tasks_begun), rate(arrivals))
        });
        let now = Span::styled(format!("{}/s", grouped(second.ended)), STRONG);
        let rates = Row::Rates {
            label: Line::from(vec![label("rate", wide), now, Span::raw(arrivals), Span::raw(" ")]),
            rates,
        };
        let mut rows = vec![Row::Text(fitted(users, columns)), rates];
        let recent_name = if wide { format!("last {} s", Recent::SECONDS) } else { format!("{} s", Recent::SECONDS) };
        let run = if wide { "whole run" } else { "run" };
        rows.push(Row::Text(fitted(times(&recent_name, recent.as_ref(), wide), columns)));
        rows.push(Row::Text(fitted(times(run, whole.as_ref(), wide), columns)));
        let style = |count: u64| if count > 0 { BAD } else { USUAL };
        let share = if errors.ended > 0 { errors.in_all as f64 / errors.ended as f64 } else { 0.0 };
        let share = if errors.in_all > 0 { format!(" ({})", percent(share)) } else { String::new() };
        let mut line = vec![
            label("errors", wide),
            Span::styled(format!("{} now", grouped(errors.now)), style(errors.now)),
            Span::raw(", "),
            Span::styled(format!("{} in all{share}", grouped(errors.in_all)), style(errors.in_all)),
        ];
        if errors.dropped > 0 {
            line.push(Span::styled(format!(", {} dropped", grouped(errors.dropped)), BAD));
        }
        let most = errors.most_frequent.as_ref();
        let most = most.map(|(message, count)| format!("{}× {}", grouped(*count), visible_line(message)));
        if let Some(most) = &most
            && wide
        {
            line.push(Span::raw(format!("; {most}")));
        }
        rows.push(Row::Text(fitted(line, columns)));
        if let Some(most) = most.filter(|_| !wide) {
            rows.push(Row::Text(fitted(
                vec![Span::raw("  "), Span::raw(ends_kept(&most, columns.saturating_sub(2)))],
                columns,
            )));
        }
        rows
    }

    /// The thresholds with what was measured, those that are broken first where there is no room for all.
    fn thresholds(&self, columns: usize, room: usize) -> Vec<Row<'_>> {
        let mut all: Vec<&ThresholdNow> = self.board.second.thresholds.iter().collect();
        if all.len() <= room {
            return all.into_iter().map(|one| Row::Text(threshold(one, columns))).collect();
        }
        all.sort_by_key(|one| one.state != ThresholdState::Broken);
        let rest = all.split_off(room.saturating_sub(1).min(all.len()));
        let broken = rest.iter().filter(|one| one.state == ThresholdState::Broken).count();
        let mut rows: Vec<Row<'_>> = all.into_iter().map(|one| Row::Text(threshold(one, columns))).collect();
        if room > 0 {
            let more = grouped(rest.len() as u64);
            let told = if broken > 0 { format!("{broken} broken") } else { "none broken".to_owned() };
            let style = if broken > 0 { BAD } else { FAINT };
            rows.push(Row::Text(fitted(vec![Span::styled(format!("… and {more} more, {told}"), style)], columns)));
        }
        rows
    }

    fn endpoints(&self, columns: usize, wide: bool, room: usize) -> Vec<Row<'_>> {
        let ranking = self.face.ranking;
        let mut all: Vec<&EndpointNow> = self.board.endpoints.iter().collect();
        let by_count = |one: &&EndpointNow| Reverse(one.requests);
        match ranking {
            Ranking::Busiest => all.sort_by_key(by_count),
            Ranking::Slowest => all.sort_by_key(|one| (Reverse(one.p95), Reverse(one.requests))),
            Ranking::Failing => all.sort_by_key(|one| (Reverse(one.failed), Reverse(one.requests))),
        }
        let figures = |cells: [String; 3]| {
            let [requests, failed, p95] = cells;
            if wide {
                format!(" {requests:>12} {failed:>14} {p95:>10}")
            } else {
                format!(" {requests:>8} {failed:>7} {p95:>7}")
            }
        };
        let head = figures([if wide { "requests" } else { "reqs" }.into(), "failed".into(), "p95".into()]);
        let title = vec![Span::styled(ranking.word(), FAINT)];
        let mut rows = vec![Row::Text(ends(fitted(title, columns), Span::styled(head, FAINT), columns))];
        for one in all.into_iter().take(ENDPOINTS.min(room)) {
            let share = if wide && one.failed > 0 && one.requests > 0 {
                format!(" ({})", percent(one.failed as f64 / one.requests as f64))
            } else {
                String::new()
            };
            let p95 = one.p95.map_or_else(|| "–".to_owned(), show_duration);
            let figures = figures([grouped(one.requests), format!("{}{share}", grouped(one.failed)), p95]);
            let style = if one.failed > 0 { BAD } else { USUAL };
            let name = visible_line(&format!("{} {}", one.method, one.name));
            let name = fitted(vec![Span::raw(name)], columns.saturating_sub(figures.width() + 1));
            rows.push(Row::Text(ends(name, Span::styled(figures, style), columns)));
        }
        rows
    }

    fn generator(&self, columns: usize, wide: bool) -> Row<'_> {
        let generator = &self.board.generator;
        let cores = generator.cores.map(|cores| format!("/{cores:.0}")).unwrap_or_default();
        let memory = Size::from_bytes(generator.memory);
        let (health, style) = match (generator.issues.as_slice(), generator.suspect) {
            ([], _) if generator.at_ceiling => (format!("at its ceiling ({} s)", grouped(generator.ceiling)), DOUBTFUL),
            ([], 0) if generator.ceiling > 0 => {
                (format!("was at its ceiling ({} s)", grouped(generator.ceiling)), DOUBTFUL)
            }
            ([], 0) => ("healthy".to_owned(), GOOD),
            ([], suspect) => (counted(suspect, "suspect second"), DOUBTFUL),
            (issues, suspect) => {
                let issues = issues.join(", ").replace('_', " ");
                (format!("{issues} ({} s suspect)", grouped(suspect)), DOUBTFUL)
            }
        };
        let figures = if wide {
            format!("{:.2}{cores} cores, {memory}, woke {} late: ", generator.cpu_cores, show_duration(generator.lag))
        } else {
            format!("{:.1}{cores} cores ", generator.cpu_cores)
        };
        let name = label(if wide { "generator" } else { "gen" }, wide);
        Row::Text(fitted(vec![name, Span::raw(figures), Span::styled(health, style)], columns))
    }

    fn keys(&self, columns: usize, wide: bool) -> Row<'_> {
        let steerable = self.face.steerable;
        let keys = match (self.face.keyboard, wide, self.face.help) {
            (Keyboard::Away, ..) => "Ctrl-C stops the run".to_owned(),
            (Keyboard::Read, _, true) => "? closes the help".to_owned(),
            (Keyboard::Read, true, false) => {
                let pause = if self.face.state == State::Paused { "p resume   " } else { "p pause   " };
                let pause = if steerable.pause { pause } else { "" };
                let users = if steerable.users.is_some() { "+/- users   " } else { "" };
                format!("q stop   {pause}{users}r busiest   s slowest   e failures   ? help")
            }
            (Keyboard::Read, false, false) => {
                let pause = if steerable.pause { "p pause  " } else { "" };
                let users = if steerable.users.is_some() { "+/-  " } else { "" };
                format!("q stop  {pause}{users}r/s/e  ? help")
            }
        };
        Row::Text(fitted(vec![Span::styled(keys, FAINT)], columns))
    }
}

impl Widget for Picture<'_> {
    fn render(self, area: Rect, buffer: &mut Buffer) {
        let rows = self.rows(area.width.into(), area.height.into());
        for (row, y) in rows.iter().zip(area.top()..area.bottom()) {
            let area = Rect { y, height: 1, ..area };
            match row {
                Row::Text(line) => line.render(area, buffer),
                Row::Bar { label, ratio, behind } => {
                    label.render(area, buffer);
                    let (before, after) = (label.width(), behind.width());
                    let bar = between(area, before, after);
                    let over = ((f64::from(bar.width) * ratio).round() as usize).min(bar.width.into());
                    let rest = usize::from(bar.width) - over;
                    let spans = [Span::styled("█".repeat(over), GOOD), Span::styled("░".repeat(rest), FAINT)];
                    Line::from_iter(spans).render(bar, buffer);
                    Line::raw(behind.as_str())
                        .render(between(area, area.width as usize - after.min(area.width as usize), 0), buffer);
                }
                Row::Rates { label, rates } => {
                    label.render(area, buffer);
                    let room = between(area, label.width(), 0);
                    let latest = rates.get(rates.len().saturating_sub(room.width.into())..).unwrap_or_default();
                    Sparkline::default().data(latest).style(Style::new().fg(Color::Cyan)).render(room, buffer);
                }
            }
        }
    }
}

/// A row without so many columns at its begin and its end.
fn between(area: Rect, before: usize, after: usize) -> Rect {
    let before = u16::try_from(before).unwrap_or(u16::MAX).min(area.width);
    let after = u16::try_from(after).unwrap_or(u16::MAX).min(area.width - before);
    Rect { x: area.x + before, width: area.width - before - after, ..area }
}

fn label(name: &str, wide: bool) -> Span<'static> {
    Span::styled(if wide { format!("{name:<10}") } else { format!("{name:<7}") }, FAINT)
}

fn times(name: &str, times: Option<&Quantiles>, wide: bool) -> Vec<Span<'static>> {
    let mut spans = vec![label(name, wide)];
    let Some(Quantiles { p50, p95, p99, count }) = times else {
        spans.push(Span::raw("no request has ended"));
        return spans;
    };
    for (name, time) in [("p50", p50), ("p95", p95), ("p99", p99)] {
        let time = show_duration(*time);
        let time = if wide { format!(" {time:<9}") } else { format!(" {time:<6} ") };
        spans.extend([Span::styled(name, FAINT), Span::raw(time)]);
    }
    if wide {
        spans.push(Span::styled(format!("of {}", counted(*count, "request")), FAINT));
    }
    spans
}

fn threshold(one: &ThresholdNow, columns: usize) -> Line<'static> {
    let (sign, style) = match one.state {
        ThresholdState::Held => ("✓ ", GOOD),
        ThresholdState::Broken => ("✗ ", BAD),
        ThresholdState::NoData => ("– ", FAINT),
        ThresholdState::Left => ("○ ", DOUBTFUL),
    };
    let measured = one.measured.as_deref().map_or_else(|| "no data yet".to_owned(), visible_line);
    let measured = Span::styled(measured, style);
    let require = vec![Span::styled(sign, style), Span::raw(visible_line(&one.require))];
    ends(fitted(require, columns.saturating_sub(measured.width() + 2)), measured, columns)
}

/// What each key does.
fn help(wide: bool, steerable: Steerable) -> Vec<Row<'static>> {
    let pause = ("p", "pauses the load, and goes on with it", "pause, go on");
    let users = ("+ -", "starts a tenth more users, or lets a tenth go", "more, fewer users");
    let steers = [(steerable.pause, pause), (steerable.users.is_some(), users)];
    let steers = steers.into_iter().filter(|(may, _)| *may).map(|(_, key)| key);
    let keys = [
        ("q", "stops the run, as Ctrl-C does: what is under way may end", "stop, as Ctrl-C"),
        ("r", "shows the busiest endpoints", "busiest endpoints"),
        ("s", "shows the slowest endpoints, by their p95", "slowest endpoints"),
        ("e", "shows the endpoints with the most failures", "most failures"),
        ("Tab", "shows the next of these", "the next of these"),
        ("Ctrl-C", "again cuts requests off; a third time ends the teardown", "again: cut off"),
        ("?", "opens and closes this", "open, close this"),
    ];
    let row = |(key, long, short): (&'static str, &'static str, &'static str)| {
        let text = if wide { long } else { short };
        Row::Text(Line::from(vec![Span::styled(format!("  {key:<8}"), STRONG), Span::raw(text)]))
    };
    let (first, rest) = keys.split_at(1);
    first.iter().copied().chain(steers).chain(rest.iter().copied()).map(row).collect()
}

/// A message in so many columns. What differs between two of them stands mostly at their ends, a status or a number, so both
/// ends are kept.
fn ends_kept(text: &str, columns: usize) -> String {
    let behind = columns / 3;
    if text.width() <= columns || behind == 0 {
        return text.to_owned();
    }
    let mut end: Vec<char> = Vec::new();
    let mut taken = 0;
    for c in text.chars().rev() {
        taken += c.width().unwrap_or(0);
        if taken > behind {
            break;
        }
        end.push(c);
    }
    format!("{}{}", shortened(text, columns - behind), end.into_iter().rev().collect::<String>())
}

/// A line, and what stands at its end.
fn ends(line: Line<'static>, end: Span<'static>, columns: usize) -> Line<'static> {
    let blanks = columns.saturating_sub(line.width() + end.width());
    let mut spans = line.spans;
    spans.extend([Span::raw(" ".repeat(blanks)), end]);
    Line::from(spans)
}

/// A line no wider than so many columns.
fn fitted(spans: Vec<Span<'static>>, columns: usize) -> Line<'static> {
    let mut left = columns;
    let mut line = Line::default();
    for span in spans {
        let text = shortened(&span.content, left);
        left = left.saturating_sub(text.width());
        let whole = text == *span.content;
        line.push_span(Span::styled(text, span.style));
        if !whole {
            break;
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_message_that_is_too_long_both_ends_are_kept() {
        let message = "68× expected status 2xx or 3xx, got 404";
        assert_eq!(ends_kept(message, 40), message);
        let shown = ends_kept(message, 30);
        assert!(shown.starts_with("68× expected") && shown.ends_with("…x, got 404") && shown.width() <= 30, "{shown}");
        assert!(ends_kept("äöü".repeat(30).as_str(), 20).width() <= 20);
    }
}
