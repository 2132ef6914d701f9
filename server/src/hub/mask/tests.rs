use super::*;
use crate::hub::retrieve::fixture::{Cell, Copy, MemoryBlocks, State, audience, put, seen, state};
use mighub_sdmx::columns::ColumnsBuilder;
use proptest::prelude::*;

/// What is read through a mask, block by block.
fn read(blocks: &MemoryBlocks, vintage: &Vintage, mask: &Mask) -> Copy {
    let mut copy = Copy::new();
    for block in vintage.blocks.iter() {
        let columns = mask.load(block, blocks).expect("in memory");
        assert!(columns.check());
        if mask.lets_pass(block) {
            assert_eq!(columns.len(), block.observations as usize);
        }
        put(&mut copy, &columns);
    }
    copy
}

#[test]
fn who_sees_a_cell() {
    let public = Audience::default();
    let iom = Audience { agency: Some(Arc::from("IOM")), ..public.clone() };
    let office = Audience { restricted: true, before_release: true, ..public.clone() };
    let hidden = Audience { keys_hidden: true, ..public.clone() };
    let hidden_iom = Audience { keys_hidden: true, ..iom.clone() };
    // What the cell says, what absence stands for, whom it names, and what is seen: v value, k key only, - nothing;
    // by the public, a named reader, the office, and the first two where existence is hidden.
    for (conf, absent, redist, expected) in [
        (Some("F"), None, None, "vvvvv"),
        (Some("F"), Some("N"), None, "vvvvv"),
        (None, Some("F"), None, "vvvvv"),
        (None, None, None, "kkv--"),
        (None, Some("N"), None, "kkv--"),
        (Some("C"), Some("F"), None, "kkv--"),
        (Some("N"), None, None, "kkv--"),
        (Some("C"), None, Some("IOM"), "kvv-v"),
        (None, None, Some("IOM"), "kvv-v"),
        (Some("C"), None, Some("UNODC,IOM"), "kvv-v"),
        (Some("C"), None, Some("IOMX"), "kkv--"),
        (Some("C"), None, Some("UNODC"), "kkv--"),
    ] {
        let cell = Cell { value: Some(5), conf, redist, note: Some("secret"), ..Cell::default() };
        let state = State { cells: [(((0, 0), 2000), cell)].into(), absent_conf: absent, ..State::default() };
        let blocks = MemoryBlocks::default();
        let vintage = blocks.vintage(&state);
        let found = [&public, &iom, &office, &hidden, &hidden_iom].map(|audience| {
            let copy = read(&blocks, &vintage, &Mask::new(audience.clone(), &vintage, None));
            match copy.values().next() {
                None => '-',
                Some((Some(_), attributes)) if attributes.contains_key("NOTE") => 'v',
                Some((None, attributes)) if !attributes.contains_key("NOTE") => 'k',
                Some(other) => panic!("half hidden: {other:?}"),
            }
        });
        assert_eq!(found.iter().collect::<String>(), expected, "{conf:?} {absent:?} {redist:?}");
    }
}

#[test]
fn of_all_codes_of_the_code_list_and_of_others_only_f_is_free() {
    let package = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../structures/codelists.json");
    let text = std::fs::read_to_string(package).expect("the structure package");
    let message: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let lists = message["data"]["codelists"].as_array().expect("code lists");
    let list = lists.iter().find(|list| list["id"] == "CL_CONF_STATUS").expect("CL_CONF_STATUS");
    let codes = list["codes"].as_array().expect("codes").iter();
    let mut codes: Vec<&'static str> =
        codes.map(|code| &*code["id"].as_str().expect("an id").to_owned().leak()).collect();
    assert!(codes.contains(&"F") && codes.len() >= 11, "{codes:?}");
    codes.extend(["X", "f", "FREE", "F ", ""]);
    for code in codes {
        let cell = Cell { value: Some(5), conf: Some(code), ..Cell::default() };
        let state = State { cells: [(((0, 0), 2000), cell)].into(), ..State::default() };
        let blocks = MemoryBlocks::default();
        let vintage = blocks.vintage(&state);
        let copy = read(&blocks, &vintage, &Mask::new(Audience::default(), &vintage, None));
        let is_free = copy.values().any(|(value, _)| value.is_some());
        assert_eq!(is_free, code == "F", "{code:?}");
    }
}

#[test]
fn a_status_of_the_whole_series_or_dataset_hides_too() {
    let ids = |ids: &[&str]| ids.iter().map(|id| Arc::from(*id)).collect::<Vec<Arc<str>>>();
    let shape = |of_series: &[&str]| {
        Arc::new(mighub_sdmx::columns::Shape {
            dimensions: ids(&["REF_AREA"]),
            observation_attributes: Vec::new(),
            series_attributes: ids(of_series),
            timeless: false,
        })
    };
    let columns = |shape: &Arc<mighub_sdmx::columns::Shape>, status: Option<&str>| {
        let mut builder = ColumnsBuilder::new(shape.clone());
        builder.start_series_with_key(&ids(&["SWE"]));
        if let Some(place) = shape.series_attribute(CONF_STATUS) {
            builder.series_attribute(place, status.map(AttributeValue::text).as_ref());
        }
        builder
            .observation(mighub_sdmx::Period::year(2000), Some(mighub_sdmx::Decimal::integer(1)), |_| None);
        builder.end_series();
        builder.take()
    };
    struct One(Arc<Columns>);
    impl BlockSource for One {
        fn load(&self, _: &BlockInfo) -> Result<Arc<Columns>, LoadError> {
            Ok(self.0.clone())
        }
    }
    let of_dataset = |status: Option<&str>| {
        status.map(|status| (Arc::from(CONF_STATUS), AttributeValue::text(status))).into_iter().collect()
    };
    let public = Audience::default();
    for (shape, in_series, in_dataset, visible) in [
        (shape(&[CONF_STATUS]), Some("F"), None, true),
        (shape(&[CONF_STATUS]), Some("C"), None, false),
        (shape(&[CONF_STATUS]), None, None, false),
        (shape(&[]), None, Some("F"), true),
        (shape(&[]), None, Some("C"), false),
        (shape(&[]), None, None, true),
    ] {
        let columns = columns(&shape, in_series);
        let block = Arc::new(BlockInfo::describe(&columns, 1));
        let vintage = Vintage {
            dataset_attributes: of_dataset(in_dataset),
            blocks: [block].into(),
            ..Vintage::empty(shape)
        };
        let mask = Mask::new(public.clone(), &vintage, None);
        let read = mask.load(&vintage.blocks[0], &One(Arc::new(columns))).expect("in memory");
        assert_eq!(read.value(0).is_some(), visible, "{in_series:?} {in_dataset:?}");
        assert_eq!(mask.lets_pass(&vintage.blocks[0]), visible);
    }
}

proptest! {
    #[test]
    fn a_mask_shows_what_the_rules_say_and_no_more(
        state in state(),
        today in proptest::option::of(state()),
        audience in audience(),
    ) {
        let blocks = MemoryBlocks::default();
        let vintage = blocks.vintage(&state);
        let head = today.as_ref().map(|today| blocks.vintage(today));
        let mask = Mask::new(audience.clone(), &vintage, head.as_ref());
        prop_assert_eq!(read(&blocks, &vintage, &mask), seen(&state, today.as_ref(), &audience));
        if !mask.hides_something(&vintage, Marks::of(&vintage)) {
            let all = Audience { restricted: true, ..audience };
            prop_assert_eq!(read(&blocks, &vintage, &mask), seen(&state, None, &all));
        }
    }
}
