use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet, normalize_untrusted_str};

use super::problem::{Problem, Problems, Severity};
use super::source::{Source, Sources, Span};
use crate::secrets::{Secrets, floor, star_credentials};

/// How a rendering looks. Colour never carries meaning alone: both say the same words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Text alone, for pipes, files and `NO_COLOR`.
    Plain,
    /// Text with terminal colours.
    Coloured,
}

/// Writes every problem with its place, caret and way out, in the order of their places.
#[must_use]
pub fn render(problems: &Problems, sources: &Sources, style: Style) -> String {
    let renderer = match style {
        Style::Plain => Renderer::plain(),
        Style::Coloured => Renderer::styled(),
    }
    .decor_style(DecorStyle::Ascii);
    let mut out = String::new();
    for problem in problems.sorted() {
        let masked = masked(problem, problems.secrets());
        out.push_str(&renderer.render(&groups(&masked, sources, problems.secrets())));
        out.push_str("\n\n");
    }
    if problems.beyond() > 0 {
        out.push_str(&format!("… and {} more\n\n", problems.beyond()));
    }
    out
}

/// A problem whose words show no secret.
fn masked(problem: &Problem, secrets: &Secrets) -> Problem {
    let masked = |text: &String| secrets.mask(text).into_owned();
    Problem {
        message: masked(&problem.message),
        label: masked(&problem.label),
        related: problem.related.iter().map(|(span, label)| (*span, masked(label))).collect(),
        help: problem.help.iter().map(masked).collect(),
        ..*problem
    }
}

fn groups<'a>(problem: &'a Problem, sources: &'a Sources, secrets: &Secrets) -> Vec<Group<'a>> {
    let level = match problem.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let title = Group::with_title(level.primary_title(normalize_untrusted_str(&problem.message)));
    let first = located(title, problem.span, &problem.label, (sources, secrets), AnnotationKind::Primary);
    let mut groups =
        vec![first.elements(problem.help.iter().map(|help| Level::HELP.message(normalize_untrusted_str(help))))];
    for (span, label) in &problem.related {
        groups.push(located(
            Group::with_title(Level::NOTE.secondary_title(label.as_str())),
            Some(*span),
            "",
            (sources, secrets),
            AnnotationKind::Context,
        ));
    }
    groups
}

fn located<'a>(
    group: Group<'a>,
    span: Option<Span>,
    label: &'a str,
    (sources, secrets): (&'a Sources, &Secrets),
    kind: AnnotationKind,
) -> Group<'a> {
    let Some((span, source)) = span.and_then(|span| Some((span, sources.source(span.source)?))) else {
        return group;
    };
    let position = sources.position(span);
    let excerpt = Excerpt::around(source, span, secrets);
    let annotation = kind.span(excerpt.start..excerpt.end);
    let annotation = if label.is_empty() { annotation } else { annotation.label(label) };
    let snippet = Snippet::source(excerpt.text).line_start(position.line).fold(false).annotation(annotation);
    if excerpt.cut {
        // the renderer would count the column from the cut
        let origin = Origin::path(source.name.as_str()).line(position.line).char_column(position.column);
        group.element(origin).element(snippet)
    } else {
        group.element(snippet.path(source.name.as_str()))
    }
}

/// The first line a span lies in, cut to a readable width around the span: a plan may hold lines of any length.
struct Excerpt {
    text: String,
    start: usize,
    end: usize,
    cut: bool,
}

const WIDTH: usize = 160;
/// How far around a place secrets are looked for.
const WIDE: usize = 8 << 10;

impl Excerpt {
    fn around(source: &Source, span: Span, secrets: &Secrets) -> Self {
        let text = source.text.as_str();
        let at = floor(text, span.start.min(text.len()));
        let mut from = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
        let mut to = text[at..].find('\n').map_or(text.len(), |newline| at + newline);
        let cut = to - from > WIDTH;
        // a secret is looked for whole, also where the cut goes through it
        let (wide_from, wide_to) = (from.max(floor(text, at.saturating_sub(WIDE))), to.min(floor(text, at + WIDE)));
        let starred = star_credentials(&secrets.star(&text[wide_from..wide_to]));
        if cut {
            from = from.max(floor(text, at.saturating_sub(WIDTH / 2)));
            to = to.min(floor(text, at + WIDTH));
        }
        let within = |place: usize| floor(&starred, place - wide_from);
        let line = starred[within(from)..within(to)].trim_end_matches('\r').to_owned();
        let start = (at - from).min(line.len());
        let end = floor(&line, span.end.saturating_sub(from).clamp(start, line.len()));
        Self { text: line, start, end: end.max(start), cut }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, range: std::ops::Range<usize>) -> String {
        let mut sources = Sources::default();
        let source = sources.add("plan.yaml", text);
        let mut problems = Problems::default();
        let span = Span { source, start: range.start, end: range.end };
        problems.push(Problem::at(span, "unknown key `spwn_rate`").help("did you mean `spawn_rate`?"));
        render(&problems, &sources, Style::Plain)
    }

    #[test]
    fn a_problem_shows_its_place_a_caret_and_the_way_out() {
        insta::assert_snapshot!(shown("shape:\n  constant: {spwn_rate: 5/s}\n", 20..29), @r"
        error: unknown key `spwn_rate`
         --> plan.yaml:2:14
          |
        2 |   constant: {spwn_rate: 5/s}
          |              ^^^^^^^^^
          |
          = help: did you mean `spawn_rate`?
        ");
    }

    #[test]
    fn a_line_of_any_length_is_cut_to_a_readable_width() {
        let text = "é".repeat(1_000_000);
        assert!(shown(&text, 1_000_000..1_000_002).len() < 2_000);
    }

    #[test]
    fn a_span_past_the_end_does_no_harm() {
        assert!(shown("a", 5..9).contains("plan.yaml:1"));
    }
}
