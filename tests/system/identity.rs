//! Identity: what agencies may send and see under their agreements, and certificates that open nothing any more.

use mighub::v1::{self, Role};
use mighub_client::{At, Config, Hub, PullRequest, PushOptions, PushOutcome};

use crate::office::data::{flows, pulled};
use crate::office::raw::{self, reason};
use crate::office::{ADMINISTRATOR, FLOW, Stage, accepted, instant, push, report_text};
use crate::rights::{Scene, scene};

#[tokio::test(flavor = "multi_thread")]
async fn agreements_and_figures_are_shown_to_those_they_are_for() {
    let Scene { stage, .. } = scene().await;
    for (caller, expected) in [
        ("NOR", vec!["NOR"]),
        ("MPI", vec!["FIN", "SWE"]),
        ("AUDITOR", vec!["FIN", "NOR", "SWE"]),
        ("READER", vec![]),
    ] {
        let agreements = stage.client(caller).await.agreements().await.expect("listed");
        let providers: Vec<_> = agreements.iter().map(|agreement| agreement.provider.as_str()).collect();
        assert_eq!(providers, expected, "{caller}");
    }
    // A sender sends in the provider's name, and only where the agreement says so.
    let sender = stage.client("MPI").await;
    let options = PushOptions { provider: Some("FIN".to_owned()), ..PushOptions::default() };
    accepted(&sender, &flows("FIN", &[("M", "IMM", "NOR", 2015, "4,A,F")]), &options).await;
    assert_eq!(pulled(&stage.client("READER").await, PullRequest::all(FLOW)).await.lanes.len(), 2);
    let vintages = sender.vintages(FLOW, Some("FIN"), 10).await.expect("listed");
    assert_eq!(vintages.len(), 1);
    assert!(
        sender.coverage(FLOW, &["FIN".to_owned()], &At::Now).await.expect("counted")[0].observations == 1
    );
    let mut outside = push(&sender, &flows("SWE", &[("M", "IMM", "NOR", 2015, "4,A,F")]), &options).await;
    assert!(matches!(outside.outcome, PushOutcome::NotSent), "{:?}", outside.outcome);
    assert!(report_text(&mut outside).contains("STR-081"), "an area that is not Finland's");
    stage.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_has_ended_or_that_the_hub_does_not_know_opens_nothing() {
    let stage = Stage::with_hand_set_clock().await;
    stage.admit_office("SWE").await;
    let template = stage.into_template().await;
    let (one, other) = (template.open().await, template.open().await);
    one.admit("NOR", &[Role::Reader]).await;
    // As after a restored backup: the authority is the same, the agency is not known.
    let unknown = raw::channel(other.address(), &other.home(ADMINISTRATOR), Some(&one.home("NOR"))).await;
    let refused = raw::agencies(unknown).who_am_i(v1::WhoAmIRequest {}).await.expect_err("not known");
    assert_eq!(reason(&refused), "NOT_ENROLLED");

    let office = one.client("SWE").await;
    office.who_am_i().await.expect("known");
    one.wait_s(400 * 24 * 3_600);
    // A connection that was open before ends with the certificate, and a new one is not let in.
    let refused = office.who_am_i().await.expect_err("it has ended");
    assert_eq!(refused.reason(), Some(v1::ErrorReason::NotEnrolled));
    let late = raw::try_channel(one.address(), &one.home(ADMINISTRATOR), Some(&one.home("SWE"))).await;
    if let Ok(late) = late {
        raw::agencies(late).who_am_i(v1::WhoAmIRequest {}).await.expect_err("it has ended");
    }
    // An office whose own clock says that its certificates have ended is told what to do.
    let home = one.home("SWE");
    let ended = Config {
        not_after: instant(one.now().0 / 1_000 - 400 * 24 * 3_600),
        ..home.config().expect("enrolled")
    };
    home.save_config(&ended).expect("saved");
    let refused = match Hub::connect(&home).await {
        Ok(hub) => hub.who_am_i().await.expect_err("it has ended"),
        Err(error) => error,
    };
    assert!(refused.to_string().contains("mighub enrol"), "what to do: {refused}");
    one.close().await;
    other.close().await;
}
