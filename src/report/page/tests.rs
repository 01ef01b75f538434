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

#[test]
fn no_line_is_wider_than_the_terminal_whatever_a_page_holds() {
    use unicode_width::UnicodeWidthStr;
    let mut page = hostile();
    let long = "漢".repeat(300) + &"word ".repeat(40) + &"x".repeat(300);
    let columns =
        [Column::left("name"), Column::left("").drops(1), Column::right("requests"), Column::right("p50").drops(2)];
    let mut table = Table::new(columns);
    let cells = || vec![Cell::name(&long), Cell::quote(&long), Cell::Count(u64::MAX), Cell::Rough(1e9, Unit::Time)];
    table.row(cells());
    table.row(Row::from(cells()).total());
    page.section(Section::new("long", Line::quote(&long)).with(table).with(Block::Note(Line::quote(&long))));
    for columns in [0, 1, 20, 39, 40, 79, 80, 81, 200] {
        for coloured in [false, true] {
            let text = page.shown(Looks { columns: Some(columns), coloured });
            let bare = ["\x1b[0m", "\x1b[1m", "\x1b[2m", "\x1b[31m", "\x1b[32m", "\x1b[33m"];
            let text = bare.iter().fold(text, |text, code| text.replace(code, ""));
            for line in text.lines() {
                // what keeps a line from being a command comes on top
                let room = columns.max(20) + line.matches(": :").count() + line.matches("# #").count();
                assert!(line.width() <= room, "{} > {columns}: {line}", line.width());
            }
            assert!(!text.chars().any(|c| (c.is_control() && c != '\n') || c == '\u{202E}'), "{text:?}");
        }
    }
}

#[test]
fn columns_go_in_their_order_and_texts_are_wrapped_where_that_is_not_enough() {
    let columns = [
        Column::left("name"),
        Column::right("requests"),
        Column::right("p50").drops(1).legend("p50: in the middle"),
        Column::right("max").drops(2).legend("max: at the end"),
    ];
    let mut table = Table::new(columns);
    let name = "the name of an endpoint";
    let time = || Cell::Number(12.5, Unit::Time);
    table.row(vec![Cell::name(name), Cell::Count(1_234_567), time(), Cell::Rough(12.5, Unit::Time)]);
    let mut page = Page::new(verdict());
    page.section(Section::new("all", "all").with(table));
    let shown = |columns| page.shown(Looks { columns: Some(columns), coloured: false });
    let wide = "
all
  name                      requests     p50      max
  the name of an endpoint  1,234,567  12.5ms  ~12.5ms
  p50: in the middle; max: at the end

✓ passed
";
    assert_eq!(shown(80), wide);
    assert_eq!(shown(53), wide);
    let narrow = "
all
  name                      requests     p50
  the name of an endpoint  1,234,567  12.5ms
  p50: in the middle

✓ passed
";
    assert_eq!(shown(46), narrow);
    let narrowest = "
all
  name            requests
  the name of    1,234,567
  an endpoint

✓ passed
";
    assert_eq!(shown(26), narrowest);
}

#[test]
fn colours_say_what_held_and_what_did_not() {
    let mut page = Page::new(Verdict { mark: Mark::Bad, line: "failed".into() });
    let mut table = Table::new([Column::left(""), Column::right("failed")]);
    table.row(vec![Cell::Verdict(Some(Mark::Good), "held"), Cell::Failures(0, None)]);
    table.row(vec![Cell::Verdict(Some(Mark::Bad), "broken"), Cell::Failures(3, Some(0.5))]);
    page.section(Section::new("all", "all").with(table));
    let text = page.shown(Looks { columns: Some(80), coloured: true });
    assert!(text.contains("\x1b[32m✓\x1b[0m  held"), "{text:?}");
    assert!(text.contains("\x1b[31m✗\x1b[0m  broken") && text.contains("\x1b[31m3 (50.0%)\x1b[0m"), "{text:?}");
    assert!(text.ends_with("\x1b[31m✗\x1b[0m \x1b[1mfailed\x1b[0m\n"), "{text:?}");
    assert!(!page.text().contains('\x1b'));
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
