//! The codes of states, organisations and persons without a state that a zone may hold.

/// A code of a zone, without its fillers, as it is compared: Germany's `D` is `DEU`. None where ICAO 9303
/// part 3, section 5 has no such code.
pub fn state(code: &str) -> Option<&str> {
    if code == "D" {
        return Some("DEU");
    }
    (STATES.binary_search(&code).is_ok() || OTHERS.contains(&code)).then_some(code)
}

/// Whether characters are such a code, with its fillers.
pub fn is_state(characters: &[u8]) -> bool {
    let code = String::from_utf8_lossy(characters);
    state(code.trim_end_matches('<')).is_some()
}

/// ISO 3166-1 alpha-3, in order.
#[rustfmt::skip]
const STATES: &[&str] = &[
    "ABW", "AFG", "AGO", "AIA", "ALA", "ALB", "AND", "ARE", "ARG", "ARM", "ASM", "ATA", "ATF",
    "ATG", "AUS", "AUT", "AZE", "BDI", "BEL", "BEN", "BES", "BFA", "BGD", "BGR", "BHR", "BHS",
    "BIH", "BLM", "BLR", "BLZ", "BMU", "BOL", "BRA", "BRB", "BRN", "BTN", "BVT", "BWA", "CAF",
    "CAN", "CCK", "CHE", "CHL", "CHN", "CIV", "CMR", "COD", "COG", "COK", "COL", "COM", "CPV",
    "CRI", "CUB", "CUW", "CXR", "CYM", "CYP", "CZE", "DEU", "DJI", "DMA", "DNK", "DOM", "DZA",
    "ECU", "EGY", "ERI", "ESH", "ESP", "EST", "ETH", "FIN", "FJI", "FLK", "FRA", "FRO", "FSM",
    "GAB", "GBR", "GEO", "GGY", "GHA", "GIB", "GIN", "GLP", "GMB", "GNB", "GNQ", "GRC", "GRD",
    "GRL", "GTM", "GUF", "GUM", "GUY", "HKG", "HMD", "HND", "HRV", "HTI", "HUN", "IDN", "IMN",
    "IND", "IOT", "IRL", "IRN", "IRQ", "ISL", "ISR", "ITA", "JAM", "JEY", "JOR", "JPN", "KAZ",
    "KEN", "KGZ", "KHM", "KIR", "KNA", "KOR", "KWT", "LAO", "LBN", "LBR", "LBY", "LCA", "LIE",
    "LKA", "LSO", "LTU", "LUX", "LVA", "MAC", "MAF", "MAR", "MCO", "MDA", "MDG", "MDV", "MEX",
    "MHL", "MKD", "MLI", "MLT", "MMR", "MNE", "MNG", "MNP", "MOZ", "MRT", "MSR", "MTQ", "MUS",
    "MWI", "MYS", "MYT", "NAM", "NCL", "NER", "NFK", "NGA", "NIC", "NIU", "NLD", "NOR", "NPL",
    "NRU", "NZL", "OMN", "PAK", "PAN", "PCN", "PER", "PHL", "PLW", "PNG", "POL", "PRI", "PRK",
    "PRT", "PRY", "PSE", "PYF", "QAT", "REU", "ROU", "RUS", "RWA", "SAU", "SDN", "SEN", "SGP",
    "SGS", "SHN", "SJM", "SLB", "SLE", "SLV", "SMR", "SOM", "SPM", "SRB", "SSD", "STP", "SUR",
    "SVK", "SVN", "SWE", "SWZ", "SXM", "SYC", "SYR", "TCA", "TCD", "TGO", "THA", "TJK", "TKL",
    "TKM", "TLS", "TON", "TTO", "TUN", "TUR", "TUV", "TWN", "TZA", "UGA", "UKR", "UMI", "URY",
    "USA", "UZB", "VAT", "VCT", "VEN", "VGB", "VIR", "VNM", "VUT", "WLF", "WSM", "YEM", "ZAF",
    "ZMB", "ZWE",
];

/// ICAO 9303 part 3, section 5, parts B to E, and codes that documents bear although no list has them.
#[rustfmt::skip]
const OTHERS: &[&str] = &[
    // Nationals of the United Kingdom who are no British citizens.
    "GBD", "GBN", "GBO", "GBP", "GBS",
    // Organisations.
    "EUE", "UNA", "UNK", "UNO", "XAA", "XAO", "XBA", "XCC", "XCE", "XCO", "XCT", "XDC", "XEC",
    "XES", "XIM", "XMP", "XOM", "XPO", "XSD", "IAO",
    // Persons without a state, refugees, others without a nationality.
    "XXA", "XXB", "XXC", "XXX",
    // Kosovo, in both spellings; the Neutral Zone; specimens.
    "RKS", "XKX", "NTZ", "UTO",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_in_order_and_germany_has_one_letter() {
        assert!(STATES.is_sorted());
        assert_eq!(STATES.len(), 249);
        assert_eq!(state("D"), Some("DEU"));
        assert_eq!(state("PER"), Some("PER"));
        assert_eq!(state("XXA"), Some("XXA"));
        assert_eq!(state("QQQ"), None);
        assert_eq!(state(""), None);
    }
}
