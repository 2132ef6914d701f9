//! `mighub receipt`: fetch the evidence of a submission, and say what it proves. JSON: as `verify`, and `"folder"`.

use mighub_client::{Error, ExitCode};

use crate::verify::{ended, in_json, print};
use crate::{Context, arguments};

pub(crate) async fn run(context: &Context, arguments: &arguments::Receipt) -> Result<ExitCode, Error> {
    let hub = context.connect().await?;
    let bundle = hub.evidence(&arguments.submission, &arguments.out).await?;
    let output = &context.output;
    if output.json {
        let mut value = in_json(&bundle.verification);
        value["folder"] = serde_json::json!(bundle.folder);
        output.json(&value)?;
    } else {
        output.line(format_args!("The evidence is in {}.", bundle.folder.display()))?;
        print(output, &bundle.verification)?;
    }
    Ok(ended(&bundle.verification))
}
