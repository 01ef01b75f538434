//! The stand-in's connections: HTTP/1.1, read by the letter.

use std::io::{BufRead, BufReader, Error, ErrorKind, Result, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use super::ask::Ask;
use super::memory::Memory;
use super::reply::{Answer, Reply};

/// What a service does with a request.
pub type Service = fn(&mut Memory, &Ask) -> Answer;

/// What came, and what became of it.
#[derive(Debug, Default, Clone)]
pub struct Counts {
    /// All requests.
    pub received: u64,
    /// Those of a plan's setup and teardown, and its questions before the load.
    pub outside: u64,
    /// Why each of those that were wrong is.
    pub refused: Vec<String>,
}

#[derive(Default)]
struct State {
    memory: Memory,
    counts: Counts,
}

/// A service on one host or more, each with an address of its own.
pub struct StandIn {
    addresses: Vec<String>,
    state: Arc<Mutex<State>>,
}

impl StandIn {
    pub fn start(service: Service, hosts: usize) -> Self {
        let listeners: Vec<TcpListener> = (0..hosts).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
        let addresses: Vec<String> =
            listeners.iter().map(|listener| listener.local_addr().unwrap().to_string()).collect();
        let state = Arc::new(Mutex::new(State::default()));
        for (host, listener) in listeners.into_iter().enumerate() {
            let (addresses, state) = (addresses.clone(), state.clone());
            // it ends with the tests
            thread::spawn(move || {
                for stream in listener.incoming().flatten() {
                    let (addresses, state) = (addresses.clone(), state.clone());
                    thread::spawn(move || {
                        // a peer that goes away ends its connection and nothing else
                        drop(talk(stream, host, &addresses, service, &state));
                    });
                }
            });
        }
        Self { addresses, state }
    }

    /// Host and port of each host.
    pub fn addresses(&self) -> &[String] {
        &self.addresses
    }

    pub fn counts(&self) -> Counts {
        self.state.lock().unwrap().counts.clone()
    }

    /// What it remembers.
    pub fn look<T>(&self, at: impl FnOnce(&Memory) -> T) -> T {
        at(&self.state.lock().unwrap().memory)
    }
}

fn talk(stream: TcpStream, host: usize, addresses: &[String], service: Service, state: &Mutex<State>) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut out = stream.try_clone()?;
    let mut input = BufReader::new(stream);
    while let Some(ask) = read(&mut input, host, addresses)? {
        let reply = {
            let mut state = state.lock().unwrap();
            let State { memory, counts } = &mut *state;
            counts.received += 1;
            let answer = ask.check().and_then(|()| service(memory, &ask));
            answer.unwrap_or_else(|why| {
                let why = format!("{} {}: {why}", ask.method, ask.path);
                counts.refused.push(why.clone());
                Reply::text(422, "text/plain", why)
            })
        };
        state.lock().unwrap().counts.outside += u64::from(reply.outside);
        write(&mut out, &reply, ask.method == "HEAD")?;
    }
    Ok(())
}

fn line(input: &mut impl BufRead) -> Result<String> {
    let mut line = String::new();
    input.read_line(&mut line)?;
    match line.strip_suffix("\r\n") {
        Some(whole) => Ok(whole.to_owned()),
        None if line.is_empty() => Ok(line),
        None => Err(Error::new(ErrorKind::InvalidData, "a line without its end")),
    }
}

fn read(input: &mut impl BufRead, host: usize, addresses: &[String]) -> Result<Option<Ask>> {
    let bad = |what: &str| Error::new(ErrorKind::InvalidData, what.to_owned());
    let first = line(input)?;
    if first.is_empty() {
        return Ok(None);
    }
    let words: Vec<&str> = first.split(' ').collect();
    let [method, target, "HTTP/1.1"] = words[..] else { return Err(bad("no request line")) };
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut headers = Vec::new();
    loop {
        let line = line(input)?;
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':').ok_or_else(|| bad("no header"))?;
        headers.push((name.to_lowercase(), value.trim().to_owned()));
    }
    let mut ask = Ask {
        host,
        addresses: addresses.to_vec(),
        method: method.to_owned(),
        path: path.to_owned(),
        raw_query: query.to_owned(),
        headers,
        body: Vec::new(),
    };
    if ask.maybe("transfer-encoding") == Some("chunked") {
        ask.body = chunks(input)?;
    } else if let Some(length) = ask.maybe("content-length") {
        let length = length.parse().map_err(|_| bad("no length"))?;
        let mut body = vec![0; length];
        input.read_exact(&mut body)?;
        ask.body = body;
    }
    Ok(Some(ask))
}

fn chunks(input: &mut impl BufRead) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let length =
            usize::from_str_radix(&line(input)?, 16).map_err(|error| Error::new(ErrorKind::InvalidData, error))?;
        let mut chunk = vec![0; length + 2];
        input.read_exact(&mut chunk)?;
        if length == 0 {
            return Ok(body);
        }
        body.extend_from_slice(&chunk[..length]);
    }
}

fn write(out: &mut TcpStream, reply: &Reply, head_only: bool) -> Result<()> {
    let mut head = format!("HTTP/1.1 {} As it is\r\n", reply.status);
    for (name, value) in &reply.headers {
        head += &format!("{name}: {value}\r\n");
    }
    let bodiless = matches!(reply.status, 204 | 304);
    if !reply.pieces.is_empty() {
        out.write_all((head + "transfer-encoding: chunked\r\n\r\n").as_bytes())?;
        for piece in &reply.pieces {
            out.write_all(format!("{:x}\r\n{piece}\r\n", piece.len()).as_bytes())?;
            thread::sleep(Duration::from_millis(2));
        }
        return out.write_all(b"0\r\n\r\n");
    }
    if !bodiless {
        head += &format!("content-length: {}\r\n", reply.body.len());
    }
    head += "\r\n";
    if !bodiless && !head_only {
        head += &reply.body;
    }
    out.write_all(head.as_bytes())
}
