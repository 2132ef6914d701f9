//! Data sets as CSV: what is written is read again, and what is wrong is told.

use std::sync::Arc;

use mighub_vtl::csv::{ReadOptions, read, write};
use mighub_vtl::{Component, Role, ScalarType, Structure};
use proptest::prelude::*;

fn structure() -> Arc<Structure> {
    let component = |name, role, scalar_type| Component::new(name, role, scalar_type);
    let components = vec![
        component("AREA", Role::Identifier, ScalarType::String),
        component("PERIOD", Role::Identifier, ScalarType::TimePeriod),
        component("VALUE", Role::Measure, ScalarType::Number),
        component("COUNT", Role::Measure, ScalarType::Integer),
        component("FINAL", Role::Measure, ScalarType::Boolean),
        component("DAY", Role::Attribute, ScalarType::Date),
        component("NOTE", Role::Attribute, ScalarType::String),
    ];
    Arc::new(Structure::new(components).expect("all names differ"))
}

const HEADER: &str = "AREA,PERIOD,VALUE,COUNT,FINAL,DAY,NOTE";

proptest! {
    #[test]
    fn what_is_written_is_read_again(rows in proptest::collection::btree_map(
        ("[A-Z]{1,9}", 1990u16..2030),
        (
            proptest::option::of("-?[1-9][0-9]{0,20}(\\.[0-9]{0,4}[1-9])?"),
            proptest::option::of(any::<i64>()),
            proptest::option::of(any::<bool>()),
            proptest::option::of((1u8..=12, 1u8..=28)),
            proptest::option::of("[a-zé \",\n]{0,12}"),
        ),
        0..40,
    )) {
        let mut text = format!("{HEADER}\n");
        for ((area, year), (value, count, is_final, day, note)) in &rows {
            let field = |value: Option<String>| value.unwrap_or_default();
            let note = note.as_ref().map(|note| format!("\"{}\"", note.replace('"', "\"\"")));
            text += &format!(
                "{area},{year}-A1,{},{},{},{},{}\n",
                field(value.clone()),
                field(count.map(|count| count.to_string())),
                field(is_final.map(|is_final| is_final.to_string())),
                field(day.map(|(month, day)| format!("2024-{month:02}-{day:02}"))),
                field(note),
            );
        }
        let read = |text: &[u8]| {
            read(text, &structure(), &ReadOptions::default()).map_err(|error| TestCaseError::fail(error.to_string()))
        };
        let first = read(text.as_bytes())?;
        let mut written = Vec::new();
        write(&first, &mut written).expect("memory takes everything");
        let again = read(&written)?;
        prop_assert_eq!(again.columns(), first.columns());
        // And it is what was meant.
        prop_assert_eq!(first.rows(), rows.len());
        let plain = String::from_utf8_lossy(&written);
        for (value, ..) in rows.values() {
            let Some(value) = value else { continue };
            prop_assert!(plain.contains(&format!(",{value},")), "{value} in {plain}");
        }
    }
}

#[test]
fn mistakes_are_told_with_line_column_and_a_way_out() {
    let row = |line: &str| format!("{HEADER}\nBE,2023,1,1,true,2024-01-01,x\n{line}\n");
    let files = [
        String::new(),
        "AREA,PERIOD,VALUE,COUNT,FINAL,DAY\n".to_owned(),
        "AREA,PERIOD,VALUE,COUNT,FINAL,DAY,NOTE,REMARK\n".to_owned(),
        "AREA,PERIOD,VALUE,COUNT,FINAL,DAY,NOTE,DAY\n".to_owned(),
        row("BE,2023,1,1,true,2024-01-01,again"),
        row(",2024,1,1,true,2024-01-01,x"),
        row("BE,2024X1,1,1,true,2024-01-01,x"),
        row("BE,2024,0.2e-e3,1,true,2024-01-01,x"),
        row("BE,2024,1,1.5,true,2024-01-01,x"),
        row("BE,2024,1,1,yes,2024-01-01,x"),
        row("BE,2024,1,1,true,01/02/2024,x"),
        row("BE,2024,1,1,true"),
        row("BE,2024,1,1,true,2024-01-01,x,y"),
        row("BE,2024,1,1,true,2024-01-01,\"x"),
        row("BE,2024,1,1,true,2024-01-01,\"x\"y"),
    ];
    let errors = files.map(|file| match read(file.as_bytes(), &structure(), &ReadOptions::default()) {
        Ok(dataset) => panic!("{file} was read as {dataset:?}"),
        Err(error) => error.to_string(),
    });
    insta::assert_snapshot!(errors.join("\n"));
}

#[test]
fn what_other_programs_write_is_read_if_the_reader_is_told_so() {
    let file = "\u{feff}STRUCTURE,ACTION,PERIOD,AREA,VALUE,FINAL,NOTE\r\n\
                dataflow,D,,,,,\r\n\
                dataflow,R,2023,BE, 2e3 ,TRUE,\"a \"\"b\"\"\"\r\n\
                \r\n\
                dataflow,R,2023-Q1,BE\r\n";
    assert!(read(file.as_bytes(), &structure(), &ReadOptions::default()).is_err(), "columns are missing");
    let options = ReadOptions { may_omit_nulls: true, ..ReadOptions::default() };
    let dataset = read(file.as_bytes(), &structure(), &options).expect("nothing else is wrong");
    let mut written = Vec::new();
    write(&dataset, &mut written).expect("memory takes everything");
    let wanted = format!("{HEADER}\nBE,2023-A1,2000,,true,,\"a \"\"b\"\"\"\nBE,2023-Q1,,,,,\n");
    assert_eq!(String::from_utf8_lossy(&written), wanted);
}
