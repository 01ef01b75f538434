use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{Method, StatusCode};
use serde_json::json;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tokio::sync::{oneshot, watch};
use tokio::task::spawn_local;
use tokio::time::timeout;

use super::answer::{Answer, events, failure, html, json};
use super::control::wanted;
use super::hub::{Hub, MOST_PAGES, Told, Watchers};
use super::server::{Asked, Site};
use crate::journal::Header;
use crate::report::{LiveRenderer, LiveSecond, LiveState};
use crate::run::{Hand, Wish};
use crate::secrets::Secrets;

/// What the thread of the run tells the thread of the server.
#[derive(Debug)]
pub(super) enum Message {
    /// The load begins.
    Began(Arc<Header>),
    /// A second is over.
    Second(Box<LiveSecond>, LiveState),
}

/// The site of a run under way: its page, the events that the page follows, and what is asked there.
#[derive(Debug)]
pub(super) struct RunSite {
    hub: RefCell<Hub>,
    renderer: RefCell<Option<LiveRenderer>>,
    /// The page that was rendered last, and what a browser may do with it.
    page: RefCell<Option<(Bytes, String)>>,
    /// How many pages were rendered.
    rendered: watch::Sender<u64>,
    /// Whether nothing comes any more.
    heard_all: watch::Sender<bool>,
    /// The seconds since what stands around the charts was rendered.
    since: Cell<usize>,
    watchers: Arc<Watchers>,
    wishes: UnboundedSender<Wish>,
    secrets: Secrets,
}

/// A page is waited for so long: the next second is not further off.
const SOON: Duration = Duration::from_millis(2500);
/// An answer of the run is waited for so long.
const ANSWER: Duration = Duration::from_secs(3);
/// With more rows in its tables than this a page is rendered only every other second, and so on.
const ROWS: usize = 400;

/// What is shown before there is anything of a run.
const WAITING: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta http-equiv=\"refresh\" content=\"1\">\
    <title>Plimsoll</title><p>The load has not begun. This page looks again each second.</p></html>\n";

impl RunSite {
    /// A site that shows what it is told.
    pub(super) fn new(
        mut messages: UnboundedReceiver<Message>,
        watchers: Arc<Watchers>,
        (wishes, secrets): (UnboundedSender<Wish>, Secrets),
    ) -> Rc<Self> {
        let site = Rc::new(Self {
            hub: RefCell::default(),
            renderer: RefCell::default(),
            page: RefCell::default(),
            rendered: watch::Sender::new(0),
            heard_all: watch::Sender::new(false),
            since: Cell::new(0),
            watchers,
            wishes,
            secrets,
        });
        let hears = site.clone();
        spawn_local(async move {
            while let Some(message) = messages.recv().await {
                hears.hear(message);
            }
            hears.hub.borrow_mut().end(&hears.watchers);
            hears.heard_all.send_replace(true);
        });
        site
    }

    fn hear(&self, message: Message) {
        match message {
            Message::Began(header) => {
                self.renderer.replace(LiveRenderer::new(header, self.secrets.clone()).ok());
            }
            Message::Second(second, state) => {
                self.watchers.behind.fetch_sub(1, Ordering::Relaxed);
                // a page that cannot be rendered is none: those that are there stay as they were
                drop(self.render(&second, &state));
            }
        }
    }

    /// Renders a second, once for all pages.
    fn render(&self, second: &LiveSecond, state: &LiveState) -> std::io::Result<()> {
        let renderer = self.renderer.borrow();
        let Some(renderer) = &*renderer else { return Ok(()) };
        let page = renderer.page(second, state)?;
        let whole = page.as_deref().map(|page| renderer.whole(second, page)).transpose()?.flatten();
        self.since.set(self.since.get() + 1);
        let is_due = second.is_whole() || self.since.get() > second.rows() / ROWS;
        let shown = is_due.then(|| renderer.shown(second, state)).transpose()?;
        if shown.is_some() {
            self.since.set(0);
        }
        if let Some(page) = page {
            self.page.replace(Some((page.into(), renderer.policy())));
            self.rendered.send_modify(|count| *count += 1);
        }
        let cells = second.cells.clone();
        let told = Told { second: second.second, cells, shown, whole, breaks: second.reshaped };
        self.hub.borrow_mut().tell(told, &self.watchers);
        Ok(())
    }

    /// The page as it is now.
    async fn page(&self) -> Answer {
        let mut rendered = self.rendered.subscribe();
        self.watchers.begin();
        // where the run is over the last page is what there is
        drop(timeout(SOON, rendered.changed()).await);
        match &*self.page.borrow() {
            Some((page, policy)) => html(StatusCode::OK, page.clone(), policy),
            None => html(StatusCode::OK, WAITING, "default-src 'none'; frame-ancestors 'none'"),
        }
    }

    /// The events that a page follows, behind what it has heard.
    fn events(&self, asked: &Asked) -> Answer {
        let last = asked.head.headers.get("last-event-id").and_then(|id| id.to_str().ok());
        let after = asked.head.uri.query().and_then(|query| query.strip_prefix("after="));
        let after = last.or(after).and_then(|second| second.parse().ok());
        match self.hub.borrow_mut().follow(after, &self.watchers) {
            Some(pieces) => events(pieces),
            None => failure(
                StatusCode::SERVICE_UNAVAILABLE,
                &format!("{MOST_PAGES} pages follow the run already: close one of them"),
            ),
        }
    }

    /// Does what a page asks for.
    async fn control(&self, asked: &Asked) -> Answer {
        let kind = asked.head.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        // what a form can send without asking is something else
        if !kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json")) {
            return failure(StatusCode::UNSUPPORTED_MEDIA_TYPE, "what is asked for comes as `application/json`");
        }
        let refused = |status, why: &str| json(status, &json!({ "why": why }));
        let steer = match wanted(&asked.body) {
            Ok(steer) => steer,
            Err(why) => return refused(StatusCode::BAD_REQUEST, &why),
        };
        let (answer, done) = oneshot::channel();
        let wish = Wish { steer, hand: Hand::Page, answer: Some(answer) };
        if self.wishes.send(wish).is_err() {
            return refused(StatusCode::CONFLICT, "the run is over");
        }
        match timeout(ANSWER, done).await {
            Ok(Ok(Ok(done))) => json(StatusCode::OK, &json!({ "done": done })),
            Ok(Ok(Err(why))) => refused(StatusCode::CONFLICT, &why),
            Ok(Err(_)) | Err(_) => refused(StatusCode::CONFLICT, "the load is over, or has not begun"),
        }
    }
}

impl Site for RunSite {
    async fn answer(self: Rc<Self>, asked: Asked) -> Answer {
        match (&asked.head.method, asked.head.uri.path()) {
            (&Method::GET, "/") => self.page().await,
            (&Method::GET, "/events") => self.events(&asked),
            (&Method::POST, "/control") => self.control(&asked).await,
            (_, "/" | "/events" | "/control") => failure(StatusCode::METHOD_NOT_ALLOWED, "that is done in another way"),
            _ => failure(StatusCode::NOT_FOUND, "there is nothing by that name"),
        }
    }

    async fn end(self: Rc<Self>) {
        // what the run came to is still to be told
        drop(self.heard_all.subscribe().wait_for(|all| *all).await);
    }
}
