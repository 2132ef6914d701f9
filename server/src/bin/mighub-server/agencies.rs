//! `mighub-server agency`, `agreement` and `role`.

use std::path::Path;

use mighub::v1;
use mighub_server::hub::Moment;
use mighub_server::rpc::{Operator, OperatorError};
use serde_json::{Value, json};

use crate::arguments::{
    Agency, AgencyAdd, Agreement, AgreementList, AgreementPut, Role, RoleGrant, RoleName, RoleRevoke, Terms,
    dimension_codes,
};
use crate::failure::Failure;
use crate::keys;
use crate::output::Output;

/// The dimension that `--area` limits.
const AREA: &str = "REF_AREA";

pub(crate) async fn agency(dir: &Path, command: Agency, output: Output) -> Result<(), Failure> {
    let operator = Operator::connect(dir).await?;
    let done = match command {
        Agency::Add(arguments) => add(&operator, *arguments, output).await,
        Agency::List => list(&operator, output).await.map_err(Failure::from),
        Agency::Keys(arguments) => keys::list(&operator, arguments, output).await.map_err(Failure::from),
        Agency::Revoke(arguments) => keys::revoke(&operator, arguments, output).await.map_err(Failure::from),
    };
    operator.end().await;
    done
}

pub(crate) async fn agreement(dir: &Path, command: Agreement, output: Output) -> Result<(), Failure> {
    let operator = Operator::connect(dir).await?;
    let done = match command {
        Agreement::Put(arguments) => put_agreement(&operator, *arguments, output).await,
        Agreement::List(arguments) => list_agreements(&operator, arguments, output).await,
    };
    operator.end().await;
    Ok(done?)
}

pub(crate) async fn role(dir: &Path, command: Role, output: Output) -> Result<(), Failure> {
    let operator = Operator::connect(dir).await?;
    let (agency, done) = match command {
        Role::Grant(RoleGrant { agency, roles }) => {
            let done = grant(&operator, &agency, &roles).await;
            (agency, done)
        }
        Role::Revoke(RoleRevoke { agency, roles, reason }) => {
            let done = revoke(&operator, &agency, &roles, &reason).await;
            (agency, done)
        }
    };
    operator.end().await;
    let now = done?;
    output.say(
        || format!("{agency} is {}", in_words(&now)),
        || json!({ "agency": agency, "roles": names(&now) }),
    );
    Ok(())
}

async fn add(operator: &Operator, arguments: AgencyAdd, output: Output) -> Result<(), Failure> {
    // Looked up first: an agency must not be added when the rest is misspelt.
    let mut dataflows = Vec::new();
    for dataflow in &arguments.dataflow {
        dataflows.push(operator.dataflow(dataflow).await?);
    }
    let request = v1::AddAgencyRequest {
        agency: arguments.agency.clone(),
        name: arguments.name.clone().unwrap_or_default(),
        token_only: arguments.token_only,
    };
    let added = operator.agencies().add_agency(request).await.map_err(OperatorError::from)?.into_inner();
    // The token is shown this once, so it is shown whatever happens afterwards.
    let given = give_rights(operator, &arguments, &dataflows).await;
    let roles = given.as_deref().unwrap_or_default();
    let expires = added.expires_at.as_ref().map(Moment::of_message).unwrap_or_default().to_string();
    let (agency, token) = (&arguments.agency, &added.enrolment_token);
    output.say(
        || {
            let mut text =
                format!("{agency} may enrol until {expires} with this token, once:\n\n  {token}\n\n");
            if !roles.is_empty() {
                text += &format!("It is {}. ", in_words(roles));
            }
            if given.is_ok() && !dataflows.is_empty() {
                text += &format!("It may send {}. ", dataflows.join(", "));
            }
            text + "Hand the token over by another way than the hub's address; it is not shown again."
        },
        || {
            json!({
                "agency": agency, "enrolment_token": token, "expires_at": expires,
                "roles": names(roles), "dataflows": if given.is_ok() { &dataflows[..] } else { &[] },
            })
        },
    );
    given.map(drop).map_err(|error| {
        let remedy = "correct that with `role grant` and `agreement put`";
        Failure::partly_done(format!("{agency} was added, but not all of its rights: {error}; {remedy}"))
    })
}

/// The roles and agreements that the command line asks for.
async fn give_rights(
    operator: &Operator,
    arguments: &AgencyAdd,
    dataflows: &[String],
) -> Result<Vec<v1::Role>, OperatorError> {
    let roles = match (&arguments.roles[..], dataflows) {
        _ if arguments.token_only => vec![],
        ([], []) => vec![RoleName::Reader],
        ([], _) => vec![RoleName::Submitter, RoleName::Reader],
        (roles, _) => roles.to_vec(),
    };
    let roles = grant(operator, &arguments.agency, &roles).await?;
    for dataflow in dataflows {
        let id = agreement_id(operator, &arguments.agency, dataflow);
        let agreement = v1::Agreement {
            id,
            dataflow: dataflow.clone(),
            provider: arguments.agency.clone(),
            ..of_terms(&arguments.terms)
        };
        put(operator, agreement).await?;
    }
    Ok(roles)
}

async fn list(operator: &Operator, output: Output) -> Result<(), OperatorError> {
    let agencies = operator.all_agencies().await?;
    output.say(
        || {
            let line = |(agency, roles): &(v1::Agency, v1::AgencyRoles)| {
                let enrolled = if agency.enrolled { "enrolled" } else { "not enrolled" };
                format!(
                    "{:<12} {:<40} {:<12} {}\n",
                    agency.id,
                    agency.name,
                    enrolled,
                    in_words(&roles_of(roles))
                )
            };
            agencies.iter().map(line).collect()
        },
        || {
            let object = |(agency, roles): &(v1::Agency, v1::AgencyRoles)| {
                json!({
                    "agency": agency.id, "name": agency.name, "enrolled": agency.enrolled,
                    "roles": names(&roles_of(roles)),
                })
            };
            agencies.iter().map(object).collect()
        },
    );
    Ok(())
}

async fn grant(
    operator: &Operator,
    agency: &str,
    roles: &[RoleName],
) -> Result<Vec<v1::Role>, OperatorError> {
    let mut now = Vec::new();
    for role in roles {
        let role = v1::Role::from(*role).into();
        let request = v1::GrantRoleRequest { agency: agency.to_owned(), role };
        now = operator.agencies().grant_role(request).await?.into_inner().roles().collect();
    }
    Ok(now)
}

async fn revoke(
    operator: &Operator,
    agency: &str,
    roles: &[RoleName],
    reason: &str,
) -> Result<Vec<v1::Role>, OperatorError> {
    let mut now = Vec::new();
    for role in roles {
        let role = v1::Role::from(*role).into();
        let request = v1::RevokeRoleRequest { agency: agency.to_owned(), role, reason: reason.to_owned() };
        now = operator.agencies().revoke_role(request).await?.into_inner().roles().collect();
    }
    Ok(now)
}

async fn put_agreement(
    operator: &Operator,
    arguments: AgreementPut,
    output: Output,
) -> Result<(), OperatorError> {
    let dataflow = operator.dataflow(&arguments.dataflow).await?;
    let id = arguments.id.unwrap_or_else(|| agreement_id(operator, &arguments.provider, &dataflow));
    let parameter = |(id, value)| v1::RuleParameter { id, value };
    let parameters = arguments.parameters.into_iter().map(parameter);
    let agreement = v1::Agreement {
        id,
        dataflow,
        provider: arguments.provider,
        sender_agencies: arguments.senders,
        principal_rank: arguments.rank,
        needs_review: arguments.needs_review,
        existence_restricted: arguments.existence_restricted,
        four_eyes: arguments.four_eyes,
        publisher_agencies: arguments.publishers,
        confidential_readers: arguments.confidential_readers,
        pre_release_readers: arguments.pre_release_readers,
        rule_parameters: parameters.collect(),
        ..of_terms(&arguments.terms)
    };
    let stored = put(operator, agreement).await?;
    output.say(
        || match stored.position {
            Some(position) => {
                format!("stored as record {position}:\n{}", agreement_text(stored.agreement.as_ref()))
            }
            None => format!("nothing changed:\n{}", agreement_text(stored.agreement.as_ref())),
        },
        || json!({ "position": stored.position, "agreement": stored.agreement.as_ref().map(agreement_json) }),
    );
    Ok(())
}

async fn list_agreements(
    operator: &Operator,
    arguments: AgreementList,
    output: Output,
) -> Result<(), OperatorError> {
    let dataflow = match &arguments.dataflow {
        None => String::new(),
        Some(name) => operator.dataflow(name).await?,
    };
    let provider = arguments.provider.unwrap_or_default();
    let agreements = operator.all_agreements(&dataflow, &provider).await?;
    output.say(
        || agreements.iter().map(|agreement| agreement_text(Some(agreement))).collect(),
        || agreements.iter().map(agreement_json).collect(),
    );
    Ok(())
}

async fn put(
    operator: &Operator,
    agreement: v1::Agreement,
) -> Result<v1::PutAgreementResponse, OperatorError> {
    let request = v1::PutAgreementRequest { agreement: Some(agreement) };
    Ok(operator.agencies().put_agreement(request).await?.into_inner())
}

fn of_terms(terms: &Terms) -> v1::Agreement {
    let mut permitted_region = terms.region.clone();
    if !terms.area.is_empty() {
        permitted_region.push(dimension_codes(AREA, terms.area.iter().cloned()));
    }
    v1::Agreement {
        permitted_region,
        default_conf_status: terms.conf_status.clone().unwrap_or_default(),
        valid_from: terms.valid_from.clone().unwrap_or_default(),
        valid_to: terms.valid_to.clone().unwrap_or_default(),
        ..Default::default()
    }
}

/// One agreement for each lane, unless the operator names another.
fn agreement_id(operator: &Operator, provider: &str, dataflow: &str) -> String {
    let dataflow = dataflow.split([':', '(']).nth(1).unwrap_or(dataflow);
    // An agency id may have points, and the id of an artefact may not.
    format!("{}:PA_{}_{dataflow}(1.0.0)", operator.administrator(), provider.replace('.', "_"))
}

fn agreement_text(agreement: Option<&v1::Agreement>) -> String {
    let Some(agreement) = agreement else { return String::new() };
    let region: Vec<String> = agreement
        .permitted_region
        .iter()
        .map(|part| format!("{} {}", part.dimension, part.codes.join(",")))
        .collect();
    let region = if region.is_empty() { "everything".to_owned() } else { region.join("; ") };
    format!("{}\n  {} sends {}: {region}\n", agreement.id, agreement.provider, agreement.dataflow)
}

fn agreement_json(agreement: &v1::Agreement) -> Value {
    let parameters = agreement.rule_parameters.iter().map(|given| (given.id.clone(), json!(given.value)));
    let region = |part: &v1::DimensionCodes| json!({ "dimension": part.dimension, "codes": part.codes });
    json!({
        "id": agreement.id,
        "dataflow": agreement.dataflow,
        "provider": agreement.provider,
        "sender_agencies": agreement.sender_agencies,
        "permitted_region": agreement.permitted_region.iter().map(region).collect::<Vec<_>>(),
        "valid_from": agreement.valid_from,
        "valid_to": agreement.valid_to,
        "principal_rank": agreement.principal_rank,
        "needs_review": agreement.needs_review,
        "existence_restricted": agreement.existence_restricted,
        "four_eyes": agreement.four_eyes,
        "publisher_agencies": agreement.publisher_agencies,
        "default_conf_status": agreement.default_conf_status,
        "confidential_readers": agreement.confidential_readers,
        "pre_release_readers": agreement.pre_release_readers,
        "rule_parameters": parameters.collect::<serde_json::Map<_, _>>(),
    })
}

fn roles_of(agency: &v1::AgencyRoles) -> Vec<v1::Role> {
    agency.roles().collect()
}

fn names(roles: &[v1::Role]) -> Vec<String> {
    let name = |role: &v1::Role| role.as_str_name().trim_start_matches("ROLE_").to_ascii_lowercase();
    roles.iter().map(name).collect()
}

fn in_words(roles: &[v1::Role]) -> String {
    if roles.is_empty() { "without a role".to_owned() } else { names(roles).join(", ") }
}
