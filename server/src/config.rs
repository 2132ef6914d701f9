//! The file `hub.json` in the hub's folder: what its operator decides.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use mighub_sdmx::structure::AgencyId;
use serde::{Deserialize, Serialize};

use crate::limits::{Limits, OutOfBounds};

/// Where a hub listens if nobody says otherwise: this machine only, so that nothing is open by mistake.
pub const LISTEN_USUALLY: &str = "127.0.0.1:8443";
/// Space that stays free on the disk, in MiB: the journal must still take records when submissions are refused.
const FREE_SPACE_USUALLY_MIB: u64 = 256;
/// Less than this and the refusal comes too late.
const FREE_SPACE_LEAST_MIB: u64 = 64;
/// Longest host name (RFC 1035, 2.3.4) and its longest part.
const HOST_NAME_MAX: usize = 253;
const HOST_PART_MAX: usize = 63;
/// Names of one hub; a certificate is shown in every handshake.
const NAMES_MAX: usize = 32;

/// What `hub.json` says, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Address and port to listen on.
    pub listen: SocketAddr,
    /// Host names and addresses under which offices reach the hub; its certificate carries them.
    pub names: Vec<String>,
    /// Agency that runs the hub: its keys lie in the hub's folder.
    pub administrator: AgencyId,
    /// Bytes that stay free on the disk; below it submissions are refused.
    pub free_space_min: u64,
    /// Loopback address and port on which the hub listens without TLS besides, for REST alone.
    pub plain_listen: Option<SocketAddr>,
    /// Whether those without certificate and token may read what is released and free.
    pub public_reading: bool,
    /// Whether derived dataflows are made anew while the hub serves, as soon as their inputs change.
    pub consolidation: bool,
    /// What peers can make the hub do at most.
    pub limits: Limits,
}

/// The file as it is written.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default = "listen_usually")]
    listen: String,
    names: Vec<String>,
    administrator: String,
    #[serde(default = "free_space_usually")]
    free_space_min_mib: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    plain_listen: Option<String>,
    #[serde(default = "public_reading_usually")]
    public_reading: bool,
    #[serde(default = "consolidation_usually", skip_serializing_if = "is_usual")]
    consolidation: bool,
    #[serde(default, skip_serializing_if = "Limits::are_usual")]
    limits: Limits,
}

/// What is wrong with the file: everything in one go.
#[derive(Debug, thiserror::Error)]
#[error("{path} cannot be used:{}", listed(problems))]
pub struct ConfigError {
    /// The file.
    pub path: PathBuf,
    /// At least one.
    pub problems: Vec<Problem>,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Field, or line and column.
    pub place: String,
    /// What is wrong there.
    pub what: String,
    /// What to do.
    pub remedy: String,
}

impl Config {
    /// Reads and checks the file.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let error = |problems| ConfigError { path: path.to_owned(), problems };
        let text = std::fs::read_to_string(path).map_err(|source| {
            let remedy = "name the hub's folder with --dir, or make one with `mighub-server init`";
            error(vec![Problem::new("file", source.to_string(), remedy)])
        })?;
        Self::parse(&text).map_err(error)
    }

    /// Checks the file's text.
    pub fn parse(text: &str) -> Result<Self, Vec<Problem>> {
        let written: Written = serde_json::from_str(text).map_err(|error| vec![of_json(&error)])?;
        let mut problems = Vec::new();
        let listen = written.listen.parse::<SocketAddr>();
        if listen.is_err() {
            let what = format!("{:?} is not an address and port", written.listen);
            problems.push(Problem::new(
                "listen",
                what,
                "write one such as 0.0.0.0:8443 or [::]:8443; no host name",
            ));
        }
        if written.names.len() > NAMES_MAX {
            let what = format!("{} names, more than {NAMES_MAX}", written.names.len());
            problems.push(Problem::new("names", what, "keep those that offices use"));
        }
        for (place, name) in written.names.iter().enumerate() {
            if let Err(what) = check_name(name) {
                let remedy = "write a host name such as hub.example.org, or an IP address, without a port";
                problems.push(Problem::new(format!("names[{place}]"), what, remedy));
            }
        }
        let administrator = AgencyId::new(&written.administrator);
        if let Err(error) = &administrator {
            let remedy = "write the agency id given at init; it stands in administrator/config.json";
            problems.push(Problem::new("administrator", error.to_string(), remedy));
        }
        if written.free_space_min_mib < FREE_SPACE_LEAST_MIB {
            let what = format!("{} MiB is too little for the journal to go on", written.free_space_min_mib);
            let remedy = format!("write at least {FREE_SPACE_LEAST_MIB}");
            problems.push(Problem::new("free_space_min_mib", what, remedy));
        }
        let plain_listen = written.plain_listen.as_deref().map(plain_listen);
        if let Some(Err(what)) = &plain_listen {
            let remedy = "write a loopback address and port, such as 127.0.0.1:8080: without TLS, tokens and figures could \
                          be read on the way; put a reverse proxy with TLS before it, or use listen";
            problems.push(Problem::new("plain_listen", what.clone(), remedy));
        }
        problems.extend(written.limits.out_of_bounds().into_iter().map(|OutOfBounds { limit, found }| {
            let what = format!("{found} {} is out of bounds", limit.unit);
            let remedy =
                format!("write a number from {} to {}; usually {}", limit.least, limit.most, limit.usual);
            Problem::new(format!("limits.{}", limit.name), what, remedy)
        }));
        match (listen, administrator) {
            (Ok(listen), Ok(administrator)) if problems.is_empty() => Ok(Self {
                listen,
                names: written.names,
                administrator,
                free_space_min: written.free_space_min_mib.saturating_mul(1024 * 1024),
                plain_listen: plain_listen.and_then(Result::ok),
                public_reading: written.public_reading,
                consolidation: written.consolidation,
                limits: written.limits,
            }),
            _ => Err(problems),
        }
    }

    /// The text of a new file.
    pub fn text(listen: &str, names: &[String], administrator: &AgencyId) -> String {
        let written = Written {
            listen: listen.to_owned(),
            names: names.to_vec(),
            administrator: administrator.to_string(),
            free_space_min_mib: FREE_SPACE_USUALLY_MIB,
            plain_listen: None,
            public_reading: public_reading_usually(),
            consolidation: consolidation_usually(),
            limits: Limits::default(),
        };
        let mut text = serde_json::to_string_pretty(&written).expect("strings and numbers are JSON");
        text.push('\n');
        text
    }
}

impl Problem {
    fn new(place: impl Into<String>, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { place: place.into(), what: what.into(), remedy: remedy.into() }
    }
}

/// serde_json ends its words with the place, which has its own column here.
fn of_json(error: &serde_json::Error) -> Problem {
    let place = format!("line {}, column {}", error.line(), error.column());
    let text = error.to_string();
    let what = text.rsplit_once(" at line ").map_or(text.as_str(), |(what, _)| what);
    Problem::new(place, what, "correct it; `mighub-server check-config --help` shows every field")
}

fn check_name(name: &str) -> Result<(), String> {
    if name.parse::<IpAddr>().is_ok() {
        return Ok(());
    }
    let is_part = |part: &str| {
        (1..=HOST_PART_MAX).contains(&part.len())
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !part.starts_with('-')
            && !part.ends_with('-')
    };
    let is_host = name.len() <= HOST_NAME_MAX && name.split('.').all(is_part);
    // Four numbers that are no address are a mistyped address, not a host.
    let is_numeric =
        name.rsplit('.').next().is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit()));
    if is_host && !is_numeric { Ok(()) } else { Err(format!("{name:?} is no host name or IP address")) }
}

fn plain_listen(text: &str) -> Result<SocketAddr, String> {
    match text.parse::<SocketAddr>() {
        Ok(address) if address.ip().is_loopback() => Ok(address),
        Ok(address) => Err(format!("{} is no loopback address", address.ip())),
        Err(_) => Err(format!("{text:?} is not an address and port")),
    }
}

fn listed(problems: &[Problem]) -> String {
    problems.iter().map(|problem| format!("\n  {problem}")).collect()
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}; {}", self.place, self.what, self.remedy)
    }
}

fn listen_usually() -> String {
    LISTEN_USUALLY.to_owned()
}

/// Official statistics are made to be read: what is released and free is for everybody, unless the operator says otherwise.
fn public_reading_usually() -> bool {
    true
}

fn consolidation_usually() -> bool {
    true
}

fn is_usual(consolidation: &bool) -> bool {
    *consolidation == consolidation_usually()
}

fn free_space_usually() -> u64 {
    FREE_SPACE_USUALLY_MIB
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_file_reads_back() {
        let names = ["hub.example.org".to_owned(), "192.0.2.1".to_owned(), "2001:db8::1".to_owned()];
        let administrator = AgencyId::new("UN.ECE").expect("an id");
        let config = Config::parse(&Config::text("[::]:8443", &names, &administrator)).expect("sound");
        assert_eq!((config.names, config.administrator), (names.to_vec(), administrator));
        assert_eq!(config.listen.port(), 8443);
    }

    #[test]
    fn a_door_without_tls_and_closed_reading_are_asked_for_by_name() {
        let usual = Config::parse(r#"{"names": [], "administrator": "ECE"}"#).expect("sound");
        assert_eq!((usual.plain_listen, usual.public_reading), (None, true));
        let text =
            r#"{"names": [], "administrator": "ECE", "plain_listen": "[::1]:8080", "public_reading": false}"#;
        let asked = Config::parse(text).expect("sound");
        assert_eq!((asked.plain_listen, asked.public_reading), ("[::1]:8080".parse().ok(), false));
    }

    #[test]
    fn every_wrong_value_is_named_with_its_place() {
        let good = r#""names": ["a.org"], "administrator": "ECE""#;
        let table = [
            ("", "line 1, column 0: EOF while parsing a value"),
            ("{", "line 1, column 1: EOF while parsing an object"),
            ("{\n  \"names\": 7\n}", "line 2, column 12: invalid type: integer `7`, expected a sequence"),
            (r#"{"administrator": "ECE"}"#, "line 1, column 24: missing field `names`"),
            (
                &format!(r#"{{{good}, "lisen": ""}}"#),
                "line 1, column 52: unknown field `lisen`, expected one of `listen`, `names`, `administrator`, `free_space_min_mib`, `plain_listen`, `public_reading`, `consolidation`, `limits`",
            ),
            (
                &format!(r#"{{{good}, "listen": "localhost:8443"}}"#),
                r#"listen: "localhost:8443" is not an address and port"#,
            ),
            (&format!(r#"{{{good}, "listen": "8443"}}"#), r#"listen: "8443" is not an address and port"#),
            (
                r#"{"names": ["a.org", "a b", ""], "administrator": "ECE"}"#,
                r#"names[1]: "a b" is no host name or IP address"#,
            ),
            (
                r#"{"names": ["a.org:8443"], "administrator": "ECE"}"#,
                r#"names[0]: "a.org:8443" is no host name or IP address"#,
            ),
            (
                r#"{"names": ["1.2.3.256"], "administrator": "ECE"}"#,
                r#"names[0]: "1.2.3.256" is no host name or IP address"#,
            ),
            (
                &format!(r#"{{{good}, "plain_listen": "0.0.0.0:80"}}"#),
                "plain_listen: 0.0.0.0 is no loopback address",
            ),
            (
                &format!(r#"{{{good}, "plain_listen": "192.0.2.1:80"}}"#),
                "plain_listen: 192.0.2.1 is no loopback",
            ),
            (
                &format!(r#"{{{good}, "plain_listen": "localhost:80"}}"#),
                r#"plain_listen: "localhost:80" is not an address and port"#,
            ),
            (
                &format!(r#"{{{good}, "limits": {{"conections": 9}}}}"#),
                "line 1, column 68: unknown field `conections`",
            ),
            (
                &format!(r#"{{{good}, "limits": {{"connections": 1}}}}"#),
                "limits.connections: 1 connections is out of bounds",
            ),
            (r#"{"names": [], "administrator": "9"}"#, "administrator: "),
            (&format!(r#"{{{good}, "free_space_min_mib": 1}}"#), "free_space_min_mib: 1 MiB is too little"),
            (
                &format!(r#"{{{good}, "free_space_min_mib": -1}}"#),
                "line 1, column 69: invalid value: integer `-1`, expected u64",
            ),
        ];
        for (text, expected) in table {
            let problems = Config::parse(text).expect_err(text);
            let first = problems[0].to_string();
            assert!(first.starts_with(expected), "{text}\n gives {first}\n  not {expected}");
            assert!(!problems[0].remedy.is_empty());
        }
    }

    #[test]
    fn all_wrong_values_come_in_one_go() {
        let text =
            r#"{"listen": "", "names": ["-", "ok.org", "_"], "administrator": "?", "free_space_min_mib": 0}"#;
        let places: Vec<_> =
            Config::parse(text).expect_err("wrong").into_iter().map(|problem| problem.place).collect();
        assert_eq!(places, ["listen", "names[0]", "names[2]", "administrator", "free_space_min_mib"]);
    }
}
