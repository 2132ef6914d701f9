//! `mighub template`: a workbook to fill in. JSON: `{"dataflow", "file", "rows", "cells", "prefilled_from"}`.

use std::sync::Arc;

use mighub_client::{Error, ExitCode, TemplateRequest, read_folder, write_template};
use mighub_sdmx::structure::{Class, DataDefinition};
use mighub_workbook::{Listings, Reference};
use serde_json::json;

use crate::{Context, arguments, words};

pub(crate) async fn run(context: &Context, arguments: arguments::Template) -> Result<ExitCode, Error> {
    let (definition, reference) = structure(context, &arguments).await?;
    let listings = match &arguments.listings {
        None => Listings::standard(),
        Some(path) => {
            let json = std::fs::read(path).map_err(|source| Error::File { path: path.clone(), source })?;
            let refuse =
                |error: mighub_workbook::ListingError| Error::Request(format!("{}: {error}", path.display()));
            Listings::read(&json).map_err(refuse)?
        }
    };
    let listing = listings.of(&definition.dataflow.id);
    // --wide alone takes what the listing lays across, or else the sexes.
    let across = arguments.wide.as_ref().map(|dimension| match &**dimension {
        "" => listing.across.clone().unwrap_or_else(|| "SEX".to_owned()),
        dimension => dimension.to_owned(),
    });
    let vintage = reference.as_ref().map(|reference| reference.vintage.clone());
    let request = TemplateRequest {
        definition,
        listing,
        area: arguments.area,
        periods: arguments.period,
        language: arguments.lang,
        across,
        reference,
    };
    let size = write_template(&request, &arguments.output)?;
    let dataflow = request.definition.dataflow.short();
    let output = &context.output;
    if output.json {
        output.json(&json!({
            "dataflow": dataflow,
            "file": arguments.output,
            "rows": size.rows,
            "cells": size.cells,
            "prefilled_from": vintage,
        }))?;
        return Ok(ExitCode::Done);
    }
    output.line(format_args!(
        "{}: {dataflow} of {} for {}, {} to fill in",
        arguments.output.display(),
        request.area,
        request.periods.join(", "),
        words::some(size.cells as u64, "cell"),
    ))?;
    output.line("Next: fill it in, then `mighub validate` it.")?;
    Ok(ExitCode::Done)
}

/// The dataflow, and what was sent before if it is asked for.
async fn structure(
    context: &Context,
    arguments: &arguments::Template,
) -> Result<(Arc<DataDefinition>, Option<Reference>), Error> {
    if let Some(folder) = &arguments.structures {
        let structures = read_folder(folder)?;
        let found = structures.find(Class::Dataflow, &arguments.dataflow);
        let (reference, _) = found.ok_or_else(|| {
            Error::Request(format!("{} has no dataflow {}", folder.display(), arguments.dataflow))
        })?;
        let definition = DataDefinition::resolve(&structures, reference);
        let refuse = |reason: String| Error::Structures { name: arguments.dataflow.clone(), reason };
        return Ok((definition.map_err(|error| refuse(error.to_string()))?, None));
    }
    let hub = context.connect().await?;
    let dataflow = hub.dataflow(&arguments.dataflow).await?;
    let definition = hub.newest_definition(&dataflow).await?;
    if !arguments.prefill {
        return Ok((definition, None));
    }
    let provider = arguments.provider.clone().unwrap_or_else(|| hub.config().agency);
    let reference = hub.reference(&definition, &provider, &arguments.area).await?;
    Ok((definition, Some(reference)))
}
