use super::decode::At;
use super::record::{choice, record, words};
use super::scalars::Count;

record! {
    /// How HTTP is spoken: version, connections, redirects, TLS, proxies.
    pub struct Http("`http`") {
        /// The version of HTTP: `"1.1"` (the default) or `"2"`: over TLS as negotiated (the service has to offer it), else in the clear
        /// with prior knowledge (h2c).
        optional version: At<VersionWord> = "version";
        /// `per_user` (the default): each user keeps a connection of its own. `per_request`: each request makes one.
        optional connections: ConnectionsWord = "connections";
        /// How many redirects one call follows, each a request of its own in the books. Default 0: a redirect is the
        /// answer.
        optional redirects: At<Count> = "redirects";
        /// Whether answers may come compressed: `gzip`, `br`, `zstd`. Default false.
        optional compression: bool = "compression";
        /// Whether each user keeps the cookies it is sent. Default true.
        optional cookies: bool = "cookies";
        /// Whether any certificate is taken, trusted or not. Default false.
        optional insecure: bool = "insecure";
        /// A file of certificate authorities (PEM) trusted beside the public ones. Relative to the file that names it.
        optional ca: At<String> = "ca";
        /// A file with the client's own certificate chain (PEM); needs `key`.
        optional certificate: At<String> = "certificate";
        /// A file with the private key of `certificate` (PEM).
        optional key: At<String> = "key";
        /// A proxy all connections go through: `http://proxy:3128`, with `user:password@` where it asks for one.
        optional proxy: At<String> = "proxy";
        /// A Unix-domain socket the service listens on, in the place of its host and port.
        optional unix_socket: At<String> = "unix_socket";
    }
}

record! {
    /// User name and password, sent as HTTP's basic authentication (RFC 7617).
    pub struct Basic("`basic`") {
        /// The user name.
        required user: At<String> = "user";
        /// The password.
        required password: At<String> = "password";
    }
}

choice! {
    /// Who the request says it is from: the `authorization` header.
    pub enum Auth("`auth`") {
        /// A user name and a password.
        Basic(Basic) = "basic",
        /// A token (RFC 6750).
        Bearer(At<String>) = "bearer",
    }
}

words! {
    /// A version of HTTP.
    pub enum VersionWord {
        /// HTTP/1.1 (RFC 9112).
        One = "1.1",
        /// HTTP/2 (RFC 9113).
        Two = "2",
    }
    /// How connections are kept.
    pub enum ConnectionsWord {
        /// One a user, kept alive.
        PerUser = "per_user",
        /// One a request.
        PerRequest = "per_request",
    }
}
