//! What a template says in words, by language.

/// Texts of one language. `{}` stands for what is put in.
pub(super) struct Words {
    pub(super) language: &'static str,
    pub(super) read_me: &'static str,
    pub(super) instructions: &'static [&'static str],
    pub(super) fixed: &'static str,
    pub(super) name: &'static str,
    pub(super) earlier: &'static str,
    pub(super) not_a_code: &'static str,
    pub(super) not_a_number: &'static str,
    /// Names of components that every structure has.
    pub(super) components: &'static [(&'static str, &'static str)],
}

/// The texts of a language; English if there are none.
pub(super) fn words(language: &str) -> &'static Words {
    let language = language.split(['-', '_']).next().unwrap_or_default();
    ALL.iter().find(|words| words.language.eq_ignore_ascii_case(language)).unwrap_or(&EN)
}

const ALL: [Words; 3] = [EN, ES, FR];

const EN: Words = Words {
    language: "en",
    read_me: "Read me",
    instructions: &[
        "Fill in the white cells of the sheet Data. Grey cells name what is asked for; leave them as they are.",
        "Write 0 only if the figure is zero. Leave a cell empty if there is no figure: an empty cell is not sent.",
        "If a figure exists but cannot be given, leave the value empty and choose a status: Q for suppressed, M for missing, L for not collected.",
        "For other countries or groups than those listed, go on below the last row: choose the codes from the lists.",
        "A confidentiality status is needed only where it is another one than agreed: F for free, N for not for publication, C for confidential.",
        "Formulas are welcome: their last result is read. Cells with errors such as #REF! are reported.",
        "When you are done, save the workbook and check it: mighub validate FILE.xlsx. Then send it: mighub push FILE.xlsx.",
    ],
    fixed: "The same in all rows",
    name: "{} (name)",
    earlier: "{} as last sent",
    not_a_code: "Choose a code from the list.",
    not_a_number: "Write a number. If the figure cannot be given, leave it empty and choose a status.",
    components: &[
        ("TIME_PERIOD", "Period"),
        ("OBS_VALUE", "Value"),
        ("OBS_STATUS", "Status"),
        ("CONF_STATUS", "Confidentiality"),
        ("COMMENT_OBS", "Remark"),
    ],
};

const ES: Words = Words {
    language: "es",
    read_me: "Léame",
    instructions: &[
        "Rellene las celdas blancas de la hoja Data. Las celdas grises dicen qué se pide; déjelas como están.",
        "Escriba 0 solo si la cifra es cero. Deje la celda vacía si no hay cifra: una celda vacía no se envía.",
        "Si la cifra existe pero no se puede dar, deje el valor vacío y elija un estado: Q suprimida, M falta, L no se recoge.",
        "Para otros países o grupos que los listados, siga debajo de la última fila y elija los códigos de las listas.",
        "El estado de confidencialidad solo hace falta si no es el acordado: F libre, N no para publicación, C confidencial.",
        "Puede usar fórmulas: se lee su último resultado. Las celdas con errores como #REF! se señalan.",
        "Al terminar, guarde el libro y compruébelo: mighub validate ARCHIVO.xlsx. Después envíelo: mighub push ARCHIVO.xlsx.",
    ],
    fixed: "Igual en todas las filas",
    name: "{} (nombre)",
    earlier: "{}, último envío",
    not_a_code: "Elija un código de la lista.",
    not_a_number: "Escriba un número. Si la cifra no se puede dar, déjela vacía y elija un estado.",
    components: &[
        ("FREQ", "Frecuencia"),
        ("REF_AREA", "Área informante"),
        ("COUNTERPART_AREA", "Área de contraparte"),
        ("SEX", "Sexo"),
        ("AGE", "Edad"),
        ("DURATION", "Duración"),
        ("FLOW_DIR", "Dirección del flujo"),
        ("MIG_CRITERION", "Criterio"),
        ("TIME_PERIOD", "Período"),
        ("OBS_VALUE", "Valor"),
        ("OBS_STATUS", "Estado"),
        ("CONF_STATUS", "Confidencialidad"),
        ("COMMENT_OBS", "Observación"),
    ],
};

const FR: Words = Words {
    language: "fr",
    read_me: "Lisez-moi",
    instructions: &[
        "Remplissez les cellules blanches de la feuille Data. Les cellules grises disent ce qui est demandé ; laissez-les.",
        "Écrivez 0 seulement si le chiffre est zéro. Laissez la cellule vide s'il n'y a pas de chiffre : elle n'est pas envoyée.",
        "Si le chiffre existe mais ne peut être donné, laissez la valeur vide et choisissez un statut : Q supprimé, M manquant, L non collecté.",
        "Pour d'autres pays ou groupes, continuez sous la dernière ligne et choisissez les codes dans les listes.",
        "Le statut de confidentialité n'est nécessaire que s'il diffère de l'accord : F libre, N pas pour publication, C confidentiel.",
        "Les formules sont permises : leur dernier résultat est lu. Les cellules en erreur comme #REF! sont signalées.",
        "À la fin, enregistrez le classeur et vérifiez-le : mighub validate FICHIER.xlsx. Puis envoyez-le : mighub push FICHIER.xlsx.",
    ],
    fixed: "Identique dans toutes les lignes",
    name: "{} (nom)",
    earlier: "{}, dernier envoi",
    not_a_code: "Choisissez un code de la liste.",
    not_a_number: "Écrivez un nombre. Si le chiffre ne peut être donné, laissez vide et choisissez un statut.",
    components: &[
        ("FREQ", "Fréquence"),
        ("REF_AREA", "Zone déclarante"),
        ("COUNTERPART_AREA", "Zone de contrepartie"),
        ("SEX", "Sexe"),
        ("AGE", "Âge"),
        ("DURATION", "Durée"),
        ("FLOW_DIR", "Sens du flux"),
        ("MIG_CRITERION", "Critère"),
        ("TIME_PERIOD", "Période"),
        ("OBS_VALUE", "Valeur"),
        ("OBS_STATUS", "Statut"),
        ("CONF_STATUS", "Confidentialité"),
        ("COMMENT_OBS", "Remarque"),
    ],
};
