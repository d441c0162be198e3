use time::macros::datetime;

use super::*;

#[test]
fn a_to_do_counts_as_open_unless_done_or_removed() {
    let now = datetime!(2026-01-01 00:00 UTC);
    let description = Description::parse("Buy milk").expect("valid");
    let open = Todo::new(TodoId::new_v7(now), description, now);
    let done = open.clone().completed(now, now.date());
    let change = |open, all, removed| CountsDelta { open, all, removed };
    assert_eq!(open.contribution(), change(1, 1, 0));
    assert_eq!(done.contribution(), change(0, 1, 0));
    assert_eq!(done.removed(now).contribution(), change(0, 0, 1));
    assert_eq!(open.removed(now).contribution(), change(0, 0, 1));
}

#[test]
fn completing_twice_keeps_the_first_date() {
    let now = datetime!(2026-01-01 00:00 UTC);
    let later = datetime!(2026-01-02 00:00 UTC);
    let description = Description::parse("Buy milk").expect("valid");
    let done = Todo::new(TodoId::new_v7(now), description, now).completed(now, now.date());
    assert_eq!(done.clone().completed(later, later.date()), done);
    let removed = done.removed(now);
    assert_eq!(removed.clone().removed(later), removed);
}

#[test]
fn an_edit_changes_only_the_fields_it_names() {
    let now = datetime!(2026-01-01 00:00 UTC);
    let text = |text| Description::parse(text).expect("valid");
    let done = Todo::new(TodoId::new_v7(now), text("Buy milk"), now).completed(now, now.date());
    assert_eq!(
        done.clone()
            .edited(Edit::default(), now, now.date())
            .expect("fits"),
        done
    );
    let edit = |description, is_done| Edit {
        description,
        is_done,
        ..Edit::default()
    };
    let tea = edit(Some(text("Buy tea")), None);
    let renamed = done.edited(tea, now, now.date()).expect("fits");
    assert_eq!(renamed.description, text("Buy tea"));
    assert_eq!(renamed.done_date, Some(now));
    let reopened = renamed
        .edited(edit(None, Some(false)), now, now.date())
        .expect("fits");
    assert_eq!(reopened.description, text("Buy tea"));
    assert_eq!((reopened.is_done, reopened.done_date), (false, None));
}

#[test]
fn an_edited_to_do_remembers_its_original_text() {
    let now = datetime!(2026-01-01 00:00 UTC);
    let text = |text| Description::parse(text).expect("valid");
    let added = Todo::new(TodoId::new_v7(now), text("Buy milk"), now);
    let edit = |description| Edit {
        description: Some(text(description)),
        ..Edit::default()
    };
    let twice = added
        .edited(edit("Buy tea"), now, now.date())
        .expect("fits")
        .edited(edit("Buy bread"), now, now.date())
        .expect("fits");
    assert!(twice.was_added_as(&text("Buy milk")));
    assert!(twice.was_added_as(&text("Buy bread")));
    assert!(!twice.was_added_as(&text("Buy tea")));
}

#[test]
fn a_removed_to_do_is_restorable_for_30_days() {
    let now = datetime!(2026-01-01 00:00 UTC);
    let description = Description::parse("Buy milk").expect("valid");
    let todo = Todo::new(TodoId::new_v7(now), description, now);
    let removed = todo.clone().removed(now);
    let before = now + TOMBSTONE_LIFE - Duration::MICROSECOND;
    assert!(!removed.is_lost(before) && removed.is_lost(now + TOMBSTONE_LIFE));
    assert_eq!(removed.restored(), todo);
}

#[test]
fn later_ids_sort_after_earlier_ones() {
    let early = TodoId::new_v7(datetime!(2026-01-01 00:00:00.001 UTC));
    let late = TodoId::new_v7(datetime!(2026-01-01 00:00:00.002 UTC));
    assert!(early.0 < late.0);
}
