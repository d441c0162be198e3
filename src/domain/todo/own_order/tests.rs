use std::cmp::Reverse;

use proptest::prelude::*;

use super::*;

/// A moment of 2026, and a microsecond.
const NOW: u128 = 1_796_000_000_000_000 * MICROSECOND;
const MICROSECOND: u128 = 1 << 64;

/// A list as the database keeps it: by number, then by id, the highest first.
struct Stored {
    rows: Vec<(u128, u32)>,
    /// The most rows that a move has written.
    largest: usize,
    written: usize,
}

impl Stored {
    fn of(numbers: impl IntoIterator<Item = u128>) -> Self {
        let mut rows: Vec<_> = numbers.into_iter().zip(0..).collect();
        rows.sort_by_key(|row| Reverse(*row));
        Self {
            rows,
            largest: 0,
            written: 0,
        }
    }

    fn ids(&self) -> Vec<u32> {
        self.rows.iter().map(|row| row.1).collect()
    }

    /// Moves one so that it has that index among all: above the one that is there, or below the one before it.
    fn move_to(&mut self, from: usize, to: usize, is_above: bool) {
        let (_, id) = self.rows.remove(from);
        let is_above = to < self.rows.len() && (is_above || to == 0);
        let beside = if is_above { to } else { to - 1 };
        let ceiling = self.rows[beside].0;
        let is_tied = beside > 0 && self.rows[beside - 1].0 == ceiling;
        let (free, count) = match (is_above, is_tied) {
            (true, true) => (None, 2),
            (true, false) => (Some(ceiling), 1),
            (false, _) => (None, 1),
        };
        let followers = self.rows[beside + 1..].iter().map(|row| row.0);
        let followers: Vec<_> = followers.take(REACH).collect();
        let new = between(ceiling, count, followers.first().copied());
        let new = new.or_else(|| respaced(ceiling, count, &followers));
        let mut new = new.expect("fewer are equal");
        let own = free.unwrap_or_else(|| new.own.remove(0));
        if let Some(neighbour) = new.own.pop() {
            self.rows[beside].0 = neighbour;
        } else if is_above {
            unreachable!("the neighbour makes way");
        }
        for (row, number) in self.rows[beside + 1..].iter_mut().zip(&new.followers) {
            row.0 = *number;
        }
        self.rows.push((own, id));
        self.rows.sort_by_key(|row| Reverse(*row));
        let written = new.followers.len() + 1 + usize::from(is_above);
        self.largest = self.largest.max(written);
        self.written += written;
    }

    /// Makes moves and compares each with one in a plain list.
    fn try_moves(&mut self, moves: impl IntoIterator<Item = (usize, usize, bool)>, what: &str) {
        let mut plain = self.ids();
        let mut made = 0;
        for (from, to, is_above) in moves {
            let id = plain.remove(from);
            plain.insert(to, id);
            self.move_to(from, to, is_above);
            made += 1;
            assert_eq!(self.rows[to].1, id, "{what}: move {made}, {from} to {to}");
            if made % 64 == 0 {
                assert_eq!(self.ids(), plain, "{what}: after {made} moves");
            }
        }
        assert_eq!(self.ids(), plain, "{what}");
        let (largest, written) = (self.largest, self.written);
        println!("{what}: {made} moves wrote {written} rows, {largest} at most by one");
        assert!(largest <= 512, "{what}: {largest} rows");
    }
}

/// Minutes apart, as to-dos are that a person has typed.
fn minutes(count: u128) -> Stored {
    apart(60 * SECOND, count)
}

fn apart(distance: u128, count: u128) -> Stored {
    Stored::of((1..=count).map(|it| NOW - it * distance))
}

/// The same sequence each time.
fn random(seed: u64) -> impl FnMut(usize) -> usize {
    let mut state = seed;
    move |below| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        usize::try_from(state >> 33).expect("31 bits") % below
    }
}

#[test]
fn ten_thousand_random_moves_equal_those_in_a_plain_list() {
    let mut random = random(17);
    for (mut stored, what) in [
        (minutes(1_000), "of minutes"),
        (Stored::of([NOW; 100]), "of one batch"),
        (Stored::of([NOW; 499]), "of as many as are read"),
        (Stored::of([NOW + SECOND; 50]), "of the future"),
        (minutes(2), "of two"),
    ] {
        let count = stored.rows.len();
        let moves = (0..10_000).map(|_| (random(count), random(count), random(2) == 0));
        stored.try_moves(moves, what);
    }
}

#[test]
fn the_order_is_exact_for_one_who_always_moves_to_one_gap() {
    let (last, to) = (1_999, 1_000);
    for (distance, words) in [(60 * SECOND, "minutes"), (MICROSECOND, "microseconds")] {
        let try_moves = |how: &str, turn: fn(usize) -> (usize, bool), to| {
            let moves = (0..10_000).map(|it| {
                let (from, is_above) = turn(it);
                (from, to, is_above)
            });
            apart(distance, 2_000).try_moves(moves, &format!("{words} apart, {how} to {to}"));
        };
        try_moves("from the end, above the last one", |_| (1_999, true), to);
        try_moves("from the end, below one", |_| (1_999, false), to);
        try_moves("from the top, above the last one", |_| (0, true), to);
        try_moves("from the top, below one", |_| (0, false), to);
        let turns = |it| {
            if it % 2 == 0 {
                (1_999, true)
            } else {
                (0, false)
            }
        };
        try_moves("from both ends, on both sides", turns, to);
        try_moves("from the end", |_| (1_999, true), 0);
        try_moves("from the end", |_| (1_999, true), 1);
        try_moves("from the top", |_| (0, true), last - 1);
        try_moves("from the top", |_| (0, false), last);
    }
}

#[test]
fn ten_thousand_moves_to_one_gap_write_twenty_rows_each() {
    let mut stored = minutes(2_000);
    let moves = (0..10_000).map(|_| (1_999, 1_000, true));
    stored.try_moves(moves, "the worst that is known");
    let written = stored.written;
    assert!(written <= 20 * 10_000, "{written} rows");
}

#[test]
fn what_is_moved_to_the_top_leaves_it_to_what_is_added_next() {
    for first in [0, NOW - SECOND, NOW - 2] {
        let own = above(first, NOW).expect("room");
        assert!(first < own && own < NOW, "{first}");
    }
    for first in [NOW - 1, NOW, NOW + SECOND] {
        assert_eq!(above(first, NOW), None);
    }
}

#[test]
fn there_is_no_number_between_equal_or_adjacent_ones() {
    let own = |ceiling, count, follower| Some(between(ceiling, count, follower)?.own);
    assert_eq!(own(7, 1, Some(7)), None);
    assert_eq!(own(8, 1, Some(7)), None);
    assert_eq!(own(9, 1, Some(7)), Some(vec![8]));
    assert_eq!(own(9, 2, Some(7)), None);
    assert_eq!(own(10, 2, Some(7)), Some(vec![9, 8]));
    assert_eq!(own(0, 1, None), None);
    assert_eq!(own(NOW, 1, None), Some(vec![NOW - SECOND]));
}

#[test]
fn equal_ones_are_told_apart_unless_all_that_are_read_are_equal() {
    let mut equal = [NOW; REACH];
    assert_eq!(respaced(NOW, 1, &equal), None);
    equal[REACH - 1] -= 1_000;
    let new = respaced(NOW, 2, &equal).expect("room below them");
    let all = [&new.own[..], &new.followers[..]].concat();
    assert!(all.is_sorted_by(|one, other| one > other));
    assert!(all.iter().all(|it| (NOW - 999..NOW).contains(it)));
}

proptest! {
    #[test]
    fn spread_ones_stand_in_order_between_those_that_stay(
        mut numbers in prop::collection::vec(0..1_u128 << 70, 1..600), count in 1..3_usize,
    ) {
        numbers.sort_unstable_by_key(|it| Reverse(*it));
        let (ceiling, followers) = (numbers[0], &numbers[1..]);
        let followers = &followers[..followers.len().min(REACH)];
        if let Some(new) = respaced(ceiling, count, followers) {
            let made_way = new.followers.len();
            let mut all = vec![ceiling];
            all.extend(&new.own);
            all.extend(&new.followers);
            all.extend(followers.get(made_way));
            prop_assert_eq!(new.own.len(), count);
            prop_assert!(all.is_sorted_by(|one, other| one > other));
        }
    }

    #[test]
    fn a_position_is_the_one_of_its_number(microseconds in 0..253_370_764_800_000_000_u128, fraction: u64) {
        let number = microseconds << 64 | u128::from(fraction);
        let position = Position::from_number(number).expect("before the year 9999");
        prop_assert_eq!((position.fraction, position.number()), (fraction, number));
    }
}
