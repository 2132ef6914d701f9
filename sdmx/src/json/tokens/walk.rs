//! Over objects and arrays, member by member and item by item.

use std::io::Read;

use super::{Once, Token, Tokens};
use crate::json::problem::JsonError;

impl<R: Read> Tokens<R> {
    /// Passes over the value that follows.
    pub(in crate::json) fn skip_value(&mut self) -> Result<(), JsonError> {
        let depth = self.depth;
        loop {
            let token = self.next()?;
            if self.depth <= depth && token != Token::Name {
                return Ok(());
            }
        }
    }

    /// Passes over what is left of the value that `first` began.
    pub(in crate::json) fn skip_rest(&mut self, first: Token) -> Result<(), JsonError> {
        if matches!(first, Token::BeginObject | Token::BeginArray) {
            let depth = self.depth;
            while self.depth >= depth {
                self.next()?;
            }
        }
        Ok(())
    }

    /// Calls `member` with the name of every member of the object that `first` began; it reads the value, whose
    /// first token is the next one. `null` is an object without members. Those of [`Once`] may not come again.
    pub(in crate::json) fn members_before_values(
        &mut self,
        first: Token,
        what: &str,
        mut member: impl FnMut(&mut Self, &str) -> Result<(), JsonError>,
    ) -> Result<(), JsonError> {
        match first {
            Token::BeginObject => {}
            Token::Null => return Ok(()),
            _ => return Err(self.contents(format!("{what} should stand here, which is an object: {{…}}"))),
        }
        let (mut name, mut once) = (String::new(), Once::default());
        while self.next()? == Token::Name {
            once.check(self)?;
            self.text().clone_into(&mut name);
            member(self, &name)?;
        }
        Ok(())
    }

    /// The same, where `member` gets the first token of the value as well.
    pub(in crate::json) fn members_of(
        &mut self,
        first: Token,
        what: &str,
        mut member: impl FnMut(&mut Self, &str, Token) -> Result<(), JsonError>,
    ) -> Result<(), JsonError> {
        self.members_before_values(first, what, |tokens, name| {
            let first = tokens.next()?;
            member(tokens, name, first)
        })
    }

    /// Calls `item` with the first token of every item of the array that `first` began; it reads the rest.
    /// `null` is an empty array.
    pub(in crate::json) fn items_of(
        &mut self,
        first: Token,
        what: &str,
        mut item: impl FnMut(&mut Self, Token) -> Result<(), JsonError>,
    ) -> Result<(), JsonError> {
        match first {
            Token::BeginArray => {}
            Token::Null => return Ok(()),
            _ => return Err(self.contents(format!("{what} should stand here, in an array: […]"))),
        }
        loop {
            match self.next()? {
                Token::EndArray => return Ok(()),
                first => item(self, first)?,
            }
        }
    }
}
