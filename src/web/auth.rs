//! Authentication of page requests: the user of the session cookie, and the check that a page was made for
//! that user.

use poem::{FromRequest, Request, RequestBody, web::Data};
use tracing::Span;
use uuid::Uuid;

use super::{
    cookie::{all_session_tokens, session_tokens},
    failure::Failure,
    form::{ACCOUNT_FIELD, Form},
    htmx::HxRequest,
    url,
};
use crate::{
    domain::{
        session::SessionToken,
        user::{Account, UserId},
    },
    service::Service,
};

/// The header of requests of htmx that names the account that the page was made for.
pub(super) const ACCOUNT_HEADER: &str = "Tickbox-Account";

/// The client of a page: a user, or a stranger without a session.
pub(super) struct Visitor {
    /// The authenticated user; none for a stranger or when the session has ended.
    pub(super) account: Option<Account>,
    /// The session tokens of the request, as they were looked up, up to the valid one.
    pub(super) tokens: Vec<SessionToken>,
}

impl Visitor {
    /// The authenticated user and the token of the session.
    pub(super) fn session(&self) -> Option<(&Account, &SessionToken)> {
        self.account.as_ref().zip(self.tokens.last())
    }

    /// The authenticated user, for whom a page is made.
    ///
    /// # Errors
    /// A stranger is sent to the login page, and from there to `next`.
    pub(super) fn account(self, next: &impl ToString) -> Result<Account, Failure> {
        self.account.ok_or_else(|| login_required(next))
    }

    /// The authenticated user, for whom a form acts, if its page was made for that user.
    ///
    /// # Errors
    /// A stranger is sent to the login page; [`Failure::AnotherAccount`] when the page was made for another user.
    pub(super) fn sender(self, form: &Form, next: &impl ToString) -> Result<Account, Failure> {
        let account = self.account(next)?;
        check_account(form.get(ACCOUNT_FIELD), &account)?;
        Ok(account)
    }
}

/// The error that sends a stranger to the login page, and from there to `next`.
pub(super) fn login_required(next: &impl ToString) -> Failure {
    Failure::LoginRequired {
        login: url::login_then(&next.to_string()),
    }
}

/// Checks that the page of a request was made for this account: another user may have logged in with the same
/// browser since.
pub(super) fn check_account(named: &str, account: &Account) -> Result<(), Failure> {
    if names(named, account) {
        Ok(())
    } else {
        Err(Failure::AnotherAccount)
    }
}

/// Whether a public id is that of the account; true for an empty one, as in a hand-written form.
pub(super) fn names(named: &str, account: &Account) -> bool {
    named.is_empty() || Uuid::try_parse(named).is_ok_and(|named| named == account.public_id)
}

/// The user of a session cookie, before the form is read. It is looked up once more with the form.
///
/// # Errors
/// A stranger, whose form is not read; with htmx one that leads to the login page.
pub(super) async fn authenticated_user(
    request: &Request,
    service: &Service,
) -> Result<UserId, Failure> {
    for token in all_session_tokens(request) {
        if let Some(account) = service.authenticate(&token).await? {
            return Ok(account.user_id);
        }
    }
    if HxRequest::of(request).0 {
        return Err(login_required(&url::LIST));
    }
    Err(Failure::UnreadForm)
}

impl<'a> FromRequest<'a> for Visitor {
    async fn from_request(request: &'a Request, body: &mut RequestBody) -> poem::Result<Self> {
        let Data(service) = Data::<&Service>::from_request(request, body).await?;
        let mut visitor = Self {
            account: None,
            tokens: Vec::new(),
        };
        for token in session_tokens(request) {
            visitor.account = service.authenticate(&token).await.map_err(Failure::from)?;
            visitor.tokens.push(token);
            if let Some(account) = &visitor.account {
                Span::current().record("user", tracing::field::display(account.public_id));
                // The page that receives a fragment was made for one account.
                check_account(request.header(ACCOUNT_HEADER).unwrap_or_default(), account)?;
                break;
            }
        }
        Ok(visitor)
    }
}
