//! The list of to-dos and its forms. Each handler answers a plain form with a page or a redirect, and htmx with
//! fragments.

mod fragments;
mod list_view;
mod page;
mod row;

use maud::{Markup, html};
use poem::{IntoResponse as _, Request, Response, handler, web::Data};

use self::{
    fragments::{added, altered, appended, refreshed, refused},
    list_view::{ListUrl, ListView},
    page::{DESCRIPTION, ListPage},
};
use super::{
    auth::Visitor,
    cookie::DraftCookie,
    draft::Draft,
    failure::Failure,
    flash::Flash,
    form::{Form, Query},
    form_state::FormState,
    htmx::HxRequest,
    layout::see_other,
    session::login,
};
use crate::{
    domain::{
        error::{Conflict, Error, FieldCode, FieldError},
        head::HeadOnly,
        todo::{Description, PAGE_SIZE, Page, TodoId},
        user::Account,
    },
    service::{Service, TodoUpdate},
};

/// `GET /`
#[handler]
pub(super) async fn show_list(
    service: Data<&Service>,
    visitor: Visitor,
    draft_cookie: DraftCookie,
    hx: HxRequest,
    query: Query,
    request: &Request,
) -> Result<Response, Failure> {
    let view = ListView::parse(query.get("show"), query.either("cursor", "after"))
        .map_err(|_| Failure::from(Error::NotFound))?;
    let link = ListUrl { view, flash: None };
    let account = visitor.account(&link)?;
    let respond = |answer: Markup| answer.with_header("vary", "HX-Request").into_response();
    if request.data::<HeadOnly>().is_some() {
        return Ok(respond(html! {}));
    }
    let page = page_of(&service, &account, view).await?;
    let answer = if !hx.0 {
        let draft = draft_cookie.of(&account);
        ListPage {
            account: &account,
            view,
            page: &page,
            flash: Flash::parse(query.flash(), query.get("id")),
            form: draft.as_ref().map_or_else(FormState::default, |draft| {
                FormState::draft(DESCRIPTION, &draft.text)
            }),
            id: draft
                .as_ref()
                .map_or_else(|| new_id(&service), |draft| draft.id),
        }
        .render()
    } else if view.after.is_some() {
        appended(&account, view, &page)
    } else {
        refreshed(&account, view, &page)
    };
    Ok(respond(answer))
}

/// `POST /`
#[handler]
pub(super) async fn add(
    service: Data<&Service>,
    form: Form,
    visitor: Visitor,
    draft_cookie: DraftCookie,
    hx: HxRequest,
) -> Result<Response, Failure> {
    let view = view_of(&form)?;
    let link = ListUrl { view, flash: None };
    if visitor.account.is_none() && !hx.0 {
        // With htmx the text stays in the page.
        if let Some(draft) = Draft::of_list(&form) {
            return Ok(login::page_with_draft(&link.to_string(), &draft));
        }
    }
    let account = visitor.sender(&form, &link)?;
    let mut answer = add_of(&service, &account, &form, view, hx).await?;
    draft_cookie.clear(&mut answer);
    Ok(answer)
}

async fn add_of(
    service: &Service,
    account: &Account,
    form: &Form,
    view: ListView,
    hx: HxRequest,
) -> Result<Response, Failure> {
    let refuse = async |errors: &[FieldError]| {
        let form = FormState::refused(form, errors);
        refused(service, account, hx, view, form).await
    };
    match try_add(service, account, form).await {
        Ok(outcome) if outcome.todo.removed_date.is_some() => refuse(&[form_already_used()]).await,
        Ok(outcome) if hx.0 => {
            let fragments = added(account, view, new_id(service), &outcome);
            Ok(fragments.into_response())
        }
        Ok(_) => Ok(redirect_to_list(view.at(None), Flash::Added)),
        Err(Error::Invalid(mut errors)) => {
            // The id has no input of its own.
            for error in errors.iter_mut().filter(|error| error.field == "id") {
                error.field = DESCRIPTION.into();
            }
            refuse(&errors).await
        }
        Err(Error::Conflict(Conflict::IdReused)) => refuse(&[form_already_used()]).await,
        Err(Error::Conflict(conflict @ Conflict::TodoQuotaReached)) => {
            let full = FieldError::new(DESCRIPTION, FieldCode::OutOfRange, conflict.message());
            refuse(&[full]).await
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /update-todo`
#[handler]
pub(super) async fn update(
    service: Data<&Service>,
    form: Form,
    visitor: Visitor,
    hx: HxRequest,
) -> Result<Response, Failure> {
    let action = action(&form, visitor)?;
    let TodoAction { account, id, .. } = &action;
    let (outcome, flash) = match (form.get("is_removed"), form.get("is_done")) {
        // The other button of a row, pressed in a browser without `formaction`, such as w3m.
        ("true", _) => (service.remove(account, *id).await, Flash::Removed(*id)),
        (_, "" | "true") => (service.complete(account, *id).await, Flash::Completed),
        (_, "false") => (service.reopen(account, *id).await, Flash::Reopened),
        _ => return Err(invalid_is_done().into()),
    };
    let outcome = outcome?;
    Ok(changed(hx, &action, flash, &outcome))
}

/// `POST /remove-todo`
#[handler]
pub(super) async fn remove(
    service: Data<&Service>,
    form: Form,
    visitor: Visitor,
    hx: HxRequest,
) -> Result<Response, Failure> {
    let action = action(&form, visitor)?;
    let outcome = service.remove(&action.account, action.id).await?;
    Ok(changed(hx, &action, Flash::Removed(action.id), &outcome))
}

/// `POST /restore-todo`
#[handler]
pub(super) async fn restore(
    service: Data<&Service>,
    form: Form,
    visitor: Visitor,
    hx: HxRequest,
) -> Result<Response, Failure> {
    let action = action(&form, visitor)?;
    let outcome = service.restore(&action.account, action.id).await?;
    Ok(changed(hx, &action, Flash::Restored, &outcome))
}

/// A form of a row: its user, its view of the list and its to-do.
struct TodoAction {
    account: Account,
    view: ListView,
    id: TodoId,
}

fn action(form: &Form, visitor: Visitor) -> Result<TodoAction, Failure> {
    let view = view_of(form)?;
    let link = ListUrl { view, flash: None };
    let account = visitor.sender(form, &link)?;
    let id = TodoId::parse(form.either("todo_id", "id"))?;
    Ok(TodoAction { account, view, id })
}

fn changed(hx: HxRequest, action: &TodoAction, flash: Flash, outcome: &TodoUpdate) -> Response {
    if hx.0 {
        altered(&action.account, action.view, flash, outcome).into_response()
    } else {
        redirect_to_list(action.view, flash)
    }
}

async fn try_add(service: &Service, account: &Account, form: &Form) -> Result<TodoUpdate, Error> {
    let description = Description::parse(form.get("description"))?;
    let id = match form.either("todo_id", "id") {
        // A hand-written form, such as with curl.
        "" => new_id(service),
        id => TodoId::parse(id)?,
    };
    service.add(account, id, description).await
}

async fn page_of(service: &Service, account: &Account, view: ListView) -> Result<Page, Failure> {
    let page = service.list(account, view.filter, view.after, PAGE_SIZE);
    Ok(page.await?)
}

/// The first page of the list, as `GET /` answers it.
pub(super) fn list_page(account: &Account, page: &Page, id: TodoId) -> Markup {
    ListPage {
        account,
        view: ListView::default(),
        page,
        flash: None,
        form: FormState::default(),
        id,
    }
    .render()
}

/// The id for the next form.
fn new_id(service: &Service) -> TodoId {
    TodoId::new_v7(service.clock().now())
}

fn view_of(form: &Form) -> Result<ListView, Failure> {
    Ok(ListView::parse(
        form.get("show"),
        form.either("cursor", "after"),
    )?)
}

fn invalid_is_done() -> FieldError {
    FieldError::new(
        "is_done",
        FieldCode::InvalidValue,
        "A to-do is set to true (done) or false (open)",
    )
}

fn form_already_used() -> FieldError {
    FieldError::new(
        "description",
        FieldCode::IdReused,
        "This form was already used for a to-do. Press Add once more to add this one too",
    )
}

fn redirect_to_list(view: ListView, flash: Flash) -> Response {
    let link = ListUrl {
        view,
        flash: Some(flash),
    };
    see_other(&link.to_string())
}
