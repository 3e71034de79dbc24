//! Countries: their names in English and their codes (ISO 3166-1), and which of them a number belongs to.

use verax_query::fold;

use crate::phone_numbers::country_of;

/// Names of countries that are common beside those of the table.
const OTHER_NAMES: &[(&str, &str)] = &[
    ("USA", "US"),
    ("United States of America", "US"),
    ("UK", "GB"),
    ("Great Britain", "GB"),
    ("México", "MX"),
    ("Perú", "PE"),
    ("Panamá", "PA"),
    ("Brasil", "BR"),
    ("España", "ES"),
    ("República Dominicana", "DO"),
    ("Estados Unidos", "US"),
    ("Czechia", "CZ"),
    ("Türkiye", "TR"),
    ("Cabo Verde", "CV"),
    ("Côte d'Ivoire", "CI"),
];

/// Whether a number, `+` and all its digits, is of one of these countries. A project names each in English or by
/// its code; `All` is every country.
pub fn is_in_countries(number: &str, countries: &[String]) -> bool {
    let of = country_of(number);
    countries.iter().any(|country| {
        let name = fold(country.trim());
        let names = OTHER_NAMES.iter().chain(COUNTRIES);
        let mut named = names.filter(|(known, code)| fold(known) == name || fold(code) == name);
        name == "all" || named.any(|(_, code)| Some(*code) == of)
    })
}

const COUNTRIES: &[(&str, &str)] = &[
    ("Andorra", "AD"),
    ("United Arab Emirates", "AE"),
    ("Afghanistan", "AF"),
    ("Antigua and Barbuda", "AG"),
    ("Anguilla", "AI"),
    ("Albania", "AL"),
    ("Armenia", "AM"),
    ("Angola", "AO"),
    ("Argentina", "AR"),
    ("American Samoa", "AS"),
    ("Austria", "AT"),
    ("Australia", "AU"),
    ("Aruba", "AW"),
    ("Azerbaijan", "AZ"),
    ("Bosnia and Herzegovina", "BA"),
    ("Barbados", "BB"),
    ("Bangladesh", "BD"),
    ("Belgium", "BE"),
    ("Burkina Faso", "BF"),
    ("Bulgaria", "BG"),
    ("Bahrain", "BH"),
    ("Burundi", "BI"),
    ("Benin", "BJ"),
    ("Bermuda", "BM"),
    ("Brunei", "BN"),
    ("Bolivia", "BO"),
    ("Brazil", "BR"),
    ("Bahamas", "BS"),
    ("Bhutan", "BT"),
    ("Botswana", "BW"),
    ("Belarus", "BY"),
    ("Belize", "BZ"),
    ("Canada", "CA"),
    ("Democratic Republic of the Congo", "CD"),
    ("Central African Republic", "CF"),
    ("Congo", "CG"),
    ("Switzerland", "CH"),
    ("Ivory Coast", "CI"),
    ("Cook Islands", "CK"),
    ("Chile", "CL"),
    ("Cameroon", "CM"),
    ("China", "CN"),
    ("Colombia", "CO"),
    ("Costa Rica", "CR"),
    ("Cuba", "CU"),
    ("Cape Verde", "CV"),
    ("Curaçao", "CW"),
    ("Cyprus", "CY"),
    ("Czech Republic", "CZ"),
    ("Germany", "DE"),
    ("Djibouti", "DJ"),
    ("Denmark", "DK"),
    ("Dominica", "DM"),
    ("Dominican Republic", "DO"),
    ("Algeria", "DZ"),
    ("Ecuador", "EC"),
    ("Estonia", "EE"),
    ("Egypt", "EG"),
    ("Eritrea", "ER"),
    ("Spain", "ES"),
    ("Ethiopia", "ET"),
    ("Finland", "FI"),
    ("Fiji", "FJ"),
    ("Falkland Islands", "FK"),
    ("Micronesia", "FM"),
    ("Faroe Islands", "FO"),
    ("France", "FR"),
    ("Gabon", "GA"),
    ("United Kingdom", "GB"),
    ("Grenada", "GD"),
    ("Georgia", "GE"),
    ("French Guiana", "GF"),
    ("Ghana", "GH"),
    ("Gibraltar", "GI"),
    ("Greenland", "GL"),
    ("Gambia", "GM"),
    ("Guinea", "GN"),
    ("Guadeloupe", "GP"),
    ("Equatorial Guinea", "GQ"),
    ("Greece", "GR"),
    ("Guatemala", "GT"),
    ("Guam", "GU"),
    ("Guinea-Bissau", "GW"),
    ("Guyana", "GY"),
    ("Hong Kong", "HK"),
    ("Honduras", "HN"),
    ("Croatia", "HR"),
    ("Haiti", "HT"),
    ("Hungary", "HU"),
    ("Indonesia", "ID"),
    ("Ireland", "IE"),
    ("Israel", "IL"),
    ("India", "IN"),
    ("Iraq", "IQ"),
    ("Iran", "IR"),
    ("Iceland", "IS"),
    ("Italy", "IT"),
    ("Jamaica", "JM"),
    ("Jordan", "JO"),
    ("Japan", "JP"),
    ("Kenya", "KE"),
    ("Kyrgyzstan", "KG"),
    ("Cambodia", "KH"),
    ("Kiribati", "KI"),
    ("Comoros", "KM"),
    ("Saint Kitts and Nevis", "KN"),
    ("North Korea", "KP"),
    ("South Korea", "KR"),
    ("Kuwait", "KW"),
    ("Cayman Islands", "KY"),
    ("Kazakhstan", "KZ"),
    ("Laos", "LA"),
    ("Lebanon", "LB"),
    ("Saint Lucia", "LC"),
    ("Liechtenstein", "LI"),
    ("Sri Lanka", "LK"),
    ("Liberia", "LR"),
    ("Lesotho", "LS"),
    ("Lithuania", "LT"),
    ("Luxembourg", "LU"),
    ("Latvia", "LV"),
    ("Libya", "LY"),
    ("Morocco", "MA"),
    ("Monaco", "MC"),
    ("Moldova", "MD"),
    ("Montenegro", "ME"),
    ("Madagascar", "MG"),
    ("Marshall Islands", "MH"),
    ("North Macedonia", "MK"),
    ("Mali", "ML"),
    ("Myanmar", "MM"),
    ("Mongolia", "MN"),
    ("Macau", "MO"),
    ("Martinique", "MQ"),
    ("Mauritania", "MR"),
    ("Montserrat", "MS"),
    ("Malta", "MT"),
    ("Mauritius", "MU"),
    ("Maldives", "MV"),
    ("Malawi", "MW"),
    ("Mexico", "MX"),
    ("Malaysia", "MY"),
    ("Mozambique", "MZ"),
    ("Namibia", "NA"),
    ("New Caledonia", "NC"),
    ("Niger", "NE"),
    ("Nigeria", "NG"),
    ("Nicaragua", "NI"),
    ("Netherlands", "NL"),
    ("Norway", "NO"),
    ("Nepal", "NP"),
    ("Nauru", "NR"),
    ("New Zealand", "NZ"),
    ("Oman", "OM"),
    ("Panama", "PA"),
    ("Peru", "PE"),
    ("French Polynesia", "PF"),
    ("Papua New Guinea", "PG"),
    ("Philippines", "PH"),
    ("Pakistan", "PK"),
    ("Poland", "PL"),
    ("Puerto Rico", "PR"),
    ("Palestine", "PS"),
    ("Portugal", "PT"),
    ("Palau", "PW"),
    ("Paraguay", "PY"),
    ("Qatar", "QA"),
    ("Réunion", "RE"),
    ("Romania", "RO"),
    ("Serbia", "RS"),
    ("Russia", "RU"),
    ("Rwanda", "RW"),
    ("Saudi Arabia", "SA"),
    ("Solomon Islands", "SB"),
    ("Seychelles", "SC"),
    ("Sudan", "SD"),
    ("Sweden", "SE"),
    ("Singapore", "SG"),
    ("Slovenia", "SI"),
    ("Slovakia", "SK"),
    ("Sierra Leone", "SL"),
    ("San Marino", "SM"),
    ("Senegal", "SN"),
    ("Somalia", "SO"),
    ("Suriname", "SR"),
    ("South Sudan", "SS"),
    ("Sao Tome and Principe", "ST"),
    ("El Salvador", "SV"),
    ("Syria", "SY"),
    ("Eswatini", "SZ"),
    ("Turks and Caicos Islands", "TC"),
    ("Chad", "TD"),
    ("Togo", "TG"),
    ("Thailand", "TH"),
    ("Tajikistan", "TJ"),
    ("Timor-Leste", "TL"),
    ("Turkmenistan", "TM"),
    ("Tunisia", "TN"),
    ("Tonga", "TO"),
    ("Turkey", "TR"),
    ("Trinidad and Tobago", "TT"),
    ("Tuvalu", "TV"),
    ("Taiwan", "TW"),
    ("Tanzania", "TZ"),
    ("Ukraine", "UA"),
    ("Uganda", "UG"),
    ("United States", "US"),
    ("Uruguay", "UY"),
    ("Uzbekistan", "UZ"),
    ("Saint Vincent and the Grenadines", "VC"),
    ("Venezuela", "VE"),
    ("British Virgin Islands", "VG"),
    ("U.S. Virgin Islands", "VI"),
    ("Vietnam", "VN"),
    ("Vanuatu", "VU"),
    ("Samoa", "WS"),
    ("Kosovo", "XK"),
    ("Yemen", "YE"),
    ("South Africa", "ZA"),
    ("Zambia", "ZM"),
    ("Zimbabwe", "ZW"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn is_in(digits: &str, countries: &[&str]) -> bool {
        let countries: Vec<String> = countries.iter().map(|it| (*it).to_owned()).collect();
        is_in_countries(&format!("+{digits}"), &countries)
    }

    #[test]
    fn a_country_is_named_in_english_or_by_its_code() {
        for name in ["Colombia", "colombia", " CO ", "All", "all"] {
            assert!(is_in("573001234567", &[name]), "{name}");
        }
        assert!(!is_in("573001234567", &["Mexico", "Atlantis", ""]));
        assert!(!is_in("573001234567", &[]));
        assert!(is_in("525512345678", &["México"]));
    }

    #[test]
    fn countries_that_share_a_code_are_told_apart() {
        assert!(is_in("12125550100", &["United States"]));
        assert!(!is_in("18095550100", &["United States"]));
        assert!(is_in("18295550100", &["Dominican Republic"]));
        // A number that nobody can have is of no country.
        assert!(!is_in("5712345", &["Colombia"]));
        assert!(is_in("77012345678", &["Kazakhstan"]) && !is_in("77012345678", &["Russia"]));
        assert!(is_in("79012345678", &["Russia"]) && !is_in("79012345678", &["KZ"]));
    }

    #[test]
    fn no_country_is_there_twice() {
        let mut codes: Vec<_> = COUNTRIES.iter().map(|(_, code)| *code).collect();
        let count = codes.len();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), count);
        for (_, code) in OTHER_NAMES {
            assert!(codes.contains(code), "{code}");
        }
    }
}
