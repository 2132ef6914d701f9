//! The shipped structure package says what DATAFLOWS.md and CODELISTS.md say.

use std::path::Path;

use mighub_sdmx::structure::{
    Annotation, Artefact, AttributeLevel, Class, Code, CodedBy, DataDefinition, DataType, HierarchicalCode,
    Structures, Usage, read_json, read_message,
};
use mighub_sdmx::{Decimal, Period};

fn package() -> Structures {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../structures");
    let mut structures = Structures::default();
    for entry in std::fs::read_dir(folder).expect("the folder structures/") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let bytes = std::fs::read(&path).expect("a readable file");
            let message = read_message(&bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            assert_eq!((message.problems, message.ignored), (vec![], vec![]), "{}", path.display());
            for (_, artefact) in message.structures.iter() {
                structures.put((**artefact).clone()).expect("a new artefact");
            }
        }
    }
    structures
}

fn definition(structures: &Structures, id: &str) -> std::sync::Arc<DataDefinition> {
    let (reference, _) = structures.find(Class::Dataflow, id).expect(id);
    DataDefinition::resolve(structures, reference).expect(id)
}

#[test]
fn the_package_hangs_together() {
    let structures = package();
    assert_eq!(structures.check(), []);
    assert_eq!(structures.of_class(Class::Dataflow).count(), 14);
    assert_eq!(structures.of_class(Class::DataStructure).count(), 14);
    assert!(structures.of_class(Class::Codelist).count() >= 45);
}

#[test]
fn every_dataflow_has_its_dimensions_in_order() {
    let structures = package();
    for (id, dimensions) in [
        ("MIG_FLOW", "FREQ.REF_AREA.FLOW_DIR.MIG_CRITERION.COUNTERPART_AREA.SEX.AGE.DURATION.MIG_CATEGORY"),
        ("MIG_STOCK", "FREQ.REF_AREA.MIG_CRITERION.COUNTERPART_AREA.SEX.AGE.ARRIVAL"),
        (
            "MIG_CENSUS",
            "FREQ.REF_AREA.REG_LEVEL.REGION.MIG_CRITERION.COUNTERPART_AREA.SEX.AGE.ARRIVAL.EDU.LAB_STATUS.\
             OCCUPATION.ACTIVITY",
        ),
        ("MIG_BALANCE", "FREQ.REF_AREA.BAL_ITEM.MIG_CRITERION.COUNTERPART_AREA.SEX.AGE"),
        (
            "MIG_LABOUR",
            "FREQ.REF_AREA.LAB_INDICATOR.MIG_CRITERION.COUNTERPART_AREA.SEX.AGE.EDU.ACTIVITY.OCCUPATION",
        ),
        ("MIG_REFUGEE", "FREQ.REF_AREA.COUNTERPART_AREA.POP_TYPE.REF_ITEM.SEX.AGE"),
        (
            "MIG_ASYLUM",
            "FREQ.REF_AREA.COUNTERPART_AREA.ASY_ITEM.OUTCOME.PROCEDURE.APP_TYPE.DEC_LEVEL.COUNT_UNIT.SEX.AGE",
        ),
        ("MIG_REMIT", "FREQ.REF_AREA.FLOW_DIR.COUNTERPART_AREA.REMIT_ITEM"),
        ("MIG_MODE4", "FREQ.REF_AREA.FLOW_DIR.COUNTERPART_AREA.M4_CATEGORY.SERVICE.M4_INDICATOR"),
        (
            "MIG_TRAFFICKING",
            "FREQ.REF_AREA.TIP_INDICATOR.TIP_ROLE.COUNTERPART_AREA.EXPLOITATION.METHOD_OCG.ROUTE.SEX.AGE",
        ),
        ("MIG_POLICY", "FREQ.REF_AREA.POLICY_TOPIC.POLICY_ASPECT.POLICY_VALUE"),
        ("MIG_TREATY", "FREQ.REF_AREA.TREATY.TREATY_ACTION"),
        ("MIG_FLOW_OD", "FREQ.ORIGIN.DESTINATION.SEX.AGE.DURATION.VIEW.CONS_METHOD"),
        ("MIG_STOCK_OD", "FREQ.DESTINATION.ORIGIN.SEX.AGE.VIEW.CONS_METHOD"),
    ] {
        let definition = definition(&structures, id);
        assert_eq!(definition.shape.dimensions.join("."), dimensions, "{id}");
        assert_eq!(definition.time.as_deref(), Some("TIME_PERIOD"), "{id}");
        assert_eq!(&*definition.measure.id, "OBS_VALUE", "{id}");
    }
}

#[test]
fn attributes_lie_at_their_levels() {
    let structures = package();
    let flow = definition(&structures, "MIG_FLOW");
    let level = |id: &str| flow.attribute(id).map(|attribute| (attribute.level, attribute.usage));
    assert_eq!(level("OBS_STATUS"), Some((AttributeLevel::Observation, Usage::Mandatory)));
    assert_eq!(level("UNIT_MEASURE"), Some((AttributeLevel::Series, Usage::Mandatory)));
    assert_eq!(level("EMBARGO_TIME"), Some((AttributeLevel::Dataset, Usage::Optional)));
    assert_eq!(level("REF_DATE"), Some((AttributeLevel::Observation, Usage::Optional)));
    let stock = definition(&structures, "MIG_STOCK");
    assert_eq!(stock.attribute("REF_DATE").map(|attribute| attribute.usage), Some(Usage::Mandatory));
    let comment = flow.attribute("COMMENT_OBS").expect("COMMENT_OBS");
    assert!(comment.multilingual && !comment.multi_valued);
    assert!(flow.attribute("CONF_REDIST").is_some_and(|attribute| attribute.multi_valued));
}

#[test]
fn measures_have_the_bounds_of_their_dataflow() {
    let structures = package();
    let bounds = |id: &str| match &definition(&structures, id).measure.coded_by {
        CodedBy::Format(format) => (format.data_type, format.min_value, format.max_value),
        CodedBy::Codelist(_) => panic!("{id} has a coded measure"),
    };
    let number = |value: i64| Some(Decimal::integer(value));
    assert_eq!(bounds("MIG_FLOW"), (Some(DataType::Integer), None, None), "NET may be negative");
    assert_eq!(bounds("MIG_BALANCE"), (Some(DataType::Integer), None, None), "NETMIG may be negative");
    assert_eq!(bounds("MIG_STOCK"), (Some(DataType::Integer), number(0), None));
    assert_eq!(bounds("MIG_REMIT"), (Some(DataType::Decimal), number(0), None));
    assert_eq!(bounds("MIG_POLICY"), (Some(DataType::Integer), number(1), number(1)));
    assert_eq!(bounds("MIG_TREATY"), (Some(DataType::Integer), number(1), number(1)));
}

#[test]
fn a_default_unit_follows_the_indicator_and_silence_never_publishes() {
    let structures = package();
    let default = |flow: &str, attribute: &str, key: &str| {
        let definition = definition(&structures, flow);
        let key: Vec<_> = key.split('.').collect();
        assert_eq!(key.len(), definition.dimensions.len(), "{flow}");
        let default = definition.default_for(None, attribute, &key, Period::year(2020));
        default.map(|default| default.value.into_owned())
    };
    let flow = "A.SWE.IMM.PRV.FIN._T._T.LT._T";
    assert_eq!(default("MIG_FLOW", "UNIT_MEASURE", flow).as_deref(), Some("PS"));
    assert_eq!(default("MIG_FLOW", "OBS_STATUS", flow).as_deref(), Some("A"));
    assert_eq!(default("MIG_FLOW", "CONF_STATUS", flow), None);
    assert_eq!(default("MIG_REMIT", "UNIT_MEASURE", "A.SWE.IN._T.PR").as_deref(), Some("USD"));
    assert_eq!(default("MIG_REMIT", "UNIT_MULT", "A.SWE.IN._T.PR").as_deref(), Some("6"));
    for (indicator, unit) in
        [("VICTIM", "PS"), ("SMUG_MIG", "PS"), ("OFFENCE", "EV"), ("IRR_CROSS", "EV"), ("ASSETS", "USD")]
    {
        let key = format!("A.SWE.{indicator}._T._T._T._T._T._T._T");
        assert_eq!(default("MIG_TRAFFICKING", "UNIT_MEASURE", &key).as_deref(), Some(unit), "{indicator}");
        assert_eq!(default("MIG_TRAFFICKING", "CONF_STATUS", &key).as_deref(), Some("N"));
    }
    let mode4 =
        |indicator: &str| default("MIG_MODE4", "UNIT_MEASURE", &format!("A.SWE.IN._T._T.S.{indicator}"));
    assert_eq!(mode4("PS_FLOW").as_deref(), Some("PS"));
    assert_eq!(mode4("VAL").as_deref(), Some("USD"));
    assert_eq!(mode4("DUR"), None, "a mean stay is neither persons nor money");
    let labour = |indicator: &str| {
        default("MIG_LABOUR", "UNIT_MEASURE", &format!("A.SWE.{indicator}._T._T._T._T._T._T._T"))
    };
    assert_eq!(labour("EMP").as_deref(), Some("PS"));
    assert_eq!(labour("EARN"), None, "earnings are in national currency or dollars: the office says which");
}

#[test]
fn constraints_restrict_the_codes_of_a_dimension() {
    let structures = package();
    let allowed = |flow: &str, dimension: &str| -> String {
        let definition = definition(&structures, flow);
        let dimension = definition.dimension(dimension).expect("a dimension");
        let codes: Vec<_> = dimension.allowed.iter().flatten().map(|code| &**code).collect();
        codes.join(" ")
    };
    assert_eq!(allowed("MIG_FLOW", "FLOW_DIR"), "EMI IMM NET");
    assert_eq!(allowed("MIG_BALANCE", "COUNTERPART_AREA"), "FOR_STLS NAT _T");
    assert_eq!(allowed("MIG_REMIT", "FLOW_DIR"), "IN OUT");
    assert_eq!(allowed("MIG_MODE4", "FLOW_DIR"), "IN OUT");
    assert_eq!(allowed("MIG_TRAFFICKING", "AGE"), "Y_GE18 Y_LT18 _T _U");
    assert_eq!(allowed("MIG_TREATY", "FREQ"), "D");
    let flow = definition(&structures, "MIG_FLOW");
    let key = |direction| ["A", "SWE", direction, "PRV", "FIN", "_T", "_T", "LT", "_T"];
    assert!(flow.allows(&key("NET"), Period::year(2020)));
    assert!(!flow.allows(&key("IN"), Period::year(2020)));
    assert!(flow.dimensions[2].admits("NET") && !flow.dimensions[2].admits("IN"));
}

#[test]
fn every_dimension_takes_the_total_or_a_code_of_its_list() {
    let structures = package();
    let census = definition(&structures, "MIG_CENSUS");
    let CodedBy::Format(format) = &census.dimension("REGION").expect("REGION").coded_by else {
        panic!("REGION is coded")
    };
    assert_eq!(format.data_type, Some(DataType::String), "_T and SE-AB are not alphanumeric");
    let area = census.dimension("REF_AREA").expect("REF_AREA");
    assert!(area.code("SWE").is_some() && area.code("DEU").is_some() && area.code("150").is_some());
    assert!(area.code("ZZZ").is_none());
    let codelist = area.coded_by.codelist().expect("a code list");
    let place = codelist.position("SWE").expect("SWE") as usize;
    assert_eq!(&*codelist.codes()[place].id, "SWE");
}

#[test]
fn areas_have_parents_validity_and_names_in_three_languages() {
    let structures = package();
    let (_, artefact) = structures.find(Class::Codelist, "CL_AREA").expect("CL_AREA");
    let Artefact::Codelist(areas) = &**artefact else { panic!("CL_AREA is no code list") };
    let sweden = areas.get("SWE").expect("SWE");
    assert_eq!(sweden.parent.as_deref(), Some("154"));
    assert_eq!(sweden.names.best("fr"), Some("Suède"));
    assert_eq!(sweden.names.best("ru"), Some("Sweden"));
    let day = |text: &str| Period::parse(text.as_bytes()).ok().and_then(Period::first_day);
    let montenegro_and_serbia = areas.get("SCG").expect("SCG");
    assert_eq!(montenegro_and_serbia.valid_from(), day("1992-04-28"));
    assert_eq!(montenegro_and_serbia.valid_to(), day("2006-06-02"));
    assert_eq!(areas.get("SUN").and_then(|code| code.valid_to()), day("1991-12-25"));
    assert_eq!(areas.get("SWE").and_then(|code| code.valid_to()), None);
    let codes =
        ["M49", "ISO2", "ESTAT", "UNHCR"].map(|id| areas.get("GRC").and_then(|code| code.annotation(id)));
    assert_eq!(codes, [Some("300"), Some("GR"), Some("EL"), Some("GRE")]);
}

#[test]
fn the_m49_tree_has_248_areas_and_antarctica_stands_outside() {
    let structures = package();
    let (_, artefact) = structures.find(Class::Codelist, "CL_AREA").expect("CL_AREA");
    let Artefact::Codelist(areas) = &**artefact else { panic!("CL_AREA is no code list") };
    let is_country = |id: &str| id.len() == 3 && id.bytes().all(|byte| byte.is_ascii_uppercase());
    let parent = |code: &Code| code.parent.as_deref().and_then(|parent| areas.get(parent)).cloned();
    let below = |group: &str| {
        let lies_below =
            |code: &&Code| std::iter::successors(parent(code), parent).any(|above| &*above.id == group);
        areas.codes().iter().filter(|code| is_country(&code.id)).filter(lies_below).count()
    };
    for (group, expected) in [("001", 248), ("002", 60), ("009", 29), ("019", 57), ("142", 51), ("150", 51)] {
        assert_eq!(below(group), expected, "{group}");
    }
    assert_eq!(areas.get("ATA").map(|code| code.parent.clone()), Some(None));
    assert_eq!(areas.codes().len(), 249 + 30 + 21);
}

#[test]
fn a_single_year_of_age_is_part_of_its_five_year_group() {
    let structures = package();
    let (_, artefact) = structures.find(Class::Codelist, "CL_AGE").expect("CL_AGE");
    let Artefact::Codelist(ages) = &**artefact else { panic!("CL_AGE is no code list") };
    for (year, group) in [("Y0", "Y0T4"), ("Y4", "Y0T4"), ("Y5", "Y5T9"), ("Y99", "Y95T99")] {
        assert_eq!(ages.get(year).and_then(|code| code.parent.as_deref()), Some(group));
    }
}

#[test]
fn the_canonical_form_of_a_dataflow_holds_all_it_refers_to() {
    let structures = package();
    for (reference, _) in structures.of_class(Class::Dataflow) {
        let definition = DataDefinition::resolve(&structures, reference).expect("a definition");
        let message = read_message(definition.canonical_json()).expect("a message");
        assert_eq!((message.problems, message.ignored), (vec![], vec![]), "{reference}");
        assert_eq!(message.structures.check(), [], "{reference}");
        let again = DataDefinition::resolve(&message.structures, reference).expect("a definition");
        assert_eq!(again, definition, "{reference}");
    }
}

#[test]
fn a_stable_artefact_does_not_change() {
    let mut structures = package();
    let message = br#"{"data":{"codelists":[{"id":"CL_SEX","agencyID":"MIGHUB","version":"1.0.0","name":"Sex","codes":[]}]}}"#;
    let artefact = read_json(message).expect("a message").remove(0);
    let error = structures.put(artefact).expect_err("a change of a stable code list");
    assert!(error.to_string().contains("CL_SEX(1.0.0) is stable"), "{error}");
}

#[test]
fn an_id_that_two_agencies_use_needs_the_agency() {
    let mut structures = Structures::default();
    let list = |agency: &str, version: &str| {
        let text = format!(
            r#"{{"data":{{"codelists":[{{"id":"CL","agencyID":"{agency}","version":"{version}"}}]}}}}"#
        );
        read_json(text.as_bytes()).expect("a message").remove(0)
    };
    for (agency, version) in [("A", "1.9.0"), ("A", "1.10.0"), ("A", "2.0.0-draft")] {
        structures.put(list(agency, version)).expect("a new artefact");
    }
    let found = |structures: &Structures, text: &str| {
        structures.find(Class::Codelist, text).map(|(reference, _)| reference.short())
    };
    assert_eq!(found(&structures, "CL").as_deref(), Some("A:CL(2.0.0-draft)"));
    structures.put(list("B", "1.0.0")).expect("a new artefact");
    assert_eq!(found(&structures, "CL"), None);
    assert_eq!(found(&structures, "B:CL").as_deref(), Some("B:CL(1.0.0)"));
    assert_eq!(found(&structures, "A:CL(1.9.0)").as_deref(), Some("A:CL(1.9.0)"));
}

#[test]
fn every_dataflow_lies_under_a_subject_and_an_origin() {
    let structures = package();
    for (dataflow, _) in structures.of_class(Class::Dataflow) {
        let categorised =
            structures.of_class(Class::Categorisation).filter_map(|(_, artefact)| match &**artefact {
                Artefact::Categorisation(categorisation) if categorisation.source == *dataflow => {
                    categorisation.target.item.as_ref().map(ToString::to_string)
                }
                _ => None,
            });
        let mut targets: Vec<_> = categorised.collect();
        targets.sort();
        let tops: Vec<_> = targets.iter().filter_map(|target| target.split('.').next()).collect();
        assert_eq!(tops, ["ORIGIN", "SUBJECT"], "{dataflow}");
    }
}

#[test]
fn groupings_of_areas_overlap() {
    let structures = package();
    let groupings = |area: &str| -> Vec<String> {
        let hierarchies = structures.of_class(Class::Hierarchy).filter(|(_, artefact)| match &***artefact {
            Artefact::Hierarchy(hierarchy) => hierarchy.all_codes().any(|code| &*code.id == area),
            _ => false,
        });
        hierarchies.map(|(reference, _)| reference.id.to_string()).collect()
    };
    assert_eq!(groupings("TUV"), ["H_AREA_COMMISSION", "H_AREA_LDC", "H_AREA_M49", "H_AREA_SIDS"]);
    assert_eq!(groupings("SWE"), ["H_AREA_COMMISSION", "H_AREA_M49", "H_AREA_UNION"]);
    assert_eq!(hierarchy(&structures, "H_AREA_LDC").hierarchical_codes[0].hierarchical_codes.len(), 45);
    let tree = hierarchy(&structures, "H_AREA_M49");
    assert!(tree.code("001.150.154.SWE").is_some());
    assert_eq!(tree.all_codes().count(), 30 + 248);
}

fn hierarchy(structures: &Structures, id: &str) -> mighub_sdmx::structure::Hierarchy {
    let (_, artefact) = structures.find(Class::Hierarchy, id).expect(id);
    let Artefact::Hierarchy(hierarchy) = &**artefact else { panic!("{id} is no hierarchy") };
    hierarchy.clone()
}

/// Members of a group on a day, in their order.
/// The area that a member stands for; its id within the hierarchy is its own.
fn area(member: &HierarchicalCode) -> String {
    member.code.item.as_ref().expect("a code of a list").to_string()
}

fn members(structures: &Structures, path: &str, day: &str) -> Vec<String> {
    let (hierarchy_id, group) = path.split_once('.').expect("a hierarchy and a group");
    let hierarchy = hierarchy(structures, hierarchy_id);
    let noon: jiff::Timestamp = format!("{day}T12:00:00Z").parse().expect("a day");
    let group = hierarchy.code(group).expect(path);
    let held = group.hierarchical_codes.iter().filter(|member| {
        member.valid_from.is_none_or(|from| from <= noon) && member.valid_to.is_none_or(|to| noon <= to)
    });
    held.map(area).collect()
}

#[test]
fn memberships_have_days() {
    let structures = package();
    let count = |group: &str, day: &str| members(&structures, group, day).len();
    for (day, expected) in [
        ("1957-12-31", 0),
        ("1994-12-31", 12),
        ("1995-01-01", 15),
        ("2004-04-30", 15),
        ("2004-05-01", 25),
        ("2007-01-01", 27),
        ("2013-06-30", 27),
        ("2013-07-01", 28),
        ("2020-01-31", 28),
        ("2020-02-01", 27),
    ] {
        assert_eq!(count("H_AREA_UNION.G_EU", day), expected, "{day}");
    }
    for (composition, day) in [
        ("G_EU15", "2004-04-30"),
        ("G_EU25", "2006-12-31"),
        ("G_EU27_2007", "2013-06-30"),
        ("G_EU28", "2020-01-31"),
        ("G_EU27_2020", "2026-01-01"),
    ] {
        let composition = format!("H_AREA_UNION.{composition}");
        assert_eq!(members(&structures, &composition, day), members(&structures, "H_AREA_UNION.G_EU", day));
        assert_eq!(count(&composition, "1990-01-01"), count(&composition, day), "a composition has no days");
    }
    for (commission, expected) in [
        ("G_ECA", 54),
        ("G_ECE", 56),
        ("G_ECLAC", 46),
        ("G_ECLAC_ASSOC", 14),
        ("G_ESCAP", 53),
        ("G_ESCAP_ASSOC", 9),
        ("G_ESCWA", 21),
    ] {
        assert_eq!(count(&format!("H_AREA_COMMISSION.{commission}"), "2026-01-01"), expected, "{commission}");
    }
    assert!(members(&structures, "H_AREA_COMMISSION.G_ECE", "1991-12-25").contains(&"SUN".to_owned()));
    assert!(!members(&structures, "H_AREA_COMMISSION.G_ECE", "1991-12-26").contains(&"SUN".to_owned()));
}

#[test]
fn a_territory_has_its_former_state_until_the_day_before_its_successors() {
    let structures = package();
    let (_, artefact) = structures.find(Class::Codelist, "CL_AREA").expect("CL_AREA");
    let Artefact::Codelist(areas) = &**artefact else { panic!("CL_AREA is no code list") };
    for group in &hierarchy(&structures, "H_AREA_TERRITORY").hierarchical_codes {
        for former in group.hierarchical_codes.iter().filter(|member| member.valid_to.is_some()) {
            let last = former.valid_to.expect("filtered").as_second().div_euclid(24 * 60 * 60);
            let of_area = areas.get(&area(former)).expect("an area").valid_to();
            // The Federal Republic of Germany kept its code.
            assert!(of_area == Some(last) || &*former.id == "DEU_BEFORE", "{}", former.id);
        }
    }
    let territory =
        |group: &str, day: &str| members(&structures, &format!("H_AREA_TERRITORY.{group}"), day).join(" ");
    assert_eq!(territory("G_TERR_SDN", "2011-07-08"), "SDN_OLD");
    assert_eq!(territory("G_TERR_SDN", "2011-07-09"), "SDN SSD");
    assert_eq!(territory("G_TERR_YUG", "1992-04-27"), "YUG");
    assert_eq!(territory("G_TERR_YUG", "2006-06-02"), "BIH HRV MKD SCG SVN");
    assert_eq!(territory("G_TERR_YUG", "2006-06-03"), "BIH HRV MKD MNE SRB SVN");
    assert_eq!(territory("G_TERR_DEU", "1990-10-02"), "DDR DEU");
    assert_eq!(territory("G_TERR_DEU", "1990-10-03"), "DEU");
    assert_eq!(territory("G_TERR_SUN", "1991-12-26").split(' ').count(), 15);
}

#[test]
fn every_membership_names_its_source() {
    for (reference, artefact) in package().of_class(Class::Hierarchy) {
        let Artefact::Hierarchy(hierarchy) = &**artefact else { panic!("no hierarchy") };
        let mut open: Vec<_> = hierarchy.hierarchical_codes.iter().map(|code| (code, false)).collect();
        while let Some((code, above)) = open.pop() {
            let sourced = above
                || Annotation::find(&code.annotations, "SOURCE").is_some_and(|source| !source.is_empty());
            assert!(sourced || !code.hierarchical_codes.is_empty(), "{reference}: {}", code.id);
            open.extend(code.hierarchical_codes.iter().map(|within| (within, sourced)));
        }
    }
}
