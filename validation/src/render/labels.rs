//! The words of a report that are not its rules': labels, and what is counted.

use crate::rule::Severity;
use crate::wording::Language;

/// One, and many.
pub(super) type Counted = (&'static str, &'static str);

/// The words of a language.
pub(super) struct Labels {
    pub(super) nothing_found: &'static str,
    pub(super) errors: Counted,
    pub(super) warnings: Counted,
    pub(super) notes: Counted,
    pub(super) findings: Counted,
    pub(super) more_findings: Counted,
    pub(super) observations: Counted,
    pub(super) other_values: Counted,
    pub(super) and: &'static str,
    pub(super) of: &'static str,
    pub(super) in_: &'static str,
    pub(super) more: &'static str,
    pub(super) not_run: &'static str,
    pub(super) found: &'static str,
    pub(super) in_the_file: &'static str,
    pub(super) expected: &'static str,
    pub(super) sum: &'static str,
    pub(super) nearest: &'static str,
    pub(super) what_to_do: &'static str,
    pub(super) also: &'static str,
    pub(super) lines: Counted,
    pub(super) rows: Counted,
    pub(super) column: &'static str,
    pub(super) of_the_header: &'static str,
}

static ENGLISH: Labels = Labels {
    nothing_found: "nothing found",
    errors: ("error", "errors"),
    warnings: ("warning", "warnings"),
    notes: ("note", "notes"),
    findings: ("finding", "findings"),
    more_findings: ("more finding", "more findings"),
    observations: ("observation", "observations"),
    other_values: ("other value", "other values"),
    and: "and",
    of: "of",
    in_: "in",
    more: "more",
    not_run: "not run",
    found: "found",
    in_the_file: "in the file",
    expected: "expected",
    sum: "sum",
    nearest: "nearest",
    what_to_do: "what to do",
    also: "also",
    lines: ("line", "lines"),
    rows: ("row", "rows"),
    column: "column",
    of_the_header: "of the header",
};

static FRENCH: Labels = Labels {
    nothing_found: "rien à signaler",
    errors: ("erreur", "erreurs"),
    warnings: ("avertissement", "avertissements"),
    notes: ("remarque", "remarques"),
    findings: ("constat", "constats"),
    more_findings: ("autre constat", "autres constats"),
    observations: ("observation", "observations"),
    other_values: ("autre valeur", "autres valeurs"),
    and: "et",
    of: "de",
    in_: "sur",
    more: "autres",
    not_run: "non exécuté",
    found: "trouvé",
    in_the_file: "au fichier",
    expected: "attendu",
    sum: "somme",
    nearest: "proches",
    what_to_do: "à faire",
    also: "aussi",
    lines: ("ligne", "lignes"),
    rows: ("rangée", "rangées"),
    column: "colonne",
    of_the_header: "de l’en-tête",
};

static SPANISH: Labels = Labels {
    nothing_found: "nada que señalar",
    errors: ("error", "errores"),
    warnings: ("advertencia", "advertencias"),
    notes: ("nota", "notas"),
    findings: ("hallazgo", "hallazgos"),
    more_findings: ("hallazgo más", "hallazgos más"),
    observations: ("observación", "observaciones"),
    other_values: ("valor más", "valores más"),
    and: "y",
    of: "de",
    in_: "en",
    more: "más",
    not_run: "no ejecutado",
    found: "hallado",
    in_the_file: "en archivo",
    expected: "esperado",
    sum: "suma",
    nearest: "cercanos",
    what_to_do: "qué hacer",
    also: "también",
    lines: ("línea", "líneas"),
    rows: ("fila", "filas"),
    column: "columna",
    of_the_header: "del encabezado",
};

impl Labels {
    pub(super) fn of(language: Language) -> &'static Self {
        match language {
            Language::English => &ENGLISH,
            Language::French => &FRENCH,
            Language::Spanish => &SPANISH,
        }
    }

    pub(super) fn severity(&self, severity: Severity) -> &'static str {
        match severity {
            Severity::Error => self.errors.0,
            Severity::Warning => self.warnings.0,
            Severity::Note => self.notes.0,
        }
    }
}
