//! Searches: what is found, in the order of each view, whatever the size of the list; and what an older version wrote.

use sqlx::{AssertSqlSafe, MySqlConnection, MySqlPool};
use tickbox::domain::{
    todo::{
        Change, DueDate, Edit, Filter, Limit, ListQuery, Narrowing, Page, PlanEdit, Setting, Todo,
        Write,
    },
    user::Account,
};
use time::macros::date;

use super::{Verb, add, query_cost::fill, tags::assert_counts};
use crate::support::fixture::World;

/// All that a list shows of a narrowing, part by part, and how many parts there are.
async fn all(
    world: &World,
    who: &Account,
    filter: Filter,
    (tag, search): (&str, &str),
    limit: u32,
) -> (Vec<Todo>, usize) {
    let narrowing = Narrowing::parse(tag, search).expect("valid");
    let (mut todos, mut after, mut parts) = (Vec::new(), None, 0);
    loop {
        let query = ListQuery {
            filter,
            today: date!(2026 - 11 - 28),
            after,
            limit: Limit::new(limit).expect("within limits"),
        };
        let page = world.service.narrowed_list(who, query, narrowing.clone());
        let Page {
            todos: found, next, ..
        } = page.await.expect("no fault");
        todos.extend(found);
        parts += 1;
        match next {
            Some(next) => after = Some(next),
            None => return (todos, parts),
        }
    }
}

async fn texts(world: &World, who: &Account, narrowed: (&str, &str)) -> Vec<String> {
    let (todos, _) = all(world, who, Filter::All, narrowed, 1_000).await;
    let todos = todos.into_iter();
    todos.map(|todo| todo.description.into()).collect()
}

async fn execute(connection: &mut MySqlConnection, statement: String) {
    let done = sqlx::raw_sql(AssertSqlSafe(statement)).execute(connection);
    done.await.expect("executed");
}

#[sqlx::test]
async fn a_search_finds_parts_of_words_without_case_and_accents(pool: MySqlPool) {
    let world = World::new(&pool).await;
    for text in [
        "Keptas žąsis",
        "ZASYS",
        "100% linen",
        "1000 linen",
        "a_b",
        "axb",
        r"C:\temp",
        "50! of them",
        "Купить молоко",
        "Straße",
        "milk #Home",
        "milk #homes",
    ] {
        add(&world, text).await;
    }
    for (search, expected) in [
        ("zasis", vec!["Keptas žąsis"]),
        ("ŽAS", vec!["ZASYS", "Keptas žąsis"]),
        ("kept zas", vec!["Keptas žąsis"]),
        ("100%", vec!["100% linen"]),
        ("a_b", vec!["a_b"]),
        (r":\t", vec![r"C:\temp"]),
        (r"\", vec![r"C:\temp"]),
        ("50!", vec!["50! of them"]),
        ("МОЛОК", vec!["Купить молоко"]),
        ("STRASSE", vec!["Straße"]),
        ("%", vec!["100% linen"]),
        ("linen milk", vec![]),
    ] {
        assert_eq!(
            texts(&world, &world.ona, ("", search)).await,
            expected,
            "{search}"
        );
        let of_jonas = texts(&world, &world.jonas, ("", search)).await;
        assert!(of_jonas.is_empty(), "a stranger's: {of_jonas:?}");
    }
    let tagged = texts(&world, &world.ona, ("HOME", "")).await;
    assert_eq!(tagged, ["milk #Home"]);
    let both = texts(&world, &world.ona, ("homes", "milk")).await;
    assert_eq!(both, ["milk #homes"]);
    assert!(texts(&world, &world.jonas, ("home", "")).await.is_empty());
}

/// Without a job that indexes them.
#[sqlx::test]
async fn what_an_older_version_wrote_is_found(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let mut connection = world.connect().await;
    let user = world.ona.user_id.0;
    let edited = add(&world, "Milk #shop").await;
    add(&world, "Bread").await;
    for statement in [
        format!(
            "INSERT INTO todos (user_id, id, description, isdone, created_date, rev)
             VALUES ({user}, REPEAT('a', 16), 'Žąsis', FALSE, '2026-01-01', 8)"
        ),
        format!(
            "UPDATE todos SET description = 'Tea', rev = 9 WHERE user_id = {user} AND id = UNHEX('{}')",
            edited.id.0.simple()
        ),
    ] {
        execute(&mut connection, statement).await;
    }
    for (search, expected) in [
        ("zasis", vec!["Žąsis"]),
        ("tea", vec!["Tea"]),
        ("milk", vec![]),
    ] {
        assert_eq!(
            texts(&world, &world.ona, ("", search)).await,
            expected,
            "{search}"
        );
    }
}

/// Of 30,000 open and 10,000 done ones a search looks at a part; all parts together find each once, in order.
#[sqlx::test]
async fn a_long_list_is_searched_part_by_part(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let mut connection = world.connect().await;
    let user = world.ona.user_id;
    for (is_done, part) in [("FALSE", 1), ("FALSE", 2), ("FALSE", 3), ("TRUE", 4)] {
        fill(&mut connection, user, is_done, "NULL", part).await;
    }
    // Every 397th is found; those at the end of a part that is looked at, and before and behind it, are as well.
    for statement in [
        format!(
            "UPDATE todos SET folded = IF(rev % 397 = 0 OR rev IN (9999, 0, 1), 'needle', 'one of many'), indexed_rev = rev,
                              done_date = IF(isdone, created_date, NULL), due_date = IF(isdone, NULL, '2026-11-01')
             WHERE user_id = {}",
            user.0
        ),
        format!("UPDATE todos SET description = CONVERT(folded USING utf8mb4) WHERE user_id = {}", user.0),
        format!("UPDATE users SET rev = 40000, open_count = 30000, todo_count = 40000 WHERE id = {}", user.0),
    ] {
        execute(&mut connection, statement).await;
    }
    let account = world.service.authenticate(&world.cookie).await;
    let account = account.expect("no fault").expect("a session");
    for (filter, number, limit) in [
        (Filter::All, 40_000, 1_000),
        (Filter::All, 40_000, 7),
        (Filter::Open, 30_000, 1_000),
        (Filter::Today, 30_000, 1_000),
        (Filter::Done, 10_000, 50),
        (Filter::Upcoming, 0, 50),
    ] {
        let case = format!("{filter:?} by {limit}");
        let (found, parts) = all(&world, &account, filter, ("", "needle"), limit).await;
        let hits = number / 10_000 * (10_000 / 397 + 1 + 2);
        assert_eq!(found.len(), hits, "{case}");
        let places: Vec<_> = found
            .iter()
            .map(|todo| todo.cursor(filter).to_string())
            .collect();
        let (whole, _) = all(&world, &account, filter, ("", ""), 1_000).await;
        assert_eq!(whole.len(), number, "{case}");
        let expected = whole
            .iter()
            .filter(|todo| todo.description.as_str() == "needle");
        let expected: Vec<_> = expected
            .map(|todo| todo.cursor(filter).to_string())
            .collect();
        assert!(places == expected, "{case}: another order");
        let looks = number.div_ceil(20_000).max(1);
        assert!(
            parts <= looks + found.len() / limit as usize + 1,
            "{case}: {parts} parts"
        );
        let (nothing, parts) = all(&world, &account, filter, ("", "nothing at all"), limit).await;
        assert!(
            nothing.is_empty() && parts <= looks + 1,
            "{case}: {parts} parts of nothing"
        );
    }
}

#[sqlx::test]
async fn a_tag_is_listed_in_the_order_of_each_view(pool: MySqlPool) {
    let world = World::new(&pool).await;
    let mut connection = world.connect().await;
    for number in 0..30 {
        let tag = ["#home", "#Home", "#shop"][number % 3];
        let todo = add(&world, &format!("Number {number} {tag}")).await;
        if number % 4 == 0 {
            Verb::Complete
                .of(&world, &world.ona, todo.id)
                .await
                .expect("done");
        } else if number % 4 == 1 {
            let day = 26 + number % 5;
            let day = DueDate::parse(&format!("2026-11-{day}")).expect("a day");
            let edit = Edit {
                plan: PlanEdit {
                    due_date: Setting::Set(day),
                    ..PlanEdit::default()
                },
                ..Edit::default()
            };
            let write = Write::new(todo.id, Change::Edit(edit));
            world
                .service
                .write(&world.ona, write)
                .await
                .expect("no fault")
                .expect("edited");
        }
    }
    assert_counts(&mut connection, &world.ona, "tagged").await;
    for filter in [
        Filter::All,
        Filter::Open,
        Filter::Today,
        Filter::Upcoming,
        Filter::Done,
    ] {
        for limit in [1, 3, 1_000] {
            for tag in ["home", "shop", "none"] {
                let case = format!("{filter:?} #{tag} by {limit}");
                let (found, _) = all(&world, &world.ona, filter, (tag, ""), limit).await;
                let (whole, _) = all(&world, &world.ona, filter, ("", ""), 1_000).await;
                let has = |todo: &Todo| {
                    todo.description
                        .as_str()
                        .to_lowercase()
                        .ends_with(&format!("#{tag}"))
                };
                let expected: Vec<_> = whole.into_iter().filter(has).collect();
                assert_eq!(found, expected, "{case}");
            }
        }
    }
}
