//! The form that moves a to-do: by a script from its handle in the list, by a person from the page that edits it.

use poem::{Response, handler, web::Data};

use super::{
    super::{
        auth::Visitor, failure::Failure, flash::Flash, form::Form, htmx::HxRequest,
        layout::see_other,
    },
    changed, edit,
    form::RowForm,
    redirect_to_list,
};
use crate::{
    domain::{
        error::{Conflict, Error},
        todo::Place,
    },
    service::Service,
};

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
        Ok(_) if !hx.0 && form.get(edit::BACK) == "edit" => {
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
