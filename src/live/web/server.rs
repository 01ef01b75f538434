use std::cell::{Cell, RefCell};
use std::convert::Infallible;
use std::io;
use std::net::{SocketAddr, TcpListener as StdListener};
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use bytes::Bytes;
use http::request::Parts;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::header::{HeaderValue, SET_COOKIE};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};
use tokio::task::{LocalSet, spawn_local};
use tokio::time::{sleep, timeout};

use super::access::{Access, Visit};
use super::answer::{Answer, failure, refusal};
use super::socket::{Patience, Socket};

/// What a server shows.
pub trait Site: 'static {
    /// Answers a request of somebody who may ask.
    fn answer(self: Rc<Self>, asked: Asked) -> impl Future<Output = Answer>;

    /// The server stops: whoever still waits for something is let go, once it was told everything.
    fn end(self: Rc<Self>) -> impl Future<Output = ()>;
}

/// A request, all of it.
#[derive(Debug)]
pub struct Asked {
    /// Everything but the body.
    pub head: Parts,
    /// The body.
    pub body: Bytes,
}

/// A server on a thread of its own. Dropping it stops it.
#[derive(Debug)]
pub struct Server {
    access: Arc<Access>,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

/// So many connections there are at once; beyond, those go that have shown no token.
const CONNECTIONS: usize = 256;
/// The longest head of a request.
const LARGEST_HEAD: usize = 16 << 10;
/// The longest body of one.
const LARGEST_BODY: usize = 16 << 10;
/// After an error of accepting (too many open files, say) the listener rests this long.
const REST: Duration = Duration::from_millis(100);
/// When it stops, what is being sent has so long.
const LAST: Duration = Duration::from_secs(1);

impl Server {
    /// Starts it; `site` makes what it shows, on its thread.
    ///
    /// # Errors
    /// A system that gives no thread.
    pub fn start<S: Site>(
        listener: StdListener,
        access: Access,
        site: impl FnOnce() -> Rc<S> + Send + 'static,
    ) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (stop, stopped) = watch::channel(false);
        let access = Arc::new(access);
        let of_thread = access.clone();
        let thread = Builder::new().name("web".to_owned()).spawn(move || {
            LocalSet::new().block_on(&runtime, async { serve(listener, of_thread, site(), stopped).await });
            // a page that is still being made is not waited for
            runtime.shutdown_background();
        })?;
        Ok(Self { access, stop, thread: Some(thread) })
    }

    /// The address that lets a person in.
    #[must_use]
    pub fn url(&self) -> String {
        self.access.url()
    }

    /// Waits for its end, which somebody else brings about.
    pub fn stop(mut self) {
        self.halt();
    }

    fn halt(&mut self) {
        self.stop.send_replace(true);
        if let Some(thread) = self.thread.take() {
            // one that broke down has nothing more to say
            drop(thread.join());
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.halt();
    }
}

/// Where a server listens.
///
/// # Errors
/// An address that cannot be listened on.
pub fn listen(address: SocketAddr) -> io::Result<StdListener> {
    StdListener::bind(address)
}

/// A connection there is.
#[derive(Debug, Default)]
struct Connection {
    /// Whether it has shown the token.
    is_known: Cell<bool>,
    leave: Notify,
}

async fn serve<S: Site>(listener: StdListener, access: Arc<Access>, site: Rc<S>, mut stop: watch::Receiver<bool>) {
    let Ok(listener) = TcpListener::from_std(listener) else { return };
    let connections: Rc<RefCell<Vec<Rc<Connection>>>> = Rc::default();
    loop {
        let accepted = tokio::select! {
            biased;
            _ = stop.wait_for(|stop| *stop) => break,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, _)) = accepted else {
            sleep(REST).await;
            continue;
        };
        if !make_room(&mut connections.borrow_mut()) {
            continue;
        }
        let connection = Rc::new(Connection::default());
        connections.borrow_mut().push(connection.clone());
        let (access, site, all, stop) = (access.clone(), site.clone(), connections.clone(), stop.clone());
        spawn_local(async move {
            attend(stream, (access, site), &connection, stop).await;
            all.borrow_mut().retain(|other| !Rc::ptr_eq(other, &connection));
        });
    }
    drop(listener);
    drop(timeout(LAST, site.end()).await);
    let gone = async {
        while !connections.borrow().is_empty() {
            sleep(Duration::from_millis(5)).await;
        }
    };
    drop(timeout(LAST, gone).await);
}

/// Whether one more connection may be made; the oldest that has shown no token goes for it.
fn make_room(connections: &mut Vec<Rc<Connection>>) -> bool {
    if connections.len() < CONNECTIONS {
        return true;
    }
    let Some(place) = connections.iter().position(|connection| !connection.is_known.get()) else { return false };
    connections.remove(place).leave.notify_one();
    true
}

async fn attend<S: Site>(
    stream: TcpStream,
    (access, site): (Arc<Access>, Rc<S>),
    connection: &Rc<Connection>,
    mut stop: watch::Receiver<bool>,
) {
    // without it small events wait for the peer's acknowledgement; a socket that refuses is slow, no worse
    drop(stream.set_nodelay(true));
    let patience = Patience::new();
    let socket = Socket::new(stream, patience.clone());
    let known = connection.clone();
    let service = service_fn(move |request| {
        let (access, site, known, patience) = (access.clone(), site.clone(), known.clone(), patience.clone());
        async move { Ok::<_, Infallible>(respond(&access, site, (&known, &patience), request).await) }
    });
    let served = http1::Builder::new().max_buf_size(LARGEST_HEAD).serve_connection(socket, service);
    let mut served = pin!(served);
    let is_over = tokio::select! {
        // a peer that goes away or talks nonsense ends its connection and nothing else
        _ = served.as_mut() => true,
        () = connection.leave.notified() => true,
        _ = stop.wait_for(|stop| *stop) => false,
    };
    if !is_over {
        served.as_mut().graceful_shutdown();
        drop(timeout(LAST, served).await);
    }
}

async fn respond<S: Site>(
    access: &Access,
    site: Rc<S>,
    (connection, patience): (&Connection, &Rc<Patience>),
    request: Request<Incoming>,
) -> Answer {
    let (head, body) = request.into_parts();
    let visit = access.judge(&head);
    let body = match (&visit, &head.method) {
        (Ok(_), &Method::POST) => Limited::new(body, LARGEST_BODY).collect().await.map(|body| body.to_bytes()).ok(),
        _ => Some(Bytes::new()),
    };
    let serving = patience.serve();
    let mut answer = match (visit, body) {
        (Err(refused), _) => refusal(refused),
        (Ok(_), None) => failure(StatusCode::PAYLOAD_TOO_LARGE, "that is too much"),
        (Ok(_), _) if ![Method::GET, Method::POST].contains(&head.method) => {
            failure(StatusCode::METHOD_NOT_ALLOWED, "there are GET and POST")
        }
        (Ok(visit), Some(body)) => {
            connection.is_known.set(true);
            let mut answer = site.answer(Asked { head, body }).await;
            if visit == Visit::First
                && let Ok(cookie) = HeaderValue::from_str(&access.cookie())
            {
                answer.headers_mut().insert(SET_COOKIE, cookie);
            }
            answer
        }
    };
    answer.body_mut().serving = Some(serving);
    answer
}
