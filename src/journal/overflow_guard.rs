use crate::metrics::Interval;

/// Everything a run's numbers add up to. As long as that fits 63 bits, no sum of any of them overflows, and each fits a
/// histogram's zig-zag number: a file may say what it likes, and the sums of what it says are still right.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct OverflowGuard(u64);

impl OverflowGuard {
    /// Adds a second; `None` where its numbers do not fit any more.
    pub(super) fn add(&mut self, interval: &Interval) -> Option<()> {
        let mut sum = Sum(Some(self.0));
        let books = &interval.books;
        sum.add([interval.users, books.scheduled, books.dropped, books.started, books.ok]);
        sum.add([books.aborted, books.never_sent, interval.health.late]);
        sum.add(books.failed);
        for series in &interval.series {
            let counts = &series.counts;
            sum.add([counts.ok, counts.aborted, counts.never_sent, counts.bytes_out, counts.bytes_in, counts.content]);
            sum.add(counts.failed);
            series.times.iter().for_each(|(_, samples)| sum.add([samples.moments().count, samples.moments().refused]));
        }
        interval
            .metrics
            .iter()
            .for_each(|count| sum.add([count.samples.moments().count, count.samples.moments().refused]));
        interval.errors.iter().for_each(|error| sum.add([error.count]));
        self.0 = sum.0.filter(|sum| *sum <= i64::MAX as u64)?;
        Some(())
    }
}

struct Sum(Option<u64>);

impl Sum {
    fn add<const N: usize>(&mut self, numbers: [u64; N]) {
        self.0 = numbers.iter().try_fold(self.0, |sum, number| Some(sum?.checked_add(*number))).flatten();
    }
}
