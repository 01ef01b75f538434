use std::collections::VecDeque;

use super::bucket::Scale;
use super::distribution::Distribution;
use super::sparse_histogram::{Moments, SparseHistogram};

/// Samples of the last seconds. What a new second costs is that second and the one that leaves, not all between them:
/// counts are taken away from the histogram, and what cannot be taken away (smallest, largest, mean) is made anew
/// from a few numbers a second.
#[derive(Debug, Clone)]
pub struct Sliding {
    length: u32,
    seconds: VecDeque<(u32, SparseHistogram)>,
    all: Distribution,
}

impl Sliding {
    /// Of nothing yet; it reaches back so many seconds.
    #[must_use]
    pub const fn new(scale: Scale, length: u32) -> Self {
        Self { length, seconds: VecDeque::new(), all: Distribution::new(scale) }
    }

    /// Adds what came in a second, which is later than all before.
    pub fn add(&mut self, second: u32, samples: SparseHistogram) {
        while let Some((oldest, _)) = self.seconds.front()
            && oldest.saturating_add(self.length) <= second
        {
            if let Some((_, old)) = self.seconds.pop_front() {
                self.all.take_away(&old);
            }
        }
        self.all.add(&samples);
        self.seconds.push_back((second, samples));
        let mut moments = Moments::NONE;
        self.seconds.iter().for_each(|(_, samples)| moments.merge(samples.moments()));
        self.all.set_moments(moments);
    }

    /// All that is within reach.
    #[must_use]
    pub const fn distribution(&self) -> &Distribution {
        &self.all
    }
}
