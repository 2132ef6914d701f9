//! Files with planted mistakes, and the reports that people read.

mod support;

use mighub_validation::TextOptions;
use support::{How, judge, terms};

const HEADER: &str = "STRUCTURE,STRUCTURE_ID,ACTION,FREQ,REF_AREA,FLOW_DIR,MIG_CRITERION,COUNTERPART_AREA,SEX,AGE,DURATION,MIG_CATEGORY,TIME_PERIOD,OBS_VALUE,OBS_STATUS,CONF_STAUS,REMARK,DECIMALS,COMMENT_OBS\n";

/// One file with about every mistake there is. Rows without a word behind them are right.
const ROWS: &str = "
A,SWE,IMM,PRV,FIN,_T,_T,LT,_T,2012,5120,A,F,,,
A,SWE,IMM,PRV,FIN,_T,_T,LT,_T,2013,5233,A,F,,,
A,SWE,IMM,PRV,FIN,_T,_T,LT,_T,2014,,O,F,,,
A,SWE,IMM,PRV,ROM,_T,_T,LT,_T,2012,88,A,F,former code of Romania,,
A,SWE,IMM,PRV,ROM,_T,_T,LT,_T,2013,91,A,F,,,
A,SWE,IMM,PRV,DE,_T,_T,LT,_T,2012,1200,A,F,two letters,,
A,SWE,IMM,PRV,Alemania,_T,_T,LT,_T,2012,1200,A,F,a name,,
A,SWE,IMM,PRV,276,_T,_T,LT,_T,2012,1200,A,F,a number,,
A,SWE,IMM,PRV,fra,_T,_T,LT,_T,2012,300,A,F,small letters,,
A,SWE,IN,PRV,ESP,_T,_T,LT,_T,2012,77,A,F,not a direction of this dataflow,,
A,NOR,IMM,PRV,ESP,_T,_T,LT,_T,2012,77,A,F,another area,,
A,SWE,IMM,PRV,ITA,_T,_T,LT,_T,2012-Q1,15,A,F,a quarter,,
A,SWE,IMM,PRV,ITA,_T,_T,LT,_T,2012-Q2,15,A,F,a quarter,,
A,SWE,IMM,PRV,POL,_T,_T,LT,_T,2012,12.5,A,F,half a person,,
A,SWE,IMM,PRV,POL,_T,_T,LT,_T,2013,1.234.567,A,F,thousands,,
A,SWE,IMM,PRV,POL,_T,_T,LT,_T,2014,,A,F,empty,,
A,SWE,IMM,PRV,POL,_T,_T,LT,_T,2015,,,F,empty,,
A,SWE,IMM,PRV,POL,_T,_T,LT,_T,2016,4,Q,F,a value and a status,,
A,SWE,IMM,PRV,POL,_T,_T,LT,_T,20l7,4,A,F,a letter,,
A,SWE,IMM,PRV,SUN,_T,_T,LT,_T,2012,4,A,F,a former counterpart may be,,
A,SCG,IMM,PRV,FIN,_T,_T,LT,_T,2012,4,A,F,no longer,,
A,SCG,IMM,PRV,FIN,_T,_T,LT,_T,2013,4,E,F,an estimate may be,,
A,SCG,IMM,PRV,FIN,_T,_T,LT,_T,1990,4,A,F,not yet,,
A,SWE,IMM,PRV,FIN,_T,_T,LT,_T,2012,5121,A,F,twice,,
A,SWE,EMI,PRV,FIN,_T,_T,LT,_T,2012,3,a,F,status in small letters,,
A,SWE,EMI,PRV,FIN,_T,_T,LT,_T,2013,3,A,F,,7,
A,SWE,EMI,PRV,FIN,_T,_T,LT,_T,2014,3,A,F,,6,
A,SWE,EMI,PRV,,_T,_T,LT,_T,2014,3,A,F,no code,,
A,SWE,EMI,PRV,DNK,_T,_T,LT,_T,2014,3,A,F,a cell too many,,,
A,SWE,EMI,PRV,DNK,_T,_T,LT,_T,2013,3,A,F,quoted,,\"Först \"\"så\"\"\nså\"x
A,SWE,EMI,PRV,DNK,_T,_T,LT,_T,2012,3,A,F,the two below,,
B,SWE,EMI,PRV,DNK,_T,Y0T4,LT,_T,2012,3,A,F,,,
A,SWE,EMI,PRV,NOR,_T,_T,LT,_T,2012,99999999999999999999,A,F,,,
";

fn planted() -> String {
    let rows = ROWS.trim_start().lines().map(|row| {
        // The second half of a quoted cell.
        if row.starts_with("så") {
            format!("{row}\n")
        } else {
            format!("dataflow,MIGHUB:MIG_FLOW(1.0.0),M,{row}\n")
        }
    });
    HEADER.to_owned() + &rows.collect::<String>()
}

#[test]
fn a_file_with_many_mistakes_has_them_all_in_one_report() {
    let agreement = terms(&[("PERMITTED", "REF_AREA", "SWE SCG"), ("DEFAULT_CONF_STATUS", "", "F")]);
    let mut judged = judge(planted().as_bytes(), How { terms: agreement, ..How::default() });
    insta::assert_snapshot!(judged.text(&TextOptions { findings_per_rule: 5, ..TextOptions::default() }));
}
