//! What stands before the data: the tag of the message, its header, and the tags of datasets.

use std::sync::Arc;

use jiff::Timestamp;

use super::pieces::escape;
use crate::data::{Action, DatasetContext, MessageHeader, MlForm, StructureUse};
use crate::structure::{DataDefinition, Reference};

/// Id of the one structure that the header names.
const STRUCTURE_ID: &str = "S1";

/// What the tags of a form are called.
pub(super) struct Tags {
    form: MlForm,
    /// The name space of structure-specific data.
    space: String,
    /// The dimension at observation.
    dimension: Arc<str>,
}

impl Tags {
    pub(super) fn new(
        form: MlForm,
        definition: &DataDefinition,
        header: &MessageHeader,
        dimension: &Arc<str>,
    ) -> Self {
        let urn = match (&header.structure, is_2_1(form)) {
            (StructureUse::ProvisionAgreement(agreement), _) => agreement.to_string(),
            (StructureUse::Dataflow, false) => definition.dataflow.to_string(),
            _ => definition.structure.to_string(),
        };
        Self { form, space: format!("{urn}:ObsLevelDim:{dimension}"), dimension: dimension.clone() }
    }

    fn root(&self) -> &'static str {
        match self.form {
            MlForm::Generic | MlForm::Generic20 => "GenericData",
            MlForm::GenericTimeSeries => "GenericTimeSeriesData",
            MlForm::SpecificTimeSeries21 => "StructureSpecificTimeSeriesData",
            MlForm::Specific21 | MlForm::Specific30 | MlForm::Specific31 | MlForm::Compact20 => {
                "StructureSpecificData"
            }
        }
    }

    fn version(&self) -> &'static str {
        match self.form {
            MlForm::Specific30 => "v3_0",
            MlForm::Specific31 => "v3_1",
            _ => "v2_1",
        }
    }

    fn is_generic(&self) -> bool {
        matches!(self.form, MlForm::Generic | MlForm::GenericTimeSeries | MlForm::Generic20)
    }

    /// Everything up to the first dataset.
    pub(super) fn begin(&self, definition: &DataDefinition, header: &MessageHeader, out: &mut Vec<u8>) {
        let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        let space = |prefix: &str, name: &str| {
            let version = self.version();
            format!(" xmlns:{prefix}=\"http://www.sdmx.org/resources/sdmxml/schemas/{version}/{name}\"")
        };
        text.push_str(&format!("<mes:{}", self.root()));
        text.push_str(&space("mes", "message"));
        text.push_str(&space("com", "common"));
        if self.is_generic() {
            text.push_str(&space("gen", "data/generic"));
        } else {
            text.push_str(&space("ss", "data/structurespecific"));
            text.push_str(" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"");
            text.push_str(&format!(" xmlns:ns1=\"{}\"", self.space));
        }
        text.push_str(">\n<mes:Header>");
        text.push_str(&format!("<mes:ID>{}</mes:ID>", escaped(&header.id)));
        text.push_str(&format!("<mes:Test>{}</mes:Test>", header.test));
        text.push_str(&format!("<mes:Prepared>{}</mes:Prepared>", header.prepared));
        text.push_str(&format!("<mes:Sender id=\"{}\"", escaped(&header.sender)));
        match &header.sender_name {
            Some(name) => text
                .push_str(&format!("><com:Name xml:lang=\"en\">{}</com:Name></mes:Sender>", escaped(name))),
            None => text.push_str("/>"),
        }
        for receiver in &header.receivers {
            text.push_str(&format!("<mes:Receiver id=\"{}\"/>", escaped(receiver)));
        }
        text.push_str(&format!("<mes:Structure structureID=\"{STRUCTURE_ID}\""));
        if !self.is_generic() {
            text.push_str(&format!(" namespace=\"{}\"", self.space));
        }
        text.push_str(&format!(" dimensionAtObservation=\"{}\">", self.dimension));
        text.push_str(&self.structure(definition, header));
        text.push_str("</mes:Structure></mes:Header>\n");
        out.extend_from_slice(text.as_bytes());
    }

    fn structure(&self, definition: &DataDefinition, header: &MessageHeader) -> String {
        let reference = |class: &str, package: &str, reference: &Reference| {
            // 2.1 knows no versions of drafts.
            let version = reference.version.to_string();
            let version = version.split('-').next().unwrap_or_default();
            let (agency, id) = (&reference.agency, &reference.id);
            format!(
                "<Ref id=\"{id}\" agencyID=\"{agency}\" version=\"{version}\" class=\"{class}\" package=\"{package}\"/>"
            )
        };
        match (&header.structure, is_2_1(self.form)) {
            // The schema of 2.1 spells it so.
            (StructureUse::ProvisionAgreement(agreement), true) => format!(
                "<com:ProvisionAgrement>{}</com:ProvisionAgrement>",
                reference("ProvisionAgreement", "registry", agreement)
            ),
            (StructureUse::ProvisionAgreement(agreement), false) => {
                format!("<com:ProvisionAgreement>{agreement}</com:ProvisionAgreement>")
            }
            (_, true) => format!(
                "<com:Structure>{}</com:Structure>",
                reference("DataStructure", "datastructure", &definition.structure)
            ),
            (StructureUse::Dataflow, false) => {
                format!("<com:StructureUsage>{}</com:StructureUsage>", definition.dataflow)
            }
            (StructureUse::DataStructure, false) => {
                format!("<com:Structure>{}</com:Structure>", definition.structure)
            }
        }
    }

    /// The tag of a dataset without its attributes that are components, and without its end.
    pub(super) fn dataset(&self, action: Action, context: &DatasetContext<'_>) -> String {
        let prefix = if self.is_generic() { "" } else { "ss:" };
        let action = match action {
            Action::Merge if self.form == MlForm::Specific31 => "Merge",
            Action::Merge => "Append",
            Action::Replace => "Replace",
            Action::Delete => "Delete",
        };
        let mut tag =
            format!("<mes:DataSet {prefix}structureRef=\"{STRUCTURE_ID}\" {prefix}action=\"{action}\"");
        if !self.is_generic() {
            if is_2_1(self.form) {
                tag.push_str(" ss:dataScope=\"DataStructure\"");
            }
            tag.push_str(" xsi:type=\"ns1:DataSetType\"");
        }
        let mut date = |name: &str, date: Option<Timestamp>| {
            if let Some(date) = date {
                tag.push_str(&format!(" {prefix}{name}=\"{date}\""));
            }
        };
        date("validFromDate", context.valid_from);
        date("validToDate", context.valid_to);
        tag
    }

    /// Whose the figures of a dataset are: its first element.
    pub(super) fn provider(&self, provider: &Reference, out: &mut Vec<u8>) {
        let prefix = if self.is_generic() { "gen:" } else { "" };
        let id = provider.item.as_deref().unwrap_or_default();
        let named = match is_2_1(self.form) {
            true => format!(
                "<Ref id=\"{id}\" maintainableParentID=\"{}\" maintainableParentVersion=\"{}\" agencyID=\"{}\" class=\"DataProvider\" package=\"base\"/>",
                provider.id, provider.version, provider.agency
            ),
            false => provider.to_string(),
        };
        out.extend_from_slice(format!("<{prefix}DataProvider>{named}</{prefix}DataProvider>\n").as_bytes());
    }

    /// What ends the message.
    pub(super) fn end(&self) -> String {
        format!("</mes:{}>\n", self.root())
    }
}

fn is_2_1(form: MlForm) -> bool {
    !matches!(form, MlForm::Specific30 | MlForm::Specific31)
}

fn escaped(text: &str) -> String {
    let mut out = Vec::new();
    escape(text, &mut out);
    String::from_utf8_lossy(&out).into_owned()
}
