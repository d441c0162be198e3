//! The call about tags, which are words of the to-dos' texts.

use poem::web::Data;
use poem_openapi::{
    OpenApi,
    param::{Header, Query},
};

use super::{
    Tag,
    bearer::Caller,
    etag::{Conditional, ListEtag},
    problem::{ApiError, FieldErrors},
    schema::TagList,
};
use crate::{
    domain::todo::{Limit, TagCursor},
    service::Service,
};

pub(super) struct TagApi;

#[OpenApi(tag = "Tag::Todo")]
impl TagApi {
    /// The tags
    ///
    /// All words with `#` of the to-dos' texts, in alphabetical order, with the number of to-dos that have each;
    /// `todo_list` with `tag` shows these. Upper and lower case, and letters with and without accents, are the same tag.
    /// Without parameters every tag, up to 1,000; then `next_cursor` leads to the next part.
    #[oai(path = "/tag_list", method = "get", operation_id = "tag_list")]
    async fn tag_list(
        &self,
        caller: Caller,
        service: Data<&Service>,
        /// Most tags of the answer.
        limit: Query<Option<String>>,
        /// The `next_cursor` of the answer before; an empty one is none.
        cursor: Query<Option<String>>,
        /// The `ETag` of an earlier answer to the same request: if nothing has changed, the answer is
        /// 304 and empty.
        #[oai(name = "If-None-Match")]
        if_none_match: Header<Option<String>>,
    ) -> Result<Conditional<TagList>, ApiError> {
        let mut errors = FieldErrors::default();
        let limit = errors.collect(limit.as_deref().map(Limit::parse).transpose());
        let cursor = cursor.as_deref().filter(|text| !text.is_empty());
        let after = errors.collect(cursor.map(TagCursor::parse).transpose());
        let (Some(limit), Some(after)) = (limit, after) else {
            return Err(errors.into());
        };
        let account = &caller.0;
        let etag = ListEtag::of(account, account.counts.rev);
        if etag.matches(if_none_match.as_deref()) {
            return Ok(Conditional::NotModified(etag));
        }
        let page = service.tags(account, after, limit.unwrap_or_default());
        Ok(Conditional::Full(etag, page.await?.into()))
    }
}
