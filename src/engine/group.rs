use super::arrival_pool::Stream;
use super::closed_pool::ClosedPool;
use super::iteration_pool::IterationPool;
use super::stop_signal::Order;
use crate::units::Offset;

/// The users of one scenario on one worker.
pub(super) enum Group {
    /// As many as a curve says.
    ClosedPool(ClosedPool),
    /// As many as arrivals need.
    Stream(Box<Stream>),
    /// A number of them, with a fixed amount of work.
    IterationPool(IterationPool),
}

impl Group {
    /// Does what is due by now.
    pub(super) fn adjust(&mut self, now: Offset) {
        match self {
            Self::ClosedPool(crowd) => crowd.adjust(now),
            Self::Stream(stream) => stream.adjust(now),
            Self::IterationPool(squad) => squad.adjust(now),
        }
    }

    /// When something is due again; `None` where nothing is any more.
    pub(super) fn next_change(&self, now: Offset) -> Option<Offset> {
        match self {
            Self::ClosedPool(crowd) => crowd.next_change(now),
            Self::Stream(stream) => stream.next_change(now),
            Self::IterationPool(squad) => squad.next_change(now),
        }
    }

    /// Gives an order to everybody.
    pub(super) fn give(&mut self, order: Order) {
        match self {
            Self::ClosedPool(crowd) => crowd.give(order),
            Self::Stream(stream) => stream.give(order),
            Self::IterationPool(squad) => squad.give(order),
        }
    }

    /// How many users are there, those on their way out included.
    pub(super) fn present(&self) -> u64 {
        match self {
            Self::ClosedPool(crowd) => crowd.present(),
            Self::Stream(stream) => stream.present(),
            Self::IterationPool(squad) => squad.present(),
        }
    }

    /// Whether all is done and everybody gone before its time.
    pub(super) fn is_done(&self) -> bool {
        matches!(self, Self::IterationPool(squad) if squad.is_done())
    }
}
