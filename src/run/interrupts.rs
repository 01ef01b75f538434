use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

use crate::engine::{NotReady, Platform, Start};
use crate::units::Rate;
use crate::verdict::Exit;

/// Requests to end a run: Ctrl-C, a terminal that hangs up and the system's signal to terminate, or what a test sends. Where a
/// signal cannot be listened to, the run goes on to its time.
#[derive(Debug)]
pub struct Interrupts {
    ends: UnboundedReceiver<()>,
    steers: Option<UnboundedReceiver<Wish>>,
}

/// What a person who watches a run wants of it.
#[derive(Debug, Clone, PartialEq)]
pub enum Steer {
    /// That it ends, as at the first interrupt.
    End,
    /// That it ends, and that requests under way are cut off.
    Cut,
    /// That no load is made.
    Pause,
    /// That it is again.
    Resume,
    /// The one of these two that makes a difference.
    PauseOrResume,
    /// More users.
    MoreUsers,
    /// Fewer of them.
    FewerUsers,
    /// So many users.
    Users(u32),
    /// So many arrivals a second.
    Rate(Rate),
    /// Nothing of the load: that something is noted, as it happens.
    Note(String),
}

/// Where a wish was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hand {
    /// On the terminal.
    Keyboard,
    /// In a page of the web view.
    Page,
}

/// What a person wants of a run, and who is told what came of it.
#[derive(Debug)]
pub struct Wish {
    /// What.
    pub steer: Steer,
    /// Where it was made.
    pub hand: Hand,
    /// Hears what was done, or why it was not.
    pub answer: Option<oneshot::Sender<Result<String, String>>>,
}

/// A key that was pressed: nobody waits for an answer.
impl From<Steer> for Wish {
    fn from(steer: Steer) -> Self {
        Self { steer, hand: Hand::Keyboard, answer: None }
    }
}

/// What somebody asked for.
#[derive(Debug)]
pub(super) enum Asked {
    End,
    Wish(Wish),
}

/// How many of them may go unheard: the process then ends, whatever it does.
const MOST_UNHEARD: usize = 3;
/// How long what is under way has for its end, after the last that may go unheard.
const LAST_GRACE: Duration = Duration::from_secs(3);

impl Interrupts {
    /// Those that the sender sends.
    #[must_use]
    pub fn channel() -> (UnboundedSender<()>, Self) {
        let (sender, receiver) = unbounded_channel();
        (sender, Self { ends: receiver, steers: None })
    }

    /// Those of this process. They come by a thread of their own, which hears them whatever the rest is busy with: at the
    /// third the process has three seconds left, and at the fourth none; `last` is done before it ends on the spot.
    #[must_use]
    pub fn of_process(last: fn()) -> Self {
        Signals::of_process(last).interrupts()
    }

    /// The same, and what the sender wants of the load.
    #[must_use]
    pub fn with_steers(self) -> (UnboundedSender<Wish>, Self) {
        let (sender, receiver) = unbounded_channel();
        (sender, Self { steers: Some(receiver), ..self })
    }

    /// Waits for the next one.
    pub async fn next(&mut self) {
        received(Some(&mut self.ends)).await;
    }

    /// Waits for the next thing that is asked for; ends only where they are heard.
    pub(super) async fn asked(&mut self, hears_ends: bool) -> Asked {
        let Self { ends, steers } = self;
        tokio::select! {
            biased;
            () = received(Some(ends)), if hears_ends => Asked::End,
            wish = received(steers.as_mut()) => Asked::Wish(wish),
        }
    }
}

/// Signals to this process, for runs that follow one another.
#[derive(Debug, Clone, Default)]
pub struct Signals {
    heard: Arc<Mutex<Heard>>,
}

/// What came so far, and who is told of what comes.
#[derive(Debug, Default)]
struct Heard {
    count: usize,
    listeners: Vec<UnboundedSender<()>>,
}

impl Signals {
    /// Listens to those of this process, as [`Interrupts::of_process`] does.
    #[must_use]
    pub fn of_process(last: fn()) -> Self {
        let signals = Self::default();
        let hears = signals.clone();
        // where no thread can be had the system's own way stays: the first signal ends the process
        let (listening, listens) = std::sync::mpsc::channel();
        let listener = move || listen(&|| hears.hear(), listening, last);
        drop(std::thread::Builder::new().name("signals".to_owned()).spawn(listener));
        // from here on none ends the process on the spot; a thread that is not there leaves the channel closed
        let _ = listens.recv();
        signals
    }

    /// Interrupts that come from now on; where one came before, it is the first of them.
    #[must_use]
    pub fn interrupts(&self) -> Interrupts {
        let (sender, interrupts) = Interrupts::channel();
        let mut heard = self.lock();
        if heard.count > 0 {
            sender.send(()).ok();
        }
        // those whose run is over are told nothing more
        heard.listeners.retain(|listener| !listener.is_closed());
        heard.listeners.push(sender);
        interrupts
    }

    /// Whether any has come.
    #[must_use]
    pub fn have_come(&self) -> bool {
        self.lock().count > 0
    }

    fn hear(&self) {
        let mut heard = self.lock();
        heard.count += 1;
        // nobody listens any more where a run is over and its results are being written
        for listener in &heard.listeners {
            listener.send(()).ok();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The next of a channel; where there is none any more, nothing ever.
async fn received<T>(channel: Option<&mut UnboundedReceiver<T>>) -> T {
    if let Some(channel) = channel
        && let Some(next) = channel.recv().await
    {
        return next;
    }
    std::future::pending().await
}

fn listen(hear: &dyn Fn(), listening: std::sync::mpsc::Sender<()>, last: fn()) {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
    runtime.block_on(async {
        let mut interrupt = signal(SignalKind::interrupt()).ok();
        let mut terminate = signal(SignalKind::terminate()).ok();
        // `nohup` means that a terminal that hangs up is no reason to end
        let mut hangup = if ignores_hangup() { None } else { signal(SignalKind::hangup()).ok() };
        listening.send(()).ok();
        for heard in 1.. {
            let next = async {
                tokio::select! {
                    () = next_signal(&mut interrupt) => {}
                    () = next_signal(&mut terminate) => {}
                    () = next_signal(&mut hangup) => {}
                }
            };
            if heard <= MOST_UNHEARD {
                next.await;
            } else {
                drop(tokio::time::timeout(LAST_GRACE, next).await);
                last();
                std::process::exit(Exit::Interrupted.code().into());
            }
            hear();
        }
    });
}

/// Whether the process was started with the signal of a hangup ignored (`SigIgn` in proc(5), the lowest bit).
fn ignores_hangup() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}

/// Waits for a signal; for ever where nobody listens to it.
pub(crate) async fn next_signal(signal: &mut Option<Signal>) {
    if let Some(signal) = signal
        && signal.recv().await.is_some()
    {
        return;
    }
    std::future::pending().await
}

/// So long before a moment workers begin to get ready for it.
const READY: Duration = Duration::from_secs(1);
/// The wall clock may be set while somebody waits for it: it is looked at this often.
const LOOK: Duration = Duration::from_secs(10);

/// Waits until workers have to get ready, where the run begins at a moment of the wall clock; `waiting` hears that
/// moment.
///
/// # Errors
/// An interrupt; a moment that is over.
pub(super) async fn wait(
    (start, platform): (Start, &Platform),
    interrupts: &mut Interrupts,
    waiting: impl FnOnce(SystemTime),
) -> Result<(), NotReady> {
    let Start::At(at) = start else { return Ok(()) };
    let left = || at.duration_since(platform.wall_clock()).map_err(|late| NotReady::Late(late.duration()));
    if left()? > READY {
        waiting(at);
    }
    loop {
        let left = left()?.saturating_sub(READY);
        if left.is_zero() {
            return Ok(());
        }
        tokio::select! {
            biased;
            () = interrupts.next() => return Err(NotReady::Interrupted),
            () = tokio::time::sleep(left.min(LOOK)) => {}
        }
    }
}
