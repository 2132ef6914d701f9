//! `mighub matrix`: tables of origins by destinations, or what changed of them. JSON, one object a line and cell:
//! `{"origin", "destination", "period", "total"}`, with --against `"before"` and `"after"` instead of `"total"`.

use std::collections::BTreeMap;
use std::io::{self, Write};

use mighub::v1;
use mighub_client::{Cell, Error, ExitCode, Hub, Matrix};
use serde_json::json;

use super::{derived, sums};
use crate::{Context, arguments, input, words};

/// Columns of a table that is printed; with more a cell is a line.
const COLUMNS_MAX: usize = 12;

pub(super) async fn run(
    context: &Context,
    hub: &Hub,
    arguments: arguments::Matrix,
) -> Result<ExitCode, Error> {
    let mut request = v1::GetMatrixRequest {
        derived: Some(derived(&arguments.derived)?),
        origins: arguments.from,
        destinations: arguments.to,
    };
    let matrix = hub.matrix(&request).await?;
    if let Some(against) = &arguments.against {
        if let Some(derived) = &mut request.derived {
            derived.point = input::at(Some(against))?.message();
            // One day of memberships for both: else a member that came would look like people who did.
            derived.membership_day.clone_from(&matrix.header.membership_day);
        }
        let before = hub.matrix(&request).await?;
        return changes(context, &before, &matrix, arguments.csv);
    }
    let output = &context.output;
    if output.json {
        for cell in matrix.cells() {
            let Cell { origin, destination, period, total } = cell;
            let total = sums::object(total);
            let cell =
                json!({ "origin": origin, "destination": destination, "period": period, "total": total });
            output.json(&cell)?;
        }
        return Ok(ExitCode::Done);
    }
    if arguments.csv {
        output.write(|out| csv(&matrix, out))?;
        return Ok(ExitCode::Done);
    }
    output.write(|out| tables(&matrix, out))?;
    if let Some(legend) = sums::legend(matrix.cells().map(|cell| cell.total)) {
        output.line(legend)?;
    }
    Ok(ExitCode::Done)
}

fn csv(matrix: &Matrix, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "ORIGIN,DESTINATION,TIME_PERIOD,{}", sums::CSV_HEAD)?;
    for Cell { origin, destination, period, total } in matrix.cells() {
        writeln!(out, "{origin},{destination},{period},{}", sums::csv(total))?;
    }
    Ok(())
}

fn tables(matrix: &Matrix, out: &mut dyn Write) -> io::Result<()> {
    let header = &matrix.header;
    writeln!(
        out,
        "{} periods, method {}, memberships of {}, position {}",
        words::count(header.periods.len() as u64),
        header.method,
        header.membership_day,
        header.position
    )?;
    if header.destinations.len() > COLUMNS_MAX {
        for Cell { origin, destination, period, total } in matrix.cells() {
            if total.standing() != v1::TotalStanding::Empty {
                writeln!(out, "{origin:<12} {destination:<12} {period:<8} {:>14}", sums::marked(total))?;
            }
        }
        return Ok(());
    }
    for rows in matrix.rows.chunk_by(|a, b| a.period == b.period) {
        write!(out, "\n{:<12}", rows[0].period)?;
        for destination in &header.destinations {
            write!(out, " {destination:>12}")?;
        }
        writeln!(out)?;
        for row in rows {
            write!(out, "{:<12}", row.origin)?;
            for total in &row.cells {
                write!(out, " {:>12}", sums::marked(total))?;
            }
            writeln!(out)?;
        }
    }
    Ok(())
}

fn changes(context: &Context, before: &Matrix, after: &Matrix, csv: bool) -> Result<ExitCode, Error> {
    let empty = v1::Total { standing: v1::TotalStanding::Empty.into(), ..v1::Total::default() };
    let place = |cell: &Cell<'_>| [cell.period, cell.origin, cell.destination].map(str::to_owned);
    let mut both: BTreeMap<[String; 3], [&v1::Total; 2]> = BTreeMap::new();
    for cell in before.cells() {
        both.entry(place(&cell)).or_insert([&empty; 2])[0] = cell.total;
    }
    for cell in after.cells() {
        both.entry(place(&cell)).or_insert([&empty; 2])[1] = cell.total;
    }
    let shown = |total: &v1::Total| (total.value.clone(), total.standing);
    both.retain(|_, [before, after]| shown(before) != shown(after));
    let output = &context.output;
    if csv {
        output.line("ORIGIN,DESTINATION,TIME_PERIOD,BEFORE,AFTER")?;
    }
    let mut rows = Vec::new();
    for ([period, origin, destination], [before, after]) in both {
        if output.json {
            output.json(&json!({
                "origin": origin,
                "destination": destination,
                "period": period,
                "before": sums::object(before),
                "after": sums::object(after),
            }))?;
        } else if csv {
            output.line(format_args!("{origin},{destination},{period},{},{}", before.value, after.value))?;
        } else {
            rows.push([origin, destination, period, sums::marked(before), sums::marked(after)]);
        }
    }
    if output.json || csv {
        return Ok(ExitCode::Done);
    }
    if rows.is_empty() {
        output.line("Nothing changed.")?;
        return Ok(ExitCode::Done);
    }
    output.table(["origin", "destination", "period", "before", "after"], &rows)?;
    output.line(format_args!(
        "{} changed; `mighub explain` tells how a figure came about",
        words::some(rows.len() as u64, "cell")
    ))?;
    Ok(ExitCode::Done)
}
