use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// How much longer than a delay a server's answers take, as a bare socket sees it: what timers, wake-ups and the way to and
/// fro add on this machine, whatever measures it. Sorted.
///
/// # Errors
/// A server that cannot be asked.
pub fn excess(address: SocketAddr, delay: Duration, times: usize) -> io::Result<Vec<Duration>> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(delay + PATIENCE))?;
    let request = format!("GET {PATH} HTTP/1.1\r\nhost: {address}\r\n\r\n");
    // the first makes the connection's things
    exchange(&mut stream, &request)?;
    let mut excess = Vec::with_capacity(times);
    for _ in 0..times {
        let began = Instant::now();
        exchange(&mut stream, &request)?;
        excess.push(began.elapsed().saturating_sub(delay));
    }
    excess.sort_unstable();
    Ok(excess)
}

const PATH: &str = "/v1/health";
/// A server that takes this much longer than it should is none.
const PATIENCE: Duration = Duration::from_secs(5);
/// An answer of the server is shorter.
const LARGEST: usize = 8 << 10;

/// Sends a request and reads its answer whole.
fn exchange(stream: &mut TcpStream, request: &str) -> io::Result<()> {
    stream.write_all(request.as_bytes())?;
    let (mut answer, mut filled) = ([0; LARGEST], 0);
    loop {
        let read = stream.read(&mut answer[filled..])?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        filled += read;
        if length(&answer[..filled]).is_some_and(|length| filled >= length) {
            return Ok(());
        }
    }
}

/// How long an answer is in all, once its head is there.
fn length(answer: &[u8]) -> Option<usize> {
    let head = answer.windows(4).position(|end| end == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&answer[..head]).ok()?.to_ascii_lowercase();
    let body = text.split("content-length:").nth(1)?.split("\r\n").next()?.trim().parse::<usize>().ok()?;
    Some(head + body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::{Behaviour, Delay, Target};

    #[test]
    fn an_answer_is_never_quicker_than_the_servers_delay() {
        let delay = Duration::from_millis(3);
        let behaviour = Behaviour { delay: Delay::parse("3ms").unwrap(), ..Behaviour::default() };
        let target = Target::start(behaviour, ([127, 0, 0, 1], 0).into()).unwrap();
        let began = Instant::now();
        assert_eq!(excess(target.address(), delay, 10).unwrap().len(), 10);
        assert!(began.elapsed() >= delay * 11);
    }
}
