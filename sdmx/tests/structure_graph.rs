//! References followed in both directions, code lists that extend others, and views of answers.

mod generate;

use std::collections::BTreeSet;
use std::sync::Arc;

use mighub_sdmx::structure::*;
use proptest::collection::vec;
use proptest::prelude::*;

fn read(text: &str) -> Structures {
    let message = read_message(text.as_bytes()).expect("a message");
    assert_eq!((message.problems, message.ignored), (vec![], vec![]));
    message.structures
}

fn id(text: &str) -> Id {
    Id::new(text).expect("an id")
}

fn codelist(number: usize) -> Reference {
    let agency = AgencyId::new("A").expect("an id");
    Reference::new(Class::Codelist, agency, id(&format!("CL{number}")), Version::first())
}

/// Code lists that extend each other at random: a graph with circles, twins and loose ends.
fn graph() -> impl Strategy<Value = Structures> {
    vec((0usize..12, 0usize..14), 0..24).prop_map(|edges| {
        let mut structures = Structures::default();
        for number in 0..12 {
            let at = codelist(number);
            let mut list =
                Codelist::new(Identity::new(at.agency, at.id, at.version, Names::english("N")), vec![]);
            let targets = edges.iter().filter(|(from, _)| *from == number).map(|(_, to)| codelist(*to));
            list.extensions = targets
                .map(|codelist| CodelistExtension { codelist, prefix: None, include: None, exclude: None })
                .collect();
            structures.replace(Artefact::Codelist(Arc::new(list)));
        }
        structures
    })
}

fn relatives(structures: &Structures, of: &Reference, relatives: Relatives) -> BTreeSet<Reference> {
    let mut asked = Structures::default();
    asked.share(structures.get(of).expect("it is there"));
    let answer = structures.with_relatives(&asked, &relatives);
    answer.iter().map(|(reference, _)| reference.clone()).filter(|found| found != of).collect()
}

proptest! {
    #[test]
    fn an_artefact_is_a_descendant_exactly_of_its_ancestors(structures in graph()) {
        let all: Vec<Reference> = structures.iter().map(|(reference, _)| reference.clone()).collect();
        let of = |kind: Relatives| -> Vec<BTreeSet<Reference>> {
            all.iter().map(|reference| relatives(&structures, reference, kind.clone())).collect()
        };
        for (down, up) in [
            (of(Relatives::Descendants), of(Relatives::Ancestors)),
            (of(Relatives::Children), of(Relatives::Parents)),
        ] {
            for (x, x_down) in all.iter().zip(&down) {
                for (y, y_up) in all.iter().zip(&up) {
                    prop_assert_eq!(x_down.contains(y), y_up.contains(x), "{} {}", x, y);
                }
            }
        }
        for (nth, reference) in all.iter().enumerate() {
            let users: BTreeSet<Reference> = structures.users(reference).into_iter().cloned().collect();
            prop_assert_eq!(&users, &of(Relatives::Parents)[nth]);
        }
    }

    #[test]
    fn views_of_any_set_are_written_and_read_again(structures in generate::structures()) {
        let asked: BTreeSet<Reference> = structures.iter().take(1).map(|(name, _)| name.clone()).collect();
        for detail in [
            Detail::Full, Detail::AllStubs, Detail::ReferenceStubs, Detail::AllCompleteStubs,
            Detail::ReferenceCompleteStubs, Detail::ReferencePartial, Detail::Raw,
        ] {
            let view = structures.in_detail(detail, &asked, &structures);
            let names = |set: &Structures| set.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
            prop_assert_eq!(names(&view), names(&structures));
            let message = read_message(&write_json(&view)).expect("a message");
            prop_assert_eq!(message.structures, view);
        }
    }
}

const LISTS: &str = r#"{"data":{"codelists":[
    {"id":"BASE","agencyID":"A","version":"1.0.0","name":"B","codes":[
        {"id":"AFR","name":"a"},{"id":"MAR","name":"m","parent":"AFR"},{"id":"FES","name":"f","parent":"MAR"},
        {"id":"EUR","name":"e"},{"id":"ESP","name":"s","parent":"EUR"}]},
    {"id":"ALL","agencyID":"A","version":"1.0.0","name":"All","codes":[{"id":"ESP","name":"own"}],
     "codelistExtensions":[{"codelist":"urn:sdmx:org.sdmx.infomodel.codelist.Codelist=A:BASE(1.0.0)"}]},
    {"id":"SOME","agencyID":"A","version":"1.0.0","name":"Some","codelistExtensions":[
        {"codelist":"urn:sdmx:org.sdmx.infomodel.codelist.Codelist=A:BASE(1+.0.0)","prefix":"X_",
         "inclusiveCodeSelection":{"memberValues":[{"value":"AFR","cascadeValues":"excluderoot"}],
                                   "wildcardedMemberValues":["ES%"]}}]},
    {"id":"REST","agencyID":"A","version":"1.0.0","name":"Rest","codelistExtensions":[
        {"codelist":"urn:sdmx:org.sdmx.infomodel.codelist.Codelist=A:BASE(1.0.0)",
         "exclusiveCodeSelection":{"memberValues":["EUR",{"value":"AFR","cascadeValues":true}]}}]},
    {"id":"ROUND","agencyID":"A","version":"1.0.0","name":"Round","codelistExtensions":[
        {"codelist":"urn:sdmx:org.sdmx.infomodel.codelist.Codelist=A:ROUND(1.0.0)"}]}]}}"#;

fn codes(structures: &Structures, list: &str) -> Vec<(String, Option<String>)> {
    let (reference, _) = structures.find(Class::Codelist, list).expect(list);
    let list = structures.expanded(reference).expect("it can be expanded");
    list.codes()
        .iter()
        .map(|code| (code.id.to_string(), code.parent.as_ref().map(ToString::to_string)))
        .collect()
}

#[test]
fn a_code_list_takes_what_it_says_of_others() {
    let structures = read(LISTS);
    let some = |id: &str, parent: Option<&str>| (id.to_owned(), parent.map(str::to_owned));
    assert_eq!(
        codes(&structures, "ALL"),
        [
            some("AFR", None),
            some("MAR", Some("AFR")),
            some("FES", Some("MAR")),
            some("EUR", None),
            // Its own code comes last and wins.
            some("ESP", None),
        ]
    );
    assert_eq!(
        codes(&structures, "SOME"),
        [some("X_MAR", None), some("X_FES", Some("X_MAR")), some("X_ESP", None)]
    );
    assert_eq!(codes(&structures, "REST"), [some("ESP", None)]);
}

#[test]
fn lists_that_extend_each_other_in_a_circle_are_told() {
    let problems = read(LISTS).check();
    let [problem] = &problems[..] else { panic!("one problem is expected: {problems:?}") };
    assert!(
        problem.text.starts_with("the chain of code lists that extend each other goes beyond 8"),
        "{problem}"
    );
}

fn package() -> Structures {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../structures");
    let mut structures = Structures::default();
    for entry in std::fs::read_dir(folder).expect("the folder structures/") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let message = read_message(&std::fs::read(&path).expect("a readable file")).expect("a message");
            message.structures.iter().for_each(|(_, artefact)| structures.share(artefact));
        }
    }
    structures
}

#[test]
fn a_partial_view_of_a_dataflow_has_the_codes_and_concepts_it_uses() {
    let known = package();
    let (flow, artefact) = known.find(Class::Dataflow, "MIG_TREATY").expect("a shipped dataflow");
    let mut asked = Structures::default();
    asked.share(artefact);
    let found = known.with_relatives(&asked, &Relatives::Descendants);
    let names: BTreeSet<Reference> = [flow.clone()].into();
    let view = found.in_detail(Detail::ReferencePartial, &names, &known);
    let definition = DataDefinition::resolve(&known, flow).expect("a usable dataflow");
    let mut cut = 0;
    for dimension in &definition.dimensions {
        let list = dimension.coded_by.codelist().expect("all are coded");
        let name = Artefact::Codelist(list.clone()).reference();
        let shown = view.codelist(&name).expect("the list is shown");
        let is_shown = |code: &&Code| shown.get(&code.id).is_some();
        let admitted: Vec<_> = list.codes().iter().filter(|code| dimension.admits(&code.id)).collect();
        assert!(admitted.iter().all(is_shown), "{name}");
        assert_eq!(shown.identity.is_partial, shown.codes().len() < list.codes().len());
        cut += usize::from(shown.identity.is_partial);
    }
    assert!(cut > 0, "constraints restrict some list of this dataflow");
    let concepts = |set: &Structures| -> usize {
        let schemes = set.of_class(Class::ConceptScheme);
        schemes
            .map(|(_, scheme)| match &**scheme {
                Artefact::ConceptScheme(scheme) => scheme.concepts.len(),
                _ => 0,
            })
            .sum()
    };
    assert!(concepts(&view) < concepts(&known));
}

#[test]
fn a_reference_leads_to_the_newest_version_that_fits() {
    let list = |version: &str| format!(r#"{{"id":"C","agencyID":"A","version":"{version}","name":"N"}}"#);
    let versions = ["1.0.0", "2.2.9", "2.3.0", "2.3.2-draft", "2.4.0", "3.0.0"].map(list).join(",");
    let structures = read(&format!(r#"{{"data":{{"codelists":[{versions}]}}}}"#));
    for (pattern, expected) in [
        ("2.3+.1", Some("2.4.0")),
        ("2.3~.1", Some("2.4.0")),
        ("+", Some("3.0.0")),
        ("~", Some("3.0.0")),
        ("*", Some("3.0.0")),
        ("2.2.*", Some("2.2.9")),
        ("2.3.2-draft", Some("2.3.2-draft")),
        ("4+.0.0", None),
    ] {
        let urn = format!("urn:sdmx:org.sdmx.infomodel.codelist.Codelist=A:C({pattern})");
        let reference: Reference = urn.parse().expect("a reference");
        let found = structures.get_key(&reference).map(|found| found.version.to_string());
        assert_eq!(found.as_deref(), expected, "{pattern}");
    }
}

#[test]
fn a_change_weighs_what_it_breaks() {
    let list = |codes: &str| {
        let text = format!(
            r#"{{"data":{{"codelists":[{{"id":"C","agencyID":"A","version":"1.0.0","name":"N","codes":[{codes}]}}]}}}}"#
        );
        let structures = read(&text);
        let (_, artefact) = structures.iter().next().expect("a list");
        (**artefact).clone()
    };
    let before = list(r#"{"id":"X","name":"x"},{"id":"Y","name":"y"}"#);
    for (codes, expected) in [
        (r#"{"id":"X","name":"x"},{"id":"Y","name":"other"}"#, None),
        (
            r#"{"id":"Y","name":"y"},{"id":"X","name":"x"},{"id":"Z","name":"z"}"#,
            Some((Weight::Minor, "the code Z is new")),
        ),
        (
            r#"{"id":"X","name":"x"},{"id":"Y","name":"y","parent":"X"}"#,
            Some((Weight::Minor, "the code Y lies elsewhere or is valid at other times")),
        ),
        (r#"{"id":"X","name":"x"},{"id":"Z","name":"z"}"#, Some((Weight::Major, "the code Y is gone"))),
    ] {
        let changes = list(codes).changes_since(&before);
        let first = changes.first().map(|change| (change.weight, &*change.text));
        assert_eq!(first, expected, "{codes}");
    }
    let version = |text: &str| Version::parse(text).expect("a version");
    for (before, after, promised) in [
        ("1.0.0", "2.0.0", Some(Weight::Major)),
        ("1.0.0", "1.1.0", Some(Weight::Minor)),
        ("1.1.0", "1.1.1", Some(Weight::Patch)),
        ("1.0", "1.1", None),
        ("1.0.0", "1.1.0-draft", None),
    ] {
        assert_eq!(Weight::promised(&version(before), &version(after)), promised, "{before} {after}");
    }
    assert_eq!(version("1.2.3").next(Weight::Minor), Some(version("1.3.0")));
}
