//! Availability over REST: which values there are of what a reader may see.
//!
//! What lives here: both versions' queries, and the constraint that answers them. What must not: what a reader may
//! see; figures are counted as the reader would get them.

mod count;

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::get;
use http::StatusCode;
use mighub_sdmx::ml::structure::Availability;
use mighub_sdmx::structure::{
    Artefact, Attachment, Class, Codelist, ConstraintRole, CubeRegion, DataConstraint, DataDefinition, Id,
    Identity, Names, Reference, Relatives, Structures,
};

use super::accept::negotiate;
use super::conditional::Validators;
use super::data::{Chosen, Context, DataQuery, Named, Parameters, Wanted, decoded, find, instant, providers};
use super::desk::{Answer, Asked, Desk};
use super::error::{Family, Problem};
use super::structure::{at, header, offers, relatives};
use crate::hub::Hub;
use crate::hub::permit::{Anybody, Read};
use count::{Counted, count};

/// Answers that are kept, as many as there are dataflows with some filters: readers ask for the same again and again.
const KEPT_MAX: usize = 256;
/// Where version 2 has it, in both of its addresses.
const V2: [&str; 2] = ["/sdmx/v2/availability", "/sdmx/availability"];
/// Where version 1 has it.
const V1: [&str; 2] = ["/sdmx/v1/availableconstraint", "/sdmx/availableconstraint"];

/// The addresses of availability.
pub(super) fn routes() -> Router<Arc<Desk>> {
    let kept = Arc::new(Kept::default());
    let mut routes = Router::new();
    for (family, bases) in [(Family::V2, V2), (Family::V1, V1)] {
        for base in bases {
            let kept = kept.clone();
            let handler = move |State(desk): State<Arc<Desk>>, request: Request| {
                let kept = kept.clone();
                async move { answer(&desk, family, base, kept, request).await }
            };
            routes = at(routes, base, &get(handler));
        }
    }
    routes
}

async fn answer(
    desk: &Desk,
    family: Family,
    base: &'static str,
    kept: Arc<Kept>,
    request: Request,
) -> Response {
    let (parts, _) = request.into_parts();
    desk.answer(family, parts, move |hub, asked| {
        let path = asked.parts.uri.path().strip_prefix(base).unwrap_or_default();
        let query = AvailabilityQuery::read(hub, family, path, asked.parts.uri.query())?;
        availability(hub, asked, family, &query, &kept)
    })
    .await
}

/// Whether values that could be asked for beside the key count too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// Those of the key alone.
    Exact,
    /// For each dimension those that there would be if it were not restricted.
    Available,
}

/// A query for availability.
struct AvailabilityQuery {
    data: DataQuery,
    /// In mode available: for each dimension that is restricted, its place, and the query without that.
    freed: Vec<(usize, DataQuery)>,
    /// Nothing: all.
    components: Option<Vec<String>>,
    relatives: Relatives,
    format: Option<String>,
}

impl AvailabilityQuery {
    fn read(hub: &Hub, family: Family, path: &str, query: Option<&str>) -> Result<Self, Problem> {
        let parts: Vec<String> = path.trim_matches('/').split('/').map(decoded).collect::<Result<_, _>>()?;
        let part = |place: usize| parts.get(place).map_or("*", |part| part.as_str());
        let (named, key, component, separator) = match family {
            Family::V1 => {
                if parts.len() > 4 || part(0).is_empty() {
                    let text = "the path: write availableconstraint/AGENCY,ID,VERSION/KEY/PROVIDER/COMPONENT";
                    return Err(Problem::malformed(text));
                }
                let named = find(hub, Context::Dataflow, &Wanted::of_flow(part(0))?)?;
                (Named { providers: providers(part(2))?, ..named }, part(1), part(3), '+')
            }
            Family::V2 | Family::Plain => {
                if parts.len() > 6 {
                    let text = "the path: write availability/CONTEXT/AGENCY/ID/VERSION/KEY/COMPONENT";
                    return Err(Problem::malformed(text));
                }
                let context = if part(0).is_empty() { Context::Any } else { Context::read(part(0))? };
                let named = find(hub, context, &Wanted::read(part(1), part(2), part(3), ',')?)?;
                (named, part(4), part(5), ',')
            }
        };
        let mut parameters = Parameters::read(query)?;
        let mode = match parameters.take(&["mode"])?.as_deref() {
            None | Some("exact") => Mode::Exact,
            Some("available") => Mode::Available,
            Some(other) => {
                return Err(Problem::malformed(format!("mode: {other:?} is none: write exact or available")));
            }
        };
        let references = parameters.take(&["references"])?.unwrap_or_default();
        let format = parameters.take(&["format"])?;
        let restriction = Restriction::read(&mut parameters)?;
        parameters.finish(&[
            "c[COMPONENT]",
            "updatedAfter",
            "startPeriod",
            "endPeriod",
            "references",
            "mode",
            "format",
        ])?;
        let data = restriction.query(hub, &named, key, None)?;
        let components = components(&data.definition, component, separator)?;
        let mut freed = Vec::new();
        if mode == Mode::Available {
            for (place, dimension) in data.definition.dimensions.iter().enumerate() {
                let others = without(key, place);
                if others != key || restriction.names(&dimension.id) {
                    freed.push((place, restriction.query(hub, &named, &others, Some(&dimension.id))?));
                }
            }
        }
        Ok(Self { data, freed, components, relatives: relatives(&references, family)?, format })
    }
}

/// What restricts figures beside the key.
struct Restriction {
    conditions: Vec<(String, String)>,
    bounds: Vec<(&'static str, &'static str, String)>,
    since: Option<crate::hub::Moment>,
}

impl Restriction {
    fn read(parameters: &mut Parameters) -> Result<Self, Problem> {
        let mut bounds = Vec::new();
        for (name, operator) in [("startPeriod", "ge"), ("endPeriod", "le")] {
            bounds.extend(parameters.take(&[name])?.map(|period| (name, operator, period)));
        }
        let conditions = parameters.take_conditions()?;
        Ok(Self { conditions, bounds, since: instant(parameters, &["updatedAfter", "updateAfter"])? })
    }

    fn names(&self, component: &str) -> bool {
        self.conditions.iter().any(|(name, _)| name == component)
    }

    /// The figures of a key under it, where one dimension may be free.
    fn query(&self, hub: &Hub, named: &Named, key: &str, free: Option<&str>) -> Result<DataQuery, Problem> {
        let mut query = DataQuery::begin(hub, named.clone(), key)?;
        for (component, condition) in self.conditions.iter().filter(|(name, _)| Some(name.as_str()) != free) {
            query.filter.add(&query.definition, &format!("c[{component}]"), component, condition)?;
        }
        for (name, operator, period) in &self.bounds {
            query.bound(name, operator, period)?;
        }
        query.figures.since = self.since;
        Ok(query.checked()?)
    }
}

/// A key, or several, without its value of one dimension.
fn without(keys: &str, place: usize) -> String {
    let free = |key: &str| {
        let mut parts: Vec<&str> = key.split('.').collect();
        if let Some(part) = parts.get_mut(place).filter(|part| !matches!(**part, "" | "*" | "all")) {
            *part = "";
        }
        parts.join(".")
    };
    keys.split(',').map(free).collect::<Vec<_>>().join(",")
}

fn components(
    definition: &DataDefinition,
    text: &str,
    separator: char,
) -> Result<Option<Vec<String>>, Problem> {
    if matches!(text, "" | "*" | "all") {
        return Ok(None);
    }
    let names: Vec<String> = text.split(separator).map(str::to_owned).collect();
    let is_known = |name: &str| {
        definition.dimension(name).is_some() || definition.time.as_deref().is_some_and(|time| time == name)
    };
    match names.iter().find(|name| !is_known(name)) {
        None => Ok(Some(names)),
        Some(name) => {
            let all = definition
                .dimensions
                .iter()
                .map(|dimension| &*dimension.id)
                .chain(definition.time.as_deref());
            let all = all.collect::<Vec<_>>().join(", ");
            Err(Problem::malformed(format!(
                "the component: {name:?} is no dimension of these data; there are {all}"
            )))
        }
    }
}

fn availability(
    hub: &Arc<Hub>,
    request: &Asked,
    family: Family,
    query: &AvailabilityQuery,
    kept: &Kept,
) -> Result<Answer, Problem> {
    let headers = &request.parts.headers;
    let accepted = negotiate(&offers(family), headers, query.format.as_deref())?;
    let permit = request.permit(hub, Read)?;
    let chosen = Chosen::new(hub, &permit, Arc::new(query.data.clone()), request.now)?
        .attended(&request.attendance)
        .counted_only();
    let state = chosen.figures().state()?;
    let address = request.parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    let content = [&state.tag[..], address.as_bytes()].concat();
    let validators = Validators::new(&content, &accepted.media_type, state.changed).at(request.now);
    if validators.is_current(headers) {
        return Ok(Answer { validators: Some(validators), ..Answer::empty(StatusCode::NOT_MODIFIED) });
    }
    let counted = kept.or_count(blake3::hash(&content).into(), || {
        let mut counted = count(chosen)?;
        for (place, freed) in &query.freed {
            let chosen = Chosen::new(hub, &permit, Arc::new(freed.clone()), request.now)?
                .attended(&request.attendance)
                .counted_only();
            if let (Some(values), Some(more)) =
                (counted.values.get_mut(*place), count(chosen)?.values.get(*place))
            {
                values.extend(more.iter().cloned());
            }
        }
        Ok(counted)
    })?;
    if counted.observations == 0 && query.freed.is_empty() {
        return match family {
            Family::V1 => Err(Problem::unknown("no figures match the query, or none that you may see")),
            _ => Ok(Answer { validators: Some(validators), ..Answer::empty(StatusCode::NO_CONTENT) }),
        };
    }
    let definition = &query.data.definition;
    let constraint = constraint(definition, &counted, query.components.as_deref())?;
    let availability =
        Availability { constraint, series: Some(counted.series), observations: Some(counted.observations) };
    let catalogue = hub.catalogue(&request.permit(hub, Anybody)?, request.now)?;
    let along = along(&catalogue.structures, definition, &query.relatives, &counted);
    let body = accepted.format.write_availability(&availability, &along, &header(hub, request.now));
    let languages = Some("en".to_owned());
    Ok(Answer { validators: Some(validators), languages, ..Answer::of(accepted.media_type, body) })
}

/// The constraint that says what there is. It is made for the answer, and has a name that says so.
fn constraint(
    definition: &DataDefinition,
    counted: &Counted,
    components: Option<&[String]>,
) -> Result<DataConstraint, Problem> {
    let flow = &definition.dataflow;
    let id = Id::new(&format!("AVAILABILITY_{}", flow.id)).unwrap_or_else(|_| flow.id.clone());
    let name = Names::english(&format!("What there is of {}", definition.name));
    let identity = Identity::new(flow.agency.clone(), id, flow.version.clone(), name);
    let region = CubeRegion {
        include: true,
        key_values: counted.key_values(definition, components),
        components: Vec::new(),
    };
    Ok(DataConstraint {
        identity,
        role: ConstraintRole::Actual,
        constraint_attachment: Attachment { dataflows: vec![flow.clone()], ..Attachment::default() },
        cube_regions: vec![region],
        key_sets: Vec::new(),
    })
}

/// The artefacts that are given along; code lists with the codes that there are.
fn along(
    known: &Structures,
    definition: &DataDefinition,
    relatives: &Relatives,
    counted: &Counted,
) -> Structures {
    let mut flow = Structures::default();
    let Some(artefact) = known.get(&definition.dataflow) else { return flow };
    if *relatives == Relatives::None {
        return flow;
    }
    flow.replace((**artefact).clone());
    // The constraint is about the dataflow: whatever is above it, it is not above the dataflow.
    let mut all = known.with_relatives(&flow, &Relatives::Descendants);
    // Who provides is said above the dataflow, and given to whoever asks for it by name.
    if matches!(relatives, Relatives::Classes(classes) if classes.contains(&Class::DataProviderScheme)) {
        let agreed = Relatives::Classes([Class::ProvisionAgreement].into());
        let agreements = known.with_relatives(&flow, &agreed);
        let providers = known.with_relatives(&agreements, &Relatives::Children);
        providers.of_class(Class::DataProviderScheme).for_each(|(_, scheme)| all.share(scheme));
    }
    let is_wanted = |reference: &Reference| match relatives {
        Relatives::Classes(classes) => classes.contains(&reference.class),
        _ => true,
    };
    let mut along = Structures::default();
    for (reference, artefact) in all.iter().filter(|(reference, _)| is_wanted(reference)) {
        match &**artefact {
            Artefact::Codelist(list) if reference.class == Class::Codelist => {
                along.replace(Artefact::Codelist(Arc::new(cut(list, definition, counted))));
            }
            other => along.replace(other.clone()),
        }
    }
    along
}

/// A code list cut to the codes that there are; one that no dimension uses stays whole.
fn cut(list: &Codelist, definition: &DataDefinition, counted: &Counted) -> Codelist {
    let of_list = |(dimension, _): &(&mighub_sdmx::structure::ComponentUse, &BTreeSet<Arc<str>>)| {
        dimension.coded_by.codelist().is_some_and(|known| known.identity.id == list.identity.id)
    };
    let used: Vec<_> = definition.dimensions.iter().zip(&counted.values).filter(of_list).collect();
    if used.is_empty() {
        return list.clone();
    }
    let is_there = |code: &str| used.iter().any(|(_, values)| values.contains(code));
    let mut codes: Vec<_> = list.codes().iter().filter(|code| is_there(&code.id)).cloned().collect();
    codes.iter_mut().for_each(|code| drop(code.parent.take_if(|parent| !is_there(parent))));
    let is_partial = codes.len() < list.codes().len();
    Codelist::new(Identity { is_partial, ..list.identity.clone() }, codes)
}

/// What was counted lately, by the state of the figures and the query.
#[derive(Default)]
struct Kept(Mutex<VecDeque<([u8; 32], Counting)>>);

/// What is counted once, whoever asks meanwhile.
type Counting = Arc<Mutex<Option<Arc<Counted>>>>;

impl Kept {
    fn or_count(
        &self,
        key: [u8; 32],
        count: impl FnOnce() -> Result<Counted, Problem>,
    ) -> Result<Arc<Counted>, Problem> {
        let counting = self.counting(key);
        // Whoever asks the same waits for the first to have counted.
        let mut counted = counting.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(counted) = &*counted {
            return Ok(counted.clone());
        }
        Ok(counted.insert(Arc::new(count()?)).clone())
    }

    fn counting(&self, key: [u8; 32]) -> Counting {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, counting)) = kept.iter().find(|(known, _)| *known == key) {
            return counting.clone();
        }
        let counting = Counting::default();
        kept.push_back((key, counting.clone()));
        if kept.len() > KEPT_MAX {
            kept.pop_front();
        }
        counting
    }
}
