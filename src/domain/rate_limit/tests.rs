use super::*;

fn from(address: &str) -> ClientIp {
    let peer = address.parse().expect("an address");
    ClientIp::from_forwarded_for(peer, [].into_iter(), 0)
}

#[test]
fn different_subjects_have_different_buckets() {
    let mut keys: Vec<_> = [
        Bucket::login("ona", from("1.2.3.4")),
        Bucket::login("on", from("1.2.3.5")),
    ]
    .concat();
    keys.push(Bucket::registration(from("1.2.3.4")));
    keys.push(Bucket::refresh(from("1.2.3.4")));
    keys.push(Bucket::registration(from("1.2.3.5")));
    keys.push(Bucket::typos("ona", from("1.2.3.4"), &[1; 16]));
    keys.push(Bucket::typos("ona", from("1.2.3.4"), &[2; 16]));
    keys.push(Bucket::typos("ona", from("1.2.3.5"), &[1; 16]));
    for (place, bucket) in keys.iter().enumerate() {
        let same = keys.iter().filter(|other| other.key == bucket.key);
        assert_eq!(same.count(), 1, "{place}");
    }
}

#[test]
fn the_boundary_between_two_parts_changes_the_bucket() {
    let key = |parts: &[&[u8]]| Bucket::new(RateLimit::LoginPair, parts).key;
    assert_ne!(key(&[b"ona1", b".2.3.4"]), key(&[b"ona", b"1.2.3.4"]));
}

#[test]
fn a_bucket_full_of_attempts_in_flight_is_free_soon() {
    let now = OffsetDateTime::UNIX_EPOCH + Duration::days(1);
    let (limit, ends) = (RateLimit::LoginPair, now + Duration::minutes(40));
    let count = |failures, in_flight, begun: i64| Count {
        failures,
        ends,
        in_flight,
        lapses: now - Duration::seconds(begun) + LAPSES_AFTER,
    };
    let in_seconds = |seconds| Some(now + Duration::seconds(seconds));
    for (case, count, expected) in [
        ("one is left", count(5, 4, 0), None),
        ("all have failed", count(10, 0, 0), Some(ends)),
        ("failed, and more in flight", count(10, 3, 0), Some(ends)),
        ("one has just begun", count(9, 1, 1), in_seconds(4)),
        ("all have just begun", count(0, 10, 0), in_seconds(5)),
        ("stuck", count(9, 1, 12), in_seconds(18)),
        ("lapsed", count(9, 10, 30), None),
    ] {
        assert_eq!(count.free_at(limit, now), expected, "{case}");
    }
    assert_eq!(count(10, 0, 0).free_at(limit, ends), None, "it has ended");
    assert!(!count(6, 4, 0).exceeds(limit, now) && count(6, 5, 0).exceeds(limit, now));
}

#[test]
fn attempts_of_an_address_are_spread_over_its_window() {
    let limit = RateLimit::LoginAddress;
    let begun = OffsetDateTime::UNIX_EPOCH + Duration::days(1);
    let mut count = Count {
        failures: limit.at_once(),
        ends: begun + WINDOW,
        in_flight: 0,
        lapses: begun,
    };
    let mut last = begun;
    while count.failures < limit.max() {
        let free = count.free_at(limit, last).expect("full");
        assert!(free - last <= Duration::minutes(8), "{}", free - last);
        let earlier = free - Duration::seconds(2);
        assert_eq!(count.free_at(limit, earlier), Some(free));
        assert_eq!(count.free_at(limit, free), None);
        count.failures += 1;
        assert!(!count.exceeds(limit, free) && count.exceeds(limit, earlier));
        last = free;
    }
    assert_eq!(count.free_at(limit, last), Some(count.ends));
    assert_eq!(count.free_at(limit, count.ends), None);
}

#[test]
fn an_attempt_ends_before_its_reservation_lapses() {
    assert!(DECIDED_WITHIN < LAPSES_AFTER && ENDS_WITHIN < DECIDED_WITHIN);
}

#[test]
fn a_wait_is_rounded_up() {
    for (seconds, words) in [
        (0, "1 second"),
        (1, "1 second"),
        (59, "59 seconds"),
        (60, "1 minute"),
        (61, "2 minutes"),
        (3_600, "60 minutes"),
    ] {
        let wait = std::time::Duration::from_secs(seconds);
        assert_eq!(humanize(wait), words);
    }
}
