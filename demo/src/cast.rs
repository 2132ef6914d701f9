//! Who takes part. The figures are real and public; that these offices run mighub is the demo's invention.

/// Agency that runs the hub.
pub(crate) const ADMINISTRATOR: (&str, &str) = ("MIGHUB", "Migration hub");
/// Agency that pulls.
pub(crate) const COMMISSION: (&str, &str) = ("ECE", "UN Economic Commission for Europe");
/// The dataflow of the story.
pub(crate) const DATAFLOW: &str = "MIGHUB:MIG_FLOW(1.0.0)";
/// The office whose file has mistakes at first, and that revises its figures in the end.
pub(crate) const REVISING: &str = "SWE";

/// The offices: id, which is also the code of their country, and name.
pub(crate) const OFFICES: [(&str, &str); 16] = [
    ("AUT", "Statistics Austria"),
    ("BEL", "Statbel, Belgium"),
    ("BGR", "National Statistical Institute of Bulgaria"),
    ("DNK", "Statistics Denmark"),
    ("ESP", "National Statistics Institute of Spain"),
    ("EST", "Statistics Estonia"),
    ("FIN", "Statistics Finland"),
    ("FRA", "Insee, France"),
    ("HRV", "Croatian Bureau of Statistics"),
    ("IRL", "Central Statistics Office of Ireland"),
    ("ITA", "Istat, Italy"),
    ("LTU", "Statistics Lithuania"),
    ("NLD", "Statistics Netherlands"),
    ("SVK", "Statistical Office of the Slovak Republic"),
    ("SVN", "Statistical Office of Slovenia"),
    ("SWE", "Statistics Sweden"),
];
