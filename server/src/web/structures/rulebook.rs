//! The rules that judge a dataflow, with their texts and their program.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Request, State};
use axum::response::Response;
use data_encoding::HEXLOWER_PERMISSIVE;
use mighub::v1::{self, get_rulebook_request::Rulebook as Asked};
use mighub_validation::{Rulebook, Severity};

use crate::hub::Refusal;
use crate::hub::permit::Anybody;
use crate::rest::error::Problem;
use crate::web::door::{Shown, Visit, Web};
use crate::web::menu::Place;
use crate::web::page::Page;
use crate::web::parts::{Chip, Standing};

struct Rule {
    id: String,
    level: u8,
    chip: Chip,
    title: String,
    explanation: String,
    remedy: String,
}

#[derive(Template)]
#[template(path = "rulebook.html")]
struct Rules<'a> {
    page: &'a Page,
    dataflow: &'a str,
    version: &'a str,
    digest: String,
    rules: Vec<Rule>,
    parameters: Vec<(String, String, String)>,
    scripts: Vec<(&'a str, &'a str)>,
}

/// `/rulebook?dataflow=...` or `/rulebook?digest=...`
pub(super) async fn one(State(web): State<Arc<Web>>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    web.show(parts, Some(Place::Structures), shown).await
}

fn shown(visit: &Visit<'_>) -> Result<Shown, Problem> {
    let asked = match (visit.query.get("digest"), visit.query.get("dataflow")) {
        (Some(digest), _) => {
            let digest = HEXLOWER_PERMISSIVE.decode(digest.as_bytes());
            Asked::Digest(
                digest.map_err(|_| Problem::malformed("digest: write 64 hexadecimal digits"))?.into(),
            )
        }
        (None, Some(dataflow)) => Asked::Dataflow(dataflow.to_owned()),
        (None, None) => return Ok(Shown::SeeOther("/structures#rulebooks".to_owned())),
    };
    let request = v1::GetRulebookRequest { rulebook: Some(asked) };
    let found = visit.hub.get_rulebook(&visit.permit(Anybody)?, &request, visit.now)?;
    let book = Rulebook::read(&found.rulebook);
    let book = book.map_err(|error| Refusal::internal(format!("a rulebook: {error}")))?;
    let page = &visit.page;
    let severity = |severity: Severity| match severity {
        Severity::Error => (Standing::Bad, "severity.error"),
        Severity::Warning => (Standing::Warning, "severity.warning"),
        Severity::Note => (Standing::Waiting, "severity.note"),
    };
    let rules = book.book().into_iter().flat_map(|book| &book.rules).map(|rule| {
        let rule = rule.to_rule();
        let texts = rule.texts_in(page.language.tag());
        let (standing, key) = severity(rule.severity);
        Rule {
            id: rule.id.to_string(),
            level: rule.level,
            chip: Chip { standing, words: page.t(key).to_owned() },
            title: texts.title.clone(),
            explanation: texts.explanation.clone(),
            remedy: texts.remedy.clone(),
        }
    });
    let parameters = book.book().into_iter().flat_map(|book| &book.parameters);
    let parameters = parameters.map(|one| (one.id.clone(), one.value.to_string(), one.about.clone()));
    let scripts = book.book().into_iter().flat_map(|book| &book.scripts);
    let dataflow = book.dataflow().unwrap_or(&found.dataflow);
    let page = page.called(&page.t1("rulebook.title", dataflow));
    Shown::of(&Rules {
        page: &page,
        dataflow,
        version: book.version(),
        digest: data_encoding::HEXLOWER.encode(&found.digest),
        rules: rules.collect(),
        parameters: parameters.collect(),
        scripts: scripts.map(|script| (script.name.as_str(), script.text.as_str())).collect(),
    })
}
