use minijinja::Value;
use minijinja::value::ValueKind;

/// What one value may come to, in bytes of text; a list's or map's item counts for at least [`ITEM`].
const LARGEST: usize = 64 << 20;
const ITEM: usize = 16;
/// How deep lists and maps may lie in each other: an answer's JSON is at most 128 deep.
const DEEPEST: usize = 200;

/// Why a value that an expression comes to is too large to be kept or written; `None` where it is not.
///
/// The language repeats a list without making it: `words * 1000 * 1000` costs nothing until somebody writes it down,
/// and by then nothing limits the work. State that holds itself several times (`[all, all]`) grows in the same way.
pub(super) fn beyond_bounds(value: &Value) -> Option<&'static str> {
    let mut left = LARGEST;
    match value.kind() {
        ValueKind::Seq | ValueKind::Iterable | ValueKind::Map => walk(value, DEEPEST, &mut left).err(),
        _ => None,
    }
}

fn walk(value: &Value, depth: usize, left: &mut usize) -> Result<(), &'static str> {
    let size = ITEM + value.as_str().map_or(0, str::len);
    *left = left.checked_sub(size).ok_or("the value is larger than 64 MiB")?;
    let is_map = match value.kind() {
        ValueKind::Map => true,
        ValueKind::Seq | ValueKind::Iterable => false,
        _ => return Ok(()),
    };
    let depth = depth.checked_sub(1).ok_or("the value is nested deeper than 200 levels")?;
    // what cannot be gone through is written as nothing, or told by whoever tries
    for item in value.try_iter().into_iter().flatten() {
        if is_map {
            value.get_item(&item).map_or(Ok(()), |inner| walk(&inner, depth, left))?;
        }
        walk(&item, depth, left)?;
    }
    Ok(())
}
