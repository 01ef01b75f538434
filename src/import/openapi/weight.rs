use serde_json::Value as Json;

/// Takes about as many bytes from `left` as a value has in a plan; `None` where it is too large, or nested too deep.
pub(super) fn weigh(value: &Json, levels: usize, left: &mut usize) -> Option<()> {
    let levels = levels.checked_sub(1)?;
    let mut take = |bytes: usize| -> Option<()> {
        *left = left.checked_sub(bytes)?;
        Some(())
    };
    match value {
        Json::String(text) => take(text.len() + 2),
        Json::Array(items) => {
            take(2)?;
            items.iter().try_for_each(|item| weigh(item, levels, left))
        }
        Json::Object(entries) => {
            take(2)?;
            entries.iter().try_for_each(|(key, item)| {
                *left = left.checked_sub(key.len() + 4)?;
                weigh(item, levels, left)
            })
        }
        _ => take(8),
    }
}
