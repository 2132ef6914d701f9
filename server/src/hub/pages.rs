//! Pages of lists: a token names the last item of the page before.

use mighub::v1::ErrorReason;

use super::refusal::Refusal;

/// Items on a page where the caller does not say.
const ITEMS_DEFAULT: usize = 100;
/// Items on a page, at most.
pub(crate) const ITEMS_MAX: usize = 1_000;
const TOKEN_BYTES_MAX: usize = 1_024;

/// Which page is asked for.
pub(super) struct Page {
    /// Items on it, at most.
    pub(super) size: usize,
    /// The last item of the page before; empty for the first page.
    pub(super) after: String,
}

impl Page {
    pub(super) fn read(size: u32, token: &str) -> Result<Self, Refusal> {
        let size = if size == 0 { ITEMS_DEFAULT } else { (size as usize).min(ITEMS_MAX) };
        let refuse = || {
            let text = "the page token is not one of this hub: begin with the first page";
            Refusal::new(ErrorReason::PageTokenMalformed, text).of_field("page_token")
        };
        if token.len() > TOKEN_BYTES_MAX {
            return Err(refuse());
        }
        let after = data_encoding::BASE64URL_NOPAD.decode(token.as_bytes()).ok();
        let after = after.and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(refuse)?;
        Ok(Self { size, after })
    }

    pub(super) fn token(last: &str) -> String {
        data_encoding::BASE64URL_NOPAD.encode(last.as_bytes())
    }

    /// The items of the page, of a list that ascends by `name`, and the token of the next page.
    pub(super) fn cut<T>(&self, items: Vec<T>, name: impl Fn(&T) -> String) -> (Vec<T>, String) {
        let rest = items.into_iter().filter(|item| self.after.is_empty() || name(item) > self.after);
        let mut page: Vec<T> = rest.take(self.size + 1).collect();
        if page.len() <= self.size {
            return (page, String::new());
        }
        page.truncate(self.size);
        let token = page.last().map(|item| Self::token(&name(item))).unwrap_or_default();
        (page, token)
    }
}
