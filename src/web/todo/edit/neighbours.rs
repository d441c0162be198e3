//! The buttons that move a to-do up and down, on the page that edits it.

use maud::{Markup, html};

use super::super::{
    super::{layout::account_field, url},
    list_view::ListView,
    row::view_fields,
};
use crate::{
    domain::{
        error::Error,
        todo::{Cursor, ListQuery, NEIGHBOURS, Todo, TodoId},
        user::Account,
    },
    service::Service,
};

/// The field of a form that is answered with this page.
pub(in crate::web::todo) const BACK: &str = "back";

/// The to-dos above and below another one, in the part of the list that it was chosen from.
#[derive(Clone, Copy, Default)]
pub(super) struct Neighbours {
    above: Option<TodoId>,
    below: Option<TodoId>,
}

impl Neighbours {
    /// Those of its own state; none where the list is in another order, or does not show it.
    pub(super) async fn of(
        service: &Service,
        account: &Account,
        view: ListView<'_>,
        todo: &Todo,
    ) -> Result<Self, Error> {
        let is_whole = view.is_in_own_order() && view.tag.is_empty();
        if !is_whole || todo.removed_date.is_some() {
            return Ok(Self::default());
        }
        let query = ListQuery {
            filter: view.filter,
            today: service.today(account),
            after: view.after,
            limit: NEIGHBOURS,
        };
        let todos = service.list(account, query).await?.todos;
        let Some(index) = todos.iter().position(|it| it.id == todo.id) else {
            return Ok(Self::default());
        };
        let at = |index: usize| todos.get(index).filter(|it| it.is_done == todo.is_done);
        let above = match (index.checked_sub(1), view.after) {
            (Some(above), _) => at(above).map(|it| it.id),
            // The part begins below that one.
            (None, Some(Cursor::Order(after))) if after.is_done == todo.is_done => Some(after.id),
            (None, _) => None,
        };
        let below = at(index + 1).map(|it| it.id);
        Ok(Self { above, below })
    }

    /// The buttons that move the to-do; nothing for one without neighbours.
    pub(super) fn form(self, account: &Account, view: ListView<'_>, id: TodoId) -> Markup {
        if self.above.is_none() && self.below.is_none() {
            return html! {};
        }
        html! {
            form method="post" action=(url::MOVE) {
                h2 { "Place in the list" }
                p.hint { "What you have typed above is not saved by this." }
                input type="hidden" name="todo_id" value=(id);
                input type="hidden" name=(BACK) value="edit";
                (account_field(account))
                (view_fields(view))
                div.actions {
                    @if let Some(above) = self.above {
                        button.button.quiet type="submit" name="before_id" value=(above) { "Move up" } " "
                    }
                    @if let Some(below) = self.below {
                        button.button.quiet type="submit" name="after_id" value=(below) { "Move down" }
                    }
                }
            }
        }
    }
}
