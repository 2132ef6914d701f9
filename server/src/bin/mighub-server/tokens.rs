//! `mighub-server token`.

use std::path::Path;

use mighub::v1::{self, TokenScope};
use mighub_server::hub::Moment;
use mighub_server::rpc::{Operator, OperatorError};
use serde_json::{Value, json};

use crate::arguments::{Token, TokenCreate, TokenList, TokenRevoke};
use crate::failure::Failure;
use crate::output::Output;

pub(crate) async fn token(dir: &Path, command: Token, output: Output) -> Result<(), Failure> {
    let operator = Operator::connect(dir).await?;
    let done = match command {
        Token::Create(arguments) => create(&operator, arguments, output).await,
        Token::List(arguments) => list(&operator, arguments, output).await,
        Token::Revoke(arguments) => revoke(&operator, arguments, output).await,
    };
    operator.end().await;
    Ok(done?)
}

async fn create(operator: &Operator, arguments: TokenCreate, output: Output) -> Result<(), OperatorError> {
    let mut dataflows = Vec::new();
    for dataflow in &arguments.dataflows {
        dataflows.push(operator.dataflow(dataflow).await?);
    }
    let scope = if arguments.submit { TokenScope::ReadAndSubmit } else { TokenScope::Read };
    let request = v1::CreateTokenRequest {
        agency: arguments.agency,
        note: arguments.note,
        scope: scope.into(),
        dataflows,
        days: arguments.days,
    };
    let created = operator.agencies().create_token(request).await?.into_inner();
    let token = created.token.unwrap_or_default();
    let secret = &created.access_token;
    output.say(
        || {
            format!(
                "{}\n\n  {secret}\n\nIt goes with a request as `Authorization: Bearer ...`, or as the password where a \
                 program asks for one, with any user name. Hand it over by a safe way; it is not shown again.",
                in_words(&token)
            )
        },
        || {
            let mut object = in_json(&token);
            object["access_token"] = json!(secret);
            object
        },
    );
    Ok(())
}

async fn list(operator: &Operator, arguments: TokenList, output: Output) -> Result<(), OperatorError> {
    let agency = arguments.agency.unwrap_or_default();
    let tokens = operator.all_tokens(&agency, !arguments.all).await?;
    output.say(
        || match &tokens[..] {
            [] => "there are no access tokens".to_owned(),
            tokens => tokens.iter().map(|token| in_words(token) + "\n").collect(),
        },
        || tokens.iter().map(in_json).collect(),
    );
    Ok(())
}

async fn revoke(operator: &Operator, arguments: TokenRevoke, output: Output) -> Result<(), OperatorError> {
    let request = v1::RevokeTokenRequest { id: arguments.id, reason: arguments.reason };
    let revoked = operator.agencies().revoke_token(request).await?.into_inner();
    let token = revoked.token.unwrap_or_default();
    output.say(|| in_words(&token), || in_json(&token));
    Ok(())
}

fn in_words(token: &v1::Token) -> String {
    let scope = match token.scope() {
        TokenScope::ReadAndSubmit => "reads and sends",
        TokenScope::Read | TokenScope::Unspecified => "reads",
    };
    let dataflows = match &token.dataflows[..] {
        [] => "all dataflows".to_owned(),
        dataflows => dataflows.join(", "),
    };
    let end = match &token.revoked_time {
        Some(revoked) => format!("revoked {}", Moment::of_message(revoked)),
        None => format!("until {}", time(&token.expires_at)),
    };
    let note = if token.note.is_empty() { String::new() } else { format!(" ({})", token.note) };
    format!("{}  {} {scope} {dataflows}, {end}{note}", token.id, token.agency)
}

fn in_json(token: &v1::Token) -> Value {
    json!({
        "id": token.id,
        "agency": token.agency,
        "note": token.note,
        "scope": token.scope().as_str_name().trim_start_matches("TOKEN_SCOPE_").to_ascii_lowercase(),
        "dataflows": token.dataflows,
        "created_at": time(&token.created_time),
        "expires_at": time(&token.expires_at),
        "revoked_at": token.revoked_time.as_ref().map(|time| Moment::of_message(time).to_string()),
    })
}

fn time(time: &Option<prost_types::Timestamp>) -> String {
    time.as_ref().map(Moment::of_message).unwrap_or_default().to_string()
}
