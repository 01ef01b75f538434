use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use super::access::{Access, Reach};
use super::hub::Watchers;
use super::run_site::{Message, RunSite};
use super::server::Server;
use crate::journal::{End, Entry};
use crate::report::{Knob, LivePage, LiveState, RunState};
use crate::results::Results;
use crate::run::{Event, Steerable, Wish};
use crate::secrets::Secrets;

/// Shows a run under way in browsers: it listens to the run, and tells the thread that serves them.
#[derive(Debug)]
pub struct WebView {
    // gone before the server is: then that has heard everything
    messages: UnboundedSender<Message>,
    server: Server,
    watchers: Arc<Watchers>,
    page: Option<LivePage>,
    steerable: Steerable,
    state: RunState,
    /// What a person has set: users, and arrivals a second.
    set: (Option<u32>, Option<f64>),
    /// Whether pages were not told of some second.
    missed: bool,
}

/// What the view has to do with the run besides hearing of it.
#[derive(Debug)]
pub struct WebHands {
    /// What of the load a person may change.
    pub steerable: Steerable,
    /// Takes what a person wants.
    pub wishes: UnboundedSender<Wish>,
    /// What no page shows.
    pub secrets: Secrets,
}

/// So many seconds may wait for being rendered; what comes then is left out, and everything told later.
const BEHIND: usize = 2;

impl WebView {
    /// Starts to serve.
    ///
    /// # Errors
    /// A system that gives no thread, or no randomness.
    pub fn start(listener: TcpListener, reach: Reach, hands: WebHands) -> io::Result<Self> {
        let access = Access::new(listener.local_addr()?, reach)?;
        let (messages, hears) = unbounded_channel();
        let watchers = Arc::new(Watchers::default());
        let WebHands { steerable, wishes, secrets } = hands;
        let of_site = watchers.clone();
        let server = Server::start(listener, access, move || RunSite::new(hears, of_site, (wishes, secrets)))?;
        Ok(Self {
            messages,
            server,
            watchers,
            page: None,
            steerable,
            state: RunState::Running,
            set: (None, None),
            missed: false,
        })
    }

    /// The address that lets a person in.
    #[must_use]
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Takes an event of the run.
    pub fn hear(&mut self, event: &Event<'_>) {
        match event {
            Event::Began(header) => {
                let page = LivePage::new(header);
                self.tell(Message::Began(page.header()));
                self.page = Some(page);
            }
            Event::Entry(entry, results) => {
                if let Some(page) = &mut self.page {
                    page.hear(entry);
                }
                match entry {
                    Entry::Second(_) => self.second(results),
                    Entry::End(end) => {
                        let open = end.teardown.iter().any(|line| line == End::TEARDOWN_OPEN);
                        self.state = if open { RunState::Teardown } else { RunState::Over };
                        // whoever comes later sees it, too
                        self.show(results, true);
                    }
                    Entry::Annotation(_) => {}
                }
            }
            Event::Steered(steering) => {
                self.set = (steering.users, steering.rate.map(|(rate, _)| rate.as_per_second()));
                self.state = if steering.paused { RunState::Paused } else { RunState::Running };
            }
            Event::Stopping(..) => self.state = RunState::Stopping,
            Event::Waiting(_) | Event::TearingDown | Event::TakingBack => {}
        }
    }

    /// Says that nothing comes any more, and stops to serve.
    pub fn close(self) {
        let Self { messages, server, .. } = self;
        drop(messages);
        server.stop();
    }

    fn second(&mut self, results: &Results) {
        let is_watched = self.watchers.look();
        if !is_watched || self.watchers.behind.load(Ordering::Relaxed) >= BEHIND {
            self.missed = true;
            return;
        }
        let begins = self.watchers.take_begin();
        self.show(results, begins);
    }

    /// Has what the run has come to shown; everything, for those who begin.
    fn show(&mut self, results: &Results, begins: bool) {
        let state = self.live_state(results);
        let missed = std::mem::take(&mut self.missed);
        let Some(page) = &mut self.page else { return };
        let Ok(mut second) = page.show(results, begins || missed) else { return };
        second.reshaped |= missed;
        self.watchers.behind.fetch_add(1, Ordering::Relaxed);
        self.tell(Message::Second(Box::new(second), state));
    }

    fn live_state(&self, results: &Results) -> LiveState {
        let Steerable { pause, users, rate, fixed } = self.steerable;
        let knob = |now: Option<f64>, planned: f64, most: f64| Knob { now: now.unwrap_or(planned), planned, most };
        LiveState {
            state: self.state,
            elapsed: results.elapsed().as_secs_f64(),
            length: results.length().as_secs_f64(),
            pause,
            users: users.map(|(planned, most)| knob(self.set.0.map(f64::from), planned.into(), most.into())),
            rate: rate.map(|(planned, most)| knob(self.set.1, planned.as_per_second(), most.as_per_second())),
            fixed,
        }
    }

    /// Tells the server's thread; where that broke down nobody looks any more.
    fn tell(&self, message: Message) {
        drop(self.messages.send(message));
    }
}
