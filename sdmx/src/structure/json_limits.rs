//! Limits on structure messages.

use serde_json::Value;

use super::json::JsonError;

/// Longest structure message: a national code list of regions has some megabytes, and JSON takes ten times
/// its length in memory.
pub const MESSAGE_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Most objects of any kind in a message: codes, names, annotations.
pub const ITEMS_MAX: usize = 500_000;
/// Longest text; descriptions in code lists have some thousand characters.
pub const TEXT_BYTES_MAX: usize = 32 * 1024;

/// Nesting is limited where the JSON is read, to 128 levels; here, number and length.
pub(super) fn check_limits(message: &Value) -> Result<(), JsonError> {
    let mut objects = 0;
    let mut open = vec![message];
    while let Some(value) = open.pop() {
        match value {
            Value::Object(members) => {
                objects += 1;
                if objects > ITEMS_MAX {
                    return Err(JsonError::TooManyItems);
                }
                members.keys().try_for_each(|key| check_text(key))?;
                open.extend(members.values());
            }
            Value::Array(items) => open.extend(items),
            Value::String(text) => check_text(text)?,
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
    Ok(())
}

fn check_text(text: &str) -> Result<(), JsonError> {
    if text.len() <= TEXT_BYTES_MAX {
        return Ok(());
    }
    Err(JsonError::TextTooLong { bytes: text.len(), beginning: super::id::beginning(text) })
}
