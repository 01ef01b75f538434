use std::io::{self, Write};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use super::{Spool, Taken};

const SOON: Duration = Duration::from_millis(50);
const LONG: Duration = Duration::from_secs(20);

fn left_out(texts: u64) -> String {
    format!("({texts} left out)\n")
}

/// A pipe without room: each write waits for its reader.
struct Pipe(SyncSender<Vec<u8>>);

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.send(bytes.to_vec()).map_err(|_| io::ErrorKind::BrokenPipe)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A spool before a pipe, and what reads it.
fn pipe(most: usize) -> (Spool, Receiver<Vec<u8>>) {
    let (place, reader) = sync_channel(0);
    (Spool::before("test", Pipe(place), most, left_out).unwrap(), reader)
}

/// Reads to the end.
fn reading(reader: Receiver<Vec<u8>>) -> JoinHandle<String> {
    std::thread::spawn(move || String::from_utf8(reader.into_iter().flatten().collect()).unwrap())
}

#[test]
fn what_is_said_arrives_in_its_order() {
    let (spool, reader) = pipe(1 << 20);
    let all: String = (0..1000).map(|number| format!("line {number}\n")).collect();
    all.split_inclusive('\n').for_each(|line| spool.push(line));
    let reading = reading(reader);
    assert!(matches!(spool.close(LONG), Taken::All));
    assert_eq!(reading.join().unwrap(), all);
}

#[test]
fn a_pipe_that_nobody_empties_holds_nobody_up_and_what_is_left_out_is_told() {
    let (spool, reader) = pipe(4096);
    let line = "x".repeat(1023) + "\n";
    (0..10_000).for_each(|_| spool.push(&line));
    assert!(matches!(spool.settle(SOON), Taken::Stalled));
    // nobody waits twice for the same
    assert!(matches!(spool.settle(Duration::MAX), Taken::Stalled));
    // whoever reads again gets what waited, and how much there was besides
    let reading = reading(reader);
    while !matches!(spool.settle(SOON), Taken::All) {}
    spool.push("the end\n");
    assert!(matches!(spool.close(LONG), Taken::All));
    assert_eq!(reading.join().unwrap(), line.repeat(4) + "(9996 left out)\nthe end\n");
}

#[test]
fn a_text_larger_than_all_room_is_taken_where_nothing_waits() {
    let (spool, reader) = pipe(16);
    let reading = reading(reader);
    spool.push(&"x".repeat(1 << 20));
    assert!(matches!(spool.close(LONG), Taken::All));
    assert_eq!(reading.join().unwrap().len(), 1 << 20);
}

#[test]
fn a_pipe_that_is_closed_is_told_and_takes_everything() {
    let (spool, reader) = pipe(64);
    drop(reader);
    (0..100).for_each(|_| spool.push("nobody hears this\n"));
    assert!(matches!(spool.settle(LONG), Taken::Failed(error) if error.kind() == io::ErrorKind::BrokenPipe));
    // told once, and nothing waits
    assert!(matches!(spool.close(LONG), Taken::All));
}

/// A place that takes a byte at a time, is asked often in vain, and says when it is flushed.
struct Slow(Arc<Mutex<Vec<u8>>>, u32);

impl Write for Slow {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.1 += 1;
        match self.1 % 3 {
            0 => Err(io::ErrorKind::WouldBlock.into()),
            1 => Err(io::ErrorKind::Interrupted.into()),
            _ => {
                self.0.lock().unwrap().push(bytes[0]);
                Ok(1)
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.lock().unwrap().extend(b"!");
        Ok(())
    }
}

#[test]
fn a_slow_place_gets_everything_as_long_as_it_takes_anything() {
    let got = Arc::new(Mutex::new(Vec::new()));
    let spool = Spool::before("test", Slow(got.clone(), 0), 1 << 10, left_out).unwrap();
    spool.push("slow, slower");
    assert!(matches!(spool.close(Duration::from_secs(2)), Taken::All));
    assert_eq!(*got.lock().unwrap(), b"slow, slower!");
}
