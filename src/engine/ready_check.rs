use std::rc::Rc;
use std::time::Duration;

use tokio::task::LocalSet;

use crate::compile::Program;
use crate::http::{Client, Ending, Keep, Outgoing, Transport};

/// Asks the service one question the way the load will: over its TLS, its proxy, its socket. Gives the status.
///
/// # Errors
/// Why there was no answer.
pub async fn ready_check(program: &Program, path: &str, within: Duration) -> Result<u16, String> {
    let target = &program.target;
    let transport = Transport::new(target.origin.clone(), target.connections.clone());
    let transport = transport.map_err(|error| error.to_string())?;
    let outgoing = Outgoing {
        method: http::Method::GET,
        target: path.parse().map_err(|_| format!("`{path}` is no path"))?,
        headers: http::HeaderMap::new(),
        body: bytes::Bytes::new(),
        timeout: within,
        keep: Keep::Nothing,
    };
    let mut client = Client::new(Rc::new(transport));
    let exchange = LocalSet::new().run_until(client.exchange(outgoing, std::future::pending())).await;
    match exchange.ending {
        Ending::Answer(answer) => Ok(answer.status),
        Ending::Failed(failure) => Err(failure.message),
        Ending::Cut => Err("it was cut off".to_owned()),
    }
}
