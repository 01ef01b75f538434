use super::bucket::Scale;
use super::sparse_histogram::{Moments, SparseHistogram};

/// A histogram being filled for a second, at about ten nanoseconds a sample. It holds memory for the stretches of the
/// layout that samples fell into, and none once they are taken: a run has thousands of series, and most of them rest.
#[derive(Debug, Clone)]
pub struct Recorder {
    scale: Scale,
    /// The number of the first page that is there.
    first: usize,
    /// The pages from there on: the samples of a series lie near each other, and far from the layout's beginning.
    pages: Vec<Option<Box<Page>>>,
    moments: Moments,
}

/// The counts of buckets that lie side by side.
type Page = [u32; PAGE];

const PAGE: usize = 64;

impl Recorder {
    /// An empty one; it holds no memory until the first sample.
    #[must_use]
    pub const fn new(scale: Scale) -> Self {
        Self { scale, first: 0, pages: Vec::new(), moments: Moments::NONE }
    }

    /// Counts a sample: nanoseconds, or a number. What is not finite is counted as refused and nothing else.
    pub fn record(&mut self, sample: f64) {
        if let Some(count) = self.count(sample) {
            *count = count.saturating_add(1);
            self.moments.add(sample, self.scale.clips(sample));
        }
    }

    /// Counts a sample so many times.
    pub(super) fn record_times(&mut self, sample: f64, times: u32) {
        if times == 0 {
            return;
        }
        if let Some(count) = self.count(sample) {
            *count = count.saturating_add(times);
            let (times, clips) = (u64::from(times), self.scale.clips(sample));
            let one = Moments { count: times, mean: sample, min: sample, max: sample, last: sample, ..Moments::NONE };
            self.moments.merge(&Moments { clipped: if clips { times } else { 0 }, ..one });
        }
    }

    /// The count of a sample's bucket; what is not finite is counted as refused and has none.
    fn count(&mut self, sample: f64) -> Option<&mut u32> {
        if !sample.is_finite() {
            self.moments.refused += 1;
            return None;
        }
        let bucket = self.scale.bucket_of(sample);
        let number = bucket / PAGE;
        if self.pages.is_empty() {
            self.first = number;
        }
        if number < self.first {
            self.pages.splice(0..0, std::iter::repeat_n(None, self.first - number));
            self.first = number;
        }
        let place = number - self.first;
        if place >= self.pages.len() {
            self.pages.resize(place + 1, None);
        }
        let page = self.pages[place].get_or_insert_with(|| Box::new([0; PAGE]));
        Some(&mut page[bucket % PAGE])
    }

    /// Whether nothing was counted since the last take.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.moments.count == 0 && self.moments.refused == 0
    }

    /// What was counted since the last take.
    pub fn take(&mut self) -> SparseHistogram {
        let mut buckets = Vec::new();
        for (number, page) in (self.first..).zip(std::mem::take(&mut self.pages)) {
            let Some(page) = page else { continue };
            let counts = page.iter().enumerate().filter(|(_, count)| **count > 0);
            buckets.extend(counts.map(|(place, count)| ((number * PAGE + place) as u32, u64::from(*count))));
        }
        buckets.shrink_to_fit();
        SparseHistogram { scale: self.scale, buckets, moments: std::mem::take(&mut self.moments) }
    }
}
