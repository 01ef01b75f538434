use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::{Builder, sleep};
use std::time::Duration;

use rustix::io::{Errno, read};
use rustix::process::{Signal, getpid, getppid, getsid, kill_process};
use tokio::signal::unix::{SignalKind, signal};

use super::screen::Screen;
use super::tty;
use crate::run::next_signal;

/// The screen that is shown, so that whoever ends the process can leave the terminal as it was.
static SHOWN: Mutex<Weak<Mutex<Screen>>> = Mutex::new(Weak::new());

/// So long the terminal is waited for when the process is to stop: what is shown goes first.
const CLEARED: Duration = Duration::from_millis(200);
const LOOK: Duration = Duration::from_millis(10);
/// How often it is looked whether the job is in the foreground again.
const FOREGROUND: Duration = Duration::from_millis(500);

/// Listens to the terminal of a screen: its keys, its size, and that it stops and continues the process; by threads of their
/// own.
pub(super) fn listen(screen: &Arc<Mutex<Screen>>) {
    *lock(&SHOWN) = Arc::downgrade(screen);
    let has_keys = Arc::new(AtomicBool::new(false));
    let (of_signals, of_keys) = (Arc::downgrade(screen), Arc::downgrade(screen));
    let (told, asked) = (has_keys.clone(), has_keys);
    // where there is no thread to be had the run is shown, and nobody is heard
    drop(Builder::new().name("terminal".to_owned()).spawn(move || {
        if let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() {
            runtime.block_on(heed(&of_signals, &told));
        }
    }));
    drop(Builder::new().name("keys".to_owned()).spawn(move || type_in(&of_keys, &asked)));
}

/// Leaves the terminal as it was before, for whoever breaks down or ends the process on the spot.
pub fn restore_terminal() {
    if let Ok(shown) = SHOWN.try_lock()
        && let Some(screen) = shown.upgrade()
        && let Ok(mut screen) = screen.try_lock()
    {
        screen.clear();
    }
    tty::give_keys_back();
}

/// Heeds what becomes of the terminal, for as long as the screen is there; from then on only that the process is to stop.
async fn heed(screen: &Weak<Mutex<Screen>>, has_keys: &AtomicBool) {
    let of = |kind: SignalKind| signal(kind).ok();
    // tokio has no name for it
    let mut stop = of(SignalKind::from_raw(Signal::TSTP.as_raw()));
    let mut go_on = of(SignalKind::from_raw(Signal::CONT.as_raw()));
    let mut resized = of(SignalKind::window_change());
    take_keys(screen, has_keys);
    while screen.strong_count() > 0 {
        tokio::select! {
            biased;
            () = next_signal(&mut stop) => stop_process(screen, has_keys),
            () = next_signal(&mut go_on) => {
                // whoever had the terminal meanwhile has written below, and set modes of its own
                tty::forget();
                with(screen, Screen::forget);
                take_keys(screen, has_keys);
                with(screen, Screen::draw);
            }
            () = next_signal(&mut resized) => with(screen, Screen::draw),
            () = tokio::time::sleep(FOREGROUND) => {
                // a worker that breaks down gives them back
                let (is, had) = (tty::is_in_foreground(), has_keys.load(Ordering::Relaxed) && tty::has_keys());
                if is && !had {
                    take_keys(screen, has_keys);
                } else if !is {
                    has_keys.store(false, Ordering::Relaxed);
                }
            }
        }
    }
    // the screen may have gone while the keys were taken; whoever wants the process to stop is still heard
    tty::give_keys_back();
    loop {
        next_signal(&mut stop).await;
        stop_process(screen, has_keys);
    }
}

fn take_keys(screen: &Weak<Mutex<Screen>>, has_keys: &AtomicBool) {
    let taken = screen.strong_count() > 0 && tty::take_keys();
    has_keys.store(taken, Ordering::Relaxed);
    with(screen, |screen| screen.keys(taken));
}

/// Does what the signal does where nobody listens to it, with the terminal as it was.
fn stop_process(screen: &Weak<Mutex<Screen>>, has_keys: &AtomicBool) {
    has_keys.store(false, Ordering::Relaxed);
    with(screen, Screen::clear);
    let is_idle = || screen.upgrade().is_none_or(|screen| lock(&screen).is_idle());
    let looks = CLEARED.as_millis() / LOOK.as_millis();
    for _ in 0..looks {
        if is_idle() {
            break;
        }
        sleep(LOOK);
    }
    // where no shell is there to have it go on, the system does not let it be stopped from the terminal either
    if !has_shell() {
        take_keys(screen, has_keys);
        with(screen, Screen::draw);
        return;
    }
    tty::give_keys_back();
    let _ = kill_process(getpid(), Signal::STOP);
}

/// Whether the parent is of the same session: a shell, or what a shell started.
fn has_shell() -> bool {
    let session = getsid(None).ok();
    session.is_some() && getppid().is_some_and(|parent| getsid(Some(parent)).ok() == session)
}

/// Reads keys, for as long as the screen is there.
fn type_in(screen: &Weak<Mutex<Screen>>, has_keys: &AtomicBool) {
    while screen.strong_count() > 0 {
        if !has_keys.load(Ordering::Relaxed) || !tty::is_in_foreground() {
            sleep(CLEARED);
            continue;
        }
        // by then the process may have been stopped, and gone on in the background
        if !tty::is_typed(CLEARED) || !has_keys.load(Ordering::Relaxed) || !tty::is_in_foreground() {
            continue;
        }
        let mut keys = [0; 64];
        match read(io::stdin(), &mut keys) {
            // nothing was typed for a while
            Ok(0) => sleep(LOOK),
            Ok(count) => keys.iter().take(count).for_each(|key| with(screen, |screen| screen.key(*key))),
            Err(Errno::INTR | Errno::AGAIN) => sleep(LOOK),
            // the terminal is gone
            Err(_) => return,
        }
    }
}

fn with(screen: &Weak<Mutex<Screen>>, act: impl FnOnce(&mut Screen)) {
    if let Some(screen) = screen.upgrade() {
        act(&mut lock(&screen));
    }
}

pub(super) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
