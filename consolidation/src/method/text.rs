//! A method in words, as it is published beside its figures.

use std::fmt::Write;

use super::{Correction, Fitting, Method, QualityRule};
use crate::exact;
use mighub_sdmx::Decimal;

impl Method {
    /// What the method does, in sentences a reader of statistics understands.
    pub fn text(&self) -> String {
        match self {
            Self::M0 {} => "M0, receiving area first. The figure of the destination is taken; where it has none, that of \
                         the origin. Where neither has one, there is no figure."
                .to_owned(),
            Self::M1(quality) => quality_text(quality),
            Self::M2 {} => "M2, larger of the two. Where both sides report, the larger figure is taken, because departures \
                         and arrivals are missed more often than counted twice; where one side reports, its figure. \
                         Where neither does, there is no figure."
                .to_owned(),
            Self::M3(correction) => correction_text(correction),
            Self::M4(fitting) => fitting_text(fitting),
        }
    }
}

fn quality_text(quality: &QualityRule) -> String {
    let mut text = "M1, agreement, then quality. Where one side reports, its figure is taken.".to_owned();
    if quality.mean {
        let per_cent = per_cent(quality.tolerance);
        let _ = write!(
            text,
            " Where both report by one definition and differ by at most {per_cent} per cent of the larger figure, \
             their mean is taken and flagged as imputed (I). Otherwise"
        );
    } else {
        text.push_str(" Where both report, no mean is taken:");
    }
    text.push_str(
        " the side with the better declared quality (the smaller rank of undercount and accuracy; a grade that is \
         missing counts 2) gives the figure, and the destination where both are declared alike.",
    );
    match quality.carry_years {
        0 => text.push_str(" Where neither has a figure, there is none."),
        years => {
            let _ = write!(
                text,
                " Where a side says that it has none and the other has none either, the last figure stands in for at \
                 most {years} year{}, not beyond a break in series, and is flagged as imputed (I).",
                if years == 1 { "" } else { "s" }
            );
        }
    }
    text
}

fn correction_text(correction: &Correction) -> String {
    let Correction { digits, factors } = correction;
    format!(
        "M3, published correction factors. A figure for whose area, direction and year a factor is published is \
         multiplied by it, rounded to {digits} digits behind the point, and flagged as imputed (I). A side with a factor \
         goes before one without; of two alike, the destination. Without any factor, the destination's figure is taken, \
         else the origin's. There are {} factors.",
        factors.len()
    )
}

fn fitting_text(fitting: &Fitting) -> String {
    format!(
        "M4, iterative proportional fitting. Figures of {} are scaled by rows and columns until each sum is within {} \
         per cent of its published margin, in at most {} rounds, then rounded to {} digits behind the point and flagged \
         as imputed (I). A matrix that does not come together has no figures; a margin over a hidden figure is not used. \
         There are {} margins. [{}]",
        fitting.base.code(),
        per_cent(fitting.tolerance),
        fitting.iterations_max,
        fitting.digits,
        fitting.margins.len(),
        fitting.base.text()
    )
}

fn per_cent(share: Decimal) -> String {
    let text = exact::multiply(share, Decimal::integer(100), share.scale).unwrap_or(share).to_string();
    match text.split_once('.') {
        Some((whole, part)) if part.bytes().all(|digit| digit == b'0') => whole.to_owned(),
        Some((whole, part)) => format!("{whole}.{}", part.trim_end_matches('0')),
        None => text,
    }
}
