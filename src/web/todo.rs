//! The list of to-dos and its forms. Each handler answers a plain form with a page or a redirect, and htmx with
//! fragments.

mod day;
pub(super) mod edit;
mod form;
mod found;
mod fragments;
mod list_view;
mod narrowing;
pub(super) mod own_order;
mod page;
mod quick_add;
mod row;
mod words;

use maud::{Markup, html};
use poem::{IntoResponse as _, Request, Response, handler, http::StatusCode, web::Data};
use time::Date;

use self::{
    form::{AddForm, Addition, Change, DESCRIPTION, RowForm},
    fragments::{added, altered, appended, refreshed, refused},
    list_view::{ListUrl, ListView},
    page::ListPage,
    row::Reader,
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
        todo::{ListQuery, PAGE_SIZE, Page, TodoId},
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
        .map_err(|_| Failure::from(Error::NotFound))?
        .narrowed(query.get("tag"), query.get("q"));
    let link = ListUrl { view, flash: None };
    let account = visitor.account(&link)?;
    let status = if view.narrowing().is_ok() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let respond = |answer: Markup| {
        let answer = answer.with_header("vary", "HX-Request");
        answer.with_status(status).into_response()
    };
    if request.data::<HeadOnly>().is_some() {
        return Ok(respond(html! {}));
    }
    let page = page_of(&service, &account, view).await?;
    let reader = Reader::of(&service, &account);
    let answer = if !hx.0 {
        let draft = draft_cookie.of(&account);
        ListPage {
            reader,
            view,
            page: &page,
            flash: Flash::parse(query.flash(), query.get("id")),
            form: FormState::filled(draft.as_ref().map(AddForm::of_draft).unwrap_or_default()),
            id: draft
                .as_ref()
                .map_or_else(|| new_id(&service), |draft| draft.id),
        }
        .render()
    } else if view.after.is_some() {
        appended(reader, view, &page)
    } else {
        refreshed(reader, view, &page)
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
    let view = form::view(&form)?;
    let link = ListUrl { view, flash: None };
    if visitor.account.is_none() && !hx.0 {
        // With htmx the text stays in the page.
        if let Some(draft) = Draft::of_list(&form) {
            return Ok(login::page_with_draft(&link.to_string(), &draft));
        }
    }
    let account = visitor.sender(&form, &link)?;
    let mut answer = add_of(&service, &account, AddForm::of(&form), view, hx).await?;
    draft_cookie.clear(&mut answer);
    Ok(answer)
}

async fn add_of(
    service: &Service,
    account: &Account,
    form: AddForm<'_>,
    view: ListView<'_>,
    hx: HxRequest,
) -> Result<Response, Failure> {
    let refuse = async |errors: &[FieldError]| {
        let form = FormState::refused(form, errors);
        refused(service, account, hx, view, form).await
    };
    let reader = Reader::of(service, account);
    let (outcome, typed) = match form.parse(reader.today) {
        Ok(Addition { new, id }) => {
            let (id, typed) = (id.unwrap_or_else(|| new_id(service)), new.typed.clone());
            (service.add(account, id, new).await, typed)
        }
        Err(errors) => (Err(Error::Invalid(errors)), None),
    };
    match outcome {
        Ok(outcome) if outcome.todo.removed_date.is_some() => refuse(&[form_already_used()]).await,
        Ok(outcome) if hx.0 => {
            let fragments = added(reader, view, new_id(service), &outcome, typed.as_ref());
            Ok(fragments.into_response())
        }
        Ok(TodoUpdate { todo, .. }) => {
            let flash = match typed {
                Some(typed) if !typed.unread.is_empty() => Flash::AddedPartly(todo.id),
                Some(typed) if typed.has_words => Flash::AddedByWords(todo.id),
                _ => Flash::Added,
            };
            Ok(redirect_to_list(view.at(None), flash))
        }
        Err(Error::Invalid(errors)) => refuse(&errors).await,
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
    let row = RowForm::of(&form, visitor)?;
    let (account, id) = (&row.account, row.id);
    let (outcome, flash) = match Change::of(&form)? {
        Change::Remove => (service.remove(account, id).await, Flash::Removed(id)),
        Change::Complete => (service.complete(account, id).await, Flash::Completed),
        Change::Reopen => (service.reopen(account, id).await, Flash::Reopened),
    };
    Ok(changed(&service, hx, &row, flash, &outcome?))
}

/// `POST /remove-todo`
#[handler]
pub(super) async fn remove(
    service: Data<&Service>,
    form: Form,
    visitor: Visitor,
    hx: HxRequest,
) -> Result<Response, Failure> {
    let row = RowForm::of(&form, visitor)?;
    let outcome = service.remove(&row.account, row.id).await?;
    Ok(changed(
        &service,
        hx,
        &row,
        Flash::Removed(row.id),
        &outcome,
    ))
}

/// `POST /restore-todo`
#[handler]
pub(super) async fn restore(
    service: Data<&Service>,
    form: Form,
    visitor: Visitor,
    hx: HxRequest,
) -> Result<Response, Failure> {
    let row = RowForm::of(&form, visitor)?;
    let outcome = service.restore(&row.account, row.id).await?;
    Ok(changed(&service, hx, &row, Flash::Restored, &outcome))
}

fn changed(
    service: &Service,
    hx: HxRequest,
    row: &RowForm<'_>,
    flash: Flash,
    outcome: &TodoUpdate,
) -> Response {
    if hx.0 {
        altered(Reader::of(service, &row.account), row.view, flash, outcome).into_response()
    } else {
        redirect_to_list(row.view, flash)
    }
}

async fn page_of(
    service: &Service,
    account: &Account,
    view: ListView<'_>,
) -> Result<Page, Failure> {
    let query = ListQuery {
        filter: view.filter,
        today: service.today(account),
        after: view.after,
        limit: PAGE_SIZE,
    };
    let Ok(narrowing) = view.narrowing() else {
        return Ok(Page::unread(account.counts));
    };
    Ok(service.narrowed_list(account, query, narrowing).await?)
}

/// The first page of the list, as `GET /` answers it.
pub(super) fn list_page(account: &Account, today: Date, page: &Page, id: TodoId) -> Markup {
    ListPage {
        reader: Reader { account, today },
        view: ListView::default(),
        page,
        flash: None,
        form: FormState::default(),
        id,
    }
    .render()
}

/// The address of the list of a tag.
pub(super) fn tagged_list(tag: &str) -> String {
    let view = ListView::default().narrowed(tag, "");
    ListUrl { view, flash: None }.to_string()
}

/// The id for the next form.
fn new_id(service: &Service) -> TodoId {
    TodoId::new_v7(service.clock().now())
}

fn form_already_used() -> FieldError {
    FieldError::new(
        "description",
        FieldCode::IdReused,
        "This form was already used for a to-do. Press Add once more to add this one too",
    )
}

fn redirect_to_list(view: ListView<'_>, flash: Flash) -> Response {
    let link = ListUrl {
        view,
        flash: Some(flash),
    };
    see_other(&link.to_string())
}
