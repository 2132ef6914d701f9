//! What data may say and a format cannot: everything else comes out of every format as it went in.

use super::{CsvVersion, DataFormat, JsonVersion, MlForm};

/// Something that data may say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saying {
    /// That observations are deleted.
    Deletion,
    /// Whether observations replace others or are merged with them.
    ReplaceOrMerge,
    /// Several values in one attribute, or one value in several languages.
    SeveralValues,
    /// Texts in more than one language.
    SeveralLanguages,
    /// Line breaks within texts.
    LineBreaks,
    /// Whose figures are, where those of several providers stand in one message.
    SeveralProviders,
    /// Anything that is read again: the format is only written.
    Anything,
}

/// Something that a format cannot say.
#[derive(Clone, Copy, Debug)]
pub struct Loss {
    /// The format.
    pub format: DataFormat,
    /// What it cannot say.
    pub saying: Saying,
    /// What becomes of it, and why.
    pub reason: &'static str,
}

const V1_ACTION: &str = "it has no actions: writing a deletion is refused, and all else is read as Merge";
const V1_VALUES: &str =
    "it has no sub-fields: values stand side by side, `A;B` and `en:Text;fr:Texte`, as one text";
const V2_1_VALUES: &str =
    "attributes have one value in version 2.1 of the model: values stand side by side, `A; B`, as one text";
const V2_1_LANGUAGES: &str =
    "attributes have one text in version 2.1 of the model: that of the best language wanted";

const fn csv(version: CsvVersion, saying: Saying, reason: &'static str) -> Loss {
    Loss { format: DataFormat::Csv(version), saying, reason }
}

const fn ml(form: MlForm, saying: Saying, reason: &'static str) -> Loss {
    Loss { format: DataFormat::Ml(form), saying, reason }
}

/// All there is to lose. Round trips are tested against this table.
pub const LOSSES: &[Loss] = &[
    csv(CsvVersion::V1_0, Saying::Deletion, V1_ACTION),
    csv(CsvVersion::V1_0, Saying::ReplaceOrMerge, V1_ACTION),
    csv(CsvVersion::V1_0, Saying::SeveralValues, V1_VALUES),
    csv(
        CsvVersion::V1_0,
        Saying::LineBreaks,
        "its readers split at line breaks, even within quotes: they become spaces",
    ),
    csv(
        CsvVersion::V2_0,
        Saying::LineBreaks,
        "its readers split at line breaks, even within quotes: they become spaces",
    ),
    Loss {
        format: DataFormat::Json(JsonVersion::V1_0),
        saying: Saying::SeveralProviders,
        reason: "it has no place for them that its clients look at: writing those of a second one is refused",
    },
    ml(MlForm::Generic, Saying::SeveralValues, V2_1_VALUES),
    ml(MlForm::Generic, Saying::SeveralLanguages, V2_1_LANGUAGES),
    ml(MlForm::GenericTimeSeries, Saying::SeveralValues, V2_1_VALUES),
    ml(MlForm::GenericTimeSeries, Saying::SeveralLanguages, V2_1_LANGUAGES),
    ml(MlForm::Specific21, Saying::SeveralValues, V2_1_VALUES),
    ml(MlForm::Specific21, Saying::SeveralLanguages, V2_1_LANGUAGES),
    ml(MlForm::SpecificTimeSeries21, Saying::SeveralValues, V2_1_VALUES),
    ml(MlForm::SpecificTimeSeries21, Saying::SeveralLanguages, V2_1_LANGUAGES),
    Loss {
        format: DataFormat::Xlsx,
        saying: Saying::Anything,
        reason: "workbooks are for people and are not read",
    },
];

impl DataFormat {
    /// What this format cannot say.
    pub fn losses(self) -> impl Iterator<Item = &'static Loss> {
        LOSSES.iter().filter(move |loss| loss.format == self)
    }

    /// Whether this format can say it.
    pub fn can_say(self, saying: Saying) -> bool {
        self.losses().all(|loss| loss.saying != saying && loss.saying != Saying::Anything)
    }
}
