//! What nearly every request does and no database decides: a page and a list of fifty to-dos, an access
//! token, a form. `cargo bench` says whether one of them has become slower since the last time.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use secrecy::ExposeSecret as _;
use tickbox::{
    bench,
    domain::{
        session::SessionId,
        todo::{Description, FieldRevs, Filter, Page, Plan, Position, Todo, TodoCounts, TodoId},
        user::{Account, TimeZone, UserId},
    },
    service::TokenSigner,
};
use time::{Duration, OffsetDateTime, macros::datetime};
use uuid::Uuid;

const NOW: OffsetDateTime = datetime!(2026-11-24 16:05:09.123456 UTC);

/// Fifty, two thirds of them open, with what has to be escaped in HTML and in JSON.
fn page() -> Page {
    let todos = (0..50_u32).map(|number| {
        let text = format!("buy milk & <b>bread</b> “now” \"{number}\" at Žemaitė's, 10:30");
        let created_date = NOW - Duration::hours(number.into());
        Todo {
            id: TodoId(Uuid::from_u128(u128::from(number) << 64 | 0x7000 << 64)),
            description: Description::parse(&text).expect("a text for a to-do"),
            is_done: number >= 33,
            created_date,
            position: Position::of_added(created_date),
            done_date: (number >= 33).then_some(NOW),
            removed_date: None,
            rev: number.into(),
            added_as: None,
            plan: Plan::default(),
            revs: FieldRevs::at(number.into()),
            is_indexed: true,
        }
    });
    let todos: Vec<_> = todos.collect();
    let next = todos.last().map(|todo| todo.cursor(Filter::All));
    let counts = account().counts;
    Page {
        todos,
        next,
        counts,
    }
}

fn account() -> Account {
    Account {
        user_id: UserId(7),
        public_id: Uuid::from_u128(7),
        first_name: "Žydrė & <Ona>".to_owned(),
        session_id: SessionId(Uuid::from_u128(8)),
        counts: TodoCounts {
            rev: 50,
            open: 33,
            all: 50,
        },
        time_zone: TimeZone::utc(),
        has_time_zone: true,
    }
}

fn answers(criterion: &mut Criterion) {
    let (account, page, id) = (account(), page(), TodoId(Uuid::from_u128(9)));
    criterion.bench_function("page of 50 to-dos", |bencher| {
        bencher.iter(|| bench::list_page(black_box(&account), black_box(&page), id));
    });
    criterion.bench_function("JSON of 50 to-dos", |bencher| {
        bencher.iter_batched(
            || page.clone(),
            bench::list_json,
            criterion::BatchSize::SmallInput,
        );
    });
}

fn questions(criterion: &mut Criterion) {
    let signer = TokenSigner::new(&"a secret of the benchmark, long enough".into(), None);
    let token = signer.sign(Uuid::from_u128(7), SessionId(Uuid::from_u128(8)), NOW);
    let token = token.expect("signed");
    criterion.bench_function("access token, verified", |bencher| {
        bencher.iter(|| signer.verify(black_box(token.expose_secret()), NOW).is_ok());
    });
    let form = b"todo_id=019ab7e4-7a5e-7000-8000-0123456789ab&show=&cursor=\
        &description=buy+milk+%26+%3Cb%3Ebread%3C%2Fb%3E+%E2%80%9Cnow%E2%80%9D";
    criterion.bench_function("form, parsed", |bencher| {
        bencher.iter(|| bench::form_fields(black_box(form)));
    });
}

criterion_group!(benches, answers, questions);
criterion_main!(benches);
