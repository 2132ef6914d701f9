use std::sync::Arc;
use std::time::Instant;

use mighub::block::{BlockWriter, Naming, compress};
use mighub::manifest::PageWriter;
use mighub::v1::{self, record::What};
use mighub_sdmx::columns::{AttributeValue, ColumnsBuilder};
use mighub_sdmx::{Decimal, Period};
use mighub_store::Object;
use prost::Message;

use super::lab::{FLOW, Lab, lane, request};
use crate::hub::append::Actor;
use crate::hub::objects::object;
use crate::hub::{Moment, Principal};

fn area(n: usize) -> String {
    let letters = |n: usize| (b'A' + (n % 26) as u8) as char;
    format!("{}{}{}", letters(n / 676), letters(n / 26), letters(n))
}

#[test]
#[ignore]
fn speed() {
    let lab = Lab::new();
    lab.agree("SWE", |_| {});
    let secrets = lab.hub.lane_secrets(&lane("SWE"));
    let mut writer = BlockWriter::new(lab.shape.clone(), Naming { key: secrets.key, unmarked_restricted: true });
    let (mut pages, mut blocks, mut infos) = (PageWriter::default(), Vec::new(), Vec::new());
    let mut seed = 1u64;
    let conf = AttributeValue::text("F");
    let place = lab.shape.observation_attribute("CONF_STATUS");
    for r in 0..200 {
        let mut builder = ColumnsBuilder::new(lab.shape.clone());
        for c in 0..200 {
            for s in ["F", "M", "_T"] {
              for d in 0..3 {
                if (r + c + d) % 9 == 0 && d > 0 { continue; }
                let key: Vec<Arc<str>> = lab.shape.dimensions.iter().map(|id| match &**id {
                    "REF_AREA" => Arc::from(area(r)),
                    "COUNTERPART_AREA" => Arc::from(area(c)),
                    "SEX" => Arc::from(s),
                    "DURATION" => Arc::from(["A", "B", "C"][d]),
                    _ => Arc::from("X"),
                }).collect();
                builder.start_series_with_key(&key);
                (0..lab.shape.series_attributes.len()).for_each(|p| builder.series_attribute(p, None));
                let mut v = 1000i64;
                for y in 1990..2020u16 {
                    seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                    v += ((seed >> 33) % 200) as i64 - 100;
                    builder.observation(Period::year(y), Some(Decimal::integer(v)), |at| Some(&conf).filter(|_| Some(at) == place));
                }
                builder.end_series();
              }
            }
        }
        writer.push(&builder.take(), &mut |block| { blocks.push(block); Ok::<_, ()>(()) }).expect("ok");
    }
    blocks.extend(writer.finish());
    let mut objects = Vec::new();
    let mut refs = Vec::new();
    let mut bytes = 0;
    for block in blocks {
        let frame = compress(&block.raw).expect("ok");
        bytes += frame.len();
        objects.push(Object { name: secrets.place(&block.info.digest), bytes: frame.into() });
        infos.push(block.info.clone());
        refs.extend(pages.push(block.info));
    }
    refs.extend(pages.finish());
    let observations: u64 = infos.iter().map(|i| u64::from(i.observations)).sum();
    eprintln!("{observations} observations, {} blocks, {bytes} bytes", infos.len());
    let references = refs.iter().map(|(r, _)| r.clone()).collect();
    objects.extend(refs.into_iter().map(|(_, b)| object(b).1));
    let definition = lab.hub.definition(&super::lab::flow()).expect("ok");
    let manifest = v1::Manifest {
        canon: 1, dataflow: FLOW.into(), provider: "SWE".into(), structure_digest: definition.digest.to_bytes(),
        parts: vec![v1::ManifestPart { action: 1, pages: references }], ..Default::default()
    };
    let (digest, stored) = object(manifest.encode_to_vec());
    objects.push(stored);
    let contents = v1::SubmissionContents { submission_id: "S1".into(), dataflow: FLOW.into(), provider: "SWE".into(), structure_digest: definition.digest.to_bytes(), ..Default::default() };
    let accepted = v1::Accepted { contents: Some(contents), vintage_manifest_digest: digest.to_bytes(), steps: vec![v1::ReleaseStep { from_time: None, vintage_manifest_digest: digest.to_bytes() }], ..Default::default() };
    lab.hub.record(Actor::default(), What::Accepted(accepted), objects, lab.now).expect("ok");

    let pull = |asked: v1::PullRequest| {
        let start = Instant::now();
        let mut n = 0;
        let mut b = 0;
        let mut obs = 0;
        for part in lab.hub.pull(&Principal::PUBLIC, asked, Moment(lab.now.0 + 5)).expect("ok") {
            match part.expect("ok").part {
                Some(v1::pull_response::Part::Blocks(blocks)) => { n += blocks.blocks.len(); b += blocks.blocks.iter().map(|b| b.frame.len()).sum::<usize>(); }
                Some(v1::pull_response::Part::Summary(s)) => obs = s.observations,
                _ => {}
            }
        }
        (start.elapsed(), obs, n, b)
    };
    let key = |sets: &[&str]| v1::Selection { keys: vec![v1::KeyPattern { dimensions: sets.iter().map(|s| v1::CodeSet { codes: if s.is_empty() { vec![] } else { vec![s.to_string()] } }).collect() }], ..Default::default() };
    eprintln!("{:?}", lab.shape.dimensions);
    for round in 0..3 {
        eprintln!("full {round}: {:?}", pull(request(&[])));
        let dims: Vec<String> = lab.shape.dimensions.iter().map(|id| match &**id { "REF_AREA" => area(77), "COUNTERPART_AREA" => area(33), "SEX" => "F".into(), "DURATION" => "A".into(), _ => "X".into() }).collect();
        let dims: Vec<&str> = dims.iter().map(|s| &**s).collect();
        let mut one = request(&[]); one.selection = Some(key(&dims));
        eprintln!("series: {:?}", pull(one.clone()));
        let times: Vec<_> = (0..300).map(|_| pull(one.clone()).0).collect();
        let mut t = times.clone(); t.sort();
        eprintln!("series p50 {:?} p99 {:?}", t[150], t[297]);
        let mut one = request(&[]); one.selection = Some(key(&dims[..2]));
        eprintln!("reporter: {:?}", pull(one));
        let mut one = request(&[]); let mut d = vec![""; dims.len()]; d[4] = dims[4]; one.selection = Some(key(&d));
        eprintln!("counterpart: {:?}", pull(one));
        let mut year = request(&[]); year.selection = Some(v1::Selection { start_period: "2005".into(), end_period: "2005".into(), ..Default::default() });
        eprintln!("year: {:?}", pull(year));
        let mut year = request(&[]); year.selection = Some(v1::Selection { start_period: "1980".into(), end_period: "2025".into(), ..Default::default() });
        eprintln!("all years: {:?}", pull(year));
    }
}
