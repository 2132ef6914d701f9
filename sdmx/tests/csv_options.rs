//! What SDMX-CSV offers those who ask: names, keys, forms of periods, what is left out, and missing values.

use std::io::Cursor;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use mighub_sdmx::columns::{AttributeValue, Columns, ColumnsBuilder};
use mighub_sdmx::csv::{Action, CellProblem, CsvReader, CsvVersion, CsvWriter, RowBatch, WriteOptions};
use mighub_sdmx::data::{Detail, KeyColumns, Labels, StructureUse};
use mighub_sdmx::structure::{Class, DataDefinition, Structures, read_json};
use mighub_sdmx::{Decimal, Period};

static DEFINITION: LazyLock<Arc<DataDefinition>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../structures");
    let mut structures = Structures::default();
    for entry in std::fs::read_dir(folder).expect("the folder structures/") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|extension| extension == "json") {
            for artefact in read_json(&std::fs::read(&path).expect("a file")).expect("a message") {
                structures.put(artefact).expect("a new artefact");
            }
        }
    }
    let (reference, _) = structures.find(Class::Dataflow, "MIG_REMIT").expect("MIG_REMIT");
    DataDefinition::resolve(&structures, reference).expect("MIG_REMIT")
});

/// Two observations of a series, and a series without any.
fn columns() -> Columns {
    let shape = &DEFINITION.shape;
    let mut builder = ColumnsBuilder::new(shape.clone());
    let status = shape.observation_attribute("OBS_STATUS").expect("OBS_STATUS");
    let normal = AttributeValue::text("A");
    for (area, periods) in [("NOR", &["2020", "2021-Q3"][..]), ("SWE", &[])] {
        let key = ["A", "SWE", "IN", area, "PR"].map(Arc::from);
        builder.start_series_with_key(&key);
        (0..shape.series_attributes.len()).for_each(|place| builder.series_attribute(place, None));
        for period in periods {
            let period = Period::parse(period.as_bytes()).expect("a period");
            let value = Some(Decimal { unscaled: 150, scale: 2 });
            builder.observation(period, value, |place| (place == status).then_some(&normal));
        }
        builder.end_series();
    }
    builder.take()
}

fn written(options: WriteOptions) -> String {
    let attributes = Some(vec![Arc::from("OBS_STATUS")]);
    let options = WriteOptions { attributes, ..options };
    let mut writer = CsvWriter::new(Vec::new(), &DEFINITION, &options).expect("memory takes all");
    writer.write(&columns(), Action::Replace, &["SWE"]).expect("memory takes all");
    String::from_utf8(writer.finish().expect("memory takes all")).expect("text")
}

fn read(text: &str) -> Vec<RowBatch> {
    let mut reader = CsvReader::new(Cursor::new(text), |kind, id| {
        (kind, id).eq(&("dataflow", "MIGHUB:MIG_REMIT(1.0.0)")).then(|| DEFINITION.clone())
    })
    .expect("a header");
    let mut batches = Vec::new();
    while let Some(batch) = reader.next_batch().expect("rows") {
        batches.push(batch);
    }
    batches
}

#[test]
fn names_keys_and_periods_are_written_as_asked() {
    let plain = WriteOptions { version: CsvVersion::V2_1, ..WriteOptions::default() };
    let named = WriteOptions { labels: Labels::Name, keys: KeyColumns::Both, ..plain.clone() };
    let text = written(named);
    let rows: Vec<&str> = text.lines().collect();
    assert_eq!(
        rows[0],
        "STRUCTURE,STRUCTURE_ID,STRUCTURE_NAME,ACTION,SERIES_KEY,OBS_KEY,FREQ,Frequency,REF_AREA,Reporting area,FLOW_DIR,Direction,COUNTERPART_AREA,Counterpart area,REMIT_ITEM,Remittance component,TIME_PERIOD,OBS_VALUE,OBS_STATUS,Observation status"
    );
    assert_eq!(
        rows[2],
        "dataflow,MIGHUB:MIG_REMIT(1.0.0),Remittances,R,A.SWE.IN.NOR.PR,A.SWE.IN.NOR.PR.2021-Q3,A,Annual,SWE,Sweden,IN,\"Inward (money, service suppliers)\",NOR,Norway,PR,Personal remittances (= PT + CE net of border workers costs),2021-Q3,1.50,A,Normal value"
    );
    assert!(rows[3].ends_with("costs),~,,,"), "{}", rows[3]);
    let both = WriteOptions {
        labels: Labels::Both,
        normalized_time: true,
        custom_columns: vec!["DATA_PROVIDER".to_owned()],
        ..plain.clone()
    };
    let rows = "A: Annual,SWE: Sweden,\"IN: Inward (money, service suppliers)\",NOR: Norway,PR: Personal remittances (= PT + CE net of border workers costs),2021-07-01,1.50,A: Normal value,SWE";
    let text = written(both.clone());
    assert_eq!(
        text.lines().next(),
        Some(
            "STRUCTURE,STRUCTURE_ID,ACTION,FREQ: Frequency,REF_AREA: Reporting area,FLOW_DIR: Direction,COUNTERPART_AREA: Counterpart area,REMIT_ITEM: Remittance component,TIME_PERIOD: Time period,OBS_VALUE: Observation value,OBS_STATUS: Observation status,DATA_PROVIDER"
        )
    );
    assert_eq!(
        text.lines().nth(2),
        Some(&*format!("dataflow,MIGHUB:MIG_REMIT(1.0.0): Remittances,R,{rows}"))
    );
    let text = written(WriteOptions { version: CsvVersion::V1_0, ..both });
    assert_eq!(text.lines().nth(2), Some(&*format!("MIGHUB:MIG_REMIT(1.0.0): Remittances,{rows}")));
}

#[test]
fn what_is_not_asked_for_is_left_out() {
    let plain = WriteOptions { version: CsvVersion::V2_1, ..WriteOptions::default() };
    let keys = WriteOptions {
        detail: Detail::SeriesKeysOnly,
        measures: false,
        keys: KeyColumns::Series,
        ..plain.clone()
    };
    assert_eq!(
        written(keys),
        "STRUCTURE,STRUCTURE_ID,ACTION,SERIES_KEY,FREQ,REF_AREA,FLOW_DIR,COUNTERPART_AREA,REMIT_ITEM,TIME_PERIOD\n\
         dataflow,MIGHUB:MIG_REMIT(1.0.0),R,A.SWE.IN.NOR.PR,A,SWE,IN,NOR,PR,~\n\
         dataflow,MIGHUB:MIG_REMIT(1.0.0),R,A.SWE.IN.SWE.PR,A,SWE,IN,SWE,PR,~\n"
    );
    let structure =
        WriteOptions { structure: StructureUse::DataStructure, detail: Detail::DataOnly, ..plain };
    assert_eq!(
        written(structure),
        "STRUCTURE,STRUCTURE_ID,ACTION,FREQ,REF_AREA,FLOW_DIR,COUNTERPART_AREA,REMIT_ITEM,TIME_PERIOD,OBS_VALUE\n\
         datastructure,MIGHUB:DSD_MIG_REMIT(1.0.0),R,A,SWE,IN,NOR,PR,2020,1.50\n\
         datastructure,MIGHUB:DSD_MIG_REMIT(1.0.0),R,A,SWE,IN,NOR,PR,2021-Q3,1.50\n\
         datastructure,MIGHUB:DSD_MIG_REMIT(1.0.0),R,A,SWE,IN,SWE,PR,~,\n"
    );
}

#[test]
fn what_is_written_with_names_reads_as_without() {
    let plain = read(&written(WriteOptions::default()));
    for labels in [Labels::Name, Labels::Both] {
        for version in [CsvVersion::V2_0, CsvVersion::V2_1] {
            let keys = KeyColumns::Both;
            let named = read(&written(WriteOptions { version, labels, keys, ..WriteOptions::default() }));
            assert_eq!(named.len(), plain.len());
            for (named, plain) in named.iter().zip(&plain) {
                assert_eq!(
                    (named.action, &named.columns, &named.issues),
                    (plain.action, &plain.columns, &plain.issues)
                );
            }
        }
    }
}

#[test]
fn a_value_that_is_missing_on_purpose_needs_a_reason_only_where_rows_are_merged() {
    let text = |action: &str, value: &str, status: &str, unit: &str| {
        format!(
            "STRUCTURE,STRUCTURE_ID,ACTION,FREQ,REF_AREA,FLOW_DIR,COUNTERPART_AREA,REMIT_ITEM,TIME_PERIOD,OBS_VALUE,OBS_STATUS,UNIT_MULT\n\
             dataflow,MIGHUB:MIG_REMIT(1.0.0),{action},A,SWE,IN,NOR,PR,2020,{value},{status},{unit}\n"
        )
    };
    for (action, value, status, unit, issues) in [
        ("R", "NaN", "", "", &[][..]),
        ("R", "#N/A", "#N/A", "", &[]),
        ("M", "NaN", "M", "", &[]),
        ("M", "#N/A", "Q", "", &[]),
        ("M", "NaN", "A", "", &[(9, "NaN")]),
        ("M", "#N/A", "", "", &[(9, "#N/A")]),
        ("M", "1", "#N/A", "", &[(10, "#N/A")]),
        ("R", "1", "A", "#N/A", &[(11, "#N/A")]),
        ("R", "nan", "", "", &[(9, "nan")]),
    ] {
        let batches = read(&text(action, value, status, unit));
        let found: Vec<_> = batches[0].issues.iter().map(|issue| (issue.column, &*issue.content)).collect();
        assert_eq!(found, issues, "{action} {value} {status} {unit}");
        assert_eq!(batches[0].columns.value(0).is_some(), value == "1");
    }
}

#[test]
fn sub_fields_are_declared_where_a_column_of_the_message_has_them() {
    let several =
        DEFINITION.attributes.iter().find(|attribute| attribute.multi_valued || attribute.multilingual);
    let several = several.expect("an attribute with several values").component.id.clone();
    let header = |attributes: &[&str], version: CsvVersion, detail: Detail| {
        let attributes = Some(attributes.iter().map(|id| Arc::from(*id)).collect());
        let options = WriteOptions { attributes, version, detail, ..WriteOptions::default() };
        let writer = CsvWriter::new(Vec::new(), &DEFINITION, &options).expect("memory takes all");
        let text = String::from_utf8(writer.finish().expect("memory takes all")).expect("text");
        text.split(',').next().unwrap_or_default().to_owned()
    };
    for version in [CsvVersion::V2_0, CsvVersion::V2_1] {
        assert_eq!(header(&["OBS_STATUS", &several], version, Detail::Full), "STRUCTURE[;]");
        assert_eq!(header(&["OBS_STATUS"], version, Detail::Full), "STRUCTURE");
        assert_eq!(header(&["OBS_STATUS", &several], version, Detail::DataOnly), "STRUCTURE");
    }
    assert_eq!(header(&[&several], CsvVersion::V1_0, Detail::Full), "DATAFLOW");
}

#[test]
fn nested_attributes_are_told_and_not_read() {
    let text = "STRUCTURE[;],STRUCTURE_ID,ACTION,FREQ,REF_AREA,FLOW_DIR,COUNTERPART_AREA,REMIT_ITEM,TIME_PERIOD,OBS_VALUE,CONTACT[].NAME[],OBS_STATUS[].X\n\
                dataflow,MIGHUB:MIG_REMIT(1.0.0),R,A,SWE,IN,NOR,PR,2020,1,\"x;\"\"y\"\"\",z\n";
    let mut reader = CsvReader::new(Cursor::new(text), |_, _| Some(DEFINITION.clone())).expect("a header");
    let batch = reader.next_batch().expect("rows").expect("a row");
    assert_eq!((batch.issues.len(), batch.columns.len()), (0, 1));
    assert_eq!(reader.header().foreign(&DEFINITION), ["CONTACT[].NAME[]", "OBS_STATUS[].X"]);
}

#[test]
fn a_deletion_that_says_something_of_no_component_deletes_nothing() {
    let read_with = |columns: &str, action: &str, cells: &str| {
        let batches = read(&format!(
            "STRUCTURE,STRUCTURE_ID,ACTION,FREQ,REF_AREA,FLOW_DIR,COUNTERPART_AREA,REMIT_ITEM,TIME_PERIOD,{columns}\n\
             dataflow,MIGHUB:MIG_REMIT(1.0.0),{action},A,SWE,IN,NOR,PR,2020,{cells}\n\
             dataflow,MIGHUB:MIG_REMIT(1.0.0),{action},A,SWE,IN,NOR,PR,2021,{cells}\n"
        ));
        let issues: Vec<_> =
            batches[0].issues.iter().map(|issue| (issue.column, issue.problem.clone())).collect();
        (batches[0].columns.len(), issues)
    };
    let unknown = |column: usize| vec![(column, CellProblem::UnknownInDeletion); 2];
    for (columns, action, cells, expected) in [
        // Without its misspelt column the row would delete the observation.
        ("OBS_VALUE,OBS_STATU", "D", ",-", (0, unknown(10))),
        ("OBS_STATU", "D", "\"A, B\"", (0, unknown(9))),
        ("OBS_STATU", "M", "A", (2, vec![])),
        // A column that says nothing changes nothing.
        ("OBS_VALUE,OBS_STATU", "D", ",", (2, vec![])),
        ("OBS_STATUS,DATA_PROVIDER,VALID_FROM,VALID_TO", "D", ",SWE,2024-01-01,", (2, vec![])),
    ] {
        assert_eq!(read_with(columns, action, cells), expected, "{columns} {action} {cells}");
    }
    // Names of codes are no more than names.
    let named = WriteOptions { labels: Labels::Name, version: CsvVersion::V2_1, ..WriteOptions::default() };
    let mut writer = CsvWriter::new(Vec::new(), &DEFINITION, &named).expect("memory takes all");
    writer.write(&columns(), Action::Delete, &[]).expect("memory takes all");
    let text = String::from_utf8(writer.finish().expect("memory takes all")).expect("text");
    assert!(read(&text).iter().all(|batch| batch.issues.is_empty()), "{text}");
}
