use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll};

use http::header::HOST;
use http::uri::PathAndQuery;
use http::{HeaderValue, Request, Uri};
use hyper::body::{Body, Incoming};
use hyper::client::conn::TrySendError;
use hyper::client::conn::http2::{Builder, Connection as Driver, SendRequest};

use super::body::{BodySink, Refused};
use super::connect::connect;
use super::failure;
use super::message::{Answer, Failure, Keep, Outgoing};
use super::metered_stream::{ByteCounter, MeteredStream, ToSend};
use super::one::{LONGEST_HEADS, check_length};
use super::sending::Sending;
use super::transport::Transport;

/// A connection that speaks HTTP/2: both halves of hyper's, driven by the task of the user who owns it.
pub(super) struct Connection {
    sender: SendRequest<Sending>,
    /// `None` once the connection is over.
    driver: Option<Driver<MeteredStream, Sending, Local>>,
    error: Option<hyper::Error>,
}

/// How an exchange ended, with its connection where that may be used again, and whether it is a new one.
pub(super) struct Ended {
    pub result: Result<Answer, Failure>,
    pub connection: Option<Box<Connection>>,
    pub is_new: bool,
}

/// Runs what HTTP/2 does in the background on the worker itself.
#[derive(Clone)]
struct Local;

impl<F: Future<Output = ()> + 'static> hyper::rt::Executor<F> for Local {
    fn execute(&self, future: F) {
        tokio::task::spawn_local(future);
    }
}

/// How many pieces of a body are taken before others have their turn.
const PIECES_AT_ONCE: u32 = 64;

/// The request in hyper's terms.
///
/// # Errors
/// A `content-length` of the plan's own that does not fit the body, and a target that no URI has.
pub(super) fn hyper_request(
    transport: &Transport,
    request: &Outgoing,
    counter: &Rc<ByteCounter>,
) -> Result<Request<Sending>, Failure> {
    let mut headers = request.headers.map().clone();
    // what is named in the target itself: HTTP/2 has no `host`
    let authority = headers.remove(HOST).unwrap_or_else(|| transport.origin().host_header().clone());
    let uri = absolute(transport, &authority, request.target.clone())?;
    let body = Sending::of(request.body.clone(), counter);
    let length = body.length();
    counter.to_send.set(length.map_or(ToSend::More, ToSend::Bytes));
    check_length(&request.headers, length).map_err(|_| failure::wrong_length())?;
    if length == Some(0) && matches!(request.method, http::Method::POST | http::Method::PUT | http::Method::PATCH) {
        headers.entry(http::header::CONTENT_LENGTH).or_insert(HeaderValue::from_static("0"));
    }
    let mut made = Request::new(body);
    *made.method_mut() = request.method.clone();
    *made.uri_mut() = uri;
    *made.headers_mut() = headers;
    Ok(made)
}

/// A target in absolute form.
fn absolute(transport: &Transport, authority: &HeaderValue, target: PathAndQuery) -> Result<Uri, Failure> {
    let whole = Uri::builder().scheme(transport.origin().scheme().name());
    let whole = whole.authority(authority.as_bytes()).path_and_query(target).build();
    whole.map_err(|_| failure::unsent(transport.origin()))
}

/// Makes one exchange over a connection, or over a new one where there is none or none of the request was sent over it.
pub(super) async fn exchange(
    transport: Rc<Transport>,
    counter: Rc<ByteCounter>,
    kept: Option<Box<Connection>>,
    (request, keep): (Request<Sending>, Keep),
) -> Ended {
    let mut request = Some(request);
    if let Some(mut connection) = kept {
        counter.reused.set(true);
        let result = connection.exchange(&transport, &counter, &mut request, keep).await;
        // HTTP/2 writes for itself as well; what it gives back, it did not send
        if request.is_none() {
            return ended(result, connection, false);
        }
        counter.reset();
    }
    match open(&transport, &counter).await {
        Ok(mut connection) => {
            let result = connection.exchange(&transport, &counter, &mut request, keep).await;
            ended(result, connection, true)
        }
        Err(failure) => Ended { result: Err(failure), connection: None, is_new: true },
    }
}

fn ended(result: Result<Answer, Failure>, connection: Box<Connection>, is_new: bool) -> Ended {
    let is_reusable = result.is_ok() && connection.is_reusable();
    Ended { result, connection: is_reusable.then_some(connection), is_new }
}

async fn open(transport: &Transport, counter: &Rc<ByteCounter>) -> Result<Box<Connection>, Failure> {
    let stream = connect(transport, counter).await?;
    let stream = MeteredStream::new(stream, Rc::clone(counter), Rc::clone(transport.read_buffer()));
    let opened = Builder::new(Local).handshake(stream).await;
    let (sender, driver) = opened.map_err(|error| failure::broken_two(transport.origin(), counter, &error))?;
    Ok(Box::new(Connection { sender, driver: Some(driver), error: None }))
}

impl Connection {
    /// Sends the request and takes the whole answer. The request is back in its place where none of it was sent.
    async fn exchange(
        &mut self,
        transport: &Transport,
        counter: &ByteCounter,
        request: &mut Option<Request<Sending>>,
        keep: Keep,
    ) -> Result<Answer, Failure> {
        let origin = transport.origin();
        let (head, mut body) = {
            let Some(sendable) = request.take() else { return Err(failure::unsent(origin)) };
            let mut response = pin!(self.sender.try_send_request(sendable));
            poll_fn(|cx| {
                self.drive(cx);
                match response.as_mut().poll(cx) {
                    Poll::Ready(Ok(response)) => Poll::Ready(Ok(response.into_parts())),
                    Poll::Ready(Err(unsent)) => {
                        let mut unsent: TrySendError<Request<Sending>> = unsent;
                        *request = unsent.take_message();
                        Poll::Ready(Err(failure::broken_two(origin, counter, &unsent.into_error())))
                    }
                    Poll::Pending if counter.bytes_in.get() > LONGEST_HEADS as u64 => {
                        Poll::Ready(Err(failure::endless_head(origin)))
                    }
                    Poll::Pending => Poll::Pending,
                }
            })
            .await?
        };
        let is_encoded = head.headers.contains_key(http::header::CONTENT_ENCODING);
        let limit = keep.within(transport.settings().body_cap).limit(head.status.as_u16(), is_encoded);
        let mut sink = BodySink::new(limit, body.size_hint().exact());
        match poll_fn(|cx| self.drain(&mut body, &mut sink, transport, cx)).await {
            Ok(()) => {
                counter.content.set(sink.taken());
                Ok(Answer { status: head.status.as_u16(), headers: head.headers.into(), body: sink.into_bytes() })
            }
            Err(DrainError::Refused(why)) => Err(failure::not_kept(&why)),
            Err(DrainError::Broken(error)) => {
                Err(failure::broken_two(origin, counter, &self.error.take().unwrap_or(error)))
            }
        }
    }

    /// Lets the connection read and write as far as it can now.
    fn drive(&mut self, cx: &mut Context<'_>) {
        let Some(driver) = &mut self.driver else { return };
        if let Poll::Ready(over) = Pin::new(driver).poll(cx) {
            self.driver = None;
            self.error = over.err();
        }
    }

    /// Takes what has come of the body; drives the connection for more until there is none for now, or until the worker's
    /// other users, and this exchange's own limit of time, have waited long enough.
    fn drain(
        &mut self,
        body: &mut Incoming,
        sink: &mut BodySink,
        transport: &Transport,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), DrainError>> {
        let mut driven = false;
        let mut pieces = 0;
        loop {
            if pieces == PIECES_AT_ONCE {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            match Pin::new(&mut *body).poll_frame(cx) {
                Poll::Ready(None) => return Poll::Ready(Ok(())),
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Err(DrainError::Broken(error))),
                Poll::Ready(Some(Ok(frame))) => {
                    if let Ok(piece) = frame.into_data() {
                        let taken = sink.take(&piece, &mut transport.answers().borrow_mut().kept);
                        taken.map_err(DrainError::Refused)?;
                    }
                    driven = false;
                    pieces += 1;
                }
                Poll::Pending if driven => return Poll::Pending,
                Poll::Pending => {
                    self.drive(cx);
                    driven = true;
                }
            }
        }
    }

    /// Whether another request may follow: the peer keeps it open, and the last request has gone out whole.
    fn is_reusable(&self) -> bool {
        self.driver.is_some() && self.sender.is_ready()
    }
}

/// Why a body did not come whole.
enum DrainError {
    /// It is not kept.
    Refused(Refused),
    /// The connection broke, or it cannot be decoded.
    Broken(hyper::Error),
}
