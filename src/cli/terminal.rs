use std::io::{IsTerminal, Write};

use crate::diagnostic::Style;
use crate::verdict::Exit;

/// Prints data on stdout. A closed pipe is the reader's choice, not an error.
///
/// # Errors
/// [`Exit::Lost`], reported on stderr, where the data cannot be written.
pub(super) fn data(text: &str) -> Result<(), Exit> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            talk(&format!("error: the output was lost: {error}\n"));
            Err(Exit::Lost)
        }
        _ => Ok(()),
    }
}

/// Prints talk on stderr.
pub(super) fn talk(text: &str) {
    drop(std::io::stderr().lock().write_all(text.as_bytes()));
}

/// How talk on stderr may look: coloured on a terminal, unless `NO_COLOR` is set.
pub(super) fn talk_style() -> Style {
    style(std::io::stderr().is_terminal())
}

/// How many columns a terminal has.
#[derive(Debug, Clone, Copy)]
pub(super) struct Width(pub(super) usize);

/// The width of the terminal that talk goes to; `None` where it goes elsewhere.
pub(super) fn talk_width() -> Option<Width> {
    const USUAL: usize = 80;
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    (std::io::stderr().is_terminal() && !dumb).then(|| Width(columns.unwrap_or(USUAL)))
}

fn style(is_terminal: bool) -> Style {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    if is_terminal && !refused && !dumb { Style::Coloured } else { Style::Plain }
}
