//! Distinct fields of a column: each is understood once, and found again by its bytes.

use hashbrown::HashMap;

use super::split::ShortKey;

/// What distinct fields were understood as.
pub(super) struct Dictionary<V> {
    short: HashMap<u64, u32>,
    long: HashMap<Box<[u8]>, u32>,
    /// Neighbours are often equal.
    last: (ShortKey, u32),
    /// By number.
    pub(super) values: Vec<V>,
}

impl<V> Dictionary<V> {
    pub(super) fn new() -> Self {
        Self { short: HashMap::new(), long: HashMap::new(), last: (ShortKey::NONE, 0), values: Vec::new() }
    }

    /// The number of what a field was understood as; `understand` is asked for fields that were not met
    /// before.
    #[inline]
    pub(super) fn number<E>(
        &mut self,
        content: &[u8],
        key: ShortKey,
        understand: impl FnOnce(&[u8]) -> Result<V, E>,
    ) -> Result<u32, E> {
        let Some(short) = key.get() else { return self.number_of_long(content, understand) };
        if key == self.last.0 {
            return Ok(self.last.1);
        }
        let number = match self.short.get(&short) {
            Some(number) => *number,
            None => {
                let number = self.add(understand(content)?);
                self.short.insert(short, number);
                number
            }
        };
        self.last = (key, number);
        Ok(number)
    }

    fn number_of_long<E>(
        &mut self,
        content: &[u8],
        understand: impl FnOnce(&[u8]) -> Result<V, E>,
    ) -> Result<u32, E> {
        if let Some(number) = self.long.get(content) {
            return Ok(*number);
        }
        let number = self.add(understand(content)?);
        self.long.insert(content.into(), number);
        Ok(number)
    }

    fn add(&mut self, value: V) -> u32 {
        self.values.push(value);
        // A column has fewer distinct fields than rows, and a data set at most `ROWS_MAX` rows.
        (self.values.len() - 1) as u32
    }
}
