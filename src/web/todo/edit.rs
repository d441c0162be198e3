//! The page that edits a to-do, and the same form in place of its row. What another device has changed meanwhile is
//! shown beside what was typed; nothing of either is lost.

mod control;
mod field;
mod form;
mod neighbours;
mod page;

use maud::{Markup, html};
use poem::{
    IntoResponse as _, Request, Response, handler,
    http::{StatusCode, header},
    web::Data,
};

pub(super) use self::neighbours::BACK;
use self::{
    form::EditForm,
    neighbours::Neighbours,
    page::{EditPage, EditState},
};
use super::{
    super::{
        auth::Visitor,
        dom_id,
        failure::Failure,
        flash::Flash,
        form::{Form, Query},
        htmx::{HxRequest, fragment},
        pending_edit::PendingEdit,
        session::login,
    },
    changed,
    form::{RowForm, view},
    list_view::{ListUrl, ListView},
    row::{Reader, Row, RowControl, RowList},
};
use crate::{
    domain::{
        error::Error,
        head::HeadOnly,
        todo::{Change, Edit, Todo, TodoId, Write, WriteRefusal},
        user::Account,
    },
    service::{Service, TodoUpdate},
};

/// `GET /edit-todo`
#[handler]
pub(in crate::web) async fn show(
    service: Data<&Service>,
    visitor: Visitor,
    hx: HxRequest,
    query: Query,
    request: &Request,
) -> Result<Response, Failure> {
    let not_found = |_| Failure::from(Error::NotFound);
    let view = ListView::parse(query.get("show"), query.get("cursor")).map_err(not_found)?;
    let view = view.narrowed(query.get("tag"), query.get("q"));
    let id = TodoId::parse(query.get("id")).map_err(not_found)?;
    let account = visitor.account(&page::url(id, view))?;
    let todo = service.get(&account, id).await?;
    let answer = if hx.0 && query.get("cancel") == "true" {
        row(Reader::of(&service, &account), view, &todo)
    } else {
        let (reader, state) = (Reader::of(&service, &account), EditState::of(&todo));
        let is_unseen = request.data::<HeadOnly>().is_some();
        let neighbours = if hx.0 || is_unseen {
            // The row has a handle.
            Neighbours::default()
        } else {
            Neighbours::of(&service, &account, view, &todo).await?
        };
        let page = EditPage {
            reader,
            view,
            form: &EditForm::of_todo(&todo),
            state: &state,
            neighbours,
            was_moved: query.flash() == Flash::Moved.word(),
            is_row: hx.0,
        };
        page.render()
    };
    Ok(answer
        .with_header(header::VARY, "HX-Request")
        .into_response())
}

/// `POST /edit-todo`
#[handler]
pub(in crate::web) async fn save(
    service: Data<&Service>,
    form: Form,
    visitor: Visitor,
    hx: HxRequest,
) -> Result<Response, Failure> {
    if visitor.account.is_none() && !hx.0 {
        // With htmx the text stays in the page, or in the browser's storage.
        if let Some(pending) = PendingEdit::of_edit(&form)? {
            let list = ListUrl {
                view: view(&form)?,
                flash: None,
            };
            return Ok(login::page_with_edit(&list.to_string(), &pending));
        }
    }
    let row = RowForm::of(&form, visitor)?;
    let typed = EditForm::of(&form, row.id)?;
    let refused = |status, typed: &EditForm<'_>, state| {
        let reader = Reader::of(&service, &row.account);
        let answer = answer(reader, row.view, hx, typed, &state);
        Ok(answer.with_status(status).into_response())
    };
    let edit = match typed.parse() {
        Ok(edit) => edit,
        Err(errors) => {
            let state = EditState::Refused(errors);
            return refused(StatusCode::UNPROCESSABLE_ENTITY, &typed, state);
        }
    };
    match write(&service, &row.account, &typed, edit).await {
        Ok(Ok(outcome)) => Ok(changed(&service, hx, &row, Flash::Saved, &outcome)),
        Ok(Err(WriteRefusal::Removed(stored))) => {
            let state = EditState::Removed { rev: stored.rev };
            refused(StatusCode::CONFLICT, &typed, state)
        }
        Ok(Err(WriteRefusal::Changed(stored))) => {
            let merged = typed.onto(&stored);
            let state = EditState::Conflict(&stored);
            refused(StatusCode::CONFLICT, &merged, state)
        }
        Ok(Err(WriteRefusal::Invalid(error))) => {
            let state = EditState::Refused(vec![error]);
            refused(StatusCode::UNPROCESSABLE_ENTITY, &typed, state)
        }
        Ok(Err(WriteRefusal::NotFound | WriteRefusal::Gone)) => Err(Error::NotFound.into()),
        Ok(Err(_)) => Err(Error::internal("an edit was refused as another verb").into()),
        Err(error) => Err(error.into()),
    }
}

/// Restores the to-do first when the form says so.
async fn write(
    service: &Service,
    account: &Account,
    typed: &EditForm<'_>,
    edit: Edit,
) -> Result<Result<TodoUpdate, WriteRefusal>, Error> {
    if typed.restores {
        service.restore(account, typed.id).await?;
    }
    let write = Write {
        expected_rev: typed.expected_rev,
        ..Write::new(typed.id, Change::Edit(edit))
    };
    service.write(account, write).await
}

/// The page, or the row as a form.
fn answer(
    reader: Reader<'_>,
    view: ListView<'_>,
    hx: HxRequest,
    form: &EditForm<'_>,
    state: &EditState<'_>,
) -> Markup {
    let page = EditPage {
        reader,
        view,
        form,
        state,
        neighbours: Neighbours::default(),
        was_moved: false,
        is_row: hx.0,
    };
    page.render()
}

/// The URL of the form of a to-do that was moved from there.
pub(super) fn url_after_move(id: TodoId, view: ListView<'_>) -> String {
    format!("{}&notice={}", page::url(id, view), Flash::Moved.word())
}

/// The row as it stands in the list, in place of the form.
fn row(reader: Reader<'_>, view: ListView<'_>, todo: &Todo) -> Markup {
    let row = Row {
        todo,
        list: &RowList::of(reader, view),
        focus: Some(RowControl::Edit),
    };
    html! { (fragment(&dom_id::row(todo.id), "outerHTML", &row)) }
}
