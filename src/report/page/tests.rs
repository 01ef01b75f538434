use super::*;
use crate::report::numbers::Unit;

const HOSTILE: &str = "a|`b`\\ <i>@all\n::error::x\r\u{1b}[31m\u{202E}gnol ##[error]y";

fn verdict() -> Verdict {
    Verdict { mark: Mark::Good, line: "passed".into() }
}

/// A page with a text from outside wherever one can be.
fn hostile() -> Page {
    let mut page = Page::new(Verdict { mark: Mark::Bad, line: Line::from(HOSTILE).and_quote(HOSTILE) });
    page.lead(Block::Paragraph(Line::name(HOSTILE).and(HOSTILE)));
    let mut table = Table::new(["", "name", "what"].map(Column::left));
    let row = || vec![Cell::Verdict(Some(Mark::Bad), "broken"), Cell::name(HOSTILE), Cell::words(HOSTILE)];
    table.row(row());
    table.row(Row::from(row()).minor());
    page.section(Section::new("table", Line::name(HOSTILE)).with(table).with(Block::Note(Line::quote(HOSTILE))));
    let item = Item { label: Some("a"), details: vec![HOSTILE.into()], ..Item::default() };
    let item = Item { line: HOSTILE.into(), steps: vec![Line::quote(HOSTILE)], ..item };
    page.section(Section::new("list", HOSTILE).with(List { items: vec![item], limit: None }));
    page.section(Section::new("lines", HOSTILE).with(Block::Paragraph(HOSTILE.into())));
    page.warning(Line::quote(HOSTILE));
    page.end(HOSTILE);
    page
}

#[test]
fn no_text_from_outside_steers_a_terminal_or_a_ci_system() {
    for (text, lines) in [(hostile().text(), 19), (hostile().markdown(), 32)] {
        assert!(!text.chars().any(|c| (c.is_control() && c != '\n') || c == '\u{202E}'), "{text:?}");
        assert!(!text.lines().any(|line| line.trim_start().starts_with("::")), "{text}");
        assert!(!text.contains("##["), "{text}");
        assert_eq!(text.lines().count(), lines, "{text}");
    }
}

#[test]
fn no_text_from_outside_is_markdown() {
    let text = hostile().markdown();
    for line in text.lines() {
        // what is left of a line without its spans of code and its escapes
        let bare: String = line.split('`').step_by(2).collect();
        let bare = bare.replace("\\|", "").replace("\\[", "").replace("<details>", "").replace("</details>", "");
        let bare = bare.replace("<summary>", "").replace("</summary>", "");
        assert!(!bare.contains(['<', '@', '[']), "{line}");
        assert!(!line.starts_with('|') || bare.matches('|').count() == 4, "{line}");
    }
}

fn table() -> Table {
    let columns = [
        Column::left("method").grouped(),
        Column::left("name"),
        Column::right("requests").legend("requests: all of them"),
        Column::right("p50").minor().legend("p50: in the middle"),
    ];
    let mut table = Table::new(columns).ranked("the most first");
    for (rank, count) in [(2, 1), (1, 20), (0, 3000)] {
        let cells =
            vec![Cell::words("GET"), Cell::name("/a"), Cell::Count(count), Cell::Number(count as f64, Unit::Time)];
        table.row(Row::from(cells).ranked(rank));
    }
    table.row(Row::from(vec![Cell::words(""), Cell::words("all"), Cell::Count(3021), Cell::Absent]).total());
    table
}

#[test]
fn a_terminal_has_every_row_in_its_order_and_a_comment_those_first_that_matter() {
    let mut page = Page::new(verdict());
    page.section(Section::new("requests", "requests").with(table()));
    page.section(Section::new("minor", "minor").of(Importance::Minor).with(table()));
    page.section(Section::new("facts", "facts").of(Importance::High).with(Block::Paragraph("one".into())));
    page.end("seed 1");
    let minor = "
minor
  method  name  requests   p50
  GET     /a           1   1ms
          /a          20  20ms
          /a       3,000    3s
          all      3,021     –
  requests: all of them; p50: in the middle
";
    let requests = minor.replace("minor\n", "requests\n");
    assert_eq!(page.text(), format!("{requests}{minor}\nfacts\n  one\n\nseed 1\n✓ passed\n"));
    assert_eq!(
        page.markdown(),
        "### ✅ passed

Facts: one.

#### Requests

| method | name | requests |
| --- | --- | --: |
| GET | `/a` | 3,000 |
| GET | `/a` | 20 |
| GET | `/a` | 1 |
|  | **all** | 3,021 |

The most first; requests: all of them.

Seed 1.
"
    );
}

#[test]
fn what_is_beyond_a_limit_is_counted_and_the_total_is_never_left_out() {
    let limit = Limit { terminal: Some(1), comment: Some(2), rest: "elsewhere" };
    let mut page = Page::new(verdict());
    let list = List::of(["a", "b", "c"].map(Line::from)).limited(limit);
    page.section(Section::new("table", "table").with(table().limited(limit)));
    page.section(Section::new("list", "list").with(list));
    let text = page.text();
    assert!(
        text.contains("3,021") && !text.contains("  20ms") && text.contains("\n  … and 2 more elsewhere\n"),
        "{text}"
    );
    assert!(text.contains("list\n  a\n  … and 2 more elsewhere\n"), "{text}");
    let text = page.markdown();
    assert!(
        text.contains("**all**") && !text.contains("| 1 |") && text.contains("\n… and 1 more elsewhere\n"),
        "{text}"
    );
    assert!(text.contains("- a\n- b\n\n… and 1 more elsewhere\n"), "{text}");
}

#[test]
fn rows_in_which_nothing_is_to_be_seen_are_folded_away_in_a_comment() {
    let mut table = Table::new(["name", "result"].map(Column::left));
    let row = |name: &str, word| Row::from(vec![Cell::name(name), Cell::Verdict(None, word)]);
    table.row(row("/a", "same").minor());
    table.row(row("/b", "worse"));
    let mut page = Page::new(verdict());
    page.section(Section::untitled("changes").with(table));
    assert_eq!(page.text(), "\n  name  result\n  /a    same\n  /b    worse\n\n✓ passed\n");
    let head = "| name | result |\n| --- | --- |\n";
    let (a, b) = ("| `/a` | same |\n", "| `/b` | worse |\n");
    assert_eq!(
        page.markdown(),
        format!("### ✅ passed\n\n{head}{b}\n<details><summary>every row</summary>\n\n{head}{a}{b}\n</details>\n")
    );
}
