//! The artefact as it is written: plain data.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::rule::{MainType, Severity};

/// The part of a rulebook that is data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Artefact {
    /// Its name.
    pub id: String,
    /// The version it gives itself.
    pub version: String,
    /// Dataflow, as `AGENCY:ID(VERSION)`.
    pub dataflow: String,
    /// VTL texts, which together are one script.
    pub scripts: Vec<Script>,
    /// Data sets that the script may use beside `lane`, by name.
    #[serde(default)]
    pub inputs: BTreeMap<String, InputSource>,
    /// Single values of the script.
    #[serde(default)]
    pub parameters: Vec<ParameterSpec>,
    /// What is asked.
    pub rules: Vec<RuleSpec>,
}

/// A piece of VTL with a name, so that mistakes can be told with the place where its author looks for them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    /// The file it came from.
    pub name: String,
    /// VTL 2.1.
    pub text: String,
}

/// What an input is filled with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "from", rename_all = "lowercase", deny_unknown_fields)]
pub enum InputSource {
    /// The state of the same lane before the submission.
    Previous,
    /// What the same office reported for another dataflow.
    Dataflow {
        /// As `AGENCY:ID(VERSION)`.
        dataflow: String,
    },
    /// What other offices reported for a dataflow, as far as the reader of the report may see it.
    Partners {
        /// As `AGENCY:ID(VERSION)`.
        dataflow: String,
    },
}

impl InputSource {
    /// In words, for the reader of a report.
    pub fn words(&self) -> String {
        match self {
            Self::Previous => "the previous vintage of the lane".to_owned(),
            Self::Dataflow { dataflow } => format!("the office's own figures of {dataflow}"),
            Self::Partners { dataflow } => format!("partners' figures of {dataflow}"),
        }
    }
}

/// A tolerance or threshold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParameterSpec {
    /// Its name in the script.
    pub id: String,
    /// Type of its value.
    #[serde(rename = "type")]
    pub value_type: ParameterType,
    /// Its value where an agreement gives no other.
    pub value: Value,
    /// What it is, and in which unit.
    pub about: String,
}

/// Types of parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "they are VTL's own names")]
pub enum ParameterType {
    Integer,
    Number,
    String,
    Boolean,
}

/// One rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleSpec {
    /// Stable name; its first digit is the level.
    pub id: String,
    /// Validation level, 2 to 5.
    pub level: u8,
    /// Main type.
    #[serde(rename = "type")]
    pub main_type: MainType,
    /// What its findings weigh.
    pub severity: Severity,
    /// The result of the script that says for each item whether the rule holds (`bool_var`): true, false, or
    /// null where that cannot be decided.
    pub result: String,
    /// Of a result with several rules, those with these values of `ruleid`; empty: all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ruleids: Vec<String>,
    /// Inputs without which it cannot run, beside the lane.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<String>,
    /// Dimensions along which it compares series with each other. Series that differ in another dimension
    /// never meet, so that a cube can be judged slice by slice, and a correction group by group.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub crosses: Vec<String>,
    /// Codes of the dimensions that the result does not have: with them it names an observation.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub about: BTreeMap<String, String>,
    /// The component that a finding is about; `OBS_VALUE` if not given.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub component: String,
    /// For checks of a hierarchy: which ruleset relates which codes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parts: Option<ResultParts>,
    /// The sum in words: text with `{COMPONENT}` or `{PARAMETER}` where values of the result come in. Checks
    /// of a hierarchy need none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub arithmetic: String,
    /// What is expected, in the same way.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub expected: String,
    /// Texts by language; English must be there.
    pub texts: BTreeMap<String, Texts>,
}

/// Where a check of a hierarchy takes its parts from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResultParts {
    /// The hierarchical ruleset.
    pub ruleset: String,
    /// The dimension whose codes it relates.
    pub over: String,
    /// Parameter with the difference that is tolerated.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub tolerance: String,
    /// Codes that another one may stand for: the one that the series has in this dimension, such as the
    /// country's own code for its nationals.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub instead: BTreeMap<String, String>,
}

/// What is said about a rule in one language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Texts {
    /// What is wrong, in one line.
    pub title: String,
    /// What the rule asks and why.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub explanation: String,
    /// What to do, one sentence.
    pub remedy: String,
}

impl RuleSpec {
    /// The component that a finding is about.
    pub fn component(&self) -> &str {
        if self.component.is_empty() { "OBS_VALUE" } else { &self.component }
    }
}
