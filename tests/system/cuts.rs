//! Lines that break at any byte: a push goes on where it was and takes effect once, a pull goes on from its last
//! checkpoint.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use mighub::v1::{Role, SubmissionState};
use mighub_client::{
    Config, Home, Hub, Progress, PullRequest, PushOptions, PushOutcome, Step, SubmissionFilter,
};

use crate::office::data::{Copy, Table, pulled, table_of};
use crate::office::proxy::Proxy;
use crate::office::random::{Random, report};
use crate::office::{FLOW, Stage, accepted, text};

/// Observations of a file to be pushed, each with a long text of its own: some dozens of blocks in some messages of
/// 1 MiB.
const PUSHED: usize = 2_800;
/// Observations of each lane to be pulled.
const PULLED: usize = 400;
/// Random bytes behind each text.
const TEXT_BYTES: usize = 1_050;
const ROUNDS: u64 = 8;
/// Breaks within one push or pull that heals itself.
const BREAKS: u64 = 4;
/// What the frames of TLS and HTTP and a second handshake may add.
const OVERHEAD: u64 = 64 * 1024;

/// A file that cannot be compressed well, another one for each number.
fn file(provider: &str, observations: usize, random: &mut Random) -> String {
    let header = "STRUCTURE,STRUCTURE_ID,ACTION,FREQ,REF_AREA,FLOW_DIR,MIG_CRITERION,COUNTERPART_AREA,SEX,AGE,DURATION,\
                  MIG_CATEGORY,TIME_PERIOD,OBS_VALUE,OBS_STATUS,CONF_STATUS,COMMENT_OBS\n";
    let mut file = header.to_owned();
    for nth in 0..observations {
        let (direction, sex) = (["EMI", "IMM"][nth % 2], ["F", "M"][nth / 2 % 2]);
        let counterpart =
            ["DEU", "DNK", "ESP", "FIN", "GRC", "ISL", "NOR", "POL", "PRT", "ROU"][nth / 4 % 10];
        let year = 1950 + nth / 40;
        let bytes: Vec<u8> = (0..TEXT_BYTES / 8).flat_map(|_| random.next().to_le_bytes()).collect();
        let comment = data_encoding::BASE64URL_NOPAD.encode(&bytes);
        let key = format!("A,{provider},{direction},PRV,{counterpart},{sex},_T,LT,_T,{year}");
        file += &format!("dataflow,{FLOW},M,{key},{nth},A,F,{comment}\n");
    }
    file
}

/// The client of an agency whose line is the proxy.
async fn client_over(stage: &Stage, agency: &str, proxy: &Proxy) -> Hub {
    let home = stage.home(agency);
    let config = Config { hub: proxy.address().to_string(), ..home.config().expect("enrolled") };
    home.save_config(&config).expect("saved");
    Hub::connect(&Home::new(home.folder())).await.expect("connected")
}

async fn only(hub: &Hub, provider: &str) -> Table {
    pulled(hub, PullRequest::all(FLOW)).await.lane(provider)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_killed_at_any_byte_and_run_again_sends_only_what_is_missing_and_is_one_version() {
    let name = "push killed at a byte";
    let mut random = Random::of(name);
    let stage = Stage::new().await;
    stage.admit_office("SWE").await;
    let direct = stage.client("SWE").await;
    let proxy = Proxy::to(stage.address()).await;
    let office = client_over(&stage, "SWE", &proxy).await;
    accepted(&office, &file("SWE", PUSHED, &mut random), &PushOptions::default()).await;
    // The last bytes only close the call.
    let within = proxy.passed() - proxy.passed() / 20;
    let (mut spared, mut within_upload) = (0, 0);
    for round in 1..=ROUNDS {
        let content = file("SWE", PUSHED, &mut random);
        let durable = Arc::new(AtomicU64::new(0));
        let told = durable.clone();
        let progress = Progress::new(move |step| {
            if let Step::Uploading { blocks, .. } = step {
                told.fetch_max(blocks.into(), Ordering::SeqCst);
            }
        });
        proxy.break_after(random.below(within));
        let (options, silent) = (PushOptions::default(), Progress::silent());
        // When the line breaks the whole push is dropped, as a process that is killed would drop it.
        let finished = tokio::select! {
            () = proxy.broke(round) => None,
            pushed = office.push(text(content.clone()), &options, &progress) => Some(pushed.expect("pushed")),
        };
        assert!(finished.is_none(), "round {round}: the line did not break");
        let filter =
            SubmissionFilter { states: vec![SubmissionState::Receiving], ..SubmissionFilter::default() };
        let open = direct.list_submissions(&filter, 10).await.expect("listed");
        let missing = match &open[..] {
            [open] => Some(direct.submission(&open.submission_id).await.expect("known").missing_count),
            _ => None,
        };
        let pushed = office.push(text(content.clone()), &options, &silent).await.expect("pushed");
        let PushOutcome::Accepted { receipt, .. } = &pushed.outcome else { panic!("{:?}", pushed.outcome) };
        let durable = durable.load(Ordering::SeqCst);
        assert!(u64::from(pushed.sent.blocks) + durable <= pushed.totals.blocks.into(), "{:?}", pushed.sent);
        if let (Some(missing), [open]) = (missing, &open[..]) {
            assert_eq!(receipt.body.submission_id, open.submission_id, "the same submission");
            // What was on its way when the line broke may have arrived since.
            assert!(pushed.sent.blocks <= missing, "{} blocks sent, {missing} missing", pushed.sent.blocks);
            spared += u64::from(pushed.totals.blocks - pushed.sent.blocks);
            within_upload += u64::from(missing < pushed.totals.blocks);
        }
        let vintages = direct.vintages(FLOW, Some("SWE"), 100).await.expect("listed");
        assert_eq!(vintages.len() as u64, round + 1, "one version for each file");
        assert_eq!(only(&direct, "SWE").await, table_of(&content));
    }
    let details = format!("{within_upload} within an upload, {spared} blocks not sent again");
    report(name, ROUNDS, proxy.breaks(), &details);
    assert!(spared > 0, "no push was ever taken up where it was");
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_heals_itself_while_the_line_breaks_again_and_again() {
    let name = "push over a breaking line";
    let mut random = Random::of(name);
    let stage = Stage::new().await;
    stage.admit_office("SWE").await;
    let proxy = Proxy::to(stage.address()).await;
    let office = client_over(&stage, "SWE", &proxy).await;
    accepted(&office, &file("SWE", PUSHED, &mut random), &PushOptions::default()).await;
    let bytes = proxy.passed();
    let content = file("SWE", PUSHED, &mut random);
    let breaking = async {
        for nth in 1..=BREAKS {
            proxy.break_after(random.below(bytes / 2));
            proxy.broke(nth).await;
        }
        std::future::pending::<()>().await;
    };
    let options = PushOptions::default();
    let receipt = tokio::select! {
        () = breaking => unreachable!("it never ends"),
        receipt = accepted(&office, &content, &options) => receipt,
    };
    proxy.mend();
    assert_eq!(receipt.body.observations.expect("counted").total, PUSHED as u64);
    assert_eq!(office.vintages(FLOW, Some("SWE"), 10).await.expect("listed").len(), 2);
    assert_eq!(only(&office, "SWE").await, table_of(&content));
    report(name, 1, proxy.breaks(), "one version");
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pull_goes_on_from_its_last_checkpoint_and_brings_nothing_twice() {
    let name = "pull over a breaking line";
    let mut random = Random::of(name);
    let stage = Stage::new().await;
    stage.admit("ECE", &[Role::Reader]).await;
    let mut expected = Copy::default();
    for office in ["AUT", "FRA", "SWE"] {
        stage.admit_office(office).await;
        let content = file(office, PULLED, &mut random);
        accepted(&stage.client(office).await, &content, &PushOptions::default()).await;
        expected.lanes.insert(office.to_owned(), table_of(&content));
    }
    let proxy = Proxy::to(stage.address()).await;
    let reader = client_over(&stage, "ECE", &proxy).await;
    // The first pull fetches structures too; those after it do not.
    let mut bytes = u64::MAX;
    for _ in 0..3 {
        let before = proxy.passed();
        assert_eq!(pulled(&reader, PullRequest::all(FLOW)).await.lanes, expected.lanes);
        bytes = bytes.min(proxy.passed() - before);
    }
    // How much goes around the figures differs from call to call, and the last bytes only close it.
    let within = bytes * 3 / 4;
    for round in 1..=ROUNDS {
        let (before, breaks) = (proxy.passed(), proxy.breaks());
        proxy.break_after(random.below(within));
        let mut copy = Copy::default();
        copy.pull(&reader, PullRequest::all(FLOW)).await.expect("a pull");
        proxy.mend();
        assert_eq!(proxy.breaks(), breaks + 1, "round {round}: the line did not break");
        assert_eq!(copy.lanes, expected.lanes);
        assert_eq!(copy.came.len(), 3 * PULLED, "something came twice");
        // A checkpoint ends each lane, so at most one lane comes again.
        let again = (proxy.passed() - before).saturating_sub(bytes);
        assert!(again <= bytes / 3 + OVERHEAD, "round {round}: {again} of {bytes} bytes came again");
    }
    report(name, ROUNDS, proxy.breaks(), "every pull whole");
    stage.close().await;
}
