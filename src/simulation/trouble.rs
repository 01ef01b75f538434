use std::time::Duration;

use super::dice::{Dice, Part};
use super::disk_trouble::DiskTrouble;
use crate::engine::tests::{Jump, Loss, LostWorker};
use crate::units::Shard;

/// What befalls a run from outside.
#[derive(Debug, Clone)]
pub(super) struct Trouble {
    pub(super) workers: u32,
    /// When somebody wants it to end, since the start of all.
    pub(super) interrupts: Vec<Duration>,
    pub(super) lost_worker: Option<LostWorker>,
    /// When the wall clock is set.
    pub(super) jumps: Vec<(Duration, Jump)>,
    /// It is to begin so long from the start of all, by the wall clock.
    pub(super) start_at: Option<Duration>,
    pub(super) disk: DiskTrouble,
    /// Which part of a run it is.
    pub(super) shard: Shard,
    /// How many bytes it may hold.
    pub(super) memory: u64,
    /// When somebody looks at what a kill would leave.
    pub(super) looks: Vec<Duration>,
}

impl Trouble {
    /// What a seed has for a run whose load is so long.
    pub(super) fn of(seed: u64, length: Duration) -> Self {
        let mut dice = Dice::of(seed, Part::Trouble);
        let length = u64::try_from(length.as_millis()).unwrap();
        let workers = u32::try_from(dice.number(1, 3)).unwrap();
        let moment = |dice: &mut Dice| match dice.number(0, 9) {
            0 => dice.ms(0, 50),
            1 => Duration::from_millis(length),
            2 => dice.ms(length, length + 8000),
            _ => dice.ms(0, length + 1000),
        };
        let count = match dice.number(0, 19) {
            0..=9 => 0,
            10..=13 => 1,
            14..=16 => 2,
            _ => dice.number(3, 6),
        };
        let mut interrupts: Vec<Duration> = (0..count).map(|_| moment(&mut dice)).collect();
        if dice.percent(30)
            && let Some(first) = interrupts.first().copied()
        {
            // all in one moment
            interrupts.fill(first);
        }
        interrupts.sort();
        let lost_worker = dice.percent(6).then(|| LostWorker {
            worker: u32::try_from(dice.number(0, u64::from(workers) - 1)).unwrap(),
            at: dice.ms(0, length),
            how: dice.one(&[Loss::Panics, Loss::Hangs]),
        });
        let jumps = if dice.percent(20) {
            let jump = |dice: &mut Dice| {
                let by =
                    dice.one(&[Duration::from_millis(700), Duration::from_secs(3600), Duration::from_secs(86_400)]);
                (dice.ms(0, 4000), if dice.percent(50) { Jump::Forward(by) } else { Jump::Back(by) })
            };
            (0..dice.number(1, 2)).map(|_| jump(&mut dice)).collect()
        } else {
            Vec::new()
        };
        let start_at = dice.percent(12).then(|| dice.ms(0, 5000));
        let disk = DiskTrouble::drawn(&mut dice);
        let looks = (0..3).map(|_| dice.ms(0, length + 2000)).collect();
        let count = if dice.percent(15) { 2 } else { 1 };
        let shard =
            Shard { index: u32::try_from(dice.number(0, count - 1)).unwrap(), count: u32::try_from(count).unwrap() };
        let memory = if dice.percent(10) { dice.number(1 << 10, 1 << 20) } else { 1 << 30 };
        Self { workers, interrupts, lost_worker, jumps, start_at, disk, shard, memory, looks }
    }

    /// What of it there is, by name.
    pub(super) fn names(&self) -> Vec<&'static str> {
        let mut names = Vec::new();
        names.extend(self.interrupts.iter().map(|_| "interrupt"));
        names.extend(self.lost_worker.map(|lost| match lost.how {
            Loss::Panics => "worker that panics",
            Loss::Hangs => "worker that hangs",
        }));
        names.extend(self.jumps.iter().map(|_| "wall clock that is set"));
        names.extend(self.start_at.map(|_| "start at a moment"));
        names.extend(self.disk.name());
        names.extend(self.shard.is_part().then_some("shard"));
        names.extend((self.memory < 1 << 30).then_some("memory that is used up"));
        names
    }
}
