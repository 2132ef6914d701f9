//! Answers that are not artefacts: errors, and what became of submitted artefacts.

use super::{MessageHeader, Writer};
use crate::ml::structure::version::MlVersion;
use crate::structure::{Reference, Structures};

/// One thing that is wrong with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorText {
    /// The standard's code: 100 for no results, 140 for a syntax error, 150 for a semantic one.
    pub code: u16,
    /// What is wrong, and what to do, in English.
    pub text: String,
}

/// Writes an error message.
pub fn write_error(errors: &[ErrorText], version: MlVersion) -> Vec<u8> {
    let nothing = Structures::default();
    let mut writer = Writer::new(version, "Error", &nothing);
    for error in errors {
        writer.xml.open("mes:ErrorMessage").attribute("code", error.code.to_string());
        writer.text("com:Text", &error.text);
        writer.xml.close();
    }
    writer.finish()
}

/// What became of one submitted artefact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubmissionResult {
    /// The artefact.
    pub reference: Reference,
    /// What was asked to be done with it.
    pub action: SubmissionAction,
    /// How it went.
    pub status: SubmissionStatus,
    /// What there is to say about it, in English.
    pub texts: Vec<ErrorText>,
}

/// What a submission asks to be done with an artefact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the standard's own word")]
pub enum SubmissionAction {
    Append,
    Replace,
    Delete,
}

/// How a submission went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the standard's own word")]
pub enum SubmissionStatus {
    Success,
    Warning,
    Failure,
}

/// Writes the answer to a submission of artefacts: a SubmitStructureResponse of the registry interface.
pub fn write_submission_results(
    results: &[SubmissionResult],
    version: MlVersion,
    header: &MessageHeader,
) -> Vec<u8> {
    let nothing = Structures::default();
    let mut writer = Writer::new(version, "RegistryInterface", &nothing);
    writer.xml.attribute("xmlns:reg", version.namespace("registry"));
    writer.header_to_one(header);
    writer.xml.open("mes:SubmitStructureResponse");
    for result in results {
        writer.submission_result(result);
    }
    writer.xml.close();
    writer.finish()
}

impl Writer<'_> {
    fn submission_result(&mut self, result: &SubmissionResult) {
        self.xml.line();
        self.xml.open("reg:SubmissionResult");
        self.xml.open("reg:SubmittedStructure").attribute("action", format!("{:?}", result.action));
        match self.is_2_1() {
            true => {
                let urn = self.urn(&result.reference.artefact());
                self.xml.open("reg:MaintainableObject").leaf("URN", &urn);
                self.xml.close();
            }
            false => self.reference("reg:MaintainableObject", &result.reference.artefact()),
        }
        self.xml.close();
        self.xml.open("reg:StatusMessage").attribute("status", format!("{:?}", result.status));
        for text in &result.texts {
            self.xml.open("reg:MessageText").attribute("code", text.code.to_string());
            self.text("com:Text", &text.text);
            self.xml.close();
        }
        self.xml.close();
        self.xml.close();
    }

    fn text(&mut self, element: &'static str, text: &str) {
        self.xml.open(element).attribute("xml:lang", "en").text(text).close();
    }
}
