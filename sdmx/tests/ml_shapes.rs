//! Messages of SDMX-ML as others write them: how much is in each, what each means, and what is said of those that
//! are broken.

mod ml_support;

use std::io::Cursor;

use mighub_sdmx::data::{DataFormat, MlForm, raw_count};
use ml_support::{all_lines, definition, read};

const SCHEMAS: &str = "http://www.sdmx.org/resources/sdmxml/schemas";

/// A message of 2.1 or 3.x with a header that names the data structure as `structure` does.
fn message(root: &str, version: &str, structure: &str, datasets: &str) -> String {
    format!(
        "<?xml version='1.0'?>\n<m:{root} xmlns:m=\"{SCHEMAS}/{version}/message\" xmlns:c=\"{SCHEMAS}/{version}/common\" \
         xmlns:g=\"{SCHEMAS}/{version}/data/generic\" xmlns:s=\"{SCHEMAS}/{version}/data/structurespecific\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><m:Header><m:ID>I1</m:ID><m:Test>false</m:Test>\
         <m:Prepared>2026-01-01</m:Prepared><m:Sender id=\"X\"><c:Name>X</c:Name></m:Sender>{structure}</m:Header>\n\
         {datasets}</m:{root}>"
    )
}

const BY_REF: &str = "<m:Structure structureID=\"S\" dimensionAtObservation=\"TIME_PERIOD\"><c:Structure>\
     <Ref agencyID=\"TEST\" id=\"DSD\" version=\"1.0.0\"/></c:Structure></m:Structure>";

fn count(text: &str) -> Result<(MlForm, u64, u64, u64), String> {
    let count = raw_count(Cursor::new(text)).map_err(|error| error.to_string())?;
    match count.format {
        DataFormat::Ml(form) => Ok((form, count.datasets, count.series, count.observations)),
        other => Err(format!("{other:?}")),
    }
}

#[test]
fn every_way_to_name_the_structure_is_followed() {
    let urn = |class: &str, package: &str, name: &str| {
        format!("urn:sdmx:org.sdmx.infomodel.{package}.{class}=TEST:{name}(1.0.0)")
    };
    let (flow, dsd) =
        (urn("Dataflow", "datastructure", "FLOW"), urn("DataStructure", "datastructure", "DSD"));
    let agreement = urn("ProvisionAgreement", "registry", "AGREED");
    let named = |attributes: &str, content: &str| {
        format!("<m:Structure structureID=\"S\" {attributes}>{content}</m:Structure>")
    };
    let reference = |name: &str| format!("<Ref agencyID='TEST' id='{name}' version='1.0.0'/>");
    for structure in [
        BY_REF.to_owned(),
        named(
            "dimensionAtObservation='TIME_PERIOD'",
            &format!("<c:StructureUsage>{}</c:StructureUsage>", reference("FLOW")),
        ),
        named("", &format!("<c:ProvisionAgrement>{}</c:ProvisionAgrement>", reference("AGREED"))),
        named("", &format!("<c:ProvisionAgreement>{agreement}</c:ProvisionAgreement>")),
        named("", &format!("<c:Structure><URN>{dsd}</URN></c:Structure>")),
        named("", &format!("<c:Structure>{dsd}</c:Structure>")),
        named("", &format!("<c:StructureUsage>\n  {flow}\n</c:StructureUsage>")),
        named(&format!("namespace='{flow}:ObsLevelDim:TIME_PERIOD'"), ""),
        named(
            "",
            "<c:Structure><Ref id='DSD' agencyID='TEST' class='DataStructure' package='datastructure'/></c:Structure>",
        ),
    ] {
        let data = "<m:DataSet s:structureRef=\"S\" s:action=\"Replace\"><Series FREQ=\"A\" AREA=\"ESP\" SEX=\"F\">\
                    <Obs TIME_PERIOD=\"2020\" OBS_VALUE=\"1\"/></Series></m:DataSet>";
        let text = message("StructureSpecificData", "v2_1", &structure, data);
        let (batches, summary) = read(&definition(), text.as_bytes()).expect(&text);
        assert!(summary.issues.is_empty(), "{structure} {:?}", summary.issues);
        assert_eq!(all_lines(&batches), ["Replace A.ESP.F 2020 1 - - - - - -"], "{structure}");
    }
}

#[test]
fn every_layout_is_read_alike() {
    let expected = ["Merge A.ESP.F 2020 1.50 A - - - P -", "Merge A.ESP.M 2020 2 - - - - P -"];
    let at = |dimension: &str| BY_REF.replace("TIME_PERIOD", dimension);
    let value = |id: &str, value: &str| format!("<g:Value id=\"{id}\" value=\"{value}\"/>");
    let [freq, area, unit] = [value("FREQ", "A"), value("AREA", "ESP"), value("UNIT", "P")];
    let [f, m, year] = [value("SEX", "F"), value("SEX", "M"), value("TIME_PERIOD", "2020")];
    let status = format!("<g:Attributes>{}</g:Attributes>", value("OBS_STATUS", "A"));
    let units = format!("<g:Attributes>{unit}</g:Attributes>");
    let generic_series = |sex: &str, rest: &str| {
        format!(
            "<g:Series><g:SeriesKey>{freq}{area}{sex}</g:SeriesKey>{units}<g:Obs>{rest}</g:Obs></g:Series>"
        )
    };
    let dimension = "<g:ObsDimension value=\"2020\"/>";
    let dataset =
        |inner: &str| format!("<m:DataSet structureRef=\"S\" action=\"Append\">{inner}</m:DataSet>");
    let specific = |inner: &str| {
        format!("<m:DataSet s:structureRef=\"S\" xsi:type=\"n:DataSetType\">{inner}</m:DataSet>")
    };
    for (root, version, level, datasets) in [
        (
            "GenericData",
            "v2_1",
            "TIME_PERIOD",
            dataset(
                &(generic_series(&f, &format!("{dimension}<g:ObsValue value=\"1.50\"/>{status}"))
                    + &generic_series(&m, &format!("{dimension}<g:ObsValue value=\"2\"/>"))),
            ),
        ),
        (
            "GenericTimeSeriesData",
            "v2_1",
            "TIME_PERIOD",
            dataset(
                &(generic_series(&f, &format!("{dimension}<g:ObsValue value=\"1.50\"/>{status}"))
                    + &generic_series(&m, &format!("{dimension}<g:ObsValue value=\"2\"/>"))),
            ),
        ),
        (
            "GenericData",
            "v2_1",
            "AllDimensions",
            dataset(&format!(
                "<g:Obs><g:ObsKey>{freq}{area}{f}{year}</g:ObsKey><g:ObsValue value=\"1.50\"/><g:Attributes>{unit}{}</g:Attributes></g:Obs>\
                 <g:Obs><g:ObsKey>{freq}{area}{m}{year}</g:ObsKey><g:ObsValue value=\"2\"/>{units}</g:Obs>",
                value("OBS_STATUS", "A"),
            )),
        ),
        (
            "GenericData",
            "v2_1",
            "SEX",
            dataset(&format!(
                "<g:Series><g:SeriesKey>{freq}{area}{year}</g:SeriesKey>{units}\
                 <g:Obs><g:ObsDimension id=\"SEX\" value=\"F\"/><g:ObsValue value=\"1.50\"/>{status}</g:Obs>\
                 <g:Obs><g:ObsDimension value=\"M\"/><g:ObsValue value=\"2\"/></g:Obs></g:Series>"
            )),
        ),
        (
            "GenericData",
            "v2_1",
            "TIME_PERIOD",
            dataset(&format!(
                "<g:Group type=\"Sibling\"><g:GroupKey>{area}</g:GroupKey>{units}</g:Group>\
                 <g:Series><g:SeriesKey>{freq}{area}{f}</g:SeriesKey><g:Obs>{dimension}<g:ObsValue value=\"1.50\"/>{status}</g:Obs></g:Series>\
                 <g:Series><g:SeriesKey>{freq}{area}{m}</g:SeriesKey><g:Obs>{dimension}<g:ObsValue value=\"2\"/></g:Obs></g:Series>"
            )),
        ),
        (
            "StructureSpecificTimeSeriesData",
            "v2_1",
            "TIME_PERIOD",
            specific(
                "<Series SEX=\"F\" UNIT='P' FREQ=\"A\" AREA=\"ESP\"><Obs OBS_VALUE=\"1.50\" TIME_PERIOD = \"2020\"\n OBS_STATUS=\"A\"/>\
                 </Series><Series SEX=\"M\" UNIT='P' FREQ=\"A\" AREA=\"ESP\"><Obs OBS_VALUE=\"2\" TIME_PERIOD=\"2020\"></Obs></Series>",
            ),
        ),
        (
            "StructureSpecificData",
            "v3_0",
            "TIME_PERIOD",
            specific(
                "<Group xsi:type=\"n:Sibling\" AREA=\"ESP\" FREQ=\"A\" UNIT=\"P\"/><Series FREQ=\"A\" AREA=\"ESP\" SEX=\"F\">\
                 <Obs TIME_PERIOD=\"2020\" OBS_VALUE=\"1.50\"><Comp id=\"OBS_STATUS\"><Value>A</Value></Comp></Obs></Series>\
                 <Series FREQ=\"A\" AREA=\"ESP\" SEX=\"M\"><Obs TIME_PERIOD=\"2020\" OBS_VALUE=\"2\"/></Series>",
            ),
        ),
        (
            "StructureSpecificData",
            "v3_1",
            "AllDimensions",
            specific(
                "<Atts AREA=\"ESP\" UNIT=\"P\"/><Obs FREQ=\"A\" AREA=\"ESP\" SEX=\"F\" TIME_PERIOD=\"2020\" OBS_VALUE=\"1.50\" OBS_STATUS=\"A\"/>\
                 <Obs FREQ=\"A\" AREA=\"ESP\" SEX=\"M\" TIME_PERIOD=\"2020\" OBS_VALUE=\"2\"/>",
            ),
        ),
        (
            "StructureSpecificData",
            "v2_1",
            "SEX",
            specific(
                "<Series FREQ=\"A\" AREA=\"ESP\" TIME_PERIOD=\"2020\" UNIT=\"P\"><Obs xsi:type=\"n:F\" OBS_VALUE=\"1.50\" OBS_STATUS=\"A\"/>\
                 <Obs SEX=\"M\" OBS_VALUE=\"2\"/></Series>",
            ),
        ),
    ] {
        let text = message(root, version, &at(level), &datasets);
        let (batches, summary) =
            read(&definition(), text.as_bytes()).unwrap_or_else(|error| panic!("{error}\n{text}"));
        let issues: Vec<_> = batches.iter().flat_map(|batch| &batch.issues).chain(&summary.issues).collect();
        assert!(issues.is_empty(), "{issues:?}\n{text}");
        assert_eq!(all_lines(&batches), expected, "{text}");
        assert_eq!(count(&text).map(|count| count.3), Ok(2), "{text}");
    }
}

#[test]
fn several_values_languages_and_attributes_of_the_dataset_are_read() {
    let data = "<m:DataSet s:structureRef=\"S\" COLLECTION=\"B\"><Series FREQ=\"A\" AREA=\"ESP\" SEX=\"F\">\n\
        <Comp id=\"TITLE\" xsi:type=\"n:T\">\n <Value>\n  <c:Text xml:lang=\"en\">One &amp; two</c:Text>\n  <c:Text>Three</c:Text>\n \
        </Value>\n <Value><c:Text xml:lang=\"fr\"><![CDATA[<Un>]]></c:Text></Value></Comp>\
        <Obs TIME_PERIOD=\"2020\" OBS_VALUE=\"1\"><Comp id=\"SOURCES\"><Value>X</Value><Value>Y</Value></Comp>\
        <Comp id=\"COMMENT\"><Value>Plain</Value></Comp></Obs></Series></m:DataSet>";
    let text = message("StructureSpecificData", "v3_1", BY_REF, data);
    let (batches, _) = read(&definition(), text.as_bytes()).expect(&text);
    assert_eq!(
        all_lines(&batches),
        ["Merge A.ESP.F 2020 1 - Plain [X; Y] - - [en:One & two+Three; fr:<Un>]"]
    );
    let attributes: Vec<_> =
        batches[0].dataset_attributes.iter().map(|(id, value)| (&**id, value.clone())).collect();
    assert_eq!(attributes, [("COLLECTION", Some(mighub_sdmx::columns::AttributeValue::text("B")))]);
}

#[test]
fn a_change_without_observations_says_what_it_is_about() {
    let data = "<m:DataSet s:structureRef=\"S\" s:action=\"Delete\"><Series AREA=\"ESP\"/>\
        <Series FREQ=\"A\" AREA=\"FRA\" SEX=\"F\"><Obs TIME_PERIOD=\"2020\" OBS_STATUS=\"-\"/></Series>\
        <Group AREA=\"FRA\" UNIT=\"-\"/></m:DataSet>\
        <m:DataSet s:structureRef=\"S\" s:action=\"Merge\" COLLECTION=\"C\"><Series FREQ=\"A\" AREA=\"FRA\" SEX=\"M\" UNIT=\"K\"/></m:DataSet>\
        <m:DataSet s:structureRef=\"S\" s:action=\"Append\"/>";
    let text = message("StructureSpecificData", "v3_1", BY_REF, data);
    let (batches, summary) = read(&definition(), text.as_bytes()).expect(&text);
    assert_eq!(
        all_lines(&batches),
        [
            "Delete .ESP.  - - - - - - -",
            "Delete A.FRA.F 2020 - - - - - - -",
            "Delete .FRA.  - - - - - - -",
            "Merge A.FRA.M  - - - - - K -",
        ]
    );
    assert_eq!(summary.rows, 4);
    assert_eq!(count(&text), Ok((MlForm::Specific31, 3, 3, 1)));
}

#[test]
fn messages_of_2_0_are_counted() {
    let old = "http://www.SDMX.org/resources/SDMXML/schemas/v2_0";
    let header = "<Header><ID>I</ID><Test>true</Test><Prepared>2005-01-01</Prepared><Sender id=\"X\"/>\
        <KeyFamilyRef>DSD</KeyFamilyRef><KeyFamilyAgency>TEST</KeyFamilyAgency></Header>";
    let compact = "<d:DataSet keyFamilyURI=\"x\"><d:SiblingGroup AREA=\"ESP\" UNIT=\"P\"/>\
        <d:Series FREQ=\"A\" AREA=\"ESP\" SEX=\"F\"><d:Obs TIME_PERIOD=\"2020\" OBS_VALUE=\"1\"/><d:Obs TIME_PERIOD=\"2021\"/></d:Series>\
        <d:Series FREQ=\"A\" AREA=\"ESP\" SEX=\"M\"/></d:DataSet>";
    let generic = "<DataSet xmlns:g=\"g\"><g:KeyFamilyRef>DSD</g:KeyFamilyRef><g:Group type=\"S\"><g:GroupKey>\
        <g:Value concept=\"AREA\" value=\"ESP\"/></g:GroupKey><g:Attributes><g:Value concept=\"UNIT\" value=\"P\"/></g:Attributes>\
        <g:Series><g:SeriesKey><g:Value concept=\"FREQ\" value=\"A\"/><g:Value concept=\"AREA\" value=\"ESP\"/><g:Value concept=\"SEX\" value=\"F\"/></g:SeriesKey>\
        <g:Obs><g:Time>2020</g:Time><g:ObsValue value=\"1\"/></g:Obs></g:Series></g:Group></DataSet>";
    let utility = "<d:DataSet><d:G UNIT=\"P\"><d:Series><d:Key><d:FREQ>A</d:FREQ></d:Key>\
        <d:Obs OBS_STATUS=\"A\"><d:TIME_PERIOD>2020</d:TIME_PERIOD><d:OBS_VALUE>1</d:OBS_VALUE></d:Obs></d:Series></d:G></d:DataSet>";
    let cross = "<d:DataSet><d:Group TIME=\"2020\"><d:Section UNIT=\"P\"><d:STOCKS SEX=\"F\" value=\"1\"/><d:FLOWS SEX=\"F\" value=\"2\"/>\
        </d:Section></d:Group></d:DataSet>";
    let root = |name: &str, inner: &str| {
        format!("<{name} xmlns=\"{old}/message\" xmlns:d=\"urn:x\">{header}{inner}</{name}>")
    };
    let soap = format!(
        "<e:Envelope xmlns:e=\"soap\"><e:Body><GetDataResponse>{}</GetDataResponse></e:Body></e:Envelope>",
        root("CompactData", compact)
    );
    for (text, expected) in [
        (root("CompactData", compact), (MlForm::Compact20, 1, 2, 2)),
        (root("GenericData", generic), (MlForm::Generic20, 1, 1, 1)),
        (root("UtilityData", utility), (MlForm::Compact20, 1, 1, 1)),
        (root("CrossSectionalData", cross), (MlForm::Compact20, 1, 1, 2)),
        (root("MessageGroup", &compact.repeat(2)), (MlForm::Generic20, 2, 4, 4)),
        (soap, (MlForm::Compact20, 1, 2, 2)),
    ] {
        assert_eq!(count(&text), Ok(expected), "{text}");
    }
    let (batches, _) = read(&definition(), root("GenericData", generic).as_bytes()).expect("readable");
    assert_eq!(all_lines(&batches), ["Merge A.ESP.F 2020 1 - - - - P -"]);
}

#[test]
fn other_encodings_are_read() {
    let data = "<m:DataSet s:structureRef=\"S\"><Series FREQ=\"A\" AREA=\"ESP\" SEX=\"F\">\
        <Obs TIME_PERIOD=\"2020\" OBS_VALUE=\"1\" COMMENT=\"été\"/></Series></m:DataSet>";
    let text = message("StructureSpecificData", "v2_1", BY_REF, data);
    let latin = text.replace("<?xml version='1.0'?>", "<?xml version='1.0' encoding='ISO-8859-1'?>");
    let latin: Vec<u8> = latin.chars().map(|c| c as u8).collect();
    let little = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let big = |text: &str| text.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<u8>>();
    for bytes in [
        format!("\u{FEFF}{text}").into_bytes(),
        latin,
        [&[0xFF, 0xFE][..], &little(&text)].concat(),
        [&[0xFE, 0xFF][..], &big(&text)].concat(),
    ] {
        let (batches, _) = read(&definition(), &bytes).expect("readable");
        assert_eq!(all_lines(&batches), ["Merge A.ESP.F 2020 1 - été - - - -"]);
    }
}

#[test]
fn what_is_broken_is_refused_with_line_and_column() {
    let series = |inner: &str| {
        let data =
            format!("<m:DataSet s:structureRef=\"S\">\n<Series FREQ=\"A\">\n{inner}\n</Series></m:DataSet>");
        message("StructureSpecificData", "v2_1", BY_REF, &data)
    };
    let other =
        |root: &str, inner: &str| format!("<m:{root} xmlns:m=\"{SCHEMAS}/v2_1/message\">{inner}</m:{root}>");
    let whole = series("<Obs TIME_PERIOD=\"2020\"/>");
    let deep = "<a>".repeat(100);
    let attributes: String = (0..1_100).map(|nth| format!(" A{nth}=\"\"")).collect();
    for (text, expected) in [
        (
            "<!DOCTYPE d [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><d>&b;</d>".to_owned(),
            "line 1, column 1: the message defines a document type",
        ),
        (series("<Obs COMMENT=\"&b;\"/>"), "line 5, column 15: &b; is not an entity of XML"),
        (series("<Obs COMMENT=\"A & B\"/>"), "line 5, column 15: & stands alone"),
        (
            series("<Obs COMMENT=\"He said \"hm\" twice\" OBS_STATUS=\"A\"/>"),
            "line 5, column 24: the value of COMMENT is followed by text: a quotation mark",
        ),
        (
            series("<Obs OBS_STATUS=\"A\"\n COMMENT=\"5\" wide\"/>\n<Obs COMMENT=\"x\"/>"),
            "line 6, column 18: the value of COMMENT is followed by text",
        ),
        (series("<Obs COMMENT=\"a<b\"/>"), "line 5, column 16: < stands in the value of COMMENT"),
        (
            series("<Obs COMMENT=x/>"),
            "line 5, column 14: the value of COMMENT does not stand in quotation marks",
        ),
        (series("<Obs COMMENT=\"a\" COMMENT=\"b\"/>"), "line 5, column 1: COMMENT stands twice"),
        (series("<Obs COMMENT=\"\u{1}\"/>"), "line 5, column 15: the character U+0001 may not stand in XML"),
        (series(&deep), "the nesting is larger than 64 elements"),
        (series(&format!("<Obs{attributes}/>")), "the message names more than 1000 components"),
        (
            series(&format!("<Obs COMMENT=\"{}\"/>", "x".repeat(2 << 20))),
            "line 5, column 1: what begins here",
        ),
        (series("</Obs>"), "line 5, column 1: </Obs> stands where </Series> must"),
        (whole[..whole.len() - 60].to_owned(), "the message ends within"),
        (whole[..whole.len() - 20].to_owned(), "the message ends within"),
        (whole.replace("</m:StructureSpecificData>", ""), "the message ends within"),
        (
            series("<Obs COMMENT=\"never closed"),
            "line 5, column 14: the value of COMMENT never ends: the message was cut off",
        ),
        (other("Structure", ""), "the message is a structure message, not data"),
        (other("RegistryInterface", ""), "the message is a registry message"),
        (
            other("Error", "<m:ErrorMessage code='100'><c:Text>No results</c:Text></m:ErrorMessage>"),
            "an error message (No results)",
        ),
        (other("GenericMetadata", ""), "reference metadata"),
        ("<rss/>".to_owned(), "XML that begins with <rss>"),
        ("<?xml version='1.0'?>".to_owned(), "there is no element"),
    ] {
        let error = count(&text).expect_err(expected);
        assert!(error.contains(expected), "{error}\nfor {expected}");
    }
    let mut bytes = series("<Obs COMMENT=\"X\"/>").into_bytes();
    let at = bytes.iter().rposition(|byte| *byte == b'X').expect("it is there");
    bytes[at] = 0xFF;
    let error = raw_count(Cursor::new(bytes)).expect_err("not UTF-8").to_string();
    assert!(error.starts_with("line 5, column 1: not UTF-8"), "{error}");
}

#[test]
fn a_cell_that_cannot_be_read_is_found_again() {
    let mut data = String::from("<m:DataSet s:structureRef=\"S\">\n");
    for area in 0..600 {
        data.push_str(&format!("<Series FREQ=\"A\" AREA=\"R{area}\" SEX=\"F\" UNIT=\"P\">\n"));
        for year in 2018..2021 {
            let value = if area == 500 && year == 2019 { "12x" } else { "1" };
            data.push_str(&format!("  <Obs TIME_PERIOD=\"{year}\" OBS_VALUE=\"{value}\"/>\n"));
        }
        data.push_str("</Series>\n");
    }
    data.push_str("</m:DataSet>");
    let text = message("StructureSpecificData", "v2_1", BY_REF, &data);
    let (batches, summary) = read(&definition(), text.as_bytes()).expect("readable");
    let issues: Vec<_> = batches.iter().flat_map(|batch| &batch.issues).collect();
    let [issue] = &issues[..] else { panic!("{issues:?}") };
    assert_eq!((issue.row, &*issue.content), (1502, "12x"));
    let mut file = Cursor::new(text.as_bytes());
    let place = summary.places.locate(&mut file, issue.row, issue.column).expect("readable").expect("there");
    let line = text.lines().position(|line| line.contains("12x")).expect("there") as u64 + 1;
    assert_eq!((place.line, place.column, &*place.name, &*place.content), (line, 38, "OBS_VALUE", "12x"));
    let shown: String = place.row.chars().skip(place.start).take(place.length).collect();
    assert_eq!(shown, "12x", "{}", place.row);
    // What the series says stands in its own tag.
    let unit = summary.header.column_of("UNIT").expect("a column");
    let place = summary.places.locate(&mut file, issue.row, unit).expect("readable").expect("there");
    assert_eq!((place.line, &*place.content), (line - 2, "P"));
    assert!(summary.header.column_of("COMMENT").is_none(), "it never occurs");
}

proptest::proptest! {
    /// Bytes of a sound message that were changed, doubled or lost end in a message or in data, never in a panic.
    #[test]
    fn damaged_messages_never_panic(
        changes in proptest::collection::vec((0usize..4_000, proptest::sample::select(&b"<>&;\"'/ =:xA0\n\x00\xC3"[..]), 0u8..3), 1..6),
        cut in 0usize..8_000,
    ) {
        let data = "<m:DataSet s:structureRef=\"S\" s:action=\"Replace\" COLLECTION='B'><Group AREA=\"ESP\" UNIT=\"P\"/>\
            <Series FREQ=\"A\" AREA=\"ESP\" SEX=\"F\"><Comp id=\"TITLE\"><Value><c:Text xml:lang=\"en\">A &amp; B</c:Text></Value></Comp>\
            <Obs TIME_PERIOD=\"2020\" OBS_VALUE=\"1\"><Comp id=\"SOURCES\"><Value>X</Value><Value/></Comp></Obs></Series>\
            <Obs FREQ=\"A\"/></m:DataSet><m:DataSet structureRef='S'><g:Series><g:SeriesKey><g:Value id='FREQ' value='A'/></g:SeriesKey>\
            <g:Obs><g:ObsDimension value='2020'/><g:ObsValue value='NaN'/></g:Obs></g:Series></m:DataSet>";
        let mut bytes = message("StructureSpecificData", "v3_0", BY_REF, data).into_bytes();
        for (at, byte, how) in changes {
            let at = at % bytes.len();
            match how {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => drop(bytes.remove(at)),
            }
        }
        bytes.truncate(cut.max(1));
        let counted = raw_count(Cursor::new(bytes.clone()));
        let taken = read(&definition(), &bytes);
        if let (Ok(counted), Ok((batches, summary))) = (counted, taken) {
            let rows: usize = batches.iter().map(|batch| batch.columns.len()).sum();
            proptest::prop_assert!(rows as u64 <= summary.rows + summary.rows_left_out);
            proptest::prop_assert!(counted.observations <= summary.rows);
            for issue in batches.iter().flat_map(|batch| &batch.issues).chain(&summary.issues) {
                let place = summary.places.locate(&mut Cursor::new(&bytes), issue.row, issue.column);
                proptest::prop_assert!(place.is_ok(), "{place:?}");
            }
        }
    }
}

#[test]
fn a_cell_of_a_generic_message_is_found_in_its_element() {
    let data = "<m:DataSet structureRef=\"S\">\n<g:Series>\n<g:SeriesKey><g:Value id=\"FREQ\" value=\"A\"/><g:Value id=\"AREA\" value=\"ESP\"/>\n\
        <g:Value id=\"SEX\" value=\"F\"/></g:SeriesKey>\n<g:Obs>\n <g:ObsDimension value=\"20x\"/>\n <g:ObsValue value=\"é12x\"/></g:Obs></g:Series></m:DataSet>";
    let text = message("GenericData", "v2_1", BY_REF, data);
    for (bytes, is_utf8) in
        [(text.clone().into_bytes(), true), (text.encode_utf16().flat_map(u16::to_be_bytes).collect(), false)]
    {
        let (batches, summary) = read(&definition(), &bytes).expect("readable");
        let places: Vec<_> = batches[0]
            .issues
            .iter()
            .map(|issue| {
                let place = summary.places.locate(&mut Cursor::new(&bytes), issue.row, issue.column);
                let place = place.expect("readable").expect("there");
                (place.name, place.content, place.line, place.column)
            })
            .collect();
        let expected = if is_utf8 { [(8, 25), (9, 21)] } else { [(7, 1), (7, 1)] };
        let [(first, second), (third, fourth)] = expected;
        assert_eq!(
            places,
            [
                ("TIME_PERIOD".to_owned(), "20x".to_owned(), first, second),
                ("OBS_VALUE".to_owned(), "é12x".to_owned(), third, fourth),
            ]
        );
    }
}
