//! Messages of SDMX-ML as offices send them: they say what rows of a file say, and nothing that they say is lost on the
//! way into the hub.

use mighub_client::{PushOptions, PushOutcome};

use crate::office::data::flows;
use crate::office::{Stage, push};

const SCHEMAS: &str = "http://www.sdmx.org/resources/sdmxml/schemas/v3_0";

/// A message of MIG_FLOW: its datasets, and what stands behind them.
fn message(datasets: &str) -> String {
    format!(
        "<m:StructureSpecificData xmlns:m=\"{SCHEMAS}/message\" xmlns:c=\"{SCHEMAS}/common\" \
         xmlns:s=\"{SCHEMAS}/data/structurespecific\" xmlns:f=\"{SCHEMAS}/message/footer\"><m:Header><m:ID>M1</m:ID>\
         <m:Structure structureID=\"S\" dimensionAtObservation=\"TIME_PERIOD\"><c:StructureUsage>\
         urn:sdmx:org.sdmx.infomodel.datastructure.Dataflow=MIGHUB:MIG_FLOW(1.0.0)</c:StructureUsage></m:Structure>\
         </m:Header>{datasets}</m:StructureSpecificData>"
    )
}

fn dataset(action: &str, contents: &str) -> String {
    format!("<m:DataSet s:structureRef=\"S\" s:action=\"{action}\">{contents}</m:DataSet>")
}

/// Immigration from Norway in one year.
fn series(year: u16, cells: &str) -> String {
    format!(
        "<Series FREQ=\"A\" REF_AREA=\"SWE\" FLOW_DIR=\"IMM\" MIG_CRITERION=\"PRV\" COUNTERPART_AREA=\"NOR\" SEX=\"_T\" \
         AGE=\"_T\" DURATION=\"LT\" MIG_CATEGORY=\"_T\"><Obs TIME_PERIOD=\"{year}\"{cells}/></Series>"
    )
}

fn figure(value: u16) -> String {
    format!(" OBS_VALUE=\"{value}\" OBS_STATUS=\"A\" CONF_STATUS=\"F\"")
}

async fn stage() -> Stage {
    let stage = Stage::new().await;
    stage.admit_office("SWE").await;
    stage
}

#[tokio::test(flavor = "multi_thread")]
async fn datasets_act_one_after_another_as_rows_of_a_file_do() {
    let stage = stage().await;
    let office = stage.client("SWE").await;
    let rehearsal = PushOptions { test: true, ..PushOptions::default() };
    let datasets = [
        dataset("Append", &(series(2014, &figure(1)) + &series(2015, &figure(2)))),
        dataset("Delete", &series(2015, "")),
        dataset("Replace", &series(2016, &figure(3))),
        dataset("Append", &series(2014, &figure(4))),
    ];
    let rows = [
        ("M", "IMM", "NOR", 2014, "1,A,F"),
        ("M", "IMM", "NOR", 2015, "2,A,F"),
        ("D", "IMM", "NOR", 2015, ",,"),
        ("R", "IMM", "NOR", 2016, "3,A,F"),
        ("M", "IMM", "NOR", 2014, "4,A,F"),
    ];
    let mut digests = Vec::new();
    for content in [message(&datasets.concat()), flows("SWE", &rows)] {
        let pushed = push(&office, &content, &rehearsal).await;
        assert!(matches!(pushed.outcome, PushOutcome::Tested { .. }), "{:?}\n{content}", pushed.outcome);
        digests.push(pushed.header.expect("signed").manifest_digest);
    }
    assert_eq!(digests[0], digests[1], "the same content, whatever its format");
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_would_be_lost_or_delete_too_much_is_not_sent() {
    let stage = stage().await;
    let office = stage.client("SWE").await;
    let good = dataset("Replace", &series(2015, &figure(1)));
    let provider = |id: &str| {
        let urn = format!("urn:sdmx:org.sdmx.infomodel.base.DataProvider=MIGHUB:DATA_PROVIDERS(1.0).{id}");
        dataset("Replace", &format!("<DataProvider>{urn}</DataProvider>{}", series(2015, &figure(1))))
    };
    for (datasets, rule) in [
        // The answer of another service, which could not send all of it.
        (format!("{good}<f:Footer><f:Message code=\"510\" severity=\"Error\"/></f:Footer>"), "FIL-016"),
        (dataset("Replace", &series(2015, &(figure(1) + " obs_value=\"2\""))), "FIL-037"),
        // Every area would be deleted.
        (
            good.clone() + &dataset("Delete", &series(2015, "").replace("COUNTERPART_AREA", "PARTNER")),
            "FIL-038",
        ),
        (
            dataset("Append", &format!("<Group SEX=\"F\" UNIT_MULT=\"3\"/>{}", series(2015, &figure(1)))),
            "FIL-039",
        ),
        (provider("SWE") + &provider("NOR"), "FIL-044"),
    ] {
        let mut pushed = push(&office, &message(&datasets), &PushOptions::default()).await;
        let mut found = Vec::new();
        let each = pushed.checked.each_finding(|finding| {
            found.push(finding.rule_id);
            Ok(())
        });
        each.expect("findings");
        assert!(matches!(pushed.outcome, PushOutcome::NotSent), "{rule}: {:?} {found:?}", pushed.outcome);
        assert!(found.iter().any(|id| id == rule), "{rule}: {found:?}");
    }
    stage.close().await;
}
