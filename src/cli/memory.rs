use clap::Args;

use crate::memory::{MemoryBudget, memory_limit};
use crate::units::{InvalidValue, Size};

/// How much memory a command may use for what grows with what it reads.
#[derive(Debug, Clone, Args)]
pub(super) struct MemoryArgs {
    /// How much memory may be held for what is counted, and for what is kept of answers and files: 512MiB; without this,
    /// half of what the system allows the process.
    #[arg(long, value_name = "SIZE", value_parser = size)]
    memory: Option<Size>,
}

/// What to do about a file that holds more than there is memory for.
pub(super) const MORE_MEMORY: &str = "see whether the file is what it should be; `--memory 4GiB` gives it more";

/// Below this nothing could be counted.
const LEAST: Size = Size::from_bytes(16 << 20);
/// Where the system says nothing.
const USUAL: Size = Size::from_bytes(1 << 30);

impl MemoryArgs {
    /// The budget, for all threads together.
    pub(super) fn budget(&self) -> MemoryBudget {
        let of_system =
            || memory_limit().map_or(USUAL.as_bytes(), |limit| ((limit / 2) & !0xF_FFFF).max(LEAST.as_bytes()));
        MemoryBudget::new(self.memory.map_or_else(of_system, Size::as_bytes))
    }
}

fn size(text: &str) -> Result<Size, InvalidValue> {
    let size = Size::parse(text)?;
    if size < LEAST {
        return Err(InvalidValue::new(
            format!("{size} is too little to count anything in"),
            format!("give it {LEAST} or more"),
        ));
    }
    Ok(size)
}
