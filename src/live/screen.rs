use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::Widget;

use super::ansi;
use super::picture::{Face, Keyboard, Picture, Ranking, State};
use super::terminal::Hands;
use super::tty;
use crate::report::wrapped;
use crate::results::Dashboard;
use crate::run::Steer;

/// A part of the terminal, below everything that was printed, in which a run under way is shown. It says only what it may
/// say without waiting: where the terminal does not keep up, a picture is left out.
pub(super) struct Screen {
    talk: ScreenTalk,
    hands: Hands,
    face: Face,
    board: Option<Dashboard>,
    /// How wide each line is that stands there.
    lines: Vec<usize>,
    closed: bool,
}

/// With so many bytes not written yet a terminal does not keep up.
const BEHIND: usize = 16 << 10;

/// How a screen speaks.
#[derive(Debug, Clone, Copy)]
pub struct ScreenTalk {
    /// Prints a text as it is.
    pub print: fn(&str),
    /// How many bytes of it are not written yet.
    pub waiting: fn() -> usize,
    /// Whether the terminal understands colours, and is to have them.
    pub coloured: bool,
}

impl Screen {
    pub(super) fn new(talk: ScreenTalk, hands: Hands) -> Self {
        let face = Face { steerable: hands.steerable, ..Face::default() };
        Self { talk, hands, face, board: None, lines: Vec::new(), closed: false }
    }

    /// Shows a second; whether the terminal is ours to show it on.
    pub(super) fn show(&mut self, board: Dashboard) -> bool {
        self.board = Some(board);
        self.draw();
        tty::is_in_foreground()
    }

    /// What was shown last.
    pub(super) const fn board(&self) -> Option<&Dashboard> {
        self.board.as_ref()
    }

    /// Prints a line above what is shown.
    pub(super) fn say(&mut self, text: &str) {
        let before = self.erasing();
        self.lines.clear();
        let text = wrapped(text, usize::from(tty::size().0).max(1)).join("\n");
        // in one, so that nobody sees the terminal without it
        let picture = self.picture().unwrap_or_default();
        (self.talk.print)(&format!("{before}{text}\n{picture}"));
    }

    /// Says how far the run has come to its end.
    pub(super) fn state(&mut self, state: State) {
        self.face.state = state;
        self.draw();
    }

    /// Says whether keys are read.
    pub(super) fn keys(&mut self, are_read: bool) {
        let keyboard = if are_read { Keyboard::Read } else { Keyboard::Away };
        if self.face.keyboard != keyboard {
            self.face.keyboard = keyboard;
            self.draw();
        }
    }

    /// Does what a key is for.
    pub(super) fn key(&mut self, key: u8) {
        match key {
            b'q' | b'Q' => return (self.hands.steer)(Steer::End),
            b'p' | b' ' => return (self.hands.steer)(Steer::PauseOrResume),
            b'+' | b'=' => return (self.hands.steer)(Steer::MoreUsers),
            b'-' => return (self.hands.steer)(Steer::FewerUsers),
            b'?' | b'h' => self.face.help = !self.face.help,
            b'r' => self.face.ranking = Ranking::Busiest,
            b's' => self.face.ranking = Ranking::Slowest,
            b'e' => self.face.ranking = Ranking::Failing,
            b'\t' => self.face.ranking = self.face.ranking.next(),
            _ => return,
        }
        self.draw();
    }

    /// Draws what there is to be seen, where the terminal keeps up.
    pub(super) fn draw(&mut self) {
        let before = self.erasing();
        if let Some(picture) = self.picture() {
            (self.talk.print)(&format!("{before}{picture}"));
        }
    }

    /// The picture as the terminal is told it, from the line that the cursor is in; `None` where there is none to be shown now.
    fn picture(&mut self) -> Option<String> {
        let board = self.board.as_ref().filter(|_| !self.closed)?;
        // another job's lines are not ours to move about in
        if (self.talk.waiting)() > BEHIND || !tty::is_in_foreground() {
            return None;
        }
        let (columns, rows) = tty::size();
        let picture = Picture { board, face: &self.face };
        // the cursor stands below, where a shell finds it if the process is killed; one line above stays what was there
        let height = picture.height(columns, rows.saturating_sub(2).max(1));
        let area = Rect::new(0, 0, columns, height);
        let mut buffer = Buffer::empty(area);
        picture.render(area, &mut buffer);
        let drawn = ansi::rows(&buffer, self.talk.coloured);
        self.lines = drawn.iter().map(|row| row.width).collect();
        Some(drawn.into_iter().map(|row| row.text + "\r\n").collect())
    }

    /// Takes what is shown away.
    pub(super) fn clear(&mut self) {
        let text = self.erasing();
        self.lines.clear();
        if !text.is_empty() {
            (self.talk.print)(&text);
        }
    }

    /// Takes it away for good.
    pub(super) fn close(&mut self) {
        self.clear();
        self.closed = true;
    }

    /// Leaves what is shown where it is: somebody else has written below it.
    pub(super) fn forget(&mut self) {
        self.lines.clear();
    }

    pub(super) fn is_idle(&self) -> bool {
        (self.talk.waiting)() == 0
    }

    /// What brings the cursor to the first line of what is shown, and takes that away. A terminal that became narrower has
    /// wrapped its lines. They are taken away one by one: of a screen that is cleared from its first line on, some terminals keep
    /// a copy above it.
    fn erasing(&self) -> String {
        if self.lines.is_empty() || !tty::is_in_foreground() {
            return String::new();
        }
        let columns = usize::from(tty::size().0).max(1);
        let rows: usize = self.lines.iter().map(|width| width.div_ceil(columns).max(1)).sum();
        format!("\r\x1b[{rows}A{}\x1b[{rows}A", "\x1b[2K\x1b[B".repeat(rows))
    }
}

impl std::fmt::Debug for Screen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Screen").field("lines", &self.lines).finish_non_exhaustive()
    }
}
