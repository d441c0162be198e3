//! The list and what can be done in it. Each handler answers a page, or the way to one, to a plain
//! form and fragments to htmx.

mod answer;
mod row;
mod view;

use maud::Markup;
use poem::{IntoResponse as _, Response, Result, handler, web::Data};

use self::{
    answer::{added, altered, appended, refreshed, refused},
    view::ListPage,
};
use super::{
    error::Failure,
    form::{ACCOUNT_FIELD, Form, Hx, Query},
    layout::see_other,
    link::{ListLink, Notice, View},
    session::{Visitor, names},
};
use crate::{
    domain::{
        error::{Conflict, Error, FieldCode, FieldError},
        todo::{Description, PAGE_SIZE, Page, TodoId},
        user::Account,
    },
    service::{Outcome, Service},
};

/// `GET /`
#[handler]
pub(super) async fn show_list(
    service: Data<&Service>,
    visitor: Visitor,
    hx: Hx,
    query: Query,
) -> Result<Response> {
    let view = View::parse(query.get("show"), query.either("cursor", "after"))
        .map_err(|_| Failure::from(Error::NotFound))?;
    let (draft, drafter) = (query.get("description"), query.get(ACCOUNT_FIELD));
    let account = visitor.account(&ListLink {
        view,
        draft,
        drafter,
        ..ListLink::default()
    })?;
    // Typed before the session ended, perhaps by somebody else.
    let draft = if names(drafter, &account) { draft } else { "" };
    let page = page_of(&service, &account, view).await?;
    let answer = if !hx.0 {
        let notice = Notice::parse(query.get("notice"), query.get("id"));
        ListPage {
            account: &account,
            view,
            page: &page,
            notice,
            draft,
            error: None,
            id: new_id(&service),
        }
        .render()
    } else if view.after.is_some() {
        appended(&account, view, &page)
    } else {
        refreshed(&account, view, &page)
    };
    Ok(answer.with_header("vary", "HX-Request").into_response())
}

/// `POST /`
#[handler]
pub(super) async fn add(
    service: Data<&Service>,
    form: Form,
    visitor: Visitor,
    hx: Hx,
) -> Result<Response> {
    let view = view_of(&form)?;
    let draft = form.get("description");
    // The text goes along to the login page and back: an expired session loses nothing. No more of
    // it than a to-do can hold, since addresses have limits.
    let end = draft.char_indices().nth(Description::MAX);
    let draft_for_link = &draft[..end.map_or(draft.len(), |(end, _)| end)];
    let link = ListLink {
        draft: draft_for_link,
        drafter: form.get(ACCOUNT_FIELD),
        ..ListLink::default()
    };
    let account = visitor.sender(&form, &link)?;
    match try_add(&service, &account, &form).await {
        Ok(outcome) if outcome.todo.removed_date.is_some() => {
            refused(&service, &account, hx, view, draft, &used_form()).await
        }
        Ok(outcome) if hx.0 => {
            let fragments = added(&account, view, new_id(&service), &outcome);
            Ok(fragments.into_response())
        }
        Ok(_) => Ok(back(view.at(None), Notice::Added)),
        Err(Error::Invalid(errors)) => {
            refused(&service, &account, hx, view, draft, &errors[0]).await
        }
        Err(Error::Conflict(Conflict::IdReused)) => {
            refused(&service, &account, hx, view, draft, &used_form()).await
        }
        Err(Error::Conflict(conflict @ Conflict::TodoQuotaReached)) => {
            let full = FieldError::new("description", FieldCode::OutOfRange, conflict.message());
            refused(&service, &account, hx, view, draft, &full).await
        }
        Err(error) => Err(Failure::Verb(error).into()),
    }
}

/// `POST /update-todo`
#[handler]
pub(super) async fn update(
    service: Data<&Service>,
    form: Form,
    visitor: Visitor,
    hx: Hx,
) -> Result<Response> {
    let target = target(&form, visitor)?;
    let Target { account, id, .. } = &target;
    let (outcome, notice) = match (form.get("is_removed"), form.get("is_done")) {
        // The other button of a row, pressed in a browser without `formaction`, such as w3m.
        ("true", _) => (service.remove(account, *id).await, Notice::Removed(*id)),
        (_, "" | "true") => (service.complete(account, *id).await, Notice::Completed),
        (_, "false") => (service.reopen(account, *id).await, Notice::Reopened),
        _ => return Err(Failure::from(not_a_state()).into()),
    };
    let outcome = outcome.map_err(Failure::from)?;
    Ok(changed(hx, &target, notice, &outcome))
}

/// `POST /remove-todo`
#[handler]
pub(super) async fn remove(
    service: Data<&Service>,
    form: Form,
    visitor: Visitor,
    hx: Hx,
) -> Result<Response> {
    let target = target(&form, visitor)?;
    let outcome = service.remove(&target.account, target.id).await;
    let outcome = outcome.map_err(Failure::from)?;
    Ok(changed(hx, &target, Notice::Removed(target.id), &outcome))
}

/// `POST /restore-todo`
#[handler]
pub(super) async fn restore(
    service: Data<&Service>,
    form: Form,
    visitor: Visitor,
    hx: Hx,
) -> Result<Response> {
    let target = target(&form, visitor)?;
    let outcome = service.restore(&target.account, target.id).await;
    let outcome = outcome.map_err(Failure::from)?;
    Ok(changed(hx, &target, Notice::Restored, &outcome))
}

/// What a form in a row is about.
struct Target {
    account: Account,
    view: View,
    id: TodoId,
}

fn target(form: &Form, visitor: Visitor) -> Result<Target, Failure> {
    let view = view_of(form)?;
    let link = ListLink {
        view,
        ..ListLink::default()
    };
    let account = visitor.sender(form, &link)?;
    let id = TodoId::parse(form.either("todo_id", "id"))?;
    Ok(Target { account, view, id })
}

fn changed(hx: Hx, target: &Target, notice: Notice, outcome: &Outcome) -> Response {
    if hx.0 {
        altered(&target.account, target.view, notice, outcome).into_response()
    } else {
        back(target.view, notice)
    }
}

async fn try_add(service: &Service, account: &Account, form: &Form) -> Result<Outcome, Error> {
    let description = Description::parse(form.get("description"))?;
    let id = match form.either("todo_id", "id") {
        // A form that somebody wrote by hand, such as with curl.
        "" => new_id(service),
        id => TodoId::parse(id)?,
    };
    service.add(account, id, description).await
}

async fn page_of(service: &Service, account: &Account, view: View) -> Result<Page, Failure> {
    let page = service.list(account, view.filter, view.after, PAGE_SIZE);
    Ok(page.await?)
}

/// The beginning of the whole list, as `GET /` answers it.
pub(super) fn list_page(account: &Account, page: &Page, id: TodoId) -> Markup {
    ListPage {
        account,
        view: View::default(),
        page,
        notice: None,
        draft: "",
        error: None,
        id,
    }
    .render()
}

/// The id for the next form.
fn new_id(service: &Service) -> TodoId {
    TodoId::at(service.clock().now())
}

fn view_of(form: &Form) -> Result<View, Failure> {
    Ok(View::parse(
        form.get("show"),
        form.either("cursor", "after"),
    )?)
}

fn not_a_state() -> FieldError {
    FieldError::new(
        "is_done",
        FieldCode::InvalidValue,
        "A to-do is set to true (done) or false (open)",
    )
}

fn used_form() -> FieldError {
    FieldError::new(
        "description",
        FieldCode::IdReused,
        "This form was already used for a to-do. Press Add once more to add this one too",
    )
}

fn back(view: View, notice: Notice) -> Response {
    let link = ListLink {
        view,
        notice: Some(notice),
        ..ListLink::default()
    };
    see_other(&link.to_string())
}
