//! Access tokens: what they give, what they do not, and how they end.

use mighub::token::AccessToken;
use mighub::v1::{self, ErrorReason, TokenScope};
use mighub_server::hub::permit::{Administer, Audit, Follow, Submit};
use mighub_server::hub::{Moment, Principal, Refusal};

use super::stage::{DRAFT, STABLE, Stage, push, row};

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

fn token(number: u8) -> AccessToken {
    AccessToken::new([number; 32])
}

impl Stage {
    pub(crate) fn create(&self, number: u8, request: v1::CreateTokenRequest) -> Result<v1::Token, Refusal> {
        let administrator = self.office("HUB");
        let made = self.hub().create_token(
            &self.may(&administrator, Administer),
            &request,
            &token(number),
            self.now(),
        )?;
        assert_eq!(made.access_token.parse(), Ok(token(number)), "the secret is handed out");
        Ok(made.token.expect("a token"))
    }

    pub(crate) fn bearer(&self, number: u8) -> Result<Principal, Refusal> {
        self.hub().authenticate_token(&token(number), self.now())
    }

    fn listed(&self, in_force: bool) -> Vec<v1::Token> {
        let request = v1::ListTokensRequest { in_force, ..Default::default() };
        self.hub()
            .list_tokens(&self.may(&self.office("UNSD"), Audit), &request, self.now())
            .expect("listed")
            .tokens
    }

    fn revoke(&self, id: &str, reason: &str) -> Result<v1::Token, Refusal> {
        let request = v1::RevokeTokenRequest { id: id.into(), reason: reason.into() };
        let revoked =
            self.hub().revoke_token(&self.may(&self.office("HUB"), Administer), &request, self.now())?;
        Ok(revoked.token.expect("a token"))
    }
}

fn of(agency: &str, scope: TokenScope) -> v1::CreateTokenRequest {
    v1::CreateTokenRequest { agency: agency.into(), scope: scope.into(), ..Default::default() }
}

#[test]
fn a_token_stands_for_its_agency_until_its_day() {
    let stage = Stage::new();
    let made =
        stage.create(1, v1::CreateTokenRequest { days: 7, ..of("SWE", TokenScope::Read) }).expect("made");
    assert_eq!(made.id, AccessToken::id_of(&token(1).digest()));
    let known = stage.bearer(1).expect("known");
    assert_eq!(known.agency.map(|id| id.to_string()).as_deref(), Some("SWE"));
    stage.wait_ms(7 * DAY_MS - 1);
    assert!(stage.bearer(1).is_ok());
    stage.wait_ms(1);
    let ended = stage.bearer(1).expect_err("ended");
    let wrong = stage.bearer(2).expect_err("never made");
    assert_eq!(ended.reason, ErrorReason::AccessTokenInvalid);
    assert_eq!((ended.reason, ended.text), (wrong.reason, wrong.text), "which of them is not told");
}

#[test]
fn a_revoked_token_is_refused_at_once_and_after_the_view_is_derived_anew() {
    let mut stage = Stage::new();
    let (kept, ended) = (
        stage.create(1, of("SWE", TokenScope::Read)).expect("made"),
        stage.create(2, of("NOR", TokenScope::ReadAndSubmit)).expect("made"),
    );
    assert_eq!(stage.revoke(&ended.id, " ").expect_err("why").reason, ErrorReason::ReasonRequired);
    assert_eq!(stage.revoke("nobody's", "lost").expect_err("which").reason, ErrorReason::UnknownToken);
    let revoked = stage.revoke(&ended.id, "lost").expect("revoked");
    assert_eq!(stage.bearer(2).expect_err("revoked").reason, ErrorReason::AccessTokenInvalid);
    stage.wait_ms(DAY_MS);
    let again = stage.revoke(&ended.id, "lost twice").expect("nothing happens");
    assert_eq!(again.revoked_time, revoked.revoked_time, "the first revocation is when it ended");

    let before = (stage.listed(false), stage.listed(true), stage.hub().position());
    assert_eq!(before.1, [kept]);
    for without_view in [false, true] {
        stage.restart(without_view);
        assert_eq!((stage.listed(false), stage.listed(true), stage.hub().position()), before);
        assert!(stage.bearer(1).is_ok() && stage.bearer(2).is_err());
    }
}

#[test]
fn a_token_gives_a_part_of_what_its_agency_may_do_and_never_more() {
    let stage = Stage::new();
    let only = |dataflow: &str, scope| v1::CreateTokenRequest {
        dataflows: vec![dataflow.to_owned()],
        ..of("SWE", scope)
    };
    stage.create(1, of("SWE", TokenScope::Read)).expect("made");
    stage.create(2, of("SWE", TokenScope::ReadAndSubmit)).expect("made");
    stage.create(3, only(DRAFT, TokenScope::ReadAndSubmit)).expect("made");
    stage.create(4, of("HUB", TokenScope::ReadAndSubmit)).expect("made");
    let (stable, draft) = (stage.lane(STABLE, "SWE"), stage.lane(DRAFT, "SWE"));
    let other = stage.lane(STABLE, "NOR");
    for (number, lane, follows, submits) in [
        (1, &stable, None, Some(ErrorReason::RightMissing)),
        (2, &stable, None, None),
        (2, &other, Some(ErrorReason::LaneNotPermitted), Some(ErrorReason::LaneNotPermitted)),
        (3, &draft, None, None),
        (3, &stable, Some(ErrorReason::RightMissing), Some(ErrorReason::RightMissing)),
    ] {
        let (hub, now) = (stage.hub(), stage.now());
        let principal = stage.bearer(number).expect("known");
        let follow = hub.authorise(&principal, Follow(lane.clone()), now);
        assert_eq!(follow.err().map(|refusal| refusal.reason), follows, "{number} follows {lane}");
        let submit = hub.authorise(&principal, Submit(lane.clone()), now);
        assert_eq!(submit.err().map(|refusal| refusal.reason), submits, "{number} submits to {lane}");
    }
    // Whoever holds an administrator's token administers nothing.
    let administrator = stage.bearer(4).expect("known");
    let refused = stage.hub().authorise(&administrator, Administer, stage.now()).expect_err("a token");
    assert_eq!(refused.reason, ErrorReason::RightMissing);
    let refused = stage.hub().authorise(&administrator, Audit, stage.now()).expect_err("a token");
    assert_eq!(refused.reason, ErrorReason::RightMissing);
}

#[test]
fn beyond_its_dataflows_a_token_sees_what_the_public_sees() {
    let stage = Stage::new();
    let embargo = Moment(stage.now().0 + DAY_MS);
    let early = push(1, vec![row("ESP", "F", 2020, 1)])
        .with(|header| header.embargo_time = Some(embargo.to_message()));
    stage.send(&early).expect("sent");
    let rights = stage.hub().rights();
    let lane = stage.lane(STABLE, "SWE");
    let sees =
        |principal: &Principal| rights.audience(principal, &lane, u64::MAX, stage.now()).before_release;
    assert!(sees(&stage.office("SWE")));
    let narrow = v1::CreateTokenRequest { dataflows: vec![DRAFT.into()], ..of("SWE", TokenScope::Read) };
    stage.create(1, of("SWE", TokenScope::Read)).expect("made");
    stage.create(2, narrow).expect("made");
    assert!(sees(&stage.bearer(1).expect("known")), "the agency's own right");
    assert!(!sees(&stage.bearer(2).expect("known")), "not with this token");
    assert!(!sees(&Principal::PUBLIC));
}

#[test]
fn a_token_that_would_be_good_for_nothing_is_not_made() {
    let stage = Stage::new();
    let good = of("SWE", TokenScope::Read);
    for (request, expected) in [
        (of("SWE", TokenScope::Unspecified), ErrorReason::ArgumentMalformed),
        (of("XYZ", TokenScope::Read), ErrorReason::UnknownAgency),
        (v1::CreateTokenRequest { days: 1_831, ..good.clone() }, ErrorReason::ArgumentMalformed),
        (v1::CreateTokenRequest { note: "a\nb".into(), ..good.clone() }, ErrorReason::ArgumentMalformed),
        (
            v1::CreateTokenRequest { dataflows: vec!["HUB:NONE(1.0)".into()], ..good.clone() },
            ErrorReason::UnknownDataflow,
        ),
    ] {
        assert_eq!(stage.create(1, request.clone()).expect_err("refused").reason, expected, "{request:?}");
    }
    let refused = stage.hub().authorise(&stage.office("SWE"), Administer, stage.now());
    assert_eq!(refused.expect_err("no administrator").reason, ErrorReason::RightMissing);
    assert!(stage.listed(false).is_empty());
}
