use std::cell::RefCell;
use std::collections::BTreeMap;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, DuplexStream, ReadBuf};
use tokio::task::spawn_local;
use tokio::time::sleep;

use super::dice::{Dice, Part};
use crate::http::{Dialing, MemoryListener, MemoryNetwork, MemoryResolver, Reset};

/// A service that does to its clients what services and what lies between do.
pub(super) struct Service {
    pub(super) network: MemoryNetwork,
    seen: Rc<Seen>,
}

/// What a service has got and done.
#[derive(Default)]
struct Seen {
    /// Requests of which at least a byte arrived, by method and path.
    requests: RefCell<BTreeMap<String, u64>>,
    /// What it did to its clients, by name.
    did: RefCell<BTreeMap<&'static str, u64>>,
}

/// How a service is on the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mood {
    /// It answers, now quicker, now slower.
    Well,
    /// Now and then something is wrong.
    Rough,
    /// Little works.
    Bad,
    /// Nothing works.
    Dead,
    /// It takes no connection.
    Away,
}

/// What it does with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    Answer,
    Slow,
    Refuse,
    Dripped,
    Chunked,
    Endless,
    Redirect,
    RedirectElsewhere,
    Short,
    Garbage,
    Truncated,
    TwoAnswers,
    NoJson,
    BigHead,
    Early,
    Reset,
    ResetMidway,
    Close,
    HalfClose,
    Silent,
    Deaf,
}

impl Act {
    const WRONG: [Self; 18] = [
        Self::Slow,
        Self::Refuse,
        Self::Refuse,
        Self::Endless,
        Self::RedirectElsewhere,
        Self::Short,
        Self::Garbage,
        Self::Truncated,
        Self::TwoAnswers,
        Self::NoJson,
        Self::BigHead,
        Self::Reset,
        Self::ResetMidway,
        Self::Close,
        Self::HalfClose,
        Self::Silent,
        Self::Deaf,
        Self::Early,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::Slow => "slow answer",
            Self::Refuse => "error status",
            Self::Dripped => "dripped answer",
            Self::Chunked => "chunked answer",
            Self::Endless => "answer to the close",
            Self::Redirect => "redirect",
            Self::RedirectElsewhere => "redirect elsewhere",
            Self::Short => "short answer",
            Self::Garbage => "garbage",
            Self::Truncated => "truncated head",
            Self::TwoAnswers => "two answers",
            Self::NoJson => "body that is no JSON",
            Self::BigHead => "head that is too large",
            Self::Early => "1xx before the answer",
            Self::Reset => "reset",
            Self::ResetMidway => "reset midway",
            Self::Close => "close",
            Self::HalfClose => "half-close",
            Self::Silent => "silence",
            Self::Deaf => "stall",
        }
    }
}

impl Service {
    /// Starts a service and, where chance wants one, a resolver that has troubles of its own. Within virtual time.
    pub(super) fn start(seed: u64) -> Self {
        let mut dice = Dice::of(seed, Part::Service);
        let mood = match dice.number(0, 99) {
            0..=34 => Mood::Well,
            35..=69 => Mood::Rough,
            70..=87 => Mood::Bad,
            88..=95 => Mood::Dead,
            _ => Mood::Away,
        };
        let (network, listener) = MemoryNetwork::new();
        let seen = Rc::<Seen>::default();
        let mut names = Dice::of(seed, Part::Resolver);
        let network = if names.percent(30) {
            let (network, resolver) = network.with_resolver();
            spawn_local(resolve(resolver, names, seen.clone()));
            network
        } else {
            network
        };
        let host = Host { mood, dice: Rc::new(RefCell::new(dice)), seen: seen.clone() };
        spawn_local(host.listen(listener));
        Self { network, seen }
    }

    /// Requests of which at least a byte arrived, by method and path.
    pub(super) fn requests(&self) -> BTreeMap<String, u64> {
        self.seen.requests.borrow().clone()
    }

    /// What was done to the clients.
    pub(super) fn did(&self) -> BTreeMap<&'static str, u64> {
        self.seen.did.borrow().clone()
    }
}

impl Seen {
    fn did(&self, what: &'static str) {
        *self.did.borrow_mut().entry(what).or_default() += 1;
    }
}

/// Resolves names: at once, late, never, or not at all.
async fn resolve(mut resolver: MemoryResolver, mut dice: Dice, seen: Rc<Seen>) {
    let troubled = dice.percent(50);
    while let Some(naming) = resolver.next().await {
        match if troubled { dice.number(0, 5) } else { 9 } {
            0 => seen.did("unknown name"),
            1 => {
                seen.did("stalled resolver");
                spawn_local(async move {
                    sleep(Duration::from_secs(3600)).await;
                    naming.tell();
                });
            }
            2 => {
                let late = dice.ms(1, 2000);
                spawn_local(async move {
                    sleep(late).await;
                    naming.tell();
                });
            }
            _ => naming.tell(),
        }
    }
}

#[derive(Clone)]
struct Host {
    mood: Mood,
    dice: Rc<RefCell<Dice>>,
    seen: Rc<Seen>,
}

impl Host {
    async fn listen(self, mut listener: MemoryListener) {
        while let Some(dialing) = listener.next().await {
            spawn_local(self.clone().take(dialing));
        }
    }

    async fn take(self, dialing: Dialing) {
        let (refused, wait) = {
            let mut dice = self.dice.borrow_mut();
            let refused = match self.mood {
                Mood::Well => false,
                Mood::Rough => dice.percent(3),
                Mood::Bad | Mood::Dead => dice.percent(20),
                Mood::Away => dice.percent(80),
            };
            let wait = match self.mood {
                Mood::Well => dice.ms(0, 3),
                Mood::Away => Duration::from_secs(7200),
                _ if dice.percent(5) => dice.ms(500, 20_000),
                _ => dice.ms(0, 10),
            };
            (refused, wait)
        };
        if refused {
            return self.seen.did("refused connection");
        }
        sleep(wait).await;
        if let Some((stream, reset)) = dialing.accept_resettable() {
            Talk { host: self, stream, reset, unread: Vec::new() }.serve().await;
        }
    }

    fn act(&self) -> Act {
        let mut dice = self.dice.borrow_mut();
        let wrong = match self.mood {
            Mood::Well => 0,
            Mood::Rough => 12,
            Mood::Bad | Mood::Away => 60,
            Mood::Dead => 100,
        };
        if dice.percent(wrong) {
            let act = dice.one(&Act::WRONG);
            // what is merely odd is no failure
            if self.mood == Mood::Dead && matches!(act, Act::Slow | Act::Endless | Act::TwoAnswers | Act::Early) {
                return Act::Refuse;
            }
            return act;
        }
        match dice.number(0, 19) {
            0 => Act::Dripped,
            1 => Act::Chunked,
            2 if self.mood != Mood::Well => Act::Redirect,
            _ => Act::Answer,
        }
    }
}

/// One connection.
struct Talk {
    host: Host,
    stream: DuplexStream,
    reset: Reset,
    /// What has come, of requests that are not taken yet.
    unread: Vec<u8>,
}

/// Whether a connection goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    GoOn,
    End,
}

const OK: &str = r#"{"token": "t1", "items": [3, 5], "n": 4, "ok": true}"#;

fn answer(status: u16, more: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\n{more}content-length: {}\r\n\r\n{body}",
        body.len()
    )
}

impl Talk {
    async fn serve(mut self) {
        while self.request().await {
            if self.answer().await == Then::End {
                return;
            }
            let (close, after) = {
                let mut dice = self.host.dice.borrow_mut();
                let often = if self.host.mood == Mood::Well { 1 } else { 8 };
                (dice.percent(often), dice.ms(0, 60))
            };
            if close {
                self.host.seen.did("close between requests");
                sleep(after).await;
                return;
            }
        }
    }

    /// Waits for a whole request, and takes it.
    async fn request(&mut self) -> bool {
        loop {
            if self.take_request() {
                return true;
            }
            match self.stream.read_buf(&mut self.unread).await {
                Ok(1..) => {}
                _ => return false,
            }
        }
    }

    /// Takes a request that is there whole, and counts it.
    fn take_request(&mut self) -> bool {
        let Some(end) = self.unread.windows(4).position(|four| four == b"\r\n\r\n") else { return false };
        let head = String::from_utf8_lossy(&self.unread[..end]).into_owned();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let whole = end + 4 + length.map_or(0, |length| length.parse().unwrap());
        if self.unread.len() < whole {
            return false;
        }
        self.unread.drain(..whole);
        self.count(&head);
        true
    }

    fn count(&self, head: &str) {
        let line = head.lines().next().unwrap_or_default();
        let path = line.strip_suffix(" HTTP/1.1").unwrap_or(line);
        *self.host.seen.requests.borrow_mut().entry(path.to_owned()).or_default() += 1;
    }

    async fn answer(&mut self) -> Then {
        let act = self.host.act();
        self.host.seen.did(act.name());
        let (soon, late, pieces) = {
            let mut dice = self.host.dice.borrow_mut();
            (dice.ms(1, 40), dice.ms(100, 9000), dice.number(2, 9))
        };
        // no answer comes in no time: users would call without end in a moment that never passes
        sleep(soon).await;
        let cookie = format!("set-cookie: sid={pieces}\r\n");
        match act {
            Act::Answer => self.write(&answer(200, &cookie, OK)).await,
            Act::Slow => {
                sleep(late).await;
                self.write(&answer(200, "", OK)).await
            }
            Act::Refuse => {
                let status = [500, 503, 404, 429, 401][pieces as usize % 5];
                self.write(&answer(status, "", "{}")).await
            }
            Act::Dripped => {
                let text = answer(200, "", OK);
                for piece in text.as_bytes().chunks(text.len() / pieces as usize + 1) {
                    if self.write_bytes(piece).await == Then::End {
                        return Then::End;
                    }
                    sleep(soon).await;
                }
                Then::GoOn
            }
            Act::Chunked => {
                let (one, two) = OK.split_at(10);
                let head = "HTTP/1.1 200 X\r\ntransfer-encoding: chunked\r\n\r\n";
                let chunk = |text: &str| format!("{:x}\r\n{text}\r\n", text.len());
                self.write(&format!("{head}{}", chunk(one))).await;
                sleep(soon).await;
                self.write(&format!("{}0\r\n\r\n", chunk(two))).await
            }
            Act::Endless => {
                self.write(&format!("HTTP/1.1 200 X\r\nconnection: close\r\n\r\n{OK}")).await;
                sleep(soon).await;
                Then::End
            }
            Act::Redirect => {
                let place = ["/a", "/c/1", "http://service.test/g/1"][pieces as usize % 3];
                let status = [301, 302, 303, 307, 308][pieces as usize % 5];
                self.write(&format!("HTTP/1.1 {status} X\r\nlocation: {place}\r\ncontent-length: 0\r\n\r\n")).await
            }
            Act::RedirectElsewhere => {
                let place = ["http://elsewhere.test/", "://", "", "/\u{7f}"][pieces as usize % 4];
                self.write(&format!("HTTP/1.1 302 X\r\nlocation: {place}\r\ncontent-length: 0\r\n\r\n")).await
            }
            Act::Short => {
                self.write(&format!("HTTP/1.1 200 X\r\ncontent-length: 900\r\n\r\n{OK}")).await;
                Then::End
            }
            Act::Garbage => {
                self.write("\u{0}\u{1}\u{2} this is no HTTP at all \r\n\r\n\r\n").await;
                Then::GoOn
            }
            Act::Truncated => {
                self.write("HTTP/1.1 200 X\r\ncontent-le").await;
                Then::End
            }
            Act::TwoAnswers => self.write(&answer(200, "", OK).repeat(2)).await,
            Act::NoJson => self.write(&answer(200, "", "<html>{{ not json")).await,
            Act::BigHead => self.write(&answer(200, &format!("x-much: {}\r\n", "y".repeat(90_000)), OK)).await,
            Act::Early => {
                self.write("HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n").await;
                sleep(soon).await;
                self.write(&answer(200, "", OK)).await
            }
            Act::Reset => {
                self.reset.reset();
                Then::End
            }
            Act::ResetMidway => {
                self.write(&answer(200, "", OK)[..70]).await;
                sleep(soon).await;
                self.reset.reset();
                Then::End
            }
            Act::Close => Then::End,
            Act::HalfClose => {
                if pieces % 2 == 0 {
                    self.write(&answer(200, "", OK)).await;
                }
                drop(self.stream.shutdown().await);
                // it still reads, for as long as anybody writes
                while self.request().await {}
                Then::End
            }
            Act::Silent => {
                while self.request().await {}
                Then::End
            }
            Act::Deaf => {
                sleep(Duration::from_secs(1800)).await;
                Then::End
            }
        }
    }

    async fn write(&mut self, text: &str) -> Then {
        self.write_bytes(text.as_bytes()).await
    }

    async fn write_bytes(&mut self, bytes: &[u8]) -> Then {
        if self.stream.write_all(bytes).await.is_ok() { Then::GoOn } else { Then::End }
    }
}

impl Drop for Talk {
    /// Counts what has arrived and is not taken.
    fn drop(&mut self) {
        let mut piece = [0; 4096];
        loop {
            let mut read = ReadBuf::new(&mut piece);
            let polled = Pin::new(&mut self.stream).poll_read(&mut Context::from_waker(Waker::noop()), &mut read);
            if !matches!(polled, Poll::Ready(Ok(()))) || read.filled().is_empty() {
                break;
            }
            self.unread.extend_from_slice(read.filled());
        }
        while self.take_request() {}
        if !self.unread.is_empty() {
            let head = String::from_utf8_lossy(&self.unread).into_owned();
            self.count(&head);
        }
    }
}
