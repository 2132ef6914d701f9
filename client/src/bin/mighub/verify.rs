//! `mighub verify`: check a receipt and say what it proves.
//!
//! JSON: `{"verified", "proven": [{"what", "text"}], "not_proven": [...], "failed": [...], "receipt"}`.

use mighub_client::{Error, ExitCode, Hub, Statement, Verification, VerifyOptions, verify};
use serde_json::{Value, json};

use crate::output::Output;
use crate::{Context, arguments, input, json};

pub(crate) async fn run(context: &Context, arguments: &arguments::Verify) -> Result<ExitCode, Error> {
    let file = match &arguments.file {
        Some(file) => Some((file.clone(), input::table(&arguments.table, &context.home, None)?)),
        None => None,
    };
    let options = VerifyOptions {
        home: Some(context.home.clone()),
        hub_keys: arguments.hub_key.iter().map(|key| hub_key(key)).collect::<Result<_, _>>()?,
        against: arguments.against.clone(),
        file,
    };
    let found = if arguments.online {
        let hub: Hub = context.connect().await?;
        hub.verify(&arguments.path, &options).await?
    } else {
        verify(&arguments.path, &options)?
    };
    if context.output.json {
        context.output.json(&in_json(&found))?;
    } else {
        print(&context.output, &found)?;
    }
    Ok(ended(&found))
}

/// The exit code of a command that found this.
pub(crate) fn ended(found: &Verification) -> ExitCode {
    if found.holds() { ExitCode::Done } else { ExitCode::VerificationFailed }
}

pub(crate) fn in_json(found: &Verification) -> Value {
    let list = |statements: &[Statement]| {
        statements.iter().map(|one| json!({ "what": one.what, "text": one.text })).collect::<Value>()
    };
    json!({
        "verified": found.holds(),
        "proven": list(&found.proven),
        "not_proven": list(&found.not_proven),
        "failed": list(&found.failed),
        "receipt": json::receipt_body(&found.body),
    })
}

pub(crate) fn print(output: &Output, found: &Verification) -> Result<(), Error> {
    for (title, statements) in
        [("FALSE", &found.failed), ("Proven", &found.proven), ("Not proven", &found.not_proven)]
    {
        if statements.is_empty() {
            continue;
        }
        output.line(format_args!("{title}:"))?;
        for statement in statements {
            output.line(format_args!("  - {}", statement.text))?;
        }
    }
    output.line(match found.holds() {
        true => "The receipt holds.",
        false => "The receipt does NOT hold. Keep everything as it is, and call the hub's operator and the auditor.",
    })
}

/// A key in hexadecimal, or in a PEM file.
fn hub_key(text: &str) -> Result<Vec<u8>, Error> {
    let refuse = |why: &str| {
        Error::Request(format!(
            "--hub-key {text}: {why}; give 64 hexadecimal digits, or a file with a public key in PEM"
        ))
    };
    if let Ok(key) = data_encoding::HEXLOWER_PERMISSIVE.decode(text.as_bytes())
        && key.len() == KEY_BYTES
    {
        return Ok(key);
    }
    let pem = std::fs::read_to_string(text).map_err(|error| refuse(&error.to_string()))?;
    let body: String = pem.lines().filter(|line| !line.starts_with("-----")).map(str::trim).collect();
    let info = data_encoding::BASE64.decode(body.as_bytes()).map_err(|_| refuse("it is no PEM file"))?;
    match info.split_last_chunk::<KEY_BYTES>() {
        Some((before, key)) if before == ED25519_INFO => Ok(key.to_vec()),
        _ => Err(refuse("it holds no Ed25519 key")),
    }
}

const KEY_BYTES: usize = 32;
/// An Ed25519 key in SubjectPublicKeyInfo (RFC 8410) is these bytes and the key.
const ED25519_INFO: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
