use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::os::fd::BorrowedFd;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::io::write;
use rustix::termios::tcgetwinsize;

use crate::diagnostic::Style;
use crate::live::ScreenTalk;
use crate::report::{Looks, Page, visible};
use crate::secrets::Secrets;
use crate::spool::{Spool, Taken};
use crate::verdict::Exit;

/// The secrets that this process has met. Whatever it prints goes through here last.
pub(super) fn secrets() -> &'static Secrets {
    static SECRETS: OnceLock<Secrets> = OnceLock::new();
    SECRETS.get_or_init(Secrets::default)
}

/// Prints a page on stdout, in the colours and the width of whatever shows it.
///
/// # Errors
/// As [`data`].
pub(super) fn page(page: &Page) -> Result<(), Exit> {
    data(&page.shown(Looks { columns: Some(page_width()), coloured: is_coloured() }))
}

/// Prints a document of JSON on stdout, which it still is without the secrets in it.
///
/// # Errors
/// As [`data`].
pub(super) fn document(json: &str) -> Result<(), Exit> {
    print(&secrets().mask_json(json))
}

/// Prints a page on stdout whose texts are without secrets already, and whose markup is ours.
///
/// # Errors
/// As [`data`].
pub(super) fn markup(page: &str) -> Result<(), Exit> {
    print(page)
}

/// What a command that works while it speaks speaks through: nobody who reads can hold it up.
static SPOOLS: OnceLock<Spools> = OnceLock::new();

struct Spools {
    stdout: Spool,
    stderr: Spool,
    reader: Reader,
}

/// What whoever reads a command's output is owed at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reader {
    /// Nothing that takes long: files have it all.
    MayStall,
    /// Everything, however long that takes: there is no other copy.
    GetsAll,
}

/// Talk that may wait for its reader.
const TALK: usize = 256 << 10;
/// Data that may wait for its reader.
const DATA: usize = 16 << 20;
/// A reader who takes nothing for so long is not waited for.
const PATIENCE: Duration = Duration::from_secs(2);
/// Longer than anybody waits.
const FOREVER: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// From now on what is said is written by threads of their own. Where there is none to be had, it stays as it was.
pub(super) fn detach(reader: Reader) {
    if SPOOLS.get().is_some() {
        return;
    }
    let left_out = |texts| format!("\n({texts} lines were left out: what reads this did not keep up)\n");
    let Ok(stdout) = Spool::before("stdout", Stream::Out, DATA, left_out) else { return };
    let Ok(stderr) = Spool::before("stderr", Stream::Err, TALK, left_out) else { return };
    drop(SPOOLS.set(Spools { stdout, stderr, reader }));
}

/// Waits until what was said is written, as long as its reader takes any of it.
///
/// # Errors
/// [`Exit::Lost`], reported on stderr, where data could not be written.
pub(super) fn settle() -> Result<(), Exit> {
    let Some(Spools { stdout, stderr, reader }) = SPOOLS.get() else { return Ok(()) };
    let patience = match reader {
        Reader::MayStall => PATIENCE,
        Reader::GetsAll => FOREVER,
    };
    // talk has no other place to tell that it was lost
    drop(stderr.settle(patience));
    let written = match stdout.settle(patience) {
        Taken::All | Taken::Stalled => Ok(()),
        Taken::Failed(error) => written(&error),
    };
    drop(stderr.settle(patience));
    written
}

/// Prints data on stdout. A closed pipe is the reader's choice, not an error.
///
/// # Errors
/// [`Exit::Lost`], reported on stderr, where the data cannot be written; where a thread of its own writes it, [`settle`]
/// says so.
pub(super) fn data(text: &str) -> Result<(), Exit> {
    print(&secrets().mask_lines(text))
}

/// Whether stdout is somebody's who is to have nothing else on it.
static STDOUT_IS_TAKEN: AtomicBool = AtomicBool::new(false);

/// Stdout as it is, for who is to have it alone and masks what it writes: what else would go there is said on stderr from now
/// on.
pub(super) fn take_stdout() -> Box<dyn Write + Send> {
    STDOUT_IS_TAKEN.store(true, Ordering::Relaxed);
    Box::new(Stream::Out)
}

fn print(text: &str) -> Result<(), Exit> {
    if STDOUT_IS_TAKEN.load(Ordering::Relaxed) {
        talk(text);
        return Ok(());
    }
    if let Some(spools) = SPOOLS.get() {
        spools.stdout.push(text);
        return Ok(());
    }
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).or_else(|error| written(&error))
}

/// Whether stdout is a terminal that is to have colours.
pub(super) fn is_coloured() -> bool {
    style(io::stdout().is_terminal()) == Style::Coloured
}

/// Says on stderr what is wrong and what to do about it. What comes from outside in it steers nobody's terminal.
pub(super) fn complain(why: impl Display, help: impl Display) {
    talk(&visible(&format!("error: {why}\n  = help: {help}\n")));
}

/// The same of what was asked for and cannot be done.
pub(super) fn refuse(why: impl Display, help: impl Display) -> Exit {
    complain(why, help);
    Exit::Usage
}

/// Prints talk on stderr.
pub(super) fn talk(text: &str) {
    let text = &*secrets().mask_lines(text);
    match SPOOLS.get() {
        Some(spools) => spools.stderr.push(text),
        None => drop(io::stderr().lock().write_all(text.as_bytes())),
    }
}

/// Whether an error in writing data costs anybody anything.
fn written(error: &io::Error) -> Result<(), Exit> {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return Ok(());
    }
    talk(&format!("error: the output was lost: {error}\n"));
    Err(Exit::Lost)
}

/// One of the process's two streams. The standard library's own would be locked for as long as a reader keeps a thread
/// waiting.
#[derive(Debug, Clone, Copy)]
enum Stream {
    Out,
    Err,
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let (stdout, stderr) = (io::stdout(), io::stderr());
        let stream: BorrowedFd<'_> = match self {
            Self::Out => std::os::fd::AsFd::as_fd(&stdout),
            Self::Err => std::os::fd::AsFd::as_fd(&stderr),
        };
        Ok(write(stream, bytes)?)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// How talk on stderr may look: coloured on a terminal, unless `NO_COLOR` is set.
pub(super) fn talk_style() -> Style {
    style(io::stderr().is_terminal())
}

/// The width of a terminal that does not say.
const USUAL: usize = 80;

/// The columns of a page on stdout: those of the terminal it goes to; elsewhere as many as `COLUMNS` says, those of the
/// terminal that talk goes to, or those of a usual one.
fn page_width() -> usize {
    let (stdout, stderr) = (io::stdout(), io::stderr());
    let said = || std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok()).filter(|columns| *columns > 0);
    columns(&stdout).or_else(said).or_else(|| columns(&stderr)).unwrap_or(USUAL)
}

/// The columns of a terminal; `None` of what is none.
fn columns(stream: &(impl IsTerminal + std::os::fd::AsFd)) -> Option<usize> {
    if !stream.is_terminal() {
        return None;
    }
    let said = tcgetwinsize(stream).map_or(0, |size| usize::from(size.ws_col));
    Some(if said > 0 { said } else { USUAL })
}

/// How the terminal that talk goes to is shown a run; `None` where talk goes elsewhere, or to one that only takes lines.
pub(super) fn screen() -> Option<ScreenTalk> {
    let coloured = talk_style() == Style::Coloured;
    (io::stderr().is_terminal() && !is_dumb()).then_some(ScreenTalk { print: talk, waiting, coloured })
}

/// How much talk is not written yet.
fn waiting() -> usize {
    SPOOLS.get().map_or(0, |spools| spools.stderr.waiting())
}

/// Whether the terminal only takes lines.
fn is_dumb() -> bool {
    std::env::var_os("TERM").is_none_or(|term| term.is_empty() || term == "dumb")
}

fn style(is_terminal: bool) -> Style {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    if is_terminal && !refused && !is_dumb() { Style::Coloured } else { Style::Plain }
}
