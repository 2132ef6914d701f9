//! Lists that come in pages, read to their end or as far as is wanted.

use std::future::Future;

use crate::error::Error;

/// Items on a page, as many as the hub gives.
pub(crate) const PAGE_SIZE: u32 = 1_000;

/// Asks for page after page until there are `limit` items or no more. `ask` gets the page token and gives
/// items and next token.
pub(crate) async fn pages<T, F>(limit: usize, mut ask: impl FnMut(String) -> F) -> Result<Vec<T>, Error>
where
    F: Future<Output = Result<(Vec<T>, String), Error>>,
{
    let mut all = Vec::new();
    let mut token = String::new();
    loop {
        let (items, next) = ask(token.clone()).await?;
        all.extend(items);
        if next.is_empty() || all.len() >= limit {
            all.truncate(limit);
            return Ok(all);
        }
        if next == token {
            return Err(Error::Contract("a list gives the same page again".to_owned()));
        }
        token = next;
    }
}
