//! The list and what can be done in it. Each handler answers a page, or the way to one, to a plain
//! form and fragments to htmx.

mod answer;
mod row;
mod view;

use maud::{Markup, html};
use poem::{IntoResponse as _, Request, Response, Result, handler, web::Data};

use self::{
    answer::{added, altered, appended, refreshed, refused},
    view::ListPage,
};
use super::{
    account::login,
    draft::Draft,
    failure::Failure,
    form::{Form, Hx, Query},
    layout::see_other,
    link::{ListLink, Notice, View},
    session::{KeptDraft, Visitor},
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
    kept: KeptDraft,
    hx: Hx,
    query: Query,
    request: &Request,
) -> Result<Response> {
    let view = View::parse(query.get("show"), query.either("cursor", "after"))
        .map_err(|_| Failure::from(Error::NotFound))?;
    let link = ListLink { view, notice: None };
    let account = visitor.account(&link)?;
    let respond = |answer: Markup| answer.with_header("vary", "HX-Request").into_response();
    if request.data::<HeadOnly>().is_some() {
        return Ok(respond(html! {}));
    }
    let page = page_of(&service, &account, view).await?;
    let answer = if !hx.0 {
        let draft = kept.of(&account);
        ListPage {
            account: &account,
            view,
            page: &page,
            notice: Notice::parse(query.notice(), query.get("id")),
            draft: draft.as_ref().map_or("", |draft| &draft.text),
            error: None,
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
    kept: KeptDraft,
    hx: Hx,
) -> Result<Response> {
    let view = view_of(&form)?;
    let link = ListLink { view, notice: None };
    if visitor.account.is_none() && !hx.0 {
        // An ended session loses nothing. With htmx the text stays in the page, or is sent again without.
        if let Some(draft) = Draft::of_list(&form) {
            return Ok(login::asked_for(&link.to_string(), &draft));
        }
    }
    let account = visitor.sender(&form, &link)?;
    let mut answer = add_of(&service, &account, &form, view, hx).await?;
    kept.forget(&mut answer);
    Ok(answer)
}

async fn add_of(
    service: &Service,
    account: &Account,
    form: &Form,
    view: View,
    hx: Hx,
) -> Result<Response> {
    let refuse = async |error: &FieldError| {
        let draft = form.get("description");
        refused(service, account, hx, view, draft, error).await
    };
    match try_add(service, account, form).await {
        Ok(outcome) if outcome.todo.removed_date.is_some() => refuse(&used_form()).await,
        Ok(outcome) if hx.0 => {
            let fragments = added(account, view, new_id(service), &outcome);
            Ok(fragments.into_response())
        }
        Ok(_) => Ok(back(view.at(None), Notice::Added)),
        Err(Error::Invalid(errors)) => refuse(&errors[0]).await,
        Err(Error::Conflict(Conflict::IdReused)) => refuse(&used_form()).await,
        Err(Error::Conflict(conflict @ Conflict::TodoQuotaReached)) => {
            let full = FieldError::new("description", FieldCode::OutOfRange, conflict.message());
            refuse(&full).await
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
    let link = ListLink { view, notice: None };
    let account = visitor.sender(form, &link)?;
    let id = TodoId::parse(form.either("todo_id", "id"))?;
    Ok(Target { account, view, id })
}

fn changed(hx: Hx, target: &Target, notice: Notice, outcome: &TodoUpdate) -> Response {
    if hx.0 {
        altered(&target.account, target.view, notice, outcome).into_response()
    } else {
        back(target.view, notice)
    }
}

async fn try_add(service: &Service, account: &Account, form: &Form) -> Result<TodoUpdate, Error> {
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
    TodoId::new_v7(service.clock().now())
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
    };
    see_other(&link.to_string())
}
