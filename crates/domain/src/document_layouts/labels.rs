//! What documents call their fields.

use crate::document_reading::DocumentField;

/// The field that a label of the print names, in the languages of the table.
pub fn labelled_field(label: &str) -> Option<DocumentField> {
    let folded = verax_query::fold(label);
    let words = folded.split(|it: char| !it.is_alphanumeric()).filter(|it| !it.is_empty());
    let label = words.collect::<Vec<_>>().join(" ");
    LABELS.iter().find(|(_, labels)| labels.contains(&label.as_str())).map(|(field, _)| *field)
}

/// Labels, folded and without punctuation.
const LABELS: &[(DocumentField, &[&str])] = &[
    (
        DocumentField::DocumentNumber,
        &[
            "passport no",
            "passport number",
            "document no",
            "document number",
            "card no",
            "numero",
            "numero de documento",
            "no de documento",
            "n documento",
            "documento",
            "documento n",
            "num soporte",
            "numero de pasaporte",
            "pasaporte n",
            "pasaporte no",
            "no pasaporte",
            "n de pasaporte",
            "passaporte no",
            "passaporte n",
            "nuip",
            "cui",
            "dni",
            "run",
            "rut",
            "cedula de identidad",
            "n doc",
            "dl",
            "lic no",
            "licence no",
            "license no",
            "driver license no",
            "n do passaporte",
            "no du passeport",
            "passeport n",
            "n du passeport",
            "id no",
            "identity card no",
            "4d dln",
        ],
    ),
    (
        DocumentField::PersonalNumber,
        &[
            "personal no",
            "personal number",
            "curp",
            "cpf",
            "numero personal",
            "national id no",
            "identity no",
            "no personal",
            "n personnel",
            "rut run",
            "nif",
        ],
    ),
    (
        DocumentField::Surname,
        &[
            "surname",
            "surnames",
            "last name",
            "family name",
            "apellido",
            "apellidos",
            "primer apellido",
            "sobrenome",
            "apelido",
            "apelidos",
            "nom",
            "name nom",
            "nome familia",
            "ln",
        ],
    ),
    (
        DocumentField::GivenNames,
        &[
            "given names",
            "given name",
            "first name",
            "first names",
            "forenames",
            "nombre",
            "nombres",
            "prenombres",
            "pre nombres",
            "nome s",
            "nome",
            "nomes",
            "prenoms",
            "prenom",
            "prenom s",
            "fn",
            "nombre s",
        ],
    ),
    (
        DocumentField::FullName,
        &["full name", "name", "nombre completo", "apellidos y nombres", "nome completo"],
    ),
    (
        DocumentField::BirthDate,
        &[
            "date of birth",
            "birth date",
            "dob",
            "fecha de nacimiento",
            "fecha nacimiento",
            "nacimiento",
            "data de nascimento",
            "data nascimento",
            "date de naissance",
            "nacido el",
            "fecha de nac",
        ],
    ),
    (
        DocumentField::IssueDate,
        &[
            "date of issue",
            "issue date",
            "issued",
            "iss",
            "fecha de expedicion",
            "fecha expedicion",
            "fecha de emision",
            "emision",
            "fecha de expedicion y lugar",
            "data de emissao",
            "data de expedicao",
            "date de delivrance",
        ],
    ),
    (
        DocumentField::ExpirationDate,
        &[
            "date of expiry",
            "date of expiration",
            "expiry date",
            "expiration date",
            "expires",
            "exp",
            "valid until",
            "fecha de vencimiento",
            "fecha vencimiento",
            "vencimiento",
            "fecha de expiracion",
            "fecha de caducidad",
            "caducidad",
            "valido hasta",
            "validez",
            "vigencia",
            "data de validade",
            "validade",
            "data validade",
            "date d expiration",
            "fecha caducidad",
        ],
    ),
    (DocumentField::Sex, &["sex", "sexo", "sexe", "gender", "genero"]),
    (DocumentField::Nationality, &["nationality", "nacionalidad", "nacionalidade", "nationalite"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_found_however_they_are_written_and_name_one_field() {
        assert_eq!(labelled_field("Fecha de Nacimiento:"), Some(DocumentField::BirthDate));
        assert_eq!(labelled_field("PRÉNOMS"), Some(DocumentField::GivenNames));
        assert_eq!(labelled_field("Nothing"), None);
        let mut all: Vec<&str> = LABELS.iter().flat_map(|(_, labels)| *labels).copied().collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count, "a label names two fields");
        for label in all {
            assert!(labelled_field(label).is_some(), "{label} is not folded");
        }
    }
}
