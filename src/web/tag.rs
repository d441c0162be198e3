//! The page of all tags.

use maud::{Markup, html};
use poem::{IntoResponse as _, Response, handler, web::Data};

use super::{
    auth::Visitor,
    failure::Failure,
    form::Query,
    layout::{self, Width},
    todo::tagged_list,
    url,
};
use crate::{
    domain::{
        error::Error,
        todo::{TAG_PAGE_SIZE, TagCursor, TagPage},
        user::Account,
    },
    service::Service,
};

/// `GET /tags`
#[handler]
pub(super) async fn show(
    service: Data<&Service>,
    visitor: Visitor,
    query: Query,
) -> Result<Response, Failure> {
    let cursor = Some(query.get("cursor")).filter(|cursor| !cursor.is_empty());
    let after = cursor.map(TagCursor::parse).transpose();
    let after = after.map_err(|_| Failure::from(Error::NotFound))?;
    let account = visitor.account(&tags_after(after.as_ref()))?;
    let page = service.tags(&account, after, TAG_PAGE_SIZE).await?;
    Ok(tags_page(&account, &page, cursor.is_some()).into_response())
}

/// The address of the tags behind a position.
fn tags_after(after: Option<&TagCursor>) -> String {
    let Some(after) = after else {
        return url::TAGS.to_owned();
    };
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("cursor", after.as_str());
    format!("{}?{}", url::TAGS, query.finish())
}

fn tags_page(account: &Account, page: &TagPage, is_further: bool) -> Markup {
    let body = html! {
        h1 { "Tags" }
        @if page.tags.is_empty() {
            p { "No to-do has a tag. Write one into its text, such as " q { "Buy milk #home" } "." }
        } @else {
            ul.tags role="list" {
                @for tag in &page.tags {
                    li.bar {
                        a href=(tagged_list(&tag.name)) { bdi { "#" (tag.name) } }
                        span { (tag.open) " of " (tag.all) " open" }
                    }
                }
            }
        }
        @if let Some(next) = &page.next {
            p { a.button.quiet href=(tags_after(Some(next))) { "Show more" } }
        }
        @if is_further { p { a href=(url::TAGS) { "Back to the first" } } }
        p { a href=(url::LIST) { "Back to the list" } }
    };
    layout::page("Tags", Width::Narrow, Some(account), &body)
}
