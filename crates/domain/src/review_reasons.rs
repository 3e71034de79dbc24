//! Why a reviewer declines, or asks for something once more: one table of codes and words. Pure.

/// What of a registration a reason is about, as its steps are called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReviewStep {
    Document,
    Liveness,
    /// What the person said of themselves.
    Form,
}

/// The languages of the table.
pub const LANGUAGES: [&str; 3] = ["en", "es", "pt"];

/// One reason.
#[derive(Debug)]
pub struct ReviewReason {
    pub code: &'static str,
    /// `None`: of no step in particular.
    pub step: Option<ReviewStep>,
    /// The check that should have found it, by its name in records; of those error rates are known.
    pub check: Option<&'static str>,
    /// For the reviewer, in the languages of [`LANGUAGES`].
    reviewer: [&'static str; 3],
    /// For the person. It says what to do, and nothing that helps a forger.
    person: [&'static str; 3],
}

impl ReviewStep {
    pub fn word(self) -> &'static str {
        match self {
            ReviewStep::Document => "document",
            ReviewStep::Liveness => "liveness",
            ReviewStep::Form => "form",
        }
    }
}

impl ReviewReason {
    /// The reason with this code.
    pub fn from_code(code: &str) -> Option<&'static ReviewReason> {
        REASONS.iter().find(|reason| reason.code == code)
    }

    /// What a reviewer reads; English where there are no words in this language.
    pub fn for_reviewer(&self, language: &str) -> &'static str {
        in_language(&self.reviewer, language)
    }

    /// What the person reads.
    pub fn for_person(&self, language: &str) -> &'static str {
        in_language(&self.person, language)
    }
}

fn in_language(texts: &[&'static str; 3], language: &str) -> &'static str {
    let primary = language.split(['-', '_']).next().unwrap_or_default();
    let index = LANGUAGES.iter().position(|it| it.eq_ignore_ascii_case(primary)).unwrap_or(0);
    texts[index]
}

const NOT_ACCEPTED: [&str; 3] = [
    "The document could not be accepted.",
    "No se pudo aceptar el documento.",
    "Não foi possível aceitar o documento.",
];
const ORIGINAL_ITSELF: [&str; 3] = [
    "Photograph the original document itself, not a copy or a screen.",
    "Fotografíe el documento original, no una copia ni una pantalla.",
    "Fotografe o documento original, não uma cópia nem uma tela.",
];
const FACE_ITSELF: [&str; 3] = [
    "Show your own face to the camera, in good light.",
    "Muestre su propio rostro a la cámara, con buena luz.",
    "Mostre o seu próprio rosto à câmera, com boa luz.",
];

/// Every reason, in the order in which a reviewer is shown them.
pub static REASONS: &[ReviewReason] = &[
    ReviewReason {
        code: "document_unreadable",
        step: Some(ReviewStep::Document),
        check: None,
        reviewer: [
            "The document cannot be read: blurred, dark, or with glare",
            "El documento no se puede leer: borroso, oscuro o con reflejos",
            "O documento não pode ser lido: desfocado, escuro ou com reflexos",
        ],
        person: [
            "Photograph the document again, in good light and without glare.",
            "Fotografíe de nuevo el documento, con buena luz y sin reflejos.",
            "Fotografe o documento novamente, com boa luz e sem reflexos.",
        ],
    },
    ReviewReason {
        code: "document_cropped",
        step: Some(ReviewStep::Document),
        check: Some("documentCropped"),
        reviewer: [
            "A part of the document is outside the image",
            "Una parte del documento queda fuera de la imagen",
            "Uma parte do documento está fora da imagem",
        ],
        person: [
            "Photograph the whole document, with all four corners.",
            "Fotografíe el documento entero, con las cuatro esquinas.",
            "Fotografe o documento inteiro, com os quatro cantos.",
        ],
    },
    ReviewReason {
        code: "document_side_missing",
        step: Some(ReviewStep::Document),
        check: None,
        reviewer: [
            "A side of the document is missing",
            "Falta un lado del documento",
            "Falta um lado do documento",
        ],
        person: [
            "Photograph both sides of the document.",
            "Fotografíe ambos lados del documento.",
            "Fotografe os dois lados do documento.",
        ],
    },
    ReviewReason {
        code: "document_type_not_accepted",
        step: Some(ReviewStep::Document),
        check: Some("documentTypeAllowed"),
        reviewer: [
            "A document of this kind or country is not accepted",
            "No se acepta un documento de este tipo o país",
            "Não se aceita um documento deste tipo ou país",
        ],
        person: [
            "Show a document of a kind that is accepted.",
            "Muestre un documento de un tipo aceptado.",
            "Mostre um documento de um tipo aceito.",
        ],
    },
    ReviewReason {
        code: "document_expired",
        step: Some(ReviewStep::Document),
        check: Some("notExpired"),
        reviewer: [
            "The document has expired",
            "El documento está vencido",
            "O documento está vencido",
        ],
        person: [
            "Show a document that has not expired.",
            "Muestre un documento vigente.",
            "Mostre um documento dentro da validade.",
        ],
    },
    ReviewReason {
        code: "document_screen",
        step: Some(ReviewStep::Document),
        check: Some("screenReplay"),
        reviewer: [
            "The document was photographed from a screen",
            "El documento fue fotografiado de una pantalla",
            "O documento foi fotografado de uma tela",
        ],
        person: ORIGINAL_ITSELF,
    },
    ReviewReason {
        code: "document_copy",
        step: Some(ReviewStep::Document),
        check: Some("printedCopy"),
        reviewer: [
            "It is a printed copy of the document",
            "Es una copia impresa del documento",
            "É uma cópia impressa do documento",
        ],
        person: ORIGINAL_ITSELF,
    },
    ReviewReason {
        code: "document_portrait_replaced",
        step: Some(ReviewStep::Document),
        check: Some("portraitSubstitution"),
        reviewer: [
            "The portrait on the document was replaced",
            "La foto del documento fue sustituida",
            "A foto do documento foi substituída",
        ],
        person: NOT_ACCEPTED,
    },
    ReviewReason {
        code: "document_manipulated",
        step: Some(ReviewStep::Document),
        check: Some("digitalManipulation"),
        reviewer: [
            "The image of the document was changed",
            "La imagen del documento fue alterada",
            "A imagem do documento foi alterada",
        ],
        person: NOT_ACCEPTED,
    },
    ReviewReason {
        code: "document_data_inconsistent",
        step: Some(ReviewStep::Document),
        check: Some("checkDigits"),
        reviewer: [
            "What stands on the document contradicts itself",
            "Los datos del documento se contradicen",
            "Os dados do documento se contradizem",
        ],
        person: NOT_ACCEPTED,
    },
    ReviewReason {
        code: "names_differ",
        step: Some(ReviewStep::Form),
        check: Some("namesMatch"),
        reviewer: [
            "The names that were stated are not those of the document",
            "Los nombres indicados no son los del documento",
            "Os nomes informados não são os do documento",
        ],
        person: [
            "State your name as it stands on the document.",
            "Indique su nombre tal como figura en el documento.",
            "Informe o seu nome como consta no documento.",
        ],
    },
    ReviewReason {
        code: "under_age",
        step: None,
        check: Some("minimumAge"),
        reviewer: [
            "The person is too young",
            "La persona no alcanza la edad mínima",
            "A pessoa não tem a idade mínima",
        ],
        person: [
            "You are not of the age that is asked for.",
            "No tiene la edad requerida.",
            "Você não tem a idade exigida.",
        ],
    },
    ReviewReason {
        code: "face_unclear",
        step: Some(ReviewStep::Liveness),
        check: None,
        reviewer: [
            "The face cannot be seen well enough",
            "El rostro no se ve lo suficiente",
            "O rosto não pode ser visto o suficiente",
        ],
        person: FACE_ITSELF,
    },
    ReviewReason {
        code: "face_not_live",
        step: Some(ReviewStep::Liveness),
        check: Some("livenessScore"),
        reviewer: [
            "It is a print, a screen or a mask, and no live face",
            "Es una impresión, una pantalla o una máscara, no un rostro vivo",
            "É uma impressão, uma tela ou uma máscara, não um rosto vivo",
        ],
        person: FACE_ITSELF,
    },
    ReviewReason {
        code: "face_of_another",
        step: Some(ReviewStep::Liveness),
        check: Some("portraitMatchesFace"),
        reviewer: [
            "The face is not the one on the document",
            "El rostro no es el del documento",
            "O rosto não é o do documento",
        ],
        person: FACE_ITSELF,
    },
    ReviewReason {
        code: "person_exists",
        step: None,
        check: Some("numberOfOnePerson"),
        reviewer: [
            "The person, or the document, is somebody else's registration already",
            "La persona o el documento ya tiene otro registro",
            "A pessoa ou o documento já tem outro cadastro",
        ],
        person: [
            "You may have registered before: ask the support.",
            "Es posible que ya se haya registrado: consulte al soporte.",
            "Talvez você já tenha se cadastrado: fale com o suporte.",
        ],
    },
    ReviewReason {
        code: "other",
        step: None,
        check: None,
        reviewer: [
            "Another reason: see the note",
            "Otro motivo: vea la nota",
            "Outro motivo: veja a nota",
        ],
        person: [
            "Your registration could not be accepted: ask the support.",
            "No se pudo aceptar su registro: consulte al soporte.",
            "Não foi possível aceitar o seu cadastro: fale com o suporte.",
        ],
    },
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::document_check::DocumentCheck;

    #[test]
    fn every_reason_has_a_code_of_its_own_and_words_in_every_language() {
        let mut codes = HashSet::new();
        for reason in REASONS {
            assert!(codes.insert(reason.code), "{} twice", reason.code);
            assert!(std::ptr::eq(ReviewReason::from_code(reason.code).expect("found"), reason));
            for texts in [reason.reviewer, reason.person] {
                let different: HashSet<&str> = texts.into_iter().collect();
                assert_eq!(different.len(), LANGUAGES.len(), "{}", reason.code);
                assert!(texts.iter().all(|text| !text.is_empty()), "{}", reason.code);
            }
            assert!(reason.person.iter().all(|text| text.ends_with('.')), "{}", reason.code);
        }
    }

    #[test]
    fn a_language_that_is_not_known_gets_english() {
        let reason = ReviewReason::from_code("document_expired").expect("a reason");
        assert_eq!(reason.for_person("es-CO"), "Muestre un documento vigente.");
        assert_eq!(reason.for_person("PT"), "Mostre um documento dentro da validade.");
        assert_eq!(reason.for_person("xx"), reason.for_person("en"));
    }

    #[test]
    fn the_checks_of_reasons_are_checks() {
        let documents = DocumentCheck::ALL.map(|check| check.entry().wire_name);
        let readings = crate::document_cross_checks::TABLE.iter().map(|entry| entry.wire_name);
        let known: HashSet<&str> = documents
            .into_iter()
            .chain(readings)
            .chain(["livenessScore", "documentCropped"])
            .collect();
        for reason in REASONS {
            assert!(reason.check.is_none_or(|check| known.contains(check)), "{}", reason.code);
        }
    }
}
