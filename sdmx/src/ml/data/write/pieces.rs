//! Components as pieces of XML, made once per distinct value.

use crate::columns::AttributeValue;
use crate::structure::AttributeUse;

/// What a component or several of them look like.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Piece {
    /// Attributes of a tag, or generic elements.
    pub(super) inline: Vec<u8>,
    /// Elements within the tag's: components with several values.
    pub(super) children: Vec<u8>,
}

impl Piece {
    pub(super) fn clear(&mut self) {
        self.inline.clear();
        self.children.clear();
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.inline.extend_from_slice(&other.inline);
        self.children.extend_from_slice(&other.children);
    }
}

/// How components are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Syntax {
    /// `<gen:Value id="FREQ" value="A"/>`.
    Generic,
    /// ` FREQ="A"`, with several values as one text (2.1).
    Specific,
    /// ` FREQ="A"`, with several values as elements (3.x).
    Complex,
}

impl Syntax {
    /// A component with a plain text.
    pub(super) fn plain(self, id: &str, text: &str) -> Piece {
        let mut inline = Vec::with_capacity(id.len() + text.len() + 24);
        let (before, between) = match self {
            Self::Generic => (&b"<gen:Value id=\""[..], &b"\" value=\""[..]),
            Self::Specific | Self::Complex => (&b" "[..], &b"=\""[..]),
        };
        inline.extend_from_slice(before);
        inline.extend_from_slice(id.as_bytes());
        inline.extend_from_slice(between);
        escape(text, &mut inline);
        inline.extend_from_slice(if self == Self::Generic { b"\"/>" } else { b"\"" });
        Piece { inline, children: Vec::new() }
    }

    /// An attribute.
    pub(super) fn attribute(
        self,
        attribute: &AttributeUse,
        value: &AttributeValue,
        languages: &[String],
    ) -> Piece {
        let id = &attribute.component.id;
        let is_complex = self == Self::Complex && (attribute.multi_valued || attribute.multilingual);
        match value {
            AttributeValue::Text(text) if !is_complex => self.plain(id, text),
            AttributeValue::Many(_) if self != Self::Complex => self.plain(id, &joined(value, languages)),
            value => Piece { inline: Vec::new(), children: complex(id, value) },
        }
    }
}

/// `<Comp id="NOTE"><Value>..</Value></Comp>`.
fn complex(id: &str, value: &AttributeValue) -> Vec<u8> {
    let mut out = Vec::new();
    out.extend_from_slice(b"<Comp id=\"");
    out.extend_from_slice(id.as_bytes());
    out.extend_from_slice(b"\">");
    match value {
        AttributeValue::Text(text) => {
            out.extend_from_slice(b"<Value>");
            escape(text, &mut out);
            out.extend_from_slice(b"</Value>");
        }
        AttributeValue::Many(sets) => {
            for set in sets.iter() {
                out.extend_from_slice(b"<Value>");
                match &set[..] {
                    [one] if one.language.is_empty() => escape(&one.text, &mut out),
                    texts => {
                        for local in texts {
                            out.extend_from_slice(b"<com:Text");
                            if !local.language.is_empty() {
                                out.extend_from_slice(b" xml:lang=\"");
                                escape(&local.language, &mut out);
                                out.push(b'"');
                            }
                            out.push(b'>');
                            escape(&local.text, &mut out);
                            out.extend_from_slice(b"</com:Text>");
                        }
                    }
                }
                out.extend_from_slice(b"</Value>");
            }
        }
    }
    out.extend_from_slice(b"</Comp>");
    out
}

/// Several values as one text, each in the best language there is: 2.1 has no other place for them.
fn joined(value: &AttributeValue, languages: &[String]) -> String {
    let sets = match value {
        AttributeValue::Text(text) => return text.to_string(),
        AttributeValue::Many(sets) => sets,
    };
    let best = |set: &Vec<crate::columns::LocalText>| {
        let wanted =
            languages.iter().find_map(|language| set.iter().find(|text| *text.language == **language));
        let english = || set.iter().find(|text| &*text.language == "en");
        wanted.or_else(english).or(set.first()).map_or("", |text| &*text.text).to_owned()
    };
    sets.iter().map(best).collect::<Vec<_>>().join("; ")
}

/// Appends a text as it may stand in a value or between tags. Line breaks stay by being written as references;
/// characters that XML cannot have become spaces.
pub(super) fn escape(text: &str, out: &mut Vec<u8>) {
    let bytes = text.as_bytes();
    let mut from = 0;
    for (at, byte) in bytes.iter().enumerate() {
        let written: &[u8] = match byte {
            b'&' => b"&amp;",
            b'<' => b"&lt;",
            b'>' => b"&gt;",
            b'"' => b"&quot;",
            b'\n' => b"&#10;",
            b'\r' => b"&#13;",
            b'\t' => b"&#9;",
            0..b' ' => b" ",
            _ => continue,
        };
        out.extend_from_slice(&bytes[from..at]);
        out.extend_from_slice(written);
        from = at + 1;
    }
    out.extend_from_slice(&bytes[from..]);
}
