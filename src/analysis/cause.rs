/// Why requests failed, as far as their messages say: by Plimsoll, by Locust, or by the libraries below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cause {
    /// An answer of 5xx.
    ServerError(u16),
    /// An answer of 429.
    RateLimit,
    /// Another answer of 4xx.
    ClientError(u16),
    /// No whole answer in time.
    Timeout,
    /// Nobody listens, or the queue of those who wait to be let in is full.
    Refused,
    /// The connection broke.
    Reset,
    /// No file handle is left where the load is made.
    Handles,
    /// No local port is left where the load is made.
    Ports,
    /// A pool of connections, most often the database's, is used up.
    Pool,
    /// No way to the host.
    Unreachable,
    /// The host's name does not resolve.
    Dns,
    /// TLS failed.
    Tls,
    /// An answer came and was not as expected, or something else.
    Other,
}

/// Words and what they tell, the more telling first. `HTTPConnectionPool(…)` is in most messages of Locust: a pool alone
/// says nothing.
const WORDS: [(Cause, &[&str]); 9] = [
    (Cause::Handles, &["too many open files", "no file handle"]),
    (Cause::Ports, &["no local port", "cannot assign requested address"]),
    (
        Cause::Pool,
        &[
            "queuepool",
            "pool exhausted",
            "pool is exhausted",
            "pool is full",
            "too many connections",
            "connection slots",
        ],
    ),
    (Cause::Refused, &["refused", "nobody listens"]),
    (
        Cause::Dns,
        &["name or service not known", "failed to resolve", "getaddrinfo", "does not resolve", "nameresolution"],
    ),
    (Cause::Tls, &["sslerror", "ssl:", "certificate", "tls"]),
    (Cause::Unreachable, &["unreachable", "no route to host"]),
    (Cause::Timeout, &["timed out", "timeout", "no answer from", "no whole answer", "did not answer", " within "]),
    (
        Cause::Reset,
        &["reset", "remotedisconnected", "remote end closed", "connection aborted", "broken pipe", "closed by"],
    ),
];

/// What stands before a status in the messages of Plimsoll, of `requests` and of Locust.
const BEFORE_STATUS: [&str; 9] =
    ["httperror('", "httperror(\"", "got ", "found ", "code=", "status ", "code ", "response: ", "status_code: "];

impl Cause {
    /// Of a failure of Plimsoll: its kind says most.
    pub(super) fn of_kind(kind: &str, message: &str) -> Self {
        let by_message = Self::of_message(message);
        match kind {
            "timeout" => Self::Timeout,
            "dns" => Self::Dns,
            "tls" => Self::Tls,
            "reset" => Self::Reset,
            "connect" if by_message == Self::Other => Self::Unreachable,
            "connect" => by_message,
            // what an answer says in its body is not what befell the connection
            "check" => status(&message.to_lowercase()).map_or(Self::Other, Self::of_status),
            _ => Self::Other,
        }
    }

    /// Of a failure of which there is only the message.
    pub(super) fn of_message(message: &str) -> Self {
        let message = message.to_lowercase();
        if let Some(status) = status(&message) {
            return Self::of_status(status);
        }
        let known = WORDS.iter().find(|(_, words)| words.iter().any(|word| message.contains(word)));
        known.map_or(Self::Other, |(cause, _)| *cause)
    }

    const fn of_status(status: u16) -> Self {
        match status {
            429 => Self::RateLimit,
            400..500 => Self::ClientError(status),
            500..600 => Self::ServerError(status),
            _ => Self::Other,
        }
    }

    /// Whether it is about the connection, rather than about an answer.
    pub(super) const fn is_of_connection(self) -> bool {
        matches!(
            self,
            Self::Timeout
                | Self::Refused
                | Self::Reset
                | Self::Handles
                | Self::Ports
                | Self::Pool
                | Self::Unreachable
                | Self::Dns
                | Self::Tls
        )
    }

    /// So many of them, in words.
    pub(super) fn describe(self, count: &str) -> String {
        match self {
            Self::ServerError(status) | Self::ClientError(status) => format!("{count} answers of {status}"),
            Self::RateLimit => format!("{count} answers of 429"),
            Self::Timeout => format!("{count} timeouts"),
            Self::Refused => format!("{count} connections refused"),
            Self::Reset => format!("{count} connections broken off"),
            Self::Handles => format!("{count} without a file handle"),
            Self::Ports => format!("{count} without a local port"),
            Self::Pool => format!("{count} for want of a connection in a pool"),
            Self::Unreachable => format!("{count} without a connection"),
            Self::Dns => format!("{count} times the name did not resolve"),
            Self::Tls => format!("{count} times TLS failed"),
            Self::Other => format!("{count} for other reasons"),
        }
    }
}

/// The status a message tells of, from 400 to 599.
fn status(message: &str) -> Option<u16> {
    let behind = BEFORE_STATUS.iter().flat_map(|word| message.match_indices(word).map(|(at, _)| at + word.len()));
    let mut found: Vec<(usize, u16)> = behind.filter_map(|at| Some((at, number(&message[at..])?))).collect();
    found.sort_unstable();
    found.first().map(|(_, status)| *status)
}

fn number(text: &str) -> Option<u16> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text[..end].parse().ok().filter(|status| end == 3 && (400..600).contains(status))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_of_locust_and_of_plimsoll_give_their_cause() {
        let known = [
            ("HTTPError('500 Server Error: Internal Server Error for url: /timeout')", Cause::ServerError(500)),
            ("HTTPError('504 Server Error: Gateway Timeout for url: /stats')", Cause::ServerError(504)),
            ("HTTPError('429 Client Error: Too Many Requests for url: /stats')", Cause::RateLimit),
            ("BadStatusCode('http://127.0.0.1:8000/v1', code=503)", Cause::ServerError(503)),
            ("CatchResponseError('Got status code 404')", Cause::ClientError(404)),
            ("ConnectionRefusedError(111, 'Connection refused')", Cause::Refused),
            (
                "ReadTimeout(ReadTimeoutError(\"HTTPConnectionPool(host='127.0.0.1', port=18098): Read timed out. (read timeout=0.5)\"))",
                Cause::Timeout,
            ),
            (
                "ConnectionError(MaxRetryError(\"HTTPConnectionPool(host='x', port=500): Max retries exceeded (Caused by NewConnectionError('[Errno 111] Connection refused'))\"))",
                Cause::Refused,
            ),
            ("OSError(24, 'Too many open files')", Cause::Handles),
            ("RemoteDisconnected('Remote end closed connection without response')", Cause::Reset),
            ("ConnectionResetError(104, 'Connection reset by peer')", Cause::Reset),
            ("QueuePool limit of size 5 overflow 10 reached, connection timed out", Cause::Pool),
            ("CatchResponseError('concepts_found is 500')", Cause::Other),
            ("", Cause::Other),
        ];
        for (message, cause) in known {
            assert_eq!(Cause::of_message(message), cause, "{message}");
        }
        assert_eq!(Cause::of_kind("check", "expected status 200, got 500"), Cause::ServerError(500));
        assert_eq!(Cause::of_kind("check", "`$.error`: expected \"timeout\""), Cause::Other);
        assert_eq!(Cause::of_kind("connect", "no file handle left to connect to x: raise `ulimit -n`"), Cause::Handles);
        assert_eq!(Cause::of_kind("connect", "no connection to x within 1s"), Cause::Timeout);
    }
}
