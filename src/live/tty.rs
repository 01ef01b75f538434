use std::io::{self, IsTerminal};
use std::sync::{Mutex, PoisonError};

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
    if !stdin.is_terminal() || !is_in_foreground() {
        return false;
    }
    let Ok(now) = tcgetattr(&stdin) else { return false };
    let mut modes = now.clone();
    modes.local_modes.remove(LocalModes::ICANON | LocalModes::ECHO);
    // a read waits no longer than so many tenths of a second
    modes.special_codes[SpecialCodeIndex::VMIN] = 0;
    modes.special_codes[SpecialCodeIndex::VTIME] = 2;
    let taken = tcsetattr(&stdin, OptionalActions::Now, &modes).is_ok();
    if taken {
        before.get_or_insert(now);
    }
    taken
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

/// Forgets the modes it had: whoever continued the process has set its own.
pub(super) fn forget() {
    *BEFORE.lock().unwrap_or_else(PoisonError::into_inner) = None;
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
