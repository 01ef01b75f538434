//! Exchanges over real sockets, with peers written by hand: each does on the wire exactly what its test says.

mod addresses;
mod bodies;
mod frames;
mod hostile;
mod kept;
mod peer;
mod plain;
mod trouble;
mod two;
mod within_tls;

use std::future::pending;
use std::rc::Rc;
use std::time::Duration;

use http::uri::PathAndQuery;
use http::{HeaderMap, Method};

use super::message::Failure;
use super::{Answer, Client, Content, Ending, Exchange, Keep, Origin, Outgoing, Settings, Transport};
use crate::units::Size;

/// A user of the service at `origin`, in the clear.
fn client_of(origin: &str) -> Client {
    Client::new(Rc::new(Transport::new(Origin::parse(origin).unwrap(), Settings::default()).unwrap()))
}

/// `GET /`, two seconds, a MiB kept.
fn get() -> Outgoing {
    Outgoing {
        method: Method::GET,
        target: PathAndQuery::from_static("/"),
        headers: HeaderMap::new().into(),
        body: Content::EMPTY,
        timeout: Duration::from_secs(2),
        keep: Keep::UpTo(Size::from_bytes(1 << 20)),
    }
}

async fn exchange(client: &mut Client, request: Outgoing) -> Exchange {
    client.exchange(&request, pending()).await
}

async fn answer(client: &mut Client, request: Outgoing) -> Answer {
    match exchange(client, request).await.ending {
        Ending::Answer(answer) => answer,
        other => panic!("{other:?}"),
    }
}

fn failure(exchange: &Exchange) -> &Failure {
    match &exchange.ending {
        Ending::Failed(failure) => failure,
        other => panic!("{other:?}"),
    }
}
