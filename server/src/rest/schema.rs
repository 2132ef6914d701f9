//! Schema queries: what valid data of a dataflow, data structure or agreement look like, as an XML schema or as the
//! structures that say so.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::get;
use http::StatusCode;
use mighub_sdmx::ml::structure::{MlVersion, write_schema};
use mighub_sdmx::structure::{
    Artefact, Class, ConstraintRole, DataDefinition, Dataflow, Detail, Identity, Reference, Relatives,
    Structures,
};

use super::accept::{Offer, negotiate};
use super::conditional::Validators;
use super::data::{Parameters, decoded, instant};
use super::desk::{Answer, Asked, Desk};
use super::error::{Family, Problem};
use super::structure::{StructureFormat, StructureQuery, asked, at, check_instant, header, offers};
use crate::hub::Hub;
use crate::hub::permit::Anybody;

const V2: [&str; 2] = ["/sdmx/v2/schema", "/sdmx/schema"];
const V1: [&str; 1] = ["/sdmx/v1/schema"];
/// What data can be asked for by; metadata are not held here.
const CONTEXTS: [&str; 3] = ["dataflow", "datastructure", "provisionagreement"];

/// A format of schemas.
#[derive(Clone, Copy, Debug)]
enum SchemaFormat {
    Xsd(MlVersion),
    Structures(StructureFormat),
}

/// The addresses of schemas. At the common address it is version 2's: the paths are the same.
pub(super) fn routes() -> Router<Arc<Desk>> {
    let mut routes = Router::new();
    for base in V2 {
        routes = at(routes, base, &get(move |desk, request| answer(desk, request, Family::V2, base)));
    }
    for base in V1 {
        routes = at(routes, base, &get(move |desk, request| answer(desk, request, Family::V1, base)));
    }
    routes
}

async fn answer(
    State(desk): State<Arc<Desk>>,
    request: Request,
    family: Family,
    base: &'static str,
) -> Response {
    let (parts, _) = request.into_parts();
    desk.answer(family, parts, move |hub, asked| {
        schema(hub, asked, family, asked.parts.uri.path().strip_prefix(base).unwrap_or_default())
    })
    .await
}

/// The formats of a version of the API, its default first: structures tell machines more than a schema does.
fn schema_offers(family: Family) -> Vec<Offer<SchemaFormat>> {
    let xsd =
        |version, text| Offer { format: SchemaFormat::Xsd(version), family: "schema+xml", version: text };
    let xsd = [xsd(MlVersion::V3_1, "3.1.0"), xsd(MlVersion::V3_0, "3.0.0"), xsd(MlVersion::V2_1, "2.1")];
    let structures = offers(family).map(|offer| Offer {
        format: SchemaFormat::Structures(offer.format),
        family: offer.family,
        version: offer.version,
    });
    match family {
        Family::V1 => xsd.into_iter().rev().chain(structures).collect(),
        // JSON first; among XML the schema itself is nearest to what is asked for.
        _ => {
            let (json, xml): (Vec<_>, Vec<_>) =
                structures.into_iter().partition(|offer| offer.family.ends_with("json"));
            json.into_iter().chain(xsd).chain(xml).collect()
        }
    }
}

fn schema(hub: &Hub, request: &Asked, family: Family, path: &str) -> Result<Answer, Problem> {
    let parts: Vec<String> = path.trim_matches('/').split('/').map(decoded).collect::<Result<_, _>>()?;
    let context = parts[0].as_str();
    if !CONTEXTS.contains(&context) || !(3..=4).contains(&parts.len()) {
        let text = format!(
            "the path: write schema/CONTEXT/AGENCY/ID/VERSION, where the context is one of {}",
            CONTEXTS.join(", ")
        );
        return Err(Problem::malformed(text));
    }
    let mut parameters = Parameters::read(request.parts.uri.query())?;
    let level = parameters.take(&["dimensionAtObservation"])?;
    // Measures are one dimension of observations here, whatever is said; deletions have the same columns.
    parameters.take(&["explicitMeasure"])?;
    parameters.take(&["deletion"])?;
    let format = parameters.take(&["format"])?;
    let as_of = instant(&mut parameters, &["asOf", "as_of"])?;
    parameters.finish(&["dimensionAtObservation", "explicitMeasure", "deletion", "asOf", "format"])?;
    let headers = &request.parts.headers;
    let accepted = negotiate(&schema_offers(family), headers, format.as_deref())?;
    let catalogue = hub.catalogue(&request.permit(hub, Anybody)?, request.now)?;
    check_instant(as_of, &catalogue, request.now)?;
    let known = &catalogue.structures;
    let found = StructureQuery::read(family, path, None)?.find(known);
    let names = asked(&found);
    let reference = match (names.len(), names.first()) {
        (1, Some(reference)) => reference.clone(),
        (0, _) => return Err(Problem::unknown(format!("there is no {context} of this name"))),
        (count, _) => {
            return Err(Problem::not_offered(format!("the path names {count} artefacts: name one of them")));
        }
    };
    let address = request.parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    let validators = Validators::new(
        &[&catalogue.state[..], address.as_bytes()].concat(),
        &accepted.media_type,
        catalogue.changed,
    );
    if validators.is_current(headers) {
        return Ok(Answer { validators: Some(validators), ..Answer::empty(StatusCode::NOT_MODIFIED) });
    }
    let definition = definition(known, &reference)?;
    let level = level_of(&definition, level)?;
    let body = match accepted.format {
        SchemaFormat::Xsd(version) => write_schema(&definition, version, &level),
        SchemaFormat::Structures(format) => {
            let shown = relevant(known, &found);
            format.write(&shown, &header(hub, request.now))
        }
    };
    let languages = Some("en".to_owned());
    Ok(Answer { validators: Some(validators), languages, ..Answer::of(accepted.media_type, body) })
}

fn level_of(definition: &DataDefinition, asked: Option<String>) -> Result<String, Problem> {
    let usual = || definition.time.as_deref().unwrap_or("AllDimensions").to_owned();
    let level = asked.unwrap_or_else(usual);
    let is_known = level == "AllDimensions"
        || definition.dimension(&level).is_some()
        || definition.time.as_deref() == Some(level.as_str());
    if is_known {
        return Ok(level);
    }
    let dimensions: Vec<&str> = definition.dimensions.iter().map(|dimension| &*dimension.id).collect();
    let text = format!(
        "dimensionAtObservation: {level:?} is no dimension of these data; there are AllDimensions, {}, {}",
        definition.time.as_deref().unwrap_or("no time"),
        dimensions.join(", ")
    );
    Err(Problem::malformed(text))
}

/// The data of a dataflow, of the dataflow of an agreement, or of a data structure as if a dataflow used it that
/// nothing restricts.
fn definition(known: &Structures, reference: &Reference) -> Result<Arc<DataDefinition>, Problem> {
    let resolve = |structures: &Structures, flow: &Reference| {
        DataDefinition::resolve(structures, flow)
            .map_err(|error| Problem::senseless(format!("{} cannot be used yet: {error}", reference.short())))
    };
    match known.get(reference).map(|artefact| &**artefact) {
        Some(Artefact::ProvisionAgreement(agreement)) => resolve(known, &agreement.dataflow),
        Some(Artefact::DataStructure(structure)) => {
            let identity = Identity { annotations: Vec::new(), ..structure.identity.clone() };
            let flow =
                Artefact::Dataflow(Dataflow { identity, structure: reference.clone(), defaults: Vec::new() });
            let name = flow.reference();
            let mut all = known.clone();
            all.replace(flow);
            resolve(&all, &name)
        }
        _ => resolve(known, reference),
    }
}

/// What says how data look: the data structure, its code lists cut to what is allowed, concepts, agencies, and
/// constraints.
fn relevant(known: &Structures, found: &Structures) -> Structures {
    let all = known.with_relatives(found, &Relatives::Descendants);
    let all = all.in_detail(Detail::ReferencePartial, &asked(found), known);
    let is_relevant = |class: Class| {
        matches!(
            class,
            Class::DataStructure
                | Class::Codelist
                | Class::ValueList
                | Class::ConceptScheme
                | Class::AgencyScheme
        )
    };
    let mut relevant = Structures::default();
    for (reference, artefact) in all.iter().filter(|(reference, _)| is_relevant(reference.class)) {
        // Whose artefacts they are says the scheme of agencies.
        for (_, scheme) in
            known.of_class(Class::AgencyScheme).filter(|(_, scheme)| scheme.has_item(&reference.agency))
        {
            relevant.share(scheme);
        }
        relevant.share(artefact);
    }
    for (_, constraint) in known.of_class(Class::DataConstraint) {
        let restricts = constraint.references().iter().any(|to| all.get(to).is_some());
        let is_allowed =
            matches!(&**constraint, Artefact::DataConstraint(one) if one.role == ConstraintRole::Allowed);
        if restricts && is_allowed {
            relevant.share(constraint);
        }
    }
    relevant
}
