//! Answers to warnings, as a form. What somebody wrote is never lost: where it cannot be taken it is shown again.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use http::StatusCode;
use mighub::v1;

use crate::hub::permit::ActOn;
use crate::rest::error::Problem;
use crate::web::door::{Shown, Visit, Web};
use crate::web::menu::Place;
use crate::web::page::Page;
use crate::web::person::read_form;
use crate::web::query::{Query, encoded};

#[derive(Template)]
#[template(path = "kept.html")]
struct Kept<'a> {
    page: &'a Page,
    /// Where to go on.
    back: String,
    text: &'a str,
    problem: String,
}

/// `POST /submissions/{id}/answers`
pub(super) async fn answer(
    State(web): State<Arc<Web>>,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    let (mut parts, body) = request.into_parts();
    let form = match read_form(&parts, body).await {
        Ok(form) => form,
        Err(problem) => return web.fault(&parts, Some(Place::Submissions), &problem),
    };
    let back = address(&id, &form);
    // Views are addresses of their own: language and theme of this one lead back there.
    if let Ok(uri) = back.parse() {
        parts.uri = uri;
    }
    let (given, kept) = (form.clone(), form);
    let signed_in = web.begin(parts.clone(), |hub, asked| Ok(asked.visitor.principal(hub, asked.now)?)).await;
    if let Err(problem) = signed_in {
        // The session has ended: the page is made for the public, with the text.
        parts.headers.remove(http::header::COOKIE);
        return web
            .show(parts, Some(Place::Submissions), move |visit| {
                let page = visit.page.titled("fault.401");
                let text = kept.get("text").unwrap_or_default();
                let problem = problem.to_string();
                Shown::with(
                    StatusCode::UNAUTHORIZED,
                    &Kept { page: &page, back: address(&id, &kept), text, problem },
                )
            })
            .await;
    }
    web.show(parts, Some(Place::Submissions), move |visit| answered(visit, &id, &given)).await
}

fn answered(visit: &Visit<'_>, id: &str, form: &Query) -> Result<Shown, Problem> {
    let field = |name: &str| form.get(name).unwrap_or_default().to_owned();
    // Browsers send line breaks as two characters (HTML, 4.10.22), and both would count.
    let text = field("text").replace("\r\n", "\n");
    let request = v1::AnswerFindingsRequest {
        submission_id: id.to_owned(),
        answers: vec![v1::FindingAnswer {
            rule_id: field("rule"),
            finding_ids: Vec::new(),
            text: text.clone(),
        }],
        person: field("person"),
    };
    let permit = visit.permit(ActOn(id.to_owned()))?;
    match visit.hub.answer_findings(&permit, &request, visit.now) {
        Ok(_) => Ok(Shown::SeeOther(format!("/submissions/{}", encoded(id)))),
        Err(refusal) => {
            let problem = Problem::from(refusal);
            let page = visit.page.titled("finding.answer");
            let kept =
                Kept { page: &page, back: address(id, form), text: &text, problem: problem.to_string() };
            Shown::with(problem.status(), &kept)
        }
    }
}

fn address(id: &str, form: &Query) -> String {
    let query = Query::default().with("rule", form.get("rule").unwrap_or_default());
    format!("/submissions/{}{}", encoded(id), query.text())
}
