use std::convert::Infallible;
use std::io;
use std::net::{SocketAddr, TcpListener as Listener};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::Builder;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::sync::{Notify, Semaphore};
use tokio::task::{LocalSet, spawn_local};
use tokio::time::{sleep, timeout};

use super::figures::Figures;
use super::prometheus::{Exposition, text};
use super::queue::Balance;

/// Serves the figures to who comes for them, by a thread of its own. Dropped, it serves no more.
pub(super) struct Scrape {
    address: SocketAddr,
    shown: Arc<Shown>,
}

/// What is shown, and who has seen it.
#[derive(Default)]
struct Shown {
    state: Mutex<State>,
    /// Somebody has seen the last figures.
    seen: Notify,
    /// Nobody is served any more.
    over: Notify,
}

#[derive(Default)]
struct State {
    figures: Option<Arc<Figures>>,
    /// Whether these are the run's last.
    last: bool,
    seen: u64,
    /// Whether somebody has seen the last ones.
    last_seen: bool,
    /// The second somebody came in last, and the longest time between two.
    second: Option<u32>,
    gap: Option<u32>,
}

/// So many connections are served at once.
const CONNECTIONS: usize = 32;
/// A connection is kept for so long.
const KEPT: Duration = Duration::from_secs(300);
const LARGEST_HEAD: usize = 16 << 10;
/// A request has come within this, once it was begun.
const HEAD_WITHIN: Duration = Duration::from_secs(10);
/// After an error of accepting the listener rests this long.
const REST: Duration = Duration::from_millis(50);
/// Who has not come twice yet is waited for this long at the end.
const USUAL_GAP: Duration = Duration::from_secs(15);
/// The last figures have so long to get to who came for them.
const ON_ITS_WAY: Duration = Duration::from_millis(200);
/// Nobody is waited for longer.
const LONGEST_GAP: Duration = Duration::from_secs(120);

impl Scrape {
    /// Listens on an address.
    ///
    /// # Errors
    /// One that cannot be listened on, or no thread.
    pub(super) fn start(address: SocketAddr) -> io::Result<Self> {
        let listener = Listener::bind(address)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let shown = Arc::new(Shown::default());
        let served = shown.clone();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Builder::new().name("prometheus".to_owned()).spawn(move || {
            LocalSet::new().block_on(&runtime, serve(listener, address, served));
        })?;
        Ok(Self { address, shown })
    }

    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Shows these from now on.
    pub(super) fn show(&self, figures: &Arc<Figures>) {
        self.shown.lock().figures = Some(figures.clone());
    }

    /// Shows the last figures from now on.
    pub(super) fn show_last(&self, figures: Option<&Arc<Figures>>) {
        let mut state = self.shown.lock();
        state.figures = figures.cloned().or(state.figures.take());
        state.last = true;
    }

    /// Waits until somebody has seen the last figures: for as long as it has taken between two visits so far, as long as
    /// `patience` lasts. What became of it.
    pub(super) async fn finish(self, patience: impl Future<Output = ()>) -> Balance {
        let wait = {
            let state = self.shown.lock();
            let seen = |gap: u32| Duration::from_secs(u64::from(gap) + 2).min(LONGEST_GAP);
            state.gap.map_or(USUAL_GAP, seen)
        };
        tokio::select! {
            // what was written is on its way, and not there yet
            () = self.shown.seen.notified() => sleep(ON_ITS_WAY).await,
            () = sleep(wait) => {}
            () = patience => {}
        }
        let state = self.shown.lock();
        let why = match state.seen {
            0 => "nobody came for them",
            _ => "nobody came for the last ones",
        };
        let lost = u64::from(!state.last_seen);
        Balance { delivered: state.seen, lost, why: (lost > 0).then(|| why.to_owned()) }
    }
}

impl Drop for Scrape {
    fn drop(&mut self) {
        self.shown.over.notify_one();
    }
}

impl Shown {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is to be seen now, and whether it is the last.
    fn look(&self) -> Option<(Arc<Figures>, bool)> {
        let mut state = self.lock();
        let figures = state.figures.clone()?;
        state.seen += 1;
        let now = figures.second.number;
        if let Some(before) = state.second.replace(now).filter(|before| *before < now) {
            state.gap = state.gap.max(Some(now - before));
        }
        Some((figures, state.last))
    }

    /// Somebody has got the last that is to be seen.
    fn got_last(&self) {
        self.lock().last_seen = true;
        self.seen.notify_one();
    }
}

async fn serve(listener: Listener, address: SocketAddr, shown: Arc<Shown>) {
    let Ok(listener) = TcpListener::from_std(listener) else { return };
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let accepted = tokio::select! {
            () = shown.over.notified() => return,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, _)) = accepted else {
            sleep(REST).await;
            continue;
        };
        // who comes when all places are taken is sent away
        let Ok(place) = room.clone().try_acquire_owned() else { continue };
        let shown = shown.clone();
        spawn_local(async move {
            let service = service_fn(move |request| {
                let shown = shown.clone();
                async move { Ok::<_, Infallible>(respond(&shown, address, &request)) }
            });
            let mut server = http1::Builder::new();
            server.timer(TokioTimer::new()).header_read_timeout(HEAD_WITHIN).max_buf_size(LARGEST_HEAD);
            let connection = server.serve_connection(TokioIo::new(stream), service);
            // a peer that goes away, stays silent or talks nonsense ends its connection and nothing else
            drop(timeout(KEPT, connection).await);
            drop(place);
        });
    }
}

fn respond(shown: &Shown, address: SocketAddr, request: &Request<Incoming>) -> Response<Full<Bytes>> {
    let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let plain = |status, text: &'static str| answer(status, "text/plain; charset=utf-8", text.into());
    if address.ip().is_loopback() && !names_this_machine(header(header::HOST)) {
        // a page of somebody else's whose name leads here may not read it
        return plain(StatusCode::FORBIDDEN, "ask for it by an address, or as localhost\n");
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return plain(StatusCode::METHOD_NOT_ALLOWED, "there is GET /metrics\n");
    }
    match request.uri().path() {
        "/metrics" => {
            let exposition = Exposition::accepted(header(header::ACCEPT));
            let Some((figures, is_last)) = shown.look() else {
                return answer(StatusCode::OK, exposition.content_type(), empty(exposition).into());
            };
            let text = text(&figures, exposition);
            if is_last {
                shown.got_last();
            }
            answer(StatusCode::OK, exposition.content_type(), text.into())
        }
        "/" => plain(StatusCode::OK, "a run of Plimsoll: its figures are at /metrics\n"),
        _ => plain(StatusCode::NOT_FOUND, "there is GET /metrics\n"),
    }
}

/// What is shown before the first second is over.
const fn empty(exposition: Exposition) -> &'static str {
    match exposition {
        Exposition::Text => "",
        Exposition::OpenMetrics => "# EOF\n",
    }
}

/// Whether a `Host` is an address or this machine's own name for itself.
fn names_this_machine(host: &str) -> bool {
    let name = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
    let name = name.map_or(host, |(name, _)| name);
    let name = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost") || name.parse::<std::net::IpAddr>().is_ok()
}

fn answer(status: StatusCode, content_type: &'static str, body: Bytes) -> Response<Full<Bytes>> {
    let mut answer = Response::new(Full::new(body));
    *answer.status_mut() = status;
    answer.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(content_type));
    answer
}
