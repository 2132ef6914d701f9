//! The evidence tests of tests/system, for the while that others do not compile.
#![allow(dead_code)]
#[path = "system/evidence.rs"]
mod evidence;
#[path = "system/forgery.rs"]
mod forgery;
mod exchange {
    use crate::office::FLOW;
pub(crate) fn flows(provider: &str, rows: &[(&str, &str, &str, u16, &str)]) -> String {
    let header = "STRUCTURE,STRUCTURE_ID,ACTION,FREQ,REF_AREA,FLOW_DIR,MIG_CRITERION,COUNTERPART_AREA,SEX,AGE,DURATION,\
                  MIG_CATEGORY,TIME_PERIOD,OBS_VALUE,OBS_STATUS,CONF_STATUS\n";
    let row = |(action, direction, counterpart, year, cells): &(&str, &str, &str, u16, &str)| {
        format!(
            "dataflow,{FLOW},{action},A,{provider},{direction},PRV,{counterpart},_T,_T,LT,_T,{year},{cells}\n"
        )
    };
    header.to_owned() + &rows.iter().map(row).collect::<String>()
}

}
#[path = "system/office/mod.rs"]
mod office;
