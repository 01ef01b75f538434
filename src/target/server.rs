use std::cell::RefCell;
use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Body, Incoming};
use hyper::rt::ReadBufCursor;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use serde_json::json;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::{LocalSet, spawn_local};
use tokio::time::{Sleep, sleep};

use super::behaviour::Behaviour;
use super::counts::Counts;
use super::exchange::{Ask, Reply, Route, Service};
use super::state::State;
use super::{demo, memory};
use crate::timer::ExactTimer;

/// A server under way, on threads of its own. Dropping it stops it.
#[derive(Debug)]
pub struct Target {
    address: SocketAddr,
    state: Arc<State>,
    stop: watch::Sender<Stopping>,
    threads: Vec<JoinHandle<()>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stopping {
    No,
    Now,
}

const BACKLOG: u32 = 4096;
const LARGEST_BODY: usize = 1 << 20;
const LARGEST_HEAD: usize = 32 << 10;
const CONTROL: &str = "/__control/";
/// After an error of accepting (too many open files, say) the listener rests this long.
const REST: Duration = Duration::from_millis(20);

impl Target {
    /// Starts a server on an address; port 0 takes a free one.
    ///
    /// # Errors
    /// An address that cannot be listened on.
    pub fn start(behaviour: Behaviour, address: SocketAddr) -> io::Result<Self> {
        let first = listen(address)?;
        let address = first.local_addr()?;
        let count = behaviour.threads.max(1);
        let state = Arc::new(State::new(behaviour));
        let stop = watch::Sender::new(Stopping::No);
        let mut listeners = vec![first];
        for _ in 1..count {
            listeners.push(listeners[0].try_clone()?);
        }
        let threads = listeners.into_iter().enumerate().map(|(index, listener)| {
            let (state, stop) = (state.clone(), stop.subscribe());
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            Builder::new().name(format!("target-{index}")).spawn(move || {
                LocalSet::new().block_on(&runtime, serve(listener, state, stop));
            })
        });
        let threads = threads.collect::<io::Result<Vec<_>>>()?;
        Ok(Self { address, state, stop, threads })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it has served so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.state.counters.read()
    }

    /// Stops it; what it served in all.
    #[must_use]
    pub fn stop(mut self) -> Counts {
        self.halt();
        self.counts()
    }

    fn halt(&mut self) {
        self.stop.send_replace(Stopping::Now);
        for thread in self.threads.drain(..) {
            // a thread that broke down has nothing more to say
            drop(thread.join());
        }
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        self.halt();
    }
}

fn listen(address: SocketAddr) -> io::Result<std::net::TcpListener> {
    // a listener of the runtime's own making, for its backlog: the standard library's is short
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    runtime.block_on(async {
        let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.listen(BACKLOG)?.into_std()
    })
}

async fn serve(listener: std::net::TcpListener, state: Arc<State>, mut stop: watch::Receiver<Stopping>) {
    let Ok(listener) = TcpListener::from_std(listener) else { return };
    loop {
        let accepted = tokio::select! {
            _ = stop.wait_for(|stop| *stop == Stopping::Now) => return,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, _)) = accepted else {
            tokio::time::sleep(REST).await;
            continue;
        };
        // without it small answers wait for the peer's acknowledgement; a socket that refuses is slow, no worse
        drop(stream.set_nodelay(true));
        let state = state.clone();
        spawn_local(async move {
            let reading = Rc::new(Reading::default());
            let socket = Socket { stream, limit: state.behaviour.read_timeout, reading: reading.clone() };
            let service = service_fn(move |request| {
                let (state, reading) = (state.clone(), reading.clone());
                async move { Ok::<_, Infallible>(respond(&state, &reading, request).await) }
            });
            let connection = http1::Builder::new().max_buf_size(LARGEST_HEAD).serve_connection(socket, service);
            // a peer that goes away or talks nonsense ends its connection and nothing else
            drop(connection.await);
        });
    }
}

async fn respond(state: &State, reading: &Reading, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let (head, body) = request.into_parts();
    if let Some(verb) = head.uri.path().strip_prefix(CONTROL) {
        reading.over();
        return control(state, &head.method, verb);
    }
    let route = Route::of(&head.method, head.uri.path());
    state.counters.receive(route.name);
    let began = Instant::now();
    let fate = state.fate();
    let (path, query) = (head.uri.path(), head.uri.query().unwrap_or_default());
    let ask = Ask { path, query, headers: &head.headers };
    let learning = match route.service {
        Service::Memory(Some(route)) => route.begin(state),
        Service::Memory(None) | Service::Demo(_) => None,
    };
    // as much as the body may be is set aside for it: bodies under way are bounded together
    let most = body.size_hint().upper().unwrap_or(u64::MAX).min(LARGEST_BODY as u64).div_ceil(1 << 10);
    let room = state.bodies.acquire_many(u32::try_from(most).unwrap_or(1)).await;
    let collected = Limited::new(body, LARGEST_BODY).collect().await;
    reading.over();
    let reply = match collected {
        Ok(body) => decide(state, route, &ask, fate.fails, &body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            Reply::new(StatusCode::PAYLOAD_TOO_LARGE, json!({"detail": "Request body too large"}))
        }
        Err(_) => Reply::new(StatusCode::REQUEST_TIMEOUT, json!({"detail": "Request body not whole"})),
    };
    drop(room);
    let slow = if learning.is_some() { state.behaviour.slow_learn } else { Duration::ZERO };
    let ready = Instant::now() + reply.after;
    wait_until(ready.max(began + fate.delay + slow)).await;
    loop {
        let frozen = state.frozen();
        if frozen.is_zero() {
            break;
        }
        tokio::time::sleep(frozen).await;
    }
    drop(learning);
    state.counters.answer(route.name, reply.status.as_u16());
    written(reply)
}

fn decide(state: &State, route: Route, ask: &Ask, fails: bool, body: &[u8]) -> Reply {
    if !state.behaviour.key_check_cost.is_zero() && ask.headers.contains_key("x-api-key") {
        let until = Instant::now() + state.behaviour.key_check_cost;
        while Instant::now() < until {
            std::hint::spin_loop();
        }
    }
    if fails {
        return Reply::new(StatusCode::INTERNAL_SERVER_ERROR, json!({"detail": "Internal Server Error"}));
    }
    match route.service {
        Service::Memory(route) => memory::answer(state, route, ask, body),
        Service::Demo(route) => demo::answer(state, route, ask, body),
    }
}

fn control(state: &State, method: &Method, verb: &str) -> Response<Full<Bytes>> {
    let reply = match (method.as_str(), verb) {
        ("GET", "counts") => {
            Reply::new(StatusCode::OK, serde_json::to_value(state.counters.read()).unwrap_or_default())
        }
        ("POST", "reset") => {
            state.counters.reset();
            Reply::new(StatusCode::OK, json!({"reset": true}))
        }
        _ => Reply::new(StatusCode::NOT_FOUND, json!({"detail": "there are GET counts and POST reset"})),
    };
    written(reply)
}

fn written(reply: Reply) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(reply.body.to_string())));
    *response.status_mut() = reply.status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
    for (name, value) in reply.headers {
        if let Ok(value) = value.parse() {
            headers.insert(name, value);
        }
    }
    response
}

/// Waits to a moment exactly: a programmed delay is what measurements are held against.
async fn wait_until(moment: Instant) {
    let left = moment.saturating_duration_since(Instant::now());
    if !left.is_zero() {
        let timer = ExactTimer::new();
        timer.set(left);
        timer.expired().await;
    }
}

/// A TCP stream in hyper's terms. A peer that begins a request has to end it in time; one that asks nothing may stay.
struct Socket {
    stream: TcpStream,
    limit: Duration,
    reading: Rc<Reading>,
}

/// A request that is coming in.
#[derive(Default)]
struct Reading(RefCell<Option<Pin<Box<Sleep>>>>);

impl Reading {
    /// The whole request is there.
    fn over(&self) {
        self.0.take();
    }
}

const CHUNK: usize = 4096;

impl hyper::rt::Read for Socket {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, mut out: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let mut chunk = [0; CHUNK];
        let room = out.remaining().min(CHUNK);
        let mut buffer = ReadBuf::new(&mut chunk[..room]);
        let read = Pin::new(&mut this.stream).poll_read(cx, &mut buffer);
        let mut time = this.reading.0.borrow_mut();
        if let Poll::Ready(read) = read {
            read?;
            // a peer that closes sends nothing more
            if !buffer.filled().is_empty() {
                time.get_or_insert_with(|| Box::pin(sleep(this.limit)));
            }
            out.put_slice(buffer.filled());
            return Poll::Ready(Ok(()));
        }
        match time.as_mut() {
            Some(time) => time.as_mut().poll(cx).map(|()| Err(io::ErrorKind::TimedOut.into())),
            None => Poll::Pending,
        }
    }
}

impl hyper::rt::Write for Socket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bytes)
    }
}
