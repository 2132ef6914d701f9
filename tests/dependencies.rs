//! What the hub is built from: licences, sources, bans and floors of `deny.toml`, checked without the tool that is named
//! there, so that they are checked wherever the tests run. Advisories are the tool's alone.

use std::collections::BTreeSet;

use cargo_metadata::semver::VersionReq;
use cargo_metadata::{Metadata, MetadataCommand, Package};

const DENY: &str = include_str!("../deny.toml");
/// Where crates may come from.
const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";
/// Versions below which a known hole is open.
const FLOORS: [(&str, &str); 3] = [("tonic", ">=0.14.3"), ("h2", ">=0.4.16"), ("quick-xml", ">=0.41.0")];

fn metadata() -> Metadata {
    MetadataCommand::new().other_options(["--locked".to_owned()]).exec().expect("cargo metadata")
}

/// The strings of an array in `deny.toml`, whose lines each hold one.
fn array(name: &str) -> Vec<&'static str> {
    let lines = DENY.lines().skip_while(move |line| *line != format!("{name} = ["));
    let lines = lines.skip(1).take_while(|line| *line != "]");
    lines.filter(|line| !line.trim_start().starts_with('#')).collect()
}

/// What stands between the first quotes behind a word.
fn quoted(line: &'static str, behind: &str) -> &'static str {
    let rest = &line[line.find(behind).expect(line) + behind.len()..];
    rest.split('"').nth(1).expect(line)
}

fn licences() -> BTreeSet<&'static str> {
    // Behind the line that says why these.
    array("allow").into_iter().map(|line| quoted(line, "")).collect()
}

#[test]
fn every_crate_has_a_licence_that_is_allowed_and_comes_from_the_registry() {
    let allowed = licences();
    assert!(allowed.contains("MIT") && allowed.len() > 5, "deny.toml was read: {allowed:?}");
    let metadata = metadata();
    let mut foreign = 0;
    for package in
        metadata.packages.iter().filter(|package| !metadata.workspace_members.contains(&package.id))
    {
        foreign += 1;
        let source = package.source.as_ref().map(|source| source.repr.as_str());
        assert_eq!(source, Some(REGISTRY), "{}", package.name);
        let licence = package.license.as_deref().unwrap_or_default();
        assert!(is_allowed(licence, &allowed), "{} {}: {licence:?}", package.name, package.version);
    }
    assert!(foreign > 100, "the dependencies were looked at");
}

#[test]
fn licences_are_read_as_they_are_meant() {
    let allowed: BTreeSet<_> = ["MIT", "Apache-2.0", "Apache-2.0 WITH LLVM-exception"].into();
    for (expression, expected) in [
        ("MIT", true),
        ("MIT OR GPL-3.0", true),
        ("GPL-3.0 OR MIT/Apache-2.0", true),
        ("MIT AND GPL-3.0", false),
        ("(MIT OR GPL-3.0) AND Apache-2.0", true),
        ("(GPL-2.0 OR GPL-3.0) AND Apache-2.0", false),
        ("Apache-2.0 WITH LLVM-exception", true),
        ("GPL-2.0 WITH LLVM-exception", false),
        ("", false),
    ] {
        assert_eq!(is_allowed(expression, &allowed), expected, "{expression}");
    }
}

#[test]
fn no_crate_is_banned_and_none_is_below_its_floor() {
    let packages = metadata().packages;
    let banned: Vec<(&str, VersionReq)> = array("deny")
        .into_iter()
        .map(|line| {
            let (name, versions) =
                quoted(line, "crate =").split_once(':').unwrap_or((quoted(line, "crate ="), "*"));
            (name, versions.parse().expect(line))
        })
        .collect();
    assert!(banned.iter().any(|(name, _)| *name == "openssl"), "deny.toml was read");
    for package in &packages {
        let is_banned = |(name, versions): &&(&str, VersionReq)| {
            *name == package.name.as_str() && versions.matches(&package.version)
        };
        assert!(!banned.iter().any(|ban| is_banned(&ban)), "{} {}", package.name, package.version);
    }
    for (name, floor) in FLOORS {
        let floor: VersionReq = floor.parse().expect(floor);
        let of_name = |package: &&Package| package.name.as_str() == name;
        let found: Vec<_> = packages.iter().filter(of_name).map(|package| &package.version).collect();
        assert!(!found.is_empty() && found.iter().all(|version| floor.matches(version)), "{name}: {found:?}");
        let is_named = banned.iter().any(|(banned, versions)| *banned == name && !versions.matches(found[0]));
        assert!(is_named, "deny.toml has the floor of {name}, too");
    }
}

#[test]
fn every_exception_says_why_and_when_somebody_looks_again() {
    let exceptions = array("ignore");
    for line in &exceptions {
        assert!(quoted(line, "id =").starts_with("RUSTSEC-"), "{line}");
        let reason = quoted(line, "reason =");
        let (_, day) = reason.rsplit_once("look again by ").expect(line);
        day.parse::<jiff::civil::Date>().expect(line);
    }
}

/// Whether a licence expression (SPDX, or the older form with /) can be met with allowed licences: `AND` binds closer
/// than `OR`, parentheses closer than both. Read without recursion: each open parenthesis keeps what came before it.
fn is_allowed(expression: &str, allowed: &BTreeSet<&str>) -> bool {
    /// Alternatives so far, the conjunction that is being read, and whether it has begun.
    #[derive(Clone, Copy)]
    struct Level {
        any: bool,
        all: bool,
        begun: bool,
    }
    const EMPTY: Level = Level { any: false, all: true, begun: false };
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let mut words = spaced.split_whitespace().peekable();
    let (mut levels, mut level) = (Vec::new(), EMPTY);
    while let Some(word) = words.next() {
        match word {
            "(" => levels.push(std::mem::replace(&mut level, EMPTY)),
            ")" => {
                let inner = level.any || (level.all && level.begun);
                let Some(outer) = levels.pop() else { return false };
                level = Level { all: outer.all && inner, begun: true, ..outer };
            }
            "OR" => level = Level { any: level.any || (level.all && level.begun), ..EMPTY },
            "AND" => {}
            licence => {
                let mut name = licence.to_owned();
                if words.next_if_eq(&"WITH").is_some() {
                    name = format!("{licence} WITH {}", words.next().unwrap_or_default());
                }
                level = Level { all: level.all && allowed.contains(name.as_str()), begun: true, ..level };
            }
        }
    }
    levels.is_empty() && (level.any || (level.all && level.begun))
}
