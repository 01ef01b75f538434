use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::task::spawn_local;
use tokio::time::{Instant, sleep};

use crate::http::{Dialing, MemoryListener, MemoryNetwork};

/// A service in memory: it answers as a test programs it, and keeps what it got. To be started within a `LocalSet`.
pub(crate) struct Service {
    pub(crate) network: MemoryNetwork,
    received: Rc<RefCell<Vec<Received>>>,
}

/// One request as the service got it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Received {
    /// When it was there, since the service was started.
    pub(crate) at: Duration,
    /// Which connection it came over, from 0.
    pub(crate) connection: usize,
    /// `GET /path`.
    pub(crate) line: String,
    /// Its headers, a line each.
    pub(crate) headers: String,
    pub(crate) body: String,
}

/// What the service does with a request.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    /// It answers, after a while.
    Answer { after: Duration, status: u16, body: String },
    /// It answers at once, and closes the connection a while after that, whatever has come by then.
    Last { close: Duration },
    /// It answers at once, with this header.
    With { header: &'static str },
    /// It answers at once, with a header.
    Headed { status: u16, header: String },
    /// It redirects at once.
    Redirect { status: u16, location: String },
    /// It never does.
    Silence,
    /// It closes the connection, after a while.
    Close { after: Duration },
}

/// What the service does with a connection that somebody wants to make.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Accept {
    /// It takes it, after a while.
    After(Duration),
    /// It refuses it.
    Never,
}

/// How a service answers a request.
pub(crate) type Answers = Rc<dyn Fn(&Received) -> Reply>;
/// How it takes connection number so many, from 0, at a moment.
pub(crate) type Accepts = Rc<dyn Fn(usize, Duration) -> Accept>;

impl Reply {
    /// An answer at once.
    pub(crate) fn ok() -> Self {
        Self::after(Duration::ZERO)
    }

    /// An answer after a while.
    pub(crate) fn after(after: Duration) -> Self {
        Self::Answer { after, status: 200, body: "ok".to_owned() }
    }

    /// An answer at once, with this status.
    pub(crate) fn status(status: u16) -> Self {
        Self::Answer { after: Duration::ZERO, status, body: String::new() }
    }
}

impl Service {
    pub(crate) fn start(answers: Answers, accepts: Accepts) -> Self {
        let (network, listener) = MemoryNetwork::new();
        let received = Rc::default();
        spawn_local(listen(listener, answers, accepts, Rc::clone(&received)));
        Self { network, received }
    }

    /// What came so far, in its order.
    pub(crate) fn received(&self) -> Vec<Received> {
        self.received.borrow().clone()
    }
}

async fn listen(
    mut listener: MemoryListener,
    answers: Answers,
    accepts: Accepts,
    received: Rc<RefCell<Vec<Received>>>,
) {
    let began = Instant::now();
    let mut connections = 0;
    while let Some(dialing) = listener.next().await {
        let accept = accepts(connections, began.elapsed());
        let talk = Talk { began, connection: connections, answers: answers.clone(), received: received.clone() };
        spawn_local(talk.take(dialing, accept));
        connections += 1;
    }
}

/// One connection.
struct Talk {
    began: Instant,
    connection: usize,
    answers: Answers,
    received: Rc<RefCell<Vec<Received>>>,
}

impl Talk {
    async fn take(self, dialing: Dialing, accept: Accept) {
        let Accept::After(after) = accept else { return };
        pause(after).await;
        if let Some(stream) = dialing.accept() {
            self.serve(stream).await;
        }
    }

    async fn serve(self, mut stream: DuplexStream) {
        let mut unread = Vec::new();
        while let Some((line, headers, body)) = request(&mut stream, &mut unread).await {
            let received = Received { at: self.began.elapsed(), connection: self.connection, line, headers, body };
            let reply = (self.answers)(&received);
            self.received.borrow_mut().push(received);
            match reply {
                Reply::Answer { after, status, body } => {
                    pause(after).await;
                    let answer = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n\r\n{body}", body.len());
                    if stream.write_all(answer.as_bytes()).await.is_err() {
                        return;
                    }
                }
                Reply::With { header } => {
                    let answer = format!("HTTP/1.1 200 X\r\n{header}\r\ncontent-length: 2\r\n\r\nok");
                    if stream.write_all(answer.as_bytes()).await.is_err() {
                        return;
                    }
                }
                Reply::Headed { status, header } => {
                    let answer = format!("HTTP/1.1 {status} X\r\n{header}\r\ncontent-length: 0\r\n\r\n");
                    if stream.write_all(answer.as_bytes()).await.is_err() {
                        return;
                    }
                }
                Reply::Redirect { status, location } => {
                    let answer = format!("HTTP/1.1 {status} X\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n");
                    if stream.write_all(answer.as_bytes()).await.is_err() {
                        return;
                    }
                }
                Reply::Last { close } => {
                    let answer = b"HTTP/1.1 200 X\r\ncontent-length: 2\r\n\r\nok";
                    if stream.write_all(answer).await.is_err() {
                        return;
                    }
                    return pause(close).await;
                }
                // until the other side has closed
                Reply::Silence => while stream.read(&mut [0; 64]).await.is_ok_and(|read| read > 0) {},
                Reply::Close { after } => return pause(after).await,
            }
        }
    }
}

async fn pause(time: Duration) {
    if !time.is_zero() {
        sleep(time).await;
    }
}

/// Reads one request: its method and path, its headers and its body; `None` once the other side has closed.
async fn request(stream: &mut DuplexStream, unread: &mut Vec<u8>) -> Option<(String, String, String)> {
    loop {
        if let Some(end) = unread.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8(unread[..end].to_vec()).unwrap();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            let whole = end + 4 + length.map_or(0, |length| length.parse().unwrap());
            if unread.len() >= whole {
                // a compressed one is no text
                let body = String::from_utf8_lossy(&unread[end + 4..whole]).into_owned();
                unread.drain(..whole);
                let (line, headers) = head.split_once("\r\n").unwrap_or((&head, ""));
                let line = line.strip_suffix(" HTTP/1.1").unwrap();
                return Some((line.to_owned(), headers.to_owned(), body));
            }
        }
        match stream.read_buf(unread).await {
            Ok(1..) => {}
            _ => return None,
        }
    }
}
