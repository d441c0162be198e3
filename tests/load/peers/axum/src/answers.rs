//! The handlers.

use axum::{
    Form, Json,
    extract::{Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::decode;
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use sqlx::MySqlConnection;
use subtle::ConstantTimeEq as _;
use time::{OffsetDateTime, PrimitiveDateTime, format_description::BorrowedFormatItem, macros};
use tracing::Span;
use uuid::Uuid;

use crate::{App, page, store};

const PAGE: usize = 50;

/// Why there is no answer.
pub(crate) enum Failure {
    Unauthenticated,
    Invalid,
    Database(sqlx::Error),
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        match self {
            Self::Unauthenticated => StatusCode::UNAUTHORIZED.into_response(),
            Self::Invalid => StatusCode::UNPROCESSABLE_ENTITY.into_response(),
            Self::Database(error) => {
                tracing::error!(%error, "the database failed");
                StatusCode::SERVICE_UNAVAILABLE.into_response()
            }
        }
    }
}

pub(crate) async fn ready(State(app): State<App>) -> Result<&'static str, Failure> {
    sqlx::query("SELECT 1").execute(&app.pool).await?;
    Ok("ready\n")
}

fn now() -> PrimitiveDateTime {
    let now = OffsetDateTime::now_utc();
    PrimitiveDateTime::new(now.date(), now.time())
}

fn cookie(headers: &HeaderMap) -> Option<(Uuid, [u8; 32])> {
    let values = headers.get_all(header::COOKIE).iter();
    let token = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .find_map(|pair| pair.trim().strip_prefix("tickbox="))?;
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    let (id, secret) = bytes.split_at_checked(16)?;
    let hash = digest(&SHA256, secret).as_ref().try_into().ok()?;
    Some((Uuid::from_slice(id).ok()?, hash))
}

async fn visitor(
    connection: &mut MySqlConnection,
    headers: &HeaderMap,
) -> Result<store::Session, Failure> {
    let (id, hash) = cookie(headers).ok_or(Failure::Unauthenticated)?;
    let session = store::session(connection, id, "web").await?;
    let session = session
        .filter(|session| bool::from(session.secret_hash.ct_eq(&hash)))
        .filter(|session| session.expires_date > now())
        .ok_or(Failure::Unauthenticated)?;
    Span::current().record("user", tracing::field::display(session.public_id));
    Ok(session)
}

/// One more than wanted tells whether there is a next part.
async fn first_page(
    connection: &mut MySqlConnection,
    user: u64,
) -> Result<(Vec<store::Todo>, Option<String>), Failure> {
    let mut todos = store::list(connection, user, PAGE as u32 + 1).await?;
    let is_last = todos.len() <= PAGE;
    todos.truncate(PAGE);
    let next = todos.last().filter(|_| !is_last).map(|last| {
        let created = last.created_date.assume_utc().unix_timestamp_nanos() / 1_000;
        format!("{}.{created}.{}", u8::from(last.isdone), last.id)
    });
    Ok((todos, next))
}

pub(crate) async fn list(State(app): State<App>, headers: HeaderMap) -> Result<Response, Failure> {
    let mut connection = app.pool.acquire().await?;
    let session = visitor(&mut connection, &headers).await?;
    let (todos, next) = first_page(&mut connection, session.user_id).await?;
    drop(connection);
    let page = page::list(
        &app.assets,
        &session,
        &todos,
        next.as_deref(),
        Uuid::now_v7(),
    );
    Ok(([(header::VARY, "HX-Request")], Html(page.into_string())).into_response())
}

#[derive(Deserialize)]
pub(crate) struct Add {
    #[serde(default, rename = "todo_id")]
    id: Option<Uuid>,
    description: String,
}

pub(crate) async fn add(
    State(app): State<App>,
    headers: HeaderMap,
    Form(form): Form<Add>,
) -> Result<Response, Failure> {
    let description = form.description.trim();
    if description.is_empty() || description.chars().count() > 200 {
        return Err(Failure::Invalid);
    }
    let mut connection = app.pool.acquire().await?;
    let session = visitor(&mut connection, &headers).await?;
    let id = form.id.unwrap_or_else(Uuid::now_v7);
    let created = now();
    let rev = store::add(&mut connection, session.user_id, id, description, created).await?;
    drop(connection);
    let todo = store::Todo {
        id,
        description: description.to_owned(),
        isdone: false,
        created_date: created,
        done_date: None,
        rev,
    };
    let fragments = page::added(&session, &todo, Uuid::now_v7());
    Ok(Html(fragments.into_string()).into_response())
}

#[derive(Deserialize)]
struct Claims {
    sub: Uuid,
    sid: Uuid,
}

#[derive(Deserialize)]
pub(crate) struct Wanted {
    limit: Option<usize>,
}

/// With six digits behind the second.
const DATE: &[BorrowedFormatItem<'_>] = macros::format_description!(
    version = 2,
    "[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:6]Z"
);

fn date(date: PrimitiveDateTime) -> String {
    date.format(DATE).expect("a date")
}

#[derive(Serialize)]
struct TodoView {
    id: Uuid,
    description: String,
    is_done: bool,
    created_date: String,
    done_date: Option<String>,
    rev: u64,
}

#[derive(Serialize)]
struct ListView {
    todos: Vec<TodoView>,
    next_cursor: Option<String>,
    rev: u64,
}

pub(crate) async fn api_list(
    State(app): State<App>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let token = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let token = token.ok_or(Failure::Unauthenticated)?;
    let claims = decode::<Claims>(token, &app.key, &app.validation);
    let claims = claims.map_err(|_| Failure::Unauthenticated)?.claims;
    if wanted.limit != Some(PAGE) {
        return Err(Failure::Invalid);
    }
    let mut connection = app.pool.acquire().await?;
    let session = store::session(&mut connection, claims.sid, "api").await?;
    let session = session
        .filter(|session| session.public_id == claims.sub && session.expires_date > now())
        .ok_or(Failure::Unauthenticated)?;
    Span::current().record("user", tracing::field::display(session.public_id));
    let etag = format!("W/\"{}-{}-1\"", session.public_id.simple(), session.rev);
    let (todos, next_cursor) = first_page(&mut connection, session.user_id).await?;
    drop(connection);
    let todos = todos.into_iter().map(|todo| TodoView {
        id: todo.id,
        description: todo.description,
        is_done: todo.isdone,
        created_date: date(todo.created_date),
        done_date: todo.done_date.map(date),
        rev: todo.rev,
    });
    let list = ListView {
        todos: todos.collect(),
        next_cursor,
        rev: session.rev,
    };
    let headers = [
        (header::ETAG, etag.as_str()),
        (header::CACHE_CONTROL, "private, no-cache"),
        (header::VARY, "Authorization"),
    ];
    Ok((headers, Json(list)).into_response())
}
