//! The list and what can be done in it. Each handler answers a page, or the way to one, to a plain
//! form and fragments to htmx.

mod row;
mod view;

use maud::{Markup, html};
use poem::{IntoResponse as _, Response, Result, handler, http::StatusCode, web::Data};

use self::{
    row::row,
    view::{ListPage, add_form, count, more, rows, say},
};
use super::{
    error::Failure,
    form::{Form, Hx, Query},
    layout::{error_summary, fragment, see_other},
    link::{self, ListLink, Notice, View},
    session::Visitor,
};
use crate::{
    domain::{
        error::{Conflict, Error, FieldError},
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
    let view = View::parse(query.get("show"), query.get("after"))
        .map_err(|_| Failure::from(Error::NotFound))?;
    let draft = query.get("description");
    let account = visitor.account(&ListLink {
        view,
        draft,
        ..ListLink::default()
    })?;
    let page = part(&service, &account, view).await?;
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
        appended(view, &page)
    } else {
        refreshed(&account, view, &page)
    };
    Ok(answer.with_header("vary", "HX-Request").into_response())
}

/// `POST /`
#[handler]
pub(super) async fn add(
    service: Data<&Service>,
    visitor: Visitor,
    hx: Hx,
    form: Form,
) -> Result<Response> {
    let view = view_of(&form)?;
    let draft = form.get("description");
    // The text goes along to the login page and back: an expired session loses nothing.
    let account = visitor.account(&ListLink {
        draft,
        ..ListLink::default()
    })?;
    match try_add(&service, &account, &form).await {
        Ok(outcome) if hx.0 => added(&service, &account, view, outcome).await,
        Ok(_) => Ok(back(view.at(None), Notice::Added)),
        Err(Error::Invalid(errors)) => {
            refused(&service, &account, hx, view, draft, &errors[0]).await
        }
        Err(Error::Conflict(Conflict::IdReused)) => {
            refused(&service, &account, hx, view, draft, &used_form()).await
        }
        Err(error) => Err(Failure::Verb(error).into()),
    }
}

/// `POST /update-todo`
#[handler]
pub(super) async fn update(
    service: Data<&Service>,
    visitor: Visitor,
    hx: Hx,
    form: Form,
) -> Result<Response> {
    let view = view_of(&form)?;
    let account = visitor.account(&ListLink {
        view,
        ..ListLink::default()
    })?;
    let id = id_of(&form)?;
    let (outcome, notice) = match form.get("is_done") {
        "" | "true" => (service.complete(&account, id).await, Notice::Completed),
        "false" => (service.reopen(&account, id).await, Notice::Reopened),
        _ => return Err(Failure::from(not_a_state()).into()),
    };
    let outcome = outcome.map_err(Failure::from)?;
    if !hx.0 {
        return Ok(back(view, notice));
    }
    let fragments = html! {
        (fragment(&link::row(id), "outerMorph", &row(&outcome.todo, view, false)))
        (fragment(link::COUNT, "innerHTML", &count(outcome.tally)))
        (fragment(link::STATUS, "innerHTML", &say(notice, Some(&outcome.todo), view)))
    };
    Ok(fragments.into_response())
}

/// `POST /remove-todo`
#[handler]
pub(super) async fn remove(
    service: Data<&Service>,
    visitor: Visitor,
    hx: Hx,
    form: Form,
) -> Result<Response> {
    let view = view_of(&form)?;
    let account = visitor.account(&ListLink {
        view,
        ..ListLink::default()
    })?;
    let id = id_of(&form)?;
    let outcome = service.remove(&account, id).await.map_err(Failure::from)?;
    let notice = Notice::Removed(id);
    if !hx.0 {
        return Ok(back(view, notice));
    }
    let fragments = html! {
        (fragment(&link::row(id), "delete", &html! {}))
        (fragment(link::COUNT, "innerHTML", &count(outcome.tally)))
        (fragment(link::STATUS, "innerHTML", &say(notice, Some(&outcome.todo), view)))
    };
    Ok(fragments.into_response())
}

/// `POST /restore-todo`
#[handler]
pub(super) async fn restore(
    service: Data<&Service>,
    visitor: Visitor,
    hx: Hx,
    form: Form,
) -> Result<Response> {
    let view = view_of(&form)?;
    let account = visitor.account(&ListLink {
        view,
        ..ListLink::default()
    })?;
    let id = id_of(&form)?;
    let outcome = service.restore(&account, id).await.map_err(Failure::from)?;
    if !hx.0 {
        return Ok(back(view, Notice::Restored));
    }
    let account = Account {
        tally: outcome.tally,
        ..account
    };
    let page = part(&service, &account, view).await?;
    let fragments = html! {
        (fragment(link::TODOS, "innerMorph", &rows(&page.todos, view, Some(id))))
        (fragment(link::MORE, "outerHTML", &more(view, page.next)))
        (fragment(link::COUNT, "innerHTML", &count(outcome.tally)))
        (fragment(link::STATUS, "innerHTML", &say(Notice::Restored, Some(&outcome.todo), view)))
    };
    Ok(fragments.into_response())
}

async fn try_add(service: &Service, account: &Account, form: &Form) -> Result<Outcome, Error> {
    let description = Description::parse(form.get("description"))?;
    let id = match form.get("id") {
        // A form that somebody wrote by hand, such as with curl.
        "" => new_id(service),
        id => TodoId::parse(id)?,
    };
    service.add(account, id, description).await
}

async fn part(service: &Service, account: &Account, view: View) -> Result<Page, Failure> {
    let page = service.list(account, view.filter, view.after, PAGE_SIZE);
    Ok(page.await?)
}

/// The id for the next form.
fn new_id(service: &Service) -> TodoId {
    TodoId::at(service.clock().now())
}

fn view_of(form: &Form) -> Result<View, Failure> {
    Ok(View::parse(form.get("show"), form.get("after"))?)
}

fn id_of(form: &Form) -> Result<TodoId, Failure> {
    Ok(TodoId::parse(form.get("id"))?)
}

fn not_a_state() -> FieldError {
    FieldError::new(
        "is_done",
        "invalid_value",
        "A to-do is set to true (done) or false (open)",
    )
}

fn used_form() -> FieldError {
    let words =
        "This form was already used for another to-do. Press Add once more to add this one too";
    FieldError::new("description", "id_reused", words)
}

fn back(view: View, notice: Notice) -> Response {
    let link = ListLink {
        view,
        notice: Some(notice),
        draft: "",
    };
    see_other(&link.to_string())
}

/// What changes when a to-do was added: the row where it belongs, a fresh form, the count.
async fn added(
    service: &Service,
    account: &Account,
    view: View,
    outcome: Outcome,
) -> Result<Response> {
    let Outcome {
        todo,
        tally,
        changed,
    } = outcome;
    let list = if !changed {
        // Sent twice: the row may or may not be there already.
        let page = part(service, account, view).await?;
        html! {
            (fragment(link::TODOS, "innerMorph", &rows(&page.todos, view, None)))
            (fragment(link::MORE, "outerHTML", &more(view, page.next)))
        }
    } else if view.shows_new() {
        fragment(link::TODOS, "afterbegin", &row(&todo, view, false))
    } else {
        html! {}
    };
    let fragments = html! {
        (list)
        (fragment(link::ERRORS, "innerHTML", &html! {}))
        (fragment(link::ADD, "outerHTML", &add_form(view, new_id(service), "", None, true)))
        (fragment(link::COUNT, "innerHTML", &count(tally)))
        (fragment(link::STATUS, "innerHTML", &say(Notice::Added, Some(&todo), view)))
    };
    Ok(fragments.into_response())
}

/// The form once more, with what was typed and what is wrong with it.
async fn refused(
    service: &Service,
    account: &Account,
    hx: Hx,
    view: View,
    draft: &str,
    error: &FieldError,
) -> Result<Response> {
    let id = new_id(service);
    let answer = if hx.0 {
        html! {
            (fragment(link::ERRORS, "innerHTML", &error_summary(std::slice::from_ref(error), false)))
            (fragment(link::ADD, "outerHTML", &add_form(view, id, draft, Some(error), true)))
            (fragment(link::STATUS, "innerHTML", &html! {}))
        }
    } else {
        let page = part(service, account, view).await?;
        ListPage {
            account,
            view,
            page: &page,
            notice: None,
            draft,
            error: Some(error),
            id,
        }
        .render()
    };
    Ok(answer
        .with_status(StatusCode::UNPROCESSABLE_ENTITY)
        .into_response())
}

/// The next rows, below those that are there.
fn appended(view: View, page: &Page) -> Markup {
    let first = page.todos.first().map(|todo| todo.id);
    html! {
        (fragment(link::TODOS, "beforeend", &rows(&page.todos, view, first)))
        (fragment(link::MORE, "outerHTML", &more(view, page.next)))
    }
}

/// The list as another tab left it.
fn refreshed(account: &Account, view: View, page: &Page) -> Markup {
    html! {
        (fragment(link::TODOS, "innerMorph", &rows(&page.todos, view, None)))
        (fragment(link::MORE, "outerHTML", &more(view, page.next)))
        (fragment(link::COUNT, "innerHTML", &count(account.tally)))
    }
}
