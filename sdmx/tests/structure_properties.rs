//! Properties of structure messages: *read(write(x)) = x*, and no bytes make the reader panic.

mod generate;

use std::sync::Arc;

use mighub_sdmx::data::JsonVersion;
use mighub_sdmx::ml::structure::MessageHeader;
use mighub_sdmx::structure::*;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::generate::{item_reference, structures};

/// Whatever the reader makes of bytes, nothing that follows panics.
fn use_all(bytes: &[u8]) {
    let Ok(message) = read_message(bytes) else { return };
    let _ = message.structures.check();
    for (reference, _) in message.structures.of_class(Class::Dataflow) {
        let _ = DataDefinition::resolve(&message.structures, reference);
    }
    let written = write_json(&message.structures);
    let again = read_message(&written).expect("what was written is a message");
    assert_eq!((again.structures, again.problems), (message.structures, vec![]));
}

/// What messages of both versions carry: 2.1 has names of all artefacts, and says what is there without a name.
fn carried(structures: &Structures) -> Structures {
    let mut carried = Structures::default();
    for (reference, artefact) in structures.iter() {
        let is_named = artefact.identity().names.best("en").is_some();
        let is_actual = matches!(&**artefact, Artefact::DataConstraint(constraint)
            if constraint.role == ConstraintRole::Actual);
        match &**artefact {
            _ if is_actual => {}
            _ if is_named => carried.share(artefact),
            Artefact::Codelist(list) => {
                let mut list = (**list).clone();
                list.identity.names = Names::english(&reference.id);
                carried.replace(Artefact::Codelist(Arc::new(list)));
            }
            _ => {}
        }
    }
    carried
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read_again(structures in structures()) {
        let bytes = write_json(&structures);
        let message = read_message(&bytes).expect("a message");
        prop_assert_eq!(&message.structures, &structures);
        prop_assert_eq!((message.problems, message.ignored), (vec![], vec![]));
        prop_assert_eq!(write_json(&message.structures), bytes);
    }

    #[test]
    fn a_message_of_either_version_is_read_again(structures in structures()) {
        let header = MessageHeader {
            id: "M1".to_owned(),
            test: true,
            prepared: jiff::Timestamp::UNIX_EPOCH,
            sender: "A".to_owned(),
            receivers: vec!["B".to_owned()],
        };
        let structures = carried(&structures);
        for version in [JsonVersion::V2_0, JsonVersion::V2_1] {
            let bytes = write_json_message(&structures, version, &header);
            let message = read_message(&bytes).expect("a message");
            prop_assert_eq!(&message.structures, &structures);
            prop_assert_eq!((message.problems, message.ignored), (vec![], vec![]));
        }
    }

    #[test]
    fn a_urn_is_read_as_it_was_written(reference in item_reference(Class::Codelist)) {
        prop_assert_eq!(reference.to_string().parse::<Reference>(), Ok(reference.clone()));
        prop_assert_eq!(Reference::parse_short(reference.class, &reference.short()), Ok(reference.artefact()));
    }

    #[test]
    fn no_text_makes_the_readers_of_names_panic(text in "\\PC*") {
        let _ = (text.parse::<Reference>(), Version::parse(&text), Id::new(&text), AgencyId::new(&text));
        let _ = format!("urn:sdmx:org.sdmx.infomodel.codelist.Codelist={text}").parse::<Reference>();
    }

    #[test]
    fn a_message_that_was_damaged_is_refused_or_read_but_never_panics(
        place in 0usize..9_000, bytes in vec(any::<u8>(), 0..4), cut in 0usize..40,
    ) {
        let fixture = include_bytes!("data/structure-json20.json");
        let mut damaged = fixture.to_vec();
        damaged.splice(place..place + cut, bytes);
        use_all(&damaged);
    }

    #[test]
    fn words_of_the_fixture_in_other_places_never_panic(from in 0usize..400, to in 0usize..400) {
        let fixture = include_str!("data/structure-json20.json");
        let mut words: Vec<&str> = fixture.split('"').collect();
        words[2 * to + 1] = words[2 * from + 1];
        use_all(words.join("\"").as_bytes());
    }
}
