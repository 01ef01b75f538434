use std::io;

/// Does the work of a command on a runtime of its own, and leaves behind what does not come back: the system's resolver, which
/// nobody can stop, would otherwise keep the process.
pub(super) fn block_on<T>(work: impl Future<Output = T>) -> io::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let done = runtime.block_on(work);
    runtime.shutdown_background();
    Ok(done)
}
