//! The settings of the user: the time zone, which says what "today" is.

use maud::{Markup, html};
use poem::{IntoResponse as _, Response, handler, http::StatusCode, web::Data};
use time::Date;

use super::super::{
    auth::Visitor,
    failure::Failure,
    flash::Flash,
    form::{Form, Query},
    form_error::refused,
    form_state::FormState,
    layout::{
        self, Width, account_field, described_by, error_summary, field_error, page_title, see_other,
    },
    timestamp::long_date,
    url,
};
use crate::{
    domain::user::{Account, TimeZone},
    service::Service,
};

const TIME_ZONE: &str = "time_zone";

/// The names that the field offers.
const NAMES: &str = "time-zones";

/// `GET /settings`
#[handler]
pub(in crate::web) fn show(
    service: Data<&Service>,
    visitor: Visitor,
    query: Query,
) -> Result<Response, Failure> {
    let account = visitor.account(&url::SETTINGS)?;
    let page = SettingsPage {
        account: &account,
        today: service.today(&account),
        is_saved: Flash::parse(query.flash(), "") == Some(Flash::TimeZoneSet),
        form: FormState::filled(account.time_zone.as_str()),
    };
    Ok(page.render().into_response())
}

/// `POST /settings`
#[handler]
pub(in crate::web) async fn save(
    service: Data<&Service>,
    form: Form,
    visitor: Visitor,
) -> Result<Response, Failure> {
    let account = visitor.sender(&form, &url::SETTINGS)?;
    let typed = form.get(TIME_ZONE);
    let time_zone = TimeZone::parse(typed);
    if form.get("guess") == "1" {
        // Made by a script, which nobody waits for: a name that is too new for us is no error.
        if let Ok(time_zone) = time_zone {
            service.guess_time_zone(&account, time_zone).await?;
        }
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    match time_zone {
        Ok(time_zone) => {
            service.update_user(&account, Some(time_zone)).await?;
            let page = url::with_flash(url::SETTINGS, Flash::TimeZoneSet);
            Ok(see_other(&page))
        }
        Err(error) => {
            let errors = [error];
            let page = SettingsPage {
                account: &account,
                today: service.today(&account),
                is_saved: false,
                form: FormState::refused(typed, &errors),
            };
            Ok(refused(StatusCode::UNPROCESSABLE_ENTITY, page.render()))
        }
    }
}

struct SettingsPage<'a> {
    account: &'a Account,
    /// The day of the user's calendar.
    today: Date,
    is_saved: bool,
    form: FormState<'a, &'a str>,
}

impl SettingsPage<'_> {
    fn render(&self) -> Markup {
        let (title, form) = ("Settings", &self.form);
        let error = form.error(TIME_ZONE);
        let body = html! {
            h1 { (title) }
            (error_summary(form.errors(), true))
            @if self.is_saved { p.notice role="status" { "Your time zone is saved. " (self.today_there()) } }
            form method="post" action=(url::SETTINGS) novalidate {
                (account_field(self.account))
                div.field {
                    label for=(TIME_ZONE) { "Time zone" }
                    p.hint id={ (TIME_ZONE) "-hint" } {
                        "The continent and a large city near you, such as Europe/Vilnius. It says when a day begins; what is due stays on its day."
                    }
                    (field_error(error))
                    input id=(TIME_ZONE) name=(TIME_ZONE) type="text" value=(form.values) list=(NAMES) required
                        autocomplete="off" autocapitalize="none" spellcheck="false" aria-invalid=[error.map(|_| "true")]
                        aria-describedby=[described_by(TIME_ZONE, true, error.is_some())];
                    datalist #(NAMES) { @for name in TimeZone::names() { option value=(name) {} } }
                }
                @if !self.is_saved { p { (self.today_there()) } }
                button.button type="submit" { "Save" }
            }
            p { a href=(url::ACCOUNT) { "Back to the account" } }
            p { a href=(url::LIST) { "Back to the list" } }
        };
        let title = page_title(title, form.is_refused());
        layout::page(&title, Width::Narrow, Some(self.account), &body)
    }

    fn today_there(&self) -> Markup {
        zone_in_words(self.account, self.today)
    }
}

/// The zone that counts, and which day it is there.
pub(in crate::web) fn zone_in_words(account: &Account, today: Date) -> Markup {
    let today = long_date(today);
    html! {
        @if account.has_time_zone {
            "Today is " (today) ", in the time zone " (account.time_zone.as_str()) "."
        } @else {
            "Today is " (today) ", in UTC, as long as you have set no time zone."
        }
    }
}
