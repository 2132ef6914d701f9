//! Everything at the doors has a limit, every limit a name, and all of them stand here: what an operator may change in
//! `hub.json` under `limits`, and beside it what no operator may, because formats or memory rest on it.
//!
//! What lives here: names, usual values, bounds, reasons, and the table of them (`docs/limits.md`). What must not: what
//! happens beyond a limit; whoever heeds one says that.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A limit that an operator may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Its name in `hub.json`.
    pub name: &'static str,
    /// What it counts.
    pub unit: &'static str,
    /// Its value if nobody says otherwise.
    pub usual: u64,
    /// The least that makes sense.
    pub least: u64,
    /// The most that a machine of today bears.
    pub most: u64,
    /// Why it is there, and what happens beyond it.
    pub why: &'static str,
}

/// A limit that is part of a format, or rests on one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fixed {
    /// What it limits.
    pub name: &'static str,
    /// What it counts.
    pub unit: &'static str,
    /// Its value.
    pub value: u64,
    /// Why it is there, and what happens beyond it.
    pub why: &'static str,
}

// An apology for a macro: a limit is a field, its usual value, its bounds, a row of the table, and a line of the
// documentation. Written five times forty-odd limits would drift apart.
macro_rules! limits {
    ($($(#[doc = $why:literal])+ $name:ident: $unit:literal = $usual:literal in $least:literal..=$most:literal;)+) => {
        /// The limits of a hub, as its operator decided.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct Limits {
            $($(#[doc = $why])+ pub $name: u64,)+
        }

        impl Default for Limits {
            fn default() -> Self {
                Self { $($name: $usual,)+ }
            }
        }

        /// All limits that may be changed, in the order of the table.
        pub const CHANGEABLE: &[Limit] = &[
            $(Limit {
                name: stringify!($name),
                unit: $unit,
                usual: $usual,
                least: $least,
                most: $most,
                why: concat!($($why),+),
            },)+
        ];

        impl Limits {
            /// The values, in the order of [`CHANGEABLE`].
            fn values(&self) -> Vec<u64> {
                vec![$(self.$name),+]
            }
        }
    };
}

limits! {
    /// Connections at a time, on each door; each costs a few tens of kilobytes when quiet. Beyond it peers wait in the
    /// kernel's queue.
    connections: "connections" = 1_024 in 16..=65_536;
    /// Connections from one address: an institution behind one router fits in, and one machine cannot take all. One
    /// more is hung up on.
    connections_per_address: "connections" = 256 in 2..=65_536;
    /// A peer that has not finished its handshake by then is hung up on.
    handshake_seconds: "s" = 10 in 1..=120;
    /// A peer that has not begun to speak HTTP by then, or not finished the header of an HTTP/1.1 request, is hung up
    /// on.
    first_bytes_seconds: "s" = 10 in 1..=120;
    /// A connection on which no request is under way for so long is ended; clients connect again by themselves.
    idle_seconds: "s" = 900 in 1..=86_400;
    /// How often a quiet HTTP/2 peer is pinged.
    ping_interval_seconds: "s" = 30 in 1..=600;
    /// An HTTP/2 peer that does not answer a ping within this time is hung up on.
    ping_timeout_seconds: "s" = 20 in 1..=600;
    /// A peer that takes not a byte of its answer for so long is hung up on.
    taking_seconds: "s" = 60 in 1..=3_600;
    /// Streams that one HTTP/2 connection may have open at a time. Clients keep further calls back until one ends.
    streams_per_connection: "streams" = 32 in 8..=1_000;
    /// Streams that a peer may open and reset before they were looked at (rapid reset, CVE-2023-44487). One more ends
    /// the connection.
    reset_streams: "streams" = 20 in 1..=1_000;
    /// Bytes of the header of a request, decompressed. Beyond it HTTP/2 resets the stream and HTTP/1.1 answers 431.
    header_bytes: "bytes" = 16_384 in 8_192..=262_144;
    /// Fields of the header of an HTTP/1.1 request: browsers behind proxies send some thirty.
    header_fields: "fields" = 64 in 16..=1_024;
    /// gRPC calls with one answer that are worked on at a time; each has a thread. Beyond it TOO_BUSY.
    calls: "calls" = 192 in 8..=4_096;
    /// Those of one caller. Beyond it TOO_BUSY.
    calls_per_caller: "calls" = 64 in 4..=4_096;
    /// gRPC streams of figures at a time, each with up to 4 MiB that wait for their reader. Beyond it TOO_BUSY.
    pulls: "streams" = 256 in 8..=4_096;
    /// Those of one caller: a commission's own readers behind one certificate fit in. Beyond it TOO_BUSY.
    pulls_per_caller: "streams" = 128 in 4..=4_096;
    /// gRPC streams of blocks to the hub at a time, and openings of submissions. Beyond it TOO_BUSY.
    uploads: "streams" = 128 in 8..=4_096;
    /// Those of one caller. Beyond it TOO_BUSY.
    uploads_per_caller: "streams" = 16 in 2..=4_096;
    /// A sender of blocks from whom nothing comes for so long is hung up on; what was acknowledged stays.
    upload_silence_seconds: "s" = 300 in 1..=3_600;
    /// gRPC streams that wait for something to happen; they cost next to nothing. Beyond it TOO_BUSY.
    watches: "streams" = 1_024 in 8..=16_384;
    /// Those of one caller. Beyond it TOO_BUSY.
    watches_per_caller: "streams" = 64 in 4..=16_384;
    /// REST requests with one answer that are worked on at a time; each has a thread, and the public has half of them.
    /// Beyond it 429.
    rest_calls: "requests" = 96 in 8..=4_096;
    /// Those of one caller. Beyond it 429.
    rest_calls_per_caller: "requests" = 32 in 4..=4_096;
    /// REST answers that stream at a time; the public has half of them. Beyond it 429.
    rest_streams: "answers" = 256 in 8..=4_096;
    /// Those of one caller: an institution's readers behind one address fit in. Beyond it 429.
    rest_streams_per_caller: "answers" = 64 in 4..=4_096;
    /// Files handed in over REST that are received or worked on at a time: each has two scratch files and, for a
    /// while, a processor. Beyond it 429.
    files: "files" = 8 in 1..=256;
    /// Those of one agency: nobody keeps the others out. Beyond it 429.
    files_per_agency: "files" = 2 in 1..=256;
    /// Bytes of a file handed in over REST, as it travels. Beyond it 413.
    body_bytes: "bytes" = 536_870_912 in 1_048_576..=17_179_869_184;
    /// Bytes of such a file unpacked: some hundred million observations as SDMX-CSV. Beyond it 413.
    file_bytes: "bytes" = 8_589_934_592 in 1_048_576..=1_099_511_627_776;
    /// How often such a file may be as large as its body: SDMX-ML packs to a fiftieth, and what packs to less is made
    /// to fill disks. Beyond it 413.
    unpack_ratio: "times" = 500 in 10..=10_000;
    /// A sender of a file that is silent for so long has gone. Then 408.
    body_silence_seconds: "s" = 30 in 1..=600;
    /// Bytes a second below which the sender of a file only holds a place: half of what a telephone line carried. Then
    /// 408.
    body_bytes_per_second: "bytes/s" = 4_096 in 1..=1_048_576;
    /// Submissions of one lane that may be open at a time: one by hand, one by cron, and some forgotten ones. Beyond it
    /// TOO_BUSY.
    open_submissions_per_lane: "submissions" = 8 in 1..=1_000;
    /// Submissions of one agency that may be open at a time. Beyond it TOO_BUSY.
    open_submissions_per_agency: "submissions" = 64 in 1..=10_000;
    /// Bytes that one agency may send in a day (UTC), blocks and files together, counted as they travel; a restart
    /// begins to count anew. Beyond it QUOTA_SPENT, or 429, until midnight.
    bytes_per_day_per_agency: "bytes" = 68_719_476_736 in 1_048_576..=1_125_899_906_842_624;
}

/// Limits that nobody can change.
pub const FIXED: &[Fixed] = &[
    Fixed {
        name: "gRPC message",
        unit: "bytes",
        value: crate::rpc::MESSAGE_BYTES_MAX as u64,
        why: "Part of the contract. Messages with several blocks are filled to 1 MiB; a single block is never cut and \
              may be larger. Beyond it LIMIT_EXCEEDED.",
    },
    Fixed {
        name: "block, decompressed",
        unit: "bytes",
        value: mighub::block::RAW_BYTES_MAX as u64,
        why: "Part of canon 1: a frame declares its length, and one that declares more is not opened (BLOCK_TOO_LARGE). \
              It bounds the decompression ratio of blocks, whatever they are packed with.",
    },
    Fixed {
        name: "manifest",
        unit: "bytes",
        value: mighub::manifest::MANIFEST_BYTES_MAX as u64,
        why: "Part of the contract. Beyond it MANIFEST_TOO_LARGE.",
    },
    Fixed {
        name: "parts of a submission",
        unit: "parts",
        value: mighub::manifest::PARTS_MAX as u64,
        why: "Part of the contract. Beyond it MANIFEST_MALFORMED.",
    },
    Fixed {
        name: "blocks of a submission",
        unit: "blocks",
        value: crate::hub::SUBMISSION_BLOCKS_MAX as u64,
        why: "Some 400 million rows in one request: the manifest is held in memory while it is open. Beyond it \
              MANIFEST_TOO_LARGE.",
    },
    Fixed {
        name: "items on a page of a list",
        unit: "items",
        value: crate::hub::PAGE_ITEMS_MAX as u64,
        why: "Lists come in pages; more are not given at once.",
    },
    Fixed {
        name: "keys of a selection",
        unit: "keys",
        value: mighub_sdmx::key::KEYS_MAX as u64,
        why: "Beyond it SELECTION_MALFORMED, or 400.",
    },
    Fixed {
        name: "depth of JSON",
        unit: "levels",
        value: mighub_sdmx::json::DEPTH_MAX as u64,
        why: "No message of SDMX-JSON is half as deep. Beyond it a finding or a refusal that names the place.",
    },
    Fixed {
        name: "rulebook",
        unit: "bytes",
        value: mighub_validation::RULEBOOK_BYTES_MAX as u64,
        why: "Its scripts have limits of their own: statements, depth, rows. Beyond it the rulebook is refused.",
    },
    Fixed {
        name: "row of SDMX-CSV",
        unit: "bytes",
        value: mighub_sdmx::csv::ROW_BYTES_MAX as u64,
        why: "Beyond it a finding that names the line.",
    },
    Fixed {
        name: "memory of a judgement",
        unit: "bytes",
        value: mighub_validation::JUDGE_BYTES_MAX as u64,
        why: "A larger cube is judged slice by slice.",
    },
];

/// One value that makes no sense.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutOfBounds {
    /// Which limit.
    pub limit: &'static Limit,
    /// What was written.
    pub found: u64,
}

impl Limits {
    /// All values that make no sense.
    pub fn out_of_bounds(&self) -> Vec<OutOfBounds> {
        let pairs = CHANGEABLE.iter().zip(self.values());
        pairs
            .filter(|(limit, found)| !(limit.least..=limit.most).contains(found))
            .map(|(limit, found)| OutOfBounds { limit, found })
            .collect()
    }

    /// Whether nothing was changed.
    pub fn are_usual(&self) -> bool {
        *self == Self::default()
    }
}

/// A limit as a number of things in memory; bounds keep it far below what an address can hold.
pub fn count(limit: u64) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}

/// The same for what protocols count in 32 bits.
pub fn count32(limit: u64) -> u32 {
    u32::try_from(limit).unwrap_or(u32::MAX)
}

/// A limit in seconds as a duration.
pub fn seconds(limit: u64) -> Duration {
    Duration::from_secs(limit)
}

/// The page `docs/limits.md`.
pub fn page() -> String {
    let mut page = String::from(
        "# Limits\n\nEverything a peer can make the hub do has a limit. Those of the first table stand in `hub.json` under \
         `limits`, each by its name:\n\n```json\n{\n  \"names\": [\"hub.example.org\"],\n  \"administrator\": \"MIGHUB\",\n  \
         \"limits\": { \"connections\": 4096, \"bytes_per_day_per_agency\": 10737418240 }\n}\n```\n\nWhat is not named \
         keeps its usual value. `mighub-server check-config` refuses unknown names and values beyond the bounds; the hub \
         reads them when it starts. Over gRPC a refusal is RESOURCE_EXHAUSTED with a RetryInfo (reasons TOO_BUSY and \
         QUOTA_SPENT) where waiting helps, and INVALID_ARGUMENT (LIMIT_EXCEEDED and others) where it does not; over REST \
         429 with Retry-After, or 413. What is wrong with figures is a finding. This page is made from \
         `server/src/limits.rs`, and a test holds it to that.\n\n## May be changed\n\n| name | usually | from | to | unit \
         | why, and what happens beyond it |\n|---|---:|---:|---:|---|---|\n",
    );
    for limit in CHANGEABLE {
        let Limit { name, unit, .. } = limit;
        let [usual, least, most] = [limit.usual, limit.least, limit.most].map(grouped);
        page += &format!("| `{name}` | {usual} | {least} | {most} | {unit} | {} |\n", limit.why.trim());
    }
    page += "\n## Fixed\n\nFormats or memory rest on these; another value would be another program.\n\n| what | value | \
             unit | why, and what happens beyond it |\n|---|---:|---|---|\n";
    for Fixed { name, unit, value, why } in FIXED {
        page += &format!("| {name} | {} | {unit} | {why} |\n", grouped(*value));
    }
    page
}

/// 16,384 for 16384.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Set to anything, it makes the page be written instead.
    const WRITE: &str = "MIGHUB_WRITE_LIMITS";

    #[test]
    fn the_page_says_what_the_program_does() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/limits.md");
        if std::env::var_os(WRITE).is_some() {
            std::fs::write(path, page()).expect("written");
        }
        let written = std::fs::read_to_string(path).expect("docs/limits.md");
        assert!(written == page(), "docs/limits.md is not what limits.rs says: run this test with {WRITE}=1");
    }

    #[test]
    fn usual_values_are_within_their_bounds_and_others_are_named() {
        assert_eq!(Limits::default().out_of_bounds(), []);
        let absurd = Limits { connections: 0, idle_seconds: u64::MAX, ..Limits::default() };
        let named: Vec<_> = absurd.out_of_bounds().iter().map(|found| found.limit.name).collect();
        assert_eq!(named, ["connections", "idle_seconds"]);
    }
}
