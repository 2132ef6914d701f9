//! What stands behind the data: what the sender says of the message itself.

use std::io::Read;

use super::MlEvents;
use crate::csv::{ReadError, clip};
use crate::data::Notice;
use crate::ml::xml::Token;

/// Codes of an answer that is cut, if nothing says how severe a message is: the answer was larger than asked for
/// (130), or than the service allows (510).
const CUT_OFF: [&str; 2] = ["130", "510"];

impl<R: Read> MlEvents<R> {
    /// Reads the footer whose tag came last.
    pub(super) fn footer(&mut self) -> Result<(), ReadError> {
        if self.xml.is_empty_tag() {
            return Ok(());
        }
        loop {
            match self.xml.next()? {
                Token::Start | Token::Empty if self.xml.name() == b"Message" => {
                    let notice = self.notice()?;
                    self.message.notice(notice);
                }
                Token::Start | Token::Empty => self.xml.skip()?,
                Token::End => return Ok(()),
                Token::Eof => return Err(self.xml.truncated("Footer")),
            }
        }
    }

    /// Reads one message of the footer, with the first of its texts.
    fn notice(&mut self) -> Result<Notice, ReadError> {
        let code = self.xml.attribute("code")?.unwrap_or_default();
        let is_error = match self.xml.attribute("severity")? {
            Some(severity) => severity.trim() == "Error",
            None => CUT_OFF.contains(&code.trim()),
        };
        let mut notice = Notice { is_error, code: clip(code.trim().as_bytes()), text: String::new() };
        if self.xml.is_empty_tag() {
            return Ok(notice);
        }
        loop {
            match self.xml.next()? {
                Token::Start | Token::Empty if self.xml.name() == b"Text" && notice.text.is_empty() => {
                    notice.text = clip(self.xml.text()?.0.trim().as_bytes());
                }
                Token::Start | Token::Empty => self.xml.skip()?,
                Token::End => return Ok(notice),
                Token::Eof => return Err(self.xml.truncated("Message")),
            }
        }
    }
}
