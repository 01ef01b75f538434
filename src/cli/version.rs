/// What `--version` says: which Plimsoll this is, what it was built from and for, and what it can do.
pub(super) const LONG_VERSION: &str = concat!(
    env!("CARGO_PKG_VERSION"),
    "\ncommit: ",
    env!("PLIMSOLL_BUILT_FROM"),
    "\ntarget: ",
    env!("PLIMSOLL_BUILT_FOR"),
    "\nfeatures: http/1.1, http/2, h2c, tls 1.2, tls 1.3, client certificates, unix sockets, http proxies, gzip, deflate, br, zstd",
);
