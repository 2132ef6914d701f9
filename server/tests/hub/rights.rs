//! The table in docs/rights.md is what the hub does.

use mighub::v1::{self, ErrorReason, Role, TokenScope};
use mighub_server::hub::lane::LaneId;
use mighub_server::hub::permit::{
    Administer, Anybody, Audit, AuditDisclosure, Enrolled, Follow, Operation, Publish, Read, Review,
    SeePolicies, SeeReleases, SetPolicy, Submit,
};
use mighub_server::hub::{Principal, Refusal};

use super::stage::{STABLE, Stage};

const HEAD: &str = "| operation | public |";

/// Whether an operation is granted, for a lane that names the agency and for one that does not.
fn granted(stage: &Stage, principal: &Principal, operation: &str) -> &'static str {
    let (own, other) = (stage.lane(STABLE, "SWE"), stage.lane(STABLE, "NOR"));
    let (hub, now) = (stage.hub(), stage.now());
    fn told<O: Operation>(permit: Result<mighub_server::hub::Permit<O>, Refusal>) -> bool {
        if let Err(refusal) = &permit {
            let known =
                [ErrorReason::Unauthenticated, ErrorReason::RightMissing, ErrorReason::LaneNotPermitted];
            assert!(known.contains(&refusal.reason), "{refusal}");
        }
        permit.is_ok()
    }
    macro_rules! lanes {
        ($operation:ident) => {
            [own, other].map(|lane| told(hub.authorise(principal, $operation(lane), now)))
        };
    }
    macro_rules! always {
        ($operation:ident) => {
            [told(hub.authorise(principal, $operation, now)); 2]
        };
    }
    let answers = match operation {
        "see structures, rulebooks, who one is" => always!(Anybody),
        "read figures, as one's audience sees them" => always!(Read),
        "see agencies, one's own submissions and requests" => always!(Enrolled),
        "send, answer, withdraw" => lanes!(Submit),
        "follow submissions and reports" => lanes!(Follow),
        "review" => always!(Review),
        "release, restrict, free, confirm" => lanes!(Publish),
        "see embargoes and restrictions" => lanes!(SeeReleases),
        "see roles, agreements, who could see, who read" => always!(Audit),
        "try to recover hidden cells" => always!(AuditDisclosure),
        "see disclosure policies" => always!(SeePolicies),
        "set a disclosure policy" => {
            let of = |lane: LaneId| SetPolicy { dataflow: lane.dataflow, provider: Some(lane.provider) };
            [told(hub.authorise(principal, of(own), now)), told(hub.authorise(principal, of(other), now))]
        }
        "add agencies, agreements, roles, structures" => always!(Administer),
        other => panic!("the table has a row that nobody checks: {other}"),
    };
    match answers {
        [true, true] => "yes",
        [true, false] => "lane",
        [false, false] => "no",
        [false, true] => panic!("{operation} is granted on the lane of others alone"),
    }
}

#[test]
fn the_table_of_rights_in_the_documentation_is_true() {
    let stage = Stage::new();
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/rights.md");
    let text = std::fs::read_to_string(path).expect("the page");
    let mut rows = text.lines().skip_while(|line| !line.starts_with(HEAD));
    let cells =
        |line: &str| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    let head = cells(rows.next().expect("a table"));
    let rows: Vec<_> = rows.skip(1).take_while(|line| line.starts_with('|')).map(cells).collect();
    assert_eq!(rows.len(), 13, "every operation has a row");
    let mut checked = 0;
    for (column, who) in head.iter().enumerate().skip(1) {
        let principal = match &**who {
            "public" => Principal::PUBLIC,
            // An agency whose only use of its roles is through a token that sends, with all roles besides.
            "token" => {
                for role in 1..=6 {
                    stage.grant("SWE", Role::try_from(role).expect("a role"));
                }
                let request = v1::CreateTokenRequest {
                    agency: "SWE".into(),
                    scope: TokenScope::ReadAndSubmit.into(),
                    days: 1,
                    ..Default::default()
                };
                stage.create(7, request).expect("made");
                stage.bearer(7).expect("known")
            }
            name => {
                stage.revoke_all("SWE");
                if name != "no role" {
                    let role = Role::from_str_name(&format!("ROLE_{name}")).expect("a role");
                    stage.grant("SWE", role);
                }
                stage.office("SWE")
            }
        };
        for row in &rows {
            let found = granted(&stage, &principal, &row[0]);
            // A token is good for lanes of its agency alone; the column says whether at all.
            let found = if who == "token" && found == "lane" { "yes" } else { found };
            assert_eq!(row[column], found, "{who}: {}", row[0]);
            checked += 1;
        }
    }
    assert_eq!(checked, 117);
}
