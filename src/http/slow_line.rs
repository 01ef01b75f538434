use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

use super::metered_stream::Socket;
use crate::units::Bandwidth;

/// A socket that carries no more than so many bytes in a second, in each direction: what a slow client has.
///
/// Bytes take their time before they are handed over, as on a line: the last of `n` bytes is there when `n` bytes' time is
/// over, and one direction does not wait for the other.
pub(super) struct SlowLine {
    socket: Socket,
    out: Direction,
    inward: Direction,
    /// What has come and is still on the line.
    arrived: Box<[u8]>,
    /// From which place in it on, and up to which.
    waiting: (usize, usize),
}

/// One direction of a line.
struct Direction {
    bandwidth: Bandwidth,
    /// The most that is carried at once.
    most: usize,
    /// What is being carried: how many bytes, and when the last of them is over.
    carried: Option<(usize, Instant)>,
    /// When the line was free again after what was carried last.
    free: Instant,
    /// When that was handed over.
    handed_over: Option<Instant>,
    /// Whether whoever takes the bytes was not ready for them.
    blocked: bool,
    timer: Option<Pin<Box<Sleep>>>,
}

/// So long a piece takes that is carried at once.
const PIECE: Duration = Duration::from_millis(10);
/// And no more bytes than these: each connection has a buffer of them.
const LARGEST_PIECE: usize = 16 << 10;
/// What follows within this time was there already, and the line goes on without a pause.
const AT_ONCE: Duration = Duration::from_millis(1);
/// A timer that comes late is made up for; a worker that was stopped for longer than this is not.
const CATCH_UP: Duration = Duration::from_millis(100);

impl SlowLine {
    pub(super) fn new(socket: Socket, bandwidth: Bandwidth) -> Self {
        let inward = Direction::new(bandwidth);
        let arrived = vec![0; inward.most].into_boxed_slice();
        Self { socket, out: Direction::new(bandwidth), inward, arrived, waiting: (0, 0) }
    }
}

impl Direction {
    fn new(bandwidth: Bandwidth) -> Self {
        let most = usize::try_from(bandwidth.bytes_in(PIECE)).unwrap_or(LARGEST_PIECE).clamp(1, LARGEST_PIECE);
        let free = Instant::now();
        Self { bandwidth, most, carried: None, free, handed_over: None, blocked: false, timer: None }
    }

    /// Puts bytes on the line, unless some are on it.
    fn carry(&mut self, bytes: usize) {
        if self.carried.is_some() {
            return;
        }
        let now = Instant::now();
        let goes_on = self.handed_over.is_some_and(|last| now.saturating_duration_since(last) <= AT_ONCE);
        let earliest = now.checked_sub(CATCH_UP).unwrap_or(now);
        let begins = if goes_on { self.free.clamp(earliest, now) } else { now };
        // a line so slow that no clock knows the moment carries nothing
        let over = begins.checked_add(self.bandwidth.time_of(bytes));
        let over = over.unwrap_or_else(|| begins + Duration::from_secs(u64::from(u32::MAX)));
        self.carried = Some((bytes, over));
    }

    /// Ready with how many bytes have gone over the line, once they have.
    fn poll_carried(&mut self, cx: &mut Context<'_>) -> Poll<usize> {
        let Some((bytes, over)) = self.carried else { return Poll::Ready(0) };
        if Instant::now() < over {
            let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(over)));
            if timer.deadline() != over {
                timer.as_mut().reset(over);
            }
            ready!(timer.as_mut().poll(cx));
        }
        Poll::Ready(bytes)
    }

    /// Notes that so many of the bytes carried were taken.
    fn hand_over(&mut self, taken: usize) {
        let Some((bytes, over)) = self.carried.take() else { return };
        let now = Instant::now();
        let left = self.bandwidth.time_of(bytes.saturating_sub(taken));
        self.free = if std::mem::take(&mut self.blocked) { now } else { over.checked_sub(left).unwrap_or(over) };
        self.handed_over = Some(now);
    }
}

impl AsyncRead for SlowLine {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let Self { socket, inward, arrived, waiting, .. } = self.get_mut();
        let (from, to) = *waiting;
        let (from, to) = if from == to {
            let mut read = ReadBuf::new(arrived);
            ready!(Pin::new(socket).poll_read(cx, &mut read))?;
            let came = read.filled().len();
            if came == 0 {
                return Poll::Ready(Ok(()));
            }
            *waiting = (0, came);
            inward.carry(came);
            (0, came)
        } else {
            (from, to)
        };
        ready!(inward.poll_carried(cx));
        let taken = into.remaining().min(to - from);
        into.put_slice(&arrived[from..from + taken]);
        *waiting = (from + taken, to);
        if from + taken == to {
            inward.hand_over(usize::MAX);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for SlowLine {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let Self { socket, out, .. } = self.get_mut();
        if bytes.is_empty() {
            return Poll::Ready(Ok(0));
        }
        out.carry(bytes.len().min(out.most));
        let carried = ready!(out.poll_carried(cx)).min(bytes.len());
        let written = Pin::new(socket).poll_write(cx, &bytes[..carried]);
        match &written {
            Poll::Pending => out.blocked = true,
            Poll::Ready(written) => out.hand_over(*written.as_ref().unwrap_or(&0)),
        }
        written
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_shutdown(cx)
    }
}
