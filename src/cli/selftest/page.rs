use super::findings::{Accuracy, HighestRate, Selftest};
use crate::report::{Block, Cell, Column, Line, Mark, Page, Section, Table, Verdict, grouped, ms, rate};
use crate::verdict::Exit;

/// What a test of this machine came to, as people read it.
pub(super) fn page(found: &Selftest) -> Page {
    let mark = match (found.passed, found.exit_code == Exit::Invalid.code()) {
        (true, _) => Mark::Good,
        (false, true) => Mark::Unclear,
        (false, false) => Mark::Bad,
    };
    let mut page = Page::new(Verdict { mark, line: found.text.clone().into() });
    let cores = found.cores.map(|cores| format!(" with {cores:.0} cores")).unwrap_or_default();
    page.lead(Block::Paragraph(format!("selftest on this machine{cores}, against targets in this process").into()));
    page.section(accuracy(found));
    page.section(highest_rate(&found.rate));
    page.section(limits(found));
    page
}

fn accuracy(found: &Selftest) -> Section {
    let columns = [
        Column::right("programmed"),
        Column::right("requests"),
        Column::right("p50"),
        Column::right("p75"),
        Column::right("p90"),
        Column::right("p95"),
        Column::right("p99"),
        Column::right("worst"),
        Column::right("allowed"),
        Column::left(""),
    ];
    let mut table = Table::new(columns);
    for one in &found.accuracy {
        let mut cells = vec![Cell::words(ms(one.programmed)), Cell::words(grouped(one.requests))];
        cells.extend(one.quantiles.iter().map(|quantile| Cell::words(ms(quantile.measured))));
        cells.resize_with(7, || Cell::words("–"));
        cells.extend([
            Cell::words(worst(one)),
            Cell::words(format!("+{}", ms(one.allowed))),
            Cell::Verdict(Some(if one.met { Mark::Good } else { Mark::Bad }), if one.met { "met" } else { "missed" }),
        ]);
        table.row(cells);
    }
    let grain = format!(
        "grain: this machine itself adds {} to a delay (p50), up to {} (p99), as a bare socket sees it",
        ms(found.grain.p50),
        ms(found.grain.p99)
    );
    let fix = "fix: end what else runs, a timer and its wake-ups are the quicker for it; on a laptop, plug it in";
    let section =
        Section::new("accuracy", "accuracy: response times against delays that the target was programmed with");
    let section = section.with(table).with(Block::Note(grain.into()));
    if found.passed { section } else { section.with(Block::Note(fix.into())) }
}

/// The error that is the largest, with its sign.
fn worst(one: &Accuracy) -> String {
    let worst = one.quantiles.iter().map(|quantile| quantile.error).max_by(|a, b| a.abs().total_cmp(&b.abs()));
    worst.map_or_else(|| "–".to_owned(), |error| format!("{}{}", if error < 0.0 { "-" } else { "+" }, ms(error.abs())))
}

fn highest_rate(found: &HighestRate) -> Section {
    let mut lines = vec![match (found.honest, found.lateness) {
        (Some(honest), Some(lateness)) => {
            format!("{} are sent on time, up to {} late", rate(honest), ms(lateness))
        }
        _ => "none of the rates that were tried was sent on time".to_owned(),
    }];
    lines.push(format!(
        "at most {} of users who never pause: the ceiling of the generator and its target together",
        rate(found.ceiling)
    ));
    for tried in found.tried.iter().filter(|tried| !tried.wrong.is_empty()) {
        lines.push(format!("{}/s is too much: {}", grouped(tried.rate), tried.wrong.join(", ")));
    }
    lines.push(format!("limited by {}; fix: {}", found.limited_by, found.fix));
    let section = Section::new("rate", "the highest honest rate");
    lines.into_iter().fold(section, |section, line| section.with(Block::Paragraph(line.into())))
}

fn limits(found: &Selftest) -> Option<Section> {
    let mut table =
        Table::new([Column::left("limit"), Column::right("here"), Column::left("means"), Column::left("fix").below()]);
    for limit in &found.limits {
        table.row(vec![
            Cell::words(limit.what),
            Cell::words(grouped(limit.there)),
            Cell::words(&limit.means),
            Cell::Text(Line::from(format!("fix: {}", limit.fix))),
        ]);
    }
    (!found.limits.is_empty()).then(|| Section::new("limits", "what this machine has").with(table))
}
