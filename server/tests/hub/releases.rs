//! Embargoes that are moved, against a model: what is visible is the fold of what was sent and has passed.

use mighub::v1::{self, Role};
use mighub_server::hub::permit::Publish;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

use super::stage::{Content, Push, STABLE, Stage, push, row};

const SECOND_MS: i64 = 1_000;

/// What happens to a lane.
#[derive(Clone, Debug)]
enum Event {
    /// A figure of a year is sent, under embargo for so many seconds or not at all.
    Send { year: u16, embargo: Option<i64> },
    /// An embargo ends now or in so many seconds: that of one of those that are pending, or all.
    Release { nth: Option<usize>, seconds: Option<i64> },
    /// The newest submission is taken back.
    Withdraw,
    /// Time passes.
    Wait(i64),
}

fn event() -> impl Strategy<Value = Event> {
    let seconds = || proptest::option::of(1i64..9);
    prop_oneof![
        5 => (2_000u16..2_003, seconds()).prop_map(|(year, embargo)| Event::Send { year, embargo }),
        4 => (proptest::option::of(0usize..4), seconds())
            .prop_map(|(nth, seconds)| Event::Release { nth, seconds }),
        2 => Just(Event::Withdraw),
        1 => (1i64..4).prop_map(Event::Wait),
    ]
}

/// A submission as the model knows it.
struct Sent {
    push: Push,
    year: u16,
    value: i64,
    until_ms: i64,
}

struct Model {
    stage: Stage,
    sent: Vec<Sent>,
    number: u8,
}

impl Model {
    fn seen(&self, before_release: bool) -> Content {
        let now = self.stage.now().0;
        let visible = self.sent.iter().filter(|sent| before_release || sent.until_ms <= now);
        visible
            .map(|sent| (("ESP".to_owned(), "F".to_owned(), i64::from(sent.year)), Some(sent.value)))
            .collect()
    }

    fn check(&self) -> Result<(), TestCaseError> {
        for before_release in [false, true] {
            let found = self.stage.content(STABLE, "SWE", before_release);
            prop_assert_eq!(found, self.seen(before_release), "before release: {}", before_release);
        }
        Ok(())
    }

    fn apply(&mut self, event: &Event) {
        let now = self.stage.now().0;
        match event {
            Event::Wait(seconds) => self.stage.wait_ms(seconds * SECOND_MS),
            Event::Withdraw => {
                if let Some(sent) = self.sent.pop() {
                    self.stage.withdraw(&sent.push, "a slip").expect("withdrawn");
                }
            }
            Event::Send { year, embargo } => {
                self.number += 1;
                let value = i64::from(self.number);
                let until = embargo.map(|seconds| now + seconds * SECOND_MS + 1);
                let push = push(self.number, vec![row("ESP", "F", *year, value)]).with(|header| {
                    header.embargo_time = until.map(|ms| mighub_server::hub::Moment(ms).to_message());
                });
                self.stage.send(&push).expect("sent");
                let until_ms = until.unwrap_or(i64::MIN);
                self.sent.push(Sent { push, year: *year, value, until_ms });
            }
            Event::Release { nth, seconds } => self.release(*nth, *seconds),
        }
    }

    fn release(&mut self, nth: Option<usize>, seconds: Option<i64>) {
        self.stage.wait_ms(1);
        let now = self.stage.now().0;
        let mut pending: Vec<&mut Sent> = self.sent.iter_mut().filter(|sent| sent.until_ms > now).collect();
        let mut moved: Vec<&mut Sent> = match nth {
            None => pending,
            Some(nth) if nth < pending.len() => vec![pending.swap_remove(nth)],
            Some(_) => return,
        };
        if moved.is_empty() {
            return;
        }
        let until = seconds.map(|seconds| now + seconds * SECOND_MS);
        let lane = self.stage.lane(STABLE, "SWE");
        let request = v1::ReleaseVintageRequest {
            lane: Some(lane.to_message()),
            submission_id: nth.map(|_| moved[0].push.id()).unwrap_or_default(),
            until: until.map(|ms| mighub_server::hub::Moment(ms).to_message()),
            reason: "decided".into(),
            person: "anna".into(),
        };
        let permit = self.stage.may(&self.stage.office("SWE"), Publish(lane));
        let answer = self.stage.hub().release_vintage(&permit, &request, self.stage.now()).expect("moved");
        assert!(answer.request.is_none(), "no second person is asked for");
        moved.iter_mut().for_each(|sent| sent.until_ms = until.unwrap_or(now));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn what_is_visible_is_what_was_sent_and_whose_embargo_has_passed(
        events in proptest::collection::vec(event(), 1..12),
    ) {
        let stage = Stage::new();
        stage.grant("SWE", Role::Publisher);
        let mut model = Model { stage, sent: Vec::new(), number: 0 };
        for event in &events {
            model.apply(event);
            model.check()?;
        }
        // Whatever is still pending ends one by one.
        let mut ends: Vec<i64> = model.sent.iter().map(|sent| sent.until_ms).collect();
        ends.retain(|end| *end > model.stage.now().0);
        ends.sort_unstable();
        for end in ends {
            for at in [end - 1, end] {
                model.stage.wait_ms((at - model.stage.now().0).max(0));
                model.check()?;
            }
        }
    }
}

#[test]
fn an_embargo_of_what_something_later_covers_can_be_moved_all_the_same() {
    let stage = Stage::new();
    stage.grant("SWE", Role::Publisher);
    let mut model = Model { stage, sent: Vec::new(), number: 0 };
    // Nothing will be seen of the first, so no step of the lane tells of it, until the second is taken back.
    for event in [
        Event::Send { year: 2_001, embargo: Some(1) },
        Event::Send { year: 2_001, embargo: None },
        Event::Release { nth: Some(0), seconds: Some(5) },
        Event::Withdraw,
        Event::Wait(2),
        Event::Wait(4),
    ] {
        model.apply(&event);
        model.check().unwrap_or_else(|error| panic!("{event:?}: {error}"));
    }
}
