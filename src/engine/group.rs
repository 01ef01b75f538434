use super::crowd::Crowd;
use super::leash::Order;
use super::squad::Squad;
use super::stream::Stream;
use crate::units::Offset;

/// The users of one scenario on one worker.
pub(super) enum Group {
    /// As many as a curve says.
    Crowd(Crowd),
    /// As many as arrivals need.
    Stream(Box<Stream>),
    /// A number of them, with a fixed amount of work.
    Squad(Squad),
}

impl Group {
    /// Does what is due by now.
    pub(super) fn adjust(&mut self, now: Offset) {
        match self {
            Self::Crowd(crowd) => crowd.adjust(now),
            Self::Stream(stream) => stream.adjust(now),
            Self::Squad(squad) => squad.adjust(now),
        }
    }

    /// When something is due again; `None` where nothing is any more.
    pub(super) fn next_change(&self, now: Offset) -> Option<Offset> {
        match self {
            Self::Crowd(crowd) => crowd.next_change(now),
            Self::Stream(stream) => stream.next_change(now),
            Self::Squad(squad) => squad.next_change(now),
        }
    }

    /// Gives an order to everybody.
    pub(super) fn give(&mut self, order: Order) {
        match self {
            Self::Crowd(crowd) => crowd.give(order),
            Self::Stream(stream) => stream.give(order),
            Self::Squad(squad) => squad.give(order),
        }
    }

    /// How many users are there, those on their way out included.
    pub(super) fn present(&self) -> u64 {
        match self {
            Self::Crowd(crowd) => crowd.present(),
            Self::Stream(stream) => stream.present(),
            Self::Squad(squad) => squad.present(),
        }
    }

    /// Whether all is done and everybody gone before its time.
    pub(super) fn is_done(&self) -> bool {
        matches!(self, Self::Squad(squad) if squad.is_done())
    }
}
