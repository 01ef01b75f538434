//! A run made by the library, so that the number of workers is the test's to say.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use plimsoll::test_api::compile::Program;
use plimsoll::test_api::engine::{Options, Platform, Start};
use plimsoll::test_api::memory::MemoryBudget;
use plimsoll::test_api::results::Results;
use plimsoll::test_api::run::{Interrupts, Job, PlanSource, conduct, header};
use plimsoll::test_api::units::Shard;
use serde_json::Value;

/// What a shard of a program's run came to.
pub fn conducted(program: &Arc<Program>, shard: Shard, workers: u32) -> Results {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let start = Start::In(Duration::from_millis(50));
    let memory = MemoryBudget::new(1 << 30);
    let options = Options { workers, start, shard, platform: Platform::System, memory };
    let source = PlanSource {
        file: Path::new("plan.yaml"),
        text: "",
        effective: &Value::Null,
        profile: None,
        service: "",
        arguments: Vec::new(),
        filter: Vec::new(),
        name: None,
        labels: Default::default(),
        shard: Some(shard),
    };
    let job = Job { program: program.clone(), header: header(program, &source, &options), options };
    let (_nobody, mut interrupts) = Interrupts::channel();
    runtime.block_on(conduct(job, &mut interrupts, |_| {})).unwrap()
}
