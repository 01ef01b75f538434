use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};

use bytes::Bytes;
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// The pages that follow a run, and what those need that missed something. Whatever is told is rendered once, and its bytes are
/// shared by all of them.
#[derive(Debug, Default)]
pub(super) struct Hub {
    /// What each of the last seconds added to the charts.
    recent: VecDeque<(u32, Bytes)>,
    /// What stands around the charts, of the last second.
    shown: Bytes,
    /// From which second on a page can go on with what each second adds.
    from: Option<u32>,
    pages: Vec<Page>,
    over: bool,
}

/// A page that follows.
#[derive(Debug)]
struct Page {
    sender: Sender<Bytes>,
    /// Whether it has everything up to the last second; else it waits for all of it.
    follows: bool,
}

/// One second, as pages are told of it: each a text of JSON.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) second: u32,
    /// What it adds to the charts.
    pub(super) cells: String,
    /// What stands around them; none where that was left out this time.
    pub(super) shown: Option<String>,
    /// Everything, for those who begin.
    pub(super) whole: Option<String>,
    /// Whether nobody can go on from the second before.
    pub(super) breaks: bool,
}

/// What the thread of the run knows of those who look.
#[derive(Debug, Default)]
pub(super) struct Watchers {
    /// How many pages follow.
    pages: AtomicUsize,
    /// For so many seconds somebody may be about to look.
    interest: AtomicU32,
    /// Whether somebody waits for everything.
    begins: AtomicBool,
    /// How many seconds were told and are not rendered yet.
    pub(super) behind: AtomicUsize,
}

/// So many pages may follow a run.
pub(super) const MOST_PAGES: usize = 64;
/// A page that has not taken so many events is dropped; it comes back by itself.
const QUEUE: usize = 16;
/// So many seconds a page may miss and be told only these.
const RECENT: usize = 300;
/// So many seconds after somebody looked the next look is expected.
const INTEREST: u32 = 15;

impl Watchers {
    /// Somebody looks, and wants everything.
    pub(super) fn begin(&self) {
        self.interest.store(INTEREST, Ordering::Relaxed);
        self.begins.store(true, Ordering::Relaxed);
    }

    /// Whether anybody looks, in one more second.
    pub(super) fn look(&self) -> bool {
        let left = self.interest.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        left.is_ok() || self.pages.load(Ordering::Relaxed) > 0
    }

    /// Whether somebody wants everything, who then has it.
    pub(super) fn take_begin(&self) -> bool {
        self.begins.swap(false, Ordering::Relaxed)
    }
}

impl Hub {
    /// Lets a page follow that has heard everything up to a second; `None` where there are too many.
    pub(super) fn follow(&mut self, after: Option<u32>, watchers: &Watchers) -> Option<Receiver<Bytes>> {
        self.pages.retain(|page| !page.sender.is_closed());
        if self.pages.len() >= MOST_PAGES {
            return None;
        }
        let (sender, receiver) = channel(QUEUE);
        let missed = after.and_then(|after| self.missed(after));
        let follows = missed.is_some();
        // a new channel has room
        sender.try_send(missed.unwrap_or_else(|| Bytes::from_static(RETRY))).ok();
        if !follows {
            watchers.begin();
        }
        if self.over && follows {
            sender.try_send(Bytes::from_static(OVER)).ok();
        } else {
            self.pages.push(Page { sender, follows });
        }
        watchers.pages.store(self.pages.len(), Ordering::Relaxed);
        Some(receiver)
    }

    /// What a page needs that has heard everything up to a second; `None` where that is no longer known.
    fn missed(&self, after: u32) -> Option<Bytes> {
        let (first, last) = (self.recent.front()?.0, self.recent.back()?.0);
        let known = after.saturating_add(1) >= first && self.from.is_some_and(|from| from <= after);
        if !known || after > last {
            return None;
        }
        let mut text = RETRY.to_vec();
        let missed = self.recent.iter().filter(|(second, _)| *second > after);
        missed.for_each(|(_, cells)| text.extend_from_slice(cells));
        text.extend_from_slice(&self.shown);
        Some(text.into())
    }

    /// Tells all pages of a second.
    pub(super) fn tell(&mut self, told: Told, watchers: &Watchers) {
        let Told { second, cells, shown, whole, breaks } = told;
        if breaks || self.from.is_none() {
            self.from = Some(second);
            self.recent.clear();
            self.pages.iter_mut().for_each(|page| page.follows = false);
        }
        let cells = event("cells", Some(second), &cells);
        let added = match shown {
            Some(shown) => {
                self.shown = event("shown", None, &shown);
                Bytes::from([&cells[..], &self.shown].concat())
            }
            None => cells.clone(),
        };
        let whole = whole.map(|whole| event("whole", Some(second), &whole));
        // the end of a run tells its last second once more
        if self.recent.back().is_some_and(|(last, _)| *last == second) {
            self.recent.pop_back();
        }
        self.recent.push_back((second, cells));
        if self.recent.len() > RECENT {
            self.recent.pop_front();
        }
        self.pages.retain_mut(|page| {
            let bytes = match (page.follows, &whole) {
                (true, _) => added.clone(),
                (false, Some(whole)) => whole.clone(),
                // it waits for all of it
                (false, None) => return !page.sender.is_closed(),
            };
            page.follows = true;
            // whoever does not read is not waited for
            page.sender.try_send(bytes).is_ok()
        });
        if whole.is_none() && self.pages.iter().any(|page| !page.follows) {
            watchers.begin();
        }
        watchers.pages.store(self.pages.len(), Ordering::Relaxed);
    }

    /// Says that nothing comes any more, and lets all pages go.
    pub(super) fn end(&mut self, watchers: &Watchers) {
        self.over = true;
        self.pages.drain(..).for_each(|page| drop(page.sender.try_send(Bytes::from_static(OVER))));
        watchers.pages.store(0, Ordering::Relaxed);
    }
}

/// In so many milliseconds a page that lost its connection is to try again.
const RETRY: &[u8] = b"retry: 1000\n\n";
const OVER: &[u8] = b"event: over\ndata: {}\n\n";

/// An event as it goes over the wire. JSON has no line ends.
fn event(name: &str, id: Option<u32>, json: &str) -> Bytes {
    let id = id.map(|id| format!("id: {id}\n")).unwrap_or_default();
    Bytes::from(format!("event: {name}\n{id}data: {json}\n\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(second: u32, whole: bool) -> Told {
        let whole = whole.then(|| format!("\"all to {second}\""));
        Told { second, cells: second.to_string(), shown: Some(format!("\"at {second}\"")), whole, breaks: false }
    }

    fn heard(page: &mut Receiver<Bytes>) -> String {
        let mut text = String::new();
        while let Ok(bytes) = page.try_recv() {
            text.push_str(std::str::from_utf8(&bytes).unwrap());
        }
        text.replace("retry: 1000\n\n", "").replace("\n\n", "; ").replace('\n', " ")
    }

    #[test]
    fn a_page_that_begins_has_everything_and_then_what_each_second_adds() {
        let (mut hub, watchers) = (Hub::default(), Watchers::default());
        assert!(!watchers.look(), "nobody looks");
        let mut page = hub.follow(None, &watchers).unwrap();
        assert!(watchers.look() && watchers.take_begin() && !watchers.take_begin());
        hub.tell(told(4, true), &watchers);
        assert_eq!(heard(&mut page), "event: whole id: 4 data: \"all to 4\"; ");
        hub.tell(told(5, true), &watchers);
        assert_eq!(heard(&mut page), "event: cells id: 5 data: 5; event: shown data: \"at 5\"; ");
        hub.end(&watchers);
        assert_eq!(heard(&mut page), "event: over data: {}; ");
        assert!(page.is_closed());
    }

    #[test]
    fn a_page_that_comes_back_hears_what_it_missed_and_everything_where_that_is_not_known() {
        let (mut hub, watchers) = (Hub::default(), Watchers::default());
        (1..=8).for_each(|second| hub.tell(told(second, false), &watchers));
        let mut page = hub.follow(Some(6), &watchers).unwrap();
        let missed = "event: cells id: 7 data: 7; event: cells id: 8 data: 8; event: shown data: \"at 8\"; ";
        assert_eq!(heard(&mut page), missed);
        let mut page = hub.follow(Some(8), &watchers).unwrap();
        assert_eq!(heard(&mut page), "event: shown data: \"at 8\"; ");
        assert!(!watchers.take_begin());
        // of another run, or of a time that is forgotten
        for after in [Some(99), None] {
            let mut page = hub.follow(after, &watchers).unwrap();
            assert!(watchers.take_begin());
            hub.tell(told(9, false), &watchers);
            assert!(watchers.take_begin(), "it still waits for everything");
            assert_eq!(heard(&mut page), "");
            hub.tell(told(10, true), &watchers);
            assert_eq!(heard(&mut page), "event: whole id: 10 data: \"all to 10\"; ");
        }
        (11..=11 + RECENT as u32).for_each(|second| hub.tell(told(second, false), &watchers));
        assert_eq!(hub.recent.len(), RECENT);
        drop(hub.follow(Some(10), &watchers).unwrap());
        assert!(watchers.take_begin());
    }

    #[test]
    fn other_charts_than_before_are_told_whole() {
        let (mut hub, watchers) = (Hub::default(), Watchers::default());
        hub.tell(told(1, false), &watchers);
        let mut page = hub.follow(Some(1), &watchers).unwrap();
        heard(&mut page);
        hub.tell(Told { breaks: true, ..told(2, true) }, &watchers);
        assert_eq!(heard(&mut page), "event: whole id: 2 data: \"all to 2\"; ");
        drop(hub.follow(Some(2), &watchers).unwrap());
        assert!(!watchers.take_begin());
        drop(hub.follow(Some(1), &watchers).unwrap());
        assert!(watchers.take_begin(), "what it has cannot be added to");
    }

    #[test]
    fn a_page_that_does_not_read_is_dropped_and_the_others_go_on() {
        let (mut hub, watchers) = (Hub::default(), Watchers::default());
        hub.tell(told(0, false), &watchers);
        let mut asleep = hub.follow(Some(0), &watchers).unwrap();
        let mut awake = hub.follow(Some(0), &watchers).unwrap();
        for second in 1..=QUEUE as u32 + 5 {
            hub.tell(told(second, false), &watchers);
            assert!(heard(&mut awake).contains("shown"));
        }
        assert_eq!(hub.pages.len(), 1);
        // it may read what it was sent before, and comes back for the rest
        assert!(heard(&mut asleep).ends_with(&format!("\"at {}\"; ", QUEUE - 1)));
        assert!(asleep.is_closed());
        let mut back = hub.follow(Some(QUEUE as u32 - 1), &watchers).unwrap();
        assert_eq!(heard(&mut back).matches("event: cells").count(), 6);
    }

    #[test]
    fn no_more_pages_follow_than_there_is_room_for() {
        let (mut hub, watchers) = (Hub::default(), Watchers::default());
        let mut pages: Vec<_> = (0..MOST_PAGES).map(|_| hub.follow(None, &watchers).unwrap()).collect();
        assert!(hub.follow(None, &watchers).is_none());
        pages.pop();
        assert!(hub.follow(None, &watchers).is_some(), "one has left");
    }
}
