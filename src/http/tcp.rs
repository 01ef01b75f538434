use std::io;
use std::task::{Context, Poll, ready};

use rustix::net::{RecvFlags, SendFlags};
use tokio::io::{Interest, ReadBuf};
use tokio::net::TcpStream;

/// Reads what has come, as tokio's own `poll_read` would, but asks the kernel itself: the C library makes a place where a thread
/// may be cancelled of each call, which costs some percent of a request and is of no use here.
pub(super) fn poll_receive(stream: &TcpStream, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
    loop {
        ready!(stream.poll_read_ready(cx))?;
        let mut received = None;
        let free = into.initialize_unfilled();
        let tried = stream.try_io(Interest::READABLE, || {
            let (count, _) = rustix::net::recv(stream, &mut *free, RecvFlags::empty())?;
            received = Some(count);
            // a buffer that is not full says that there is no more, so nobody has to ask again to learn that: the system tells
            // when more has come
            if count > 0 && count < free.len() { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(()) }
        });
        match (received, tried) {
            (Some(count), _) => {
                into.advance(count);
                return Poll::Ready(Ok(()));
            }
            (None, Err(error)) if error.kind() == io::ErrorKind::WouldBlock => {}
            (None, tried) => return Poll::Ready(tried),
        }
    }
}

/// Writes as much as goes at once, as tokio's own `poll_write` would.
pub(super) fn poll_send(stream: &TcpStream, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
    loop {
        ready!(stream.poll_write_ready(cx))?;
        match stream.try_io(Interest::WRITABLE, || Ok(rustix::net::send(stream, bytes, SendFlags::NOSIGNAL)?)) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            tried => return Poll::Ready(tried),
        }
    }
}
