//! Files of migration flows.

use crate::office::FLOW;

/// A row with all that can be hidden of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Row<'a> {
    pub(crate) counterpart: &'a str,
    pub(crate) year: u16,
    pub(crate) value: &'a str,
    pub(crate) conf: &'a str,
    /// Agencies that may have it although it is restricted.
    pub(crate) redist: &'a str,
    pub(crate) note: &'a str,
}

/// Rows with notes and confidentiality, to be merged.
pub(crate) fn noted(provider: &str, rows: &[Row<'_>]) -> String {
    let header = "STRUCTURE[;],STRUCTURE_ID,ACTION,FREQ,REF_AREA,FLOW_DIR,MIG_CRITERION,COUNTERPART_AREA,SEX,AGE,DURATION,\
         MIG_CATEGORY,TIME_PERIOD,OBS_VALUE,OBS_STATUS,CONF_STATUS,CONF_REDIST[],COMMENT_OBS\n";
    let row = |row: &Row<'_>| {
        let Row { counterpart, year, value, conf, redist, note } = row;
        let status = if value.is_empty() { "" } else { "A" };
        let key = format!("A,{provider},IMM,PRV,{counterpart},_T,_T,LT,_T,{year}");
        format!("dataflow,{FLOW},M,{key},{value},{status},{conf},{redist},{note}\n")
    };
    header.to_owned() + &rows.iter().map(row).collect::<String>()
}
