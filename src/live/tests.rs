use std::path::PathBuf;
use std::time::Duration;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::Widget;

use super::ansi;
use super::picture::{Face, Keyboard, Picture, Ranking, State};
use crate::results::{
    Dashboard, EndpointNow, Errors, GeneratorNow, Planned, Quantiles, Snapshot, ThresholdNow, ThresholdState,
};
use crate::run::Steerable;

const MS: Duration = Duration::from_millis(1);

fn threshold(require: &str, measured: &str, state: ThresholdState) -> ThresholdNow {
    ThresholdNow {
        require: require.to_owned(),
        measured: Some(measured.to_owned()).filter(|text| !text.is_empty()),
        state,
    }
}

fn board() -> Dashboard {
    let endpoint = |method: &str, name: &str, requests, failed, p95| EndpointNow {
        method: method.into(),
        name: name.into(),
        requests,
        failed,
        p95: Some(MS * p95),
    };
    Dashboard {
        plan: "checkout".to_owned(),
        target: "http://127.0.0.1:8000/v1".to_owned(),
        second: Snapshot {
            elapsed: Duration::from_secs(65),
            length: Duration::from_secs(180),
            stage: "peak".into(),
            begun: Vec::new(),
            users: 48,
            ended: 244,
            failed_so_far: 120,
            p95: Some(3 * MS),
            thresholds: vec![
                threshold("p95{endpoint=search} < 250ms over 10s", "31ms", ThresholdState::Held),
                threshold("error_rate < 1%", "1.20%", ThresholdState::Broken),
                threshold("count{tag=order} > 100", "", ThresholdState::NoData),
            ],
        },
        stages: vec!["peak".to_owned()],
        stage_place: (2, 3),
        rates: (0..120).map(|second| (second % 40) * 6).collect(),
        planned: Planned { users: Some(50.0), arrivals: None },
        tasks_begun: 122,
        recent: Some(Quantiles { p50: MS, p95: 31 * MS, p99: 90 * MS, count: 2440 }),
        whole: Some(Quantiles { p50: MS, p95: 29 * MS, p99: 120 * MS, count: 13_333 }),
        errors: Errors {
            now: 3,
            in_all: 160,
            ended: 13_333,
            dropped: 0,
            most_frequent: Some(("status 500, expected 200".to_owned(), 118)),
        },
        endpoints: vec![
            endpoint("GET", "/search", 9000, 0, 12),
            endpoint("POST", "/order", 1333, 160, 250),
            endpoint("GET", "/item/[id]", 3000, 0, 31),
        ],
        generator: GeneratorNow {
            cpu_cores: 0.35,
            cores: Some(2.0),
            lag: MS,
            memory: 41 << 20,
            at_ceiling: false,
            ceiling: 0,
            issues: Vec::new(),
            suspect: 0,
        },
    }
}

fn face() -> Face {
    Face { keyboard: Keyboard::Read, ..Face::default() }
}

/// The picture as text, drawn by the library's own terminal.
fn drawn((columns, rows): (u16, u16), board: &Dashboard, face: &Face) -> String {
    let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
    terminal.draw(|frame| frame.render_widget(Picture { board, face }, frame.area())).unwrap();
    let rows = ansi::rows(terminal.backend().buffer(), false);
    rows.iter().map(|row| format!("{}\n", row.text)).collect()
}

/// Holds a text against the one that is kept; `UPDATE_GOLDENS` keeps it.
fn hold(name: &str, shown: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("src/live/goldens/{name}.txt"));
    if std::env::var_os("UPDATE_GOLDENS").is_some() {
        std::fs::write(&path, shown).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == shown, "{} is not what is shown:\n{shown}", path.display());
}

#[test]
fn a_picture_fits_a_usual_terminal() {
    hold("usual_80x24", &drawn((80, 24), &board(), &face()));
}

#[test]
fn a_picture_fits_half_of_one() {
    hold("narrow_40x12", &drawn((40, 12), &board(), &face()));
}

#[test]
fn arrivals_are_held_against_the_plan_and_not_their_requests() {
    let board = Dashboard { planned: Planned { users: None, arrivals: Some(125.0) }, ..board() };
    let told = |columns| drawn((columns, 12), &board, &face());
    assert!(told(80).contains("rate      244/s, arrivals 122/s of 125/s planned ▁"), "{}", told(80));
    assert!(told(40).contains("rate   244/s, arrivals 122/s of 125/s ▇█"), "{}", told(40));
}

#[test]
fn keys_that_the_shape_allows_are_shown_and_a_pause_is_seen() {
    let steerable = Steerable { pause: true, users: Some((50, 500)), ..Steerable::default() };
    let face = Face { steerable, state: State::Paused, ..face() };
    hold("paused_80x24", &drawn((80, 24), &board(), &face));
    hold("paused_40x12", &drawn((40, 12), &board(), &face));
}

#[test]
fn help_stands_where_the_endpoints_were() {
    hold("help_80x24", &drawn((80, 24), &board(), &Face { help: true, ..face() }));
}

#[test]
fn what_does_not_fit_is_counted_and_what_is_broken_comes_first() {
    let mut board = board();
    let many = (0..20).map(|number| threshold(&format!("p95 < {number}ms"), "31ms", ThresholdState::Held));
    board.second.thresholds.splice(0..0, many);
    board.generator.issues = vec!["starved", "late"];
    board.generator.suspect = 7;
    board.errors.dropped = 12;
    let face = Face { ranking: Ranking::Failing, state: State::Stopping, keyboard: Keyboard::Away, ..face() };
    hold("many_thresholds_80x24", &drawn((80, 24), &board, &face));
}

#[test]
fn a_generator_at_its_ceiling_is_said_to_be() {
    let mut board = board();
    (board.generator.at_ceiling, board.generator.ceiling) = (true, 12);
    hold("at_ceiling_80x24", &drawn((80, 24), &board, &face()));
}

#[test]
fn nothing_is_drawn_beyond_any_terminal_whatever_the_names() {
    let mut hostile = board();
    let name = "漢\u{202E}字\u{1b}[31m\n::error::e\u{301}".repeat(40);
    hostile.plan = name.clone();
    hostile.target = name.clone();
    hostile.stages = vec![name.clone(), name.clone()];
    hostile.errors.most_frequent = Some((name.clone(), u64::MAX));
    hostile.endpoints[0].name = name.as_str().into();
    hostile.second.thresholds[0].require = name.clone();
    hostile.second.thresholds[0].measured = Some(name);
    hostile.second.length = Duration::ZERO;
    let empty = Dashboard { endpoints: Vec::new(), rates: Vec::new(), recent: None, whole: None, ..board() };
    for board in [hostile, empty] {
        for columns in (1..=44).chain([60, 63, 64, 65, 79, 80, 81, 140]) {
            for rows in [1, 2, 3, 5, 8, 11, 13, 16, 24, 30] {
                for help in [false, true] {
                    let face = Face { help, ..face() };
                    let picture = Picture { board: &board, face: &face };
                    let height = picture.height(columns, rows);
                    assert!(height <= rows);
                    let mut buffer = Buffer::empty(Rect::new(0, 0, columns, height));
                    picture.render(buffer.area, &mut buffer);
                    for row in ansi::rows(&buffer, true) {
                        assert!(row.width <= columns.into(), "{} > {columns}: {}", row.width, row.text);
                        let text = row.text.replace("\x1b[", "");
                        assert!(!text.chars().any(|c| c.is_control() || c == '\u{202E}'), "{text:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn colours_are_told_only_where_they_are_understood() {
    let (board, face) = (board(), face());
    let mut buffer = Buffer::empty(Rect::new(0, 0, 80, 24));
    Picture { board: &board, face: &face }.render(buffer.area, &mut buffer);
    let text = |coloured| ansi::rows(&buffer, coloured).iter().map(|row| row.text.clone()).collect::<String>();
    assert!(text(true).contains("\x1b[31m1.20%\x1b[0m"), "{}", text(true));
    assert!(!text(false).contains('\x1b'));
}
