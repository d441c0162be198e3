//! The CA bundle of Amazon RDS. Amazon has root certificates of its own for each region, which no public CA
//! signs; a host is trusted by those of the region in its name, and no other host is trusted by any. RDS Proxy
//! has certificates from public roots.

/// Made by `ops/image/rds-roots`. The Chinese regions and those of the American government are not
/// among them, nor are regions that opened later than the file: there it is `DB_TLS_CA`.
const ROOTS: &str = include_str!("rds_ca.pem");

/// The roots for a host (PEM), where its name is one that Amazon gives to a database.
pub(super) fn roots(host: &str) -> Option<String> {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let (_, region) = host.strip_suffix(".rds.amazonaws.com")?.rsplit_once('.')?;
    let found: String = all()
        .filter(|root| root.region == region)
        .map(|root| root.pem)
        .collect();
    Some(found).filter(|found| !found.is_empty())
}

struct Root {
    region: &'static str,
    pem: &'static str,
}

/// A certificate follows a line such as `# Amazon RDS eu-west-1 Root CA RSA2048 G1, until 2061-05-20`.
fn all() -> impl Iterator<Item = Root> {
    ROOTS.split("# Amazon RDS ").skip(1).filter_map(|root| {
        let (title, pem) = root.split_once('\n')?;
        let (region, _) = title.split_once(' ')?;
        Some(Root { region, pem })
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use rustls::{
        RootCertStore,
        pki_types::{CertificateDer, pem::PemObject as _},
    };

    use super::*;

    /// Those of a host, as the library reads them that checks certificates.
    fn certificates(host: &str) -> Vec<CertificateDer<'static>> {
        let pem = roots(host).expect("it has roots");
        let read: Result<_, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
        read.expect("they are certificates")
    }

    fn host_in(region: &str) -> String {
        format!("tickbox.c0ffee.{region}.rds.amazonaws.com")
    }

    fn regions() -> Vec<&'static str> {
        let mut regions: Vec<_> = all().map(|root| root.region).collect();
        regions.dedup();
        regions
    }

    /// Splits the first value of DER off: its tag, its content, what follows.
    fn take(der: &[u8]) -> (u8, &[u8], &[u8]) {
        let (tag, length, rest) = match der {
            [tag, 0x81, a, rest @ ..] => (*tag, usize::from(*a), rest),
            [tag, 0x82, a, b, rest @ ..] => (*tag, usize::from(u16::from_be_bytes([*a, *b])), rest),
            [tag, length @ 0..=0x7f, rest @ ..] => (*tag, usize::from(*length), rest),
            _ => panic!("a length of another form"),
        };
        let (content, rest) = rest.split_at(length);
        (tag, content, rest)
    }

    /// The year in which a certificate ends: RFC 5280, 4.1 and 4.1.2.5.
    fn last_year(certificate: &[u8]) -> u32 {
        let (_, certificate, _) = take(certificate);
        let (_, mut fields, _) = take(certificate);
        for _version_serial_algorithm_issuer in 0..4 {
            fields = take(fields).2;
        }
        let (_, validity, _) = take(fields);
        let (_, _, end) = take(validity);
        let (tag, time, _) = take(end);
        let time = std::str::from_utf8(time).expect("ASCII");
        match tag {
            0x17 => 2000 + time[..2].parse::<u32>().expect("two digits"), // to 2049
            _ => time[..4].parse().expect("four digits"),
        }
    }

    #[test]
    fn every_region_has_three_roots_of_its_own() {
        let regions = regions();
        assert_eq!(regions.len(), 27);
        for region in regions {
            let mut store = RootCertStore::empty();
            for certificate in certificates(&host_in(region)) {
                let name = format!("Amazon RDS {region} Root CA ");
                let has_name = |part: &[u8]| part == name.as_bytes();
                assert!(certificate.windows(name.len()).any(has_name), "{region}");
                store.add(certificate).expect("fit to be a root");
            }
            assert_eq!(store.len(), 3, "{region}");
        }
    }

    /// Not whether they are valid today: this fails when others are put there, and never by itself.
    #[test]
    fn every_root_is_valid_until_2061_or_later() {
        let mut ends = BTreeMap::new();
        for region in regions() {
            for certificate in certificates(&host_in(region)) {
                *ends.entry(last_year(&certificate)).or_insert(0) += 1;
            }
        }
        let ends: Vec<_> = ends.into_iter().collect();
        assert_eq!(ends, [(2061, 22), (2062, 5), (2121, 44), (2122, 10)]);
    }

    #[test]
    fn host_names_are_matched_to_their_region_in_any_case() {
        let writer = certificates("Tickbox.Cluster-C0FFEE.EU-Central-1.RDS.amazonaws.com");
        assert_eq!(writer, certificates(&host_in("eu-central-1")));
        assert_ne!(writer, certificates(&host_in("eu-central-2")));
        let absolute = certificates("tickbox.c0ffee.eu-central-1.rds.amazonaws.com.");
        assert_eq!(absolute, writer);
    }

    #[test]
    fn other_host_names_get_no_roots() {
        for name in [
            "db",
            "127.0.0.1",
            "rds.amazonaws.com",
            "eu-central-1.rds.amazonaws.com",
            "tickbox.c0ffee.eu-central-1.rds.amazonaws.com.example.org",
            "tickbox.c0ffee.eu-central-1.rds.amazonaws.com.cn",
            "tickbox.c0ffee.eu-central-1.myrds.amazonaws.com",
            "tickbox.c0ffee.eu-central-1-rds.amazonaws.com",
            "tickbox.eu-central-1rds.amazonaws.com",
            "tickbox.c0ffee.atlantis-1.rds.amazonaws.com",
            "tickbox.c0ffee.eu-central.rds.amazonaws.com",
            "tickbox.c0ffee..rds.amazonaws.com",
            "eu-central-1.tickbox.rds.amazonaws.com",
        ] {
            assert_eq!(roots(name), None, "{name}");
        }
    }
}
