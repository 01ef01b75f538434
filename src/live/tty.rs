use std::io::{self, IsTerminal};
use std::os::fd::AsFd;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{FileType, fstat};
use rustix::process::getpgrp;
use rustix::termios::{
    LocalModes, OptionalActions, QueueSelector, SpecialCodeIndex, Termios, tcflush, tcgetattr, tcgetpgrp, tcgetwinsize,
    tcsetattr,
};

/// The modes the terminal had before keys were read from it; none while it has them.
static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);

/// Has the terminal hand over each key at once and show none of them. Signals stay what they are: Ctrl-C, Ctrl-Z and Ctrl-\
/// are no keys of ours. Returns whether it does now.
pub(super) fn take_keys() -> bool {
    let stdin = io::stdin();
    let mut before = BEFORE.lock().unwrap_or_else(PoisonError::into_inner);
    // whoever is in the background is stopped when it touches the terminal
    if !stdin.is_terminal() || is_pipe(&io::stdout()) || !is_in_foreground() {
        return false;
    }
    let Ok(now) = tcgetattr(&stdin) else { return false };
    let mut modes = now.clone();
    modes.local_modes.remove(LocalModes::ICANON | LocalModes::ECHO);
    // a read does not wait
    modes.special_codes[SpecialCodeIndex::VMIN] = 0;
    modes.special_codes[SpecialCodeIndex::VTIME] = 0;
    let taken = tcsetattr(&stdin, OptionalActions::Now, &modes).is_ok();
    if taken {
        before.get_or_insert(now);
    }
    taken
}

/// Whether what goes there goes to another process: a pager, which reads the same keys.
fn is_pipe(stream: &impl AsFd) -> bool {
    fstat(stream).is_ok_and(|data| FileType::from_raw_mode(data.st_mode).is_fifo())
}

/// Gives the terminal back the modes it had. What was typed for us and not read is forgotten.
pub(super) fn give_keys_back() {
    let Ok(mut before) = BEFORE.try_lock() else { return };
    if let Some(modes) = before.take().filter(|_| is_in_foreground()) {
        let stdin = io::stdin();
        let _ = tcflush(&stdin, QueueSelector::IFlush);
        let _ = tcsetattr(&stdin, OptionalActions::Now, &modes);
    }
}

/// Forgets the modes it had where whoever continued the process has set its own. While they are still ours nobody has, and
/// what was before is still to be given back.
pub(super) fn forget() {
    let mut before = BEFORE.lock().unwrap_or_else(PoisonError::into_inner);
    if tcgetattr(io::stdin()).is_ok_and(|now| now.local_modes.contains(LocalModes::ICANON)) {
        *before = None;
    }
}

/// Whether it hands over each key at once.
pub(super) fn has_keys() -> bool {
    BEFORE.lock().unwrap_or_else(PoisonError::into_inner).is_some()
}

/// Waits for a key, no longer than a while; whether there is one. Nobody is stopped by waiting, as whoever reads in the
/// background is.
pub(super) fn is_typed(longest: Duration) -> bool {
    let stdin = io::stdin();
    let longest = Timespec { tv_sec: 0, tv_nsec: longest.subsec_nanos().into() };
    let mut looked = [PollFd::new(&stdin, PollFlags::IN)];
    poll(&mut looked, Some(&longest)).is_ok_and(|ready| ready > 0)
}

/// Whether the terminal that talk goes to is ours at the moment, and no other job's.
pub(super) fn is_in_foreground() -> bool {
    tcgetpgrp(io::stderr()).is_ok_and(|group| group == getpgrp())
}

/// How many columns and rows the terminal has; those of a usual one where it does not say.
pub(super) fn size() -> (u16, u16) {
    const USUAL: (u16, u16) = (80, 24);
    match tcgetwinsize(io::stderr()) {
        Ok(size) if size.ws_col > 0 && size.ws_row > 0 => (size.ws_col, size.ws_row),
        _ => USUAL,
    }
}
