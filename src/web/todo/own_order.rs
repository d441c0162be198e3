//! The form that moves a to-do: by a script from its handle in the list, by a person from the page that edits it.

use maud::{Markup, html};
use poem::{Response, handler, web::Data};

use super::{
    super::{
        failure::Failure,
        flash::Flash,
        form::Form,
        htmx::HxRequest,
        layout::{account_field, see_other},
        url,
    },
    changed, edit,
    form::RowForm,
    list_view::ListView,
    redirect_to_list,
    row::view_fields,
};
use crate::{
    domain::{
        error::{Conflict, Error},
        todo::{Cursor, ListQuery, NEIGHBOURS, Place, Todo, TodoId},
        user::Account,
    },
    service::Service,
    web::auth::Visitor,
};

/// The field of a form that is answered with the page that edits the to-do.
const BACK: &str = "back";

/// `POST /move-todo`
#[handler]
pub(in crate::web) async fn move_todo(
    service: Data<&Service>,
    form: Form,
    visitor: Visitor,
    hx: HxRequest,
) -> Result<Response, Failure> {
    let row = RowForm::of(&form, visitor)?;
    let given = |name| Some(form.get(name)).filter(|id| !id.is_empty());
    let place = Place::parse(row.id, given("before_id"), given("after_id"))?;
    match service.move_to(&row.account, row.id, place).await {
        Ok(_) if !hx.0 && form.get(BACK) == "edit" => {
            Ok(see_other(&edit::url_after_move(row.id, row.view)))
        }
        Ok(outcome) => Ok(changed(&service, hx, &row, Flash::Moved, &outcome)),
        // With a script the words come with the error, and the script has the list refreshed.
        Err(Error::Conflict(Conflict::NeighbourGone | Conflict::NeighbourState)) if !hx.0 => {
            Ok(redirect_to_list(row.view.at(None), Flash::NotMoved))
        }
        Err(error) => Err(error.into()),
    }
}

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
        if !view.is_in_own_order() || todo.removed_date.is_some() {
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
