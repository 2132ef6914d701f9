//! A small dataflow that has whatever a message may have to carry.

use std::sync::{Arc, LazyLock};

use mighub_sdmx::structure::{Class, DataDefinition, Structures, read_json};

/// How messages name it.
pub(crate) const DATAFLOW: &str = "TEST:ARRIVALS(1.0.0)";

const STRUCTURES: &str = r##"{"data":{
"codelists":[
 {"id":"CL_FREQ","agencyID":"TEST","version":"1.0.0","name":"Frequency","codes":[{"id":"A","name":"Annual","names":{"en":"Annual","fr":"Annuel"}},{"id":"Q","name":"Quarterly","names":{"en":"Quarterly"}}]},
 {"id":"CL_AREA","agencyID":"TEST","version":"1.0.0","name":"Area","codes":[{"id":"_T","name":"All","names":{"en":"All"}},{"id":"ESP","name":"Spain","names":{"en":"Spain","fr":"Espagne"},"parent":"_T"},{"id":"FRA","name":"France","names":{"en":"France"},"parent":"_T"}]},
 {"id":"CL_SEX","agencyID":"TEST","version":"1.0.0","name":"Sex","codes":[{"id":"F","name":"Female","names":{"en":"Female"}},{"id":"M","name":"Male","names":{"en":"Male"}}]},
 {"id":"CL_STATUS","agencyID":"TEST","version":"1.0.0","name":"Status","codes":[{"id":"A","name":"Normal","names":{"en":"Normal"}},{"id":"E","name":"Estimated","names":{"en":"Estimated"}},{"id":"P","name":"Provisional","names":{"en":"Provisional"}}]}],
"conceptSchemes":[{"id":"CS","agencyID":"TEST","version":"1.0.0","name":"Concepts","concepts":[
 {"id":"FREQ","name":"Frequency","names":{"en":"Frequency","fr":"Périodicité"}},{"id":"AREA","name":"Area"},{"id":"SEX","name":"Sex"},{"id":"TIME_PERIOD","name":"Time"},
 {"id":"OBS_VALUE","name":"Persons"},{"id":"UPPER","name":"Upper bound"},{"id":"TITLE","name":"Title"},{"id":"UNIT_MULT","name":"Unit multiplier"},{"id":"CONTACT","name":"Contact"},
 {"id":"OBS_STATUS","name":"Status"},{"id":"FLAGS","name":"Flags"},{"id":"NOTE","name":"Note"},{"id":"SOURCE","name":"Source"}]}],
"dataStructures":[{"id":"DSD","agencyID":"TEST","version":"1.0.0","name":"Arrivals","dataStructureComponents":{
 "dimensionList":{"id":"DimensionDescriptor","dimensions":[
  {"id":"FREQ","position":0,"conceptIdentity":"@FREQ","localRepresentation":{"enumeration":"#CL_FREQ"}},
  {"id":"AREA","position":1,"conceptIdentity":"@AREA","localRepresentation":{"enumeration":"#CL_AREA"}},
  {"id":"SEX","position":2,"conceptIdentity":"@SEX","localRepresentation":{"enumeration":"#CL_SEX"}}],
  "timeDimension":{"id":"TIME_PERIOD","conceptIdentity":"@TIME_PERIOD","localRepresentation":{"format":{"dataType":"ObservationalTimePeriod"}}}},
 "groups":[{"id":"Sibling","groupDimensions":["AREA","SEX"]}],
 "measureList":{"id":"MeasureDescriptor","measures":[
  {"id":"OBS_VALUE","conceptIdentity":"@OBS_VALUE","localRepresentation":{"format":{"dataType":"Double"}}},
  {"id":"UPPER","conceptIdentity":"@UPPER","localRepresentation":{"format":{"dataType":"Double"}}}]},
 "attributeList":{"id":"AttributeDescriptor","attributes":[
  {"id":"TITLE","usage":"optional","conceptIdentity":"@TITLE","localRepresentation":{"format":{"dataType":"String"}},"attributeRelationship":{"dataflow":{}}},
  {"id":"UNIT_MULT","usage":"mandatory","conceptIdentity":"@UNIT_MULT","localRepresentation":{"format":{"dataType":"Integer"}},"attributeRelationship":{"dimensions":["FREQ","AREA","SEX"]}},
  {"id":"CONTACT","usage":"optional","conceptIdentity":"@CONTACT","localRepresentation":{"format":{"dataType":"String"},"maxOccurs":"unbounded"},"attributeRelationship":{"group":"Sibling"}},
  {"id":"OBS_STATUS","usage":"mandatory","conceptIdentity":"@OBS_STATUS","localRepresentation":{"enumeration":"#CL_STATUS"},"attributeRelationship":{"observation":{}}},
  {"id":"FLAGS","usage":"optional","conceptIdentity":"@FLAGS","localRepresentation":{"enumeration":"#CL_STATUS","maxOccurs":3},"attributeRelationship":{"observation":{}}},
  {"id":"NOTE","usage":"optional","conceptIdentity":"@NOTE","localRepresentation":{"format":{"dataType":"String","isMultiLingual":true},"maxOccurs":"unbounded"},"attributeRelationship":{"observation":{}}},
  {"id":"SOURCE","usage":"optional","conceptIdentity":"@SOURCE","localRepresentation":{"format":{"dataType":"String"}},"attributeRelationship":{"observation":{}}}]}}}],
"dataflows":[{"id":"ARRIVALS","agencyID":"TEST","version":"1.0.0","name":"Arrivals","names":{"en":"Arrivals","fr":"Arrivées"},"structure":"urn:sdmx:org.sdmx.infomodel.datastructure.DataStructure=TEST:DSD(1.0.0)"}]}}"##;

/// The dataflow, resolved.
pub(crate) fn definition() -> Arc<DataDefinition> {
    static DEFINITION: LazyLock<Arc<DataDefinition>> = LazyLock::new(load);
    DEFINITION.clone()
}

fn load() -> Arc<DataDefinition> {
    let message =
        STRUCTURES.replace("\"@", "\"urn:sdmx:org.sdmx.infomodel.conceptscheme.Concept=TEST:CS(1.0.0).");
    let lists = ["CL_FREQ", "CL_AREA", "CL_SEX", "CL_STATUS"];
    let message = lists.iter().fold(message, |message, list| {
        let urn = format!("\"urn:sdmx:org.sdmx.infomodel.codelist.Codelist=TEST:{list}(1.0.0)\"");
        message.replace(&format!("\"#{list}\""), &urn)
    });
    let mut structures = Structures::default();
    for artefact in read_json(message.as_bytes()).expect("a message") {
        structures.put(artefact).expect("a new artefact");
    }
    let (reference, _) = structures.find(Class::Dataflow, "ARRIVALS").expect("the dataflow");
    DataDefinition::resolve(&structures, reference).expect("the dataflow")
}
