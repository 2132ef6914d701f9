//! Commands about consolidated data. JSON has the names of the contract's fields: `matrix`, `net`, `compare`, `shares`,
//! `groups` and `methods` print one object a line; `mirror`, `explain` and `parties` one object.

mod governments;
mod matrix;
mod mirror;
mod net;
mod sums;

use mighub::v1;
use mighub_client::{Error, ExitCode, Hub};
use serde_json::{Value, json};

use crate::arguments::Consolidated;
use crate::{Context, arguments, input, json, words};

pub(crate) async fn run(context: &Context, command: Consolidated) -> Result<ExitCode, Error> {
    let hub = context.connect().await?;
    match command {
        Consolidated::Matrix(arguments) => matrix::run(context, &hub, arguments).await,
        Consolidated::Net(arguments) => net::net(context, &hub, arguments).await,
        Consolidated::Compare(arguments) => net::compare(context, &hub, arguments).await,
        Consolidated::Mirror(arguments) => mirror::run(context, &hub, arguments).await,
        Consolidated::Explain(arguments) => explain(context, &hub, arguments).await,
        Consolidated::Shares(arguments) => governments::shares(context, &hub, arguments).await,
        Consolidated::Parties(arguments) => governments::parties(context, &hub, arguments).await,
        Consolidated::Groups(arguments) => governments::groups(context, &hub, arguments).await,
        Consolidated::Methods => methods(context, &hub).await,
    }
}

/// The figures that options mean.
fn derived(options: &arguments::Derived) -> Result<v1::Derived, Error> {
    Ok(v1::Derived {
        dataflow: options.dataflow.clone(),
        view: options.view.clone(),
        method: options.method.clone(),
        sexes: options.sex.clone(),
        ages: options.age.clone(),
        start_period: options.when.start.clone(),
        end_period: options.when.end.clone(),
        point: input::at(options.when.as_of.as_deref())?.message(),
        membership_day: options.when.members_on.clone(),
        ..v1::Derived::default()
    })
}

async fn explain(context: &Context, hub: &Hub, arguments: arguments::Explain) -> Result<ExitCode, Error> {
    let [first, second, period] = &arguments.cell[..] else {
        return Err(Error::Request("a cell is named by three words".to_owned()));
    };
    let (dataflow, key) = if second.contains('.') {
        (first.clone(), second.clone())
    } else {
        (String::new(), format!("A.{first}.{second}._T._T.LT.CO.{}", arguments.method))
    };
    let point = input::at(arguments.as_of.as_deref())?.message();
    let request = v1::ExplainCellRequest { dataflow, key, period: period.clone(), point };
    let answer = hub.explain(&request).await?;
    let output = &context.output;
    if output.json {
        let input = |input: &v1::CellInput| {
            json!({
                "ref": input.r#ref,
                "submission_id": input.submission_id,
                "key": input.key,
                "period": input.period,
                "lane": json::lane(input.lane.as_ref()),
                "version": input.version,
                "effective_time": json::time(input.effective_time.as_ref()),
                "value": sums::figure(&input.value),
            })
        };
        let other = |other: &v1::MethodFigure| json!({ "method": other.method, "value": sums::figure(&other.value), "rule": other.rule });
        output.json(&json!({
            "sentences": answer.sentences,
            "value": sums::figure(&answer.value),
            "hidden": answer.hidden,
            "rule": answer.rule,
            "origin_value": sums::figure(&answer.origin_value),
            "destination_value": sums::figure(&answer.destination_value),
            "asymmetry": sums::figure(&answer.asymmetry),
            "inputs": answer.inputs.iter().map(input).collect::<Value>(),
            "others": answer.others.iter().map(other).collect::<Value>(),
            "method": answer.method.as_ref().map(method_json),
            "position": answer.position,
        }))?;
        return Ok(ExitCode::Done);
    }
    for sentence in &answer.sentences {
        output.line(sentence)?;
    }
    for input in &answer.inputs {
        let provider = input.lane.as_ref().map_or("-", |lane| &lane.provider);
        let shown = if input.value.is_empty() { "not to be seen" } else { &input.value };
        output.line(format_args!(
            "{provider} {}: {shown}, in submission {}, vintage {} of {}",
            input.key,
            input.submission_id,
            input.version,
            words::time_or_dash(input.effective_time.as_ref())
        ))?;
    }
    for other in &answer.others {
        output.line(format_args!("{} would say {} ({}).", other.method, other.value, other.rule))?;
    }
    Ok(ExitCode::Done)
}

async fn methods(context: &Context, hub: &Hub) -> Result<ExitCode, Error> {
    for method in hub.methods().await? {
        if context.output.json {
            context.output.json(&method_json(&method))?;
        } else {
            let digest = data_encoding::HEXLOWER.encode(&method.digest);
            context.output.line(format_args!("{}  {digest}", method.code))?;
            context.output.line(format_args!("    {}", method.text))?;
            context.output.line(format_args!("    {}", method.parameters))?;
        }
    }
    Ok(ExitCode::Done)
}

fn method_json(method: &v1::Method) -> Value {
    json!({
        "code": method.code,
        "text": method.text,
        "parameters": method.parameters,
        "digest": json::digest(&method.digest),
    })
}
