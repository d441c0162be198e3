//! JSON request and response bodies. poem-openapi's own payload takes numbers for texts and the last of two fields with
//! one name; this one is read by serde and takes what the document says, to the letter.

use poem::{IntoResponse, Request, RequestBody, Response, Result};
use poem_openapi::{
    ApiExtractor, ApiExtractorType, ApiResponse, ExtractParamOptions,
    payload::Payload,
    registry::{MetaMediaType, MetaRequest, MetaResponse, MetaResponses, MetaSchemaRef, Registry},
    types::Type,
};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{DeserializeOwned, IntoDeserializer as _},
};
use serde_json::error::Category;

use super::problem::{ApiError, Code, excerpt};
use crate::domain::{
    error::{FieldCode, FieldError},
    media_type::{is_identity, is_utf8, without_mark},
};

const CONTENT_TYPE: &str = "application/json";

/// The body of a request or of a response.
#[derive(Clone, Debug)]
pub(super) struct Json<T>(pub(super) T);

impl<T: Type + Send> Payload for Json<T> {
    const CONTENT_TYPE: &'static str = CONTENT_TYPE;

    fn schema_ref() -> MetaSchemaRef {
        T::schema_ref()
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }
}

impl<'a, T: Type + Send + DeserializeOwned> ApiExtractor<'a> for Json<T> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];

    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        T::register(registry);
    }

    fn request_meta() -> Option<MetaRequest> {
        Some(MetaRequest {
            description: None,
            content: vec![media_type::<T>()],
            required: true,
        })
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        _: ExtractParamOptions<()>,
    ) -> Result<Self> {
        if !is_json(request) {
            return Err(ApiError::new(Code::UnsupportedMediaType).into());
        }
        let bytes = body.take()?.into_bytes().await?;
        Ok(Self(read(&bytes)?))
    }
}

/// The body of a request that may have none, or what is wrong with it, which nobody need know who is not let in.
#[derive(Debug)]
pub(super) struct OptionalJson<T>(pub(super) Result<Option<T>, ApiError>);

impl<'a, T: Type + Send + DeserializeOwned> ApiExtractor<'a> for OptionalJson<T> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];

    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        T::register(registry);
    }

    fn request_meta() -> Option<MetaRequest> {
        let meta = Json::<T>::request_meta()?;
        Some(MetaRequest {
            required: false,
            ..meta
        })
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        _: ExtractParamOptions<()>,
    ) -> Result<Self> {
        let bytes = body.take()?.into_bytes().await?;
        Ok(Self(if bytes.is_empty() {
            Ok(None)
        } else if is_json(request) {
            read(&bytes).map(Some)
        } else {
            Err(ApiError::new(Code::UnsupportedMediaType))
        }))
    }
}

fn media_type<T: Type>() -> MetaMediaType {
    MetaMediaType {
        content_type: CONTENT_TYPE,
        schema: T::schema_ref(),
    }
}

fn is_json(request: &Request) -> bool {
    let kind = request.content_type().unwrap_or_default();
    is_utf8(kind, CONTENT_TYPE) && is_identity(request.header("content-encoding"))
}

/// Reads one JSON object.
pub(super) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    let bytes = without_mark(bytes);
    // serde would take a list for an object too, field by field.
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        return Err(ApiError::new(Code::MalformedBody));
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let field = error.path().to_string();
        invalid_body(&field, error.inner())
    })?;
    reader.end().map_err(|error| invalid_body("", &error))?;
    Ok(value)
}

fn invalid_body(field: &str, error: &serde_json::Error) -> ApiError {
    let (line, column) = (error.line(), error.column());
    match error.classify() {
        Category::Data => wrong_field(field, &error.to_string()).into(),
        Category::Syntax | Category::Eof | Category::Io => ApiError::new(Code::MalformedBody)
            .with_detail(format!(
                "The body is not JSON: it cannot be read from line {line}, column {column} on."
            )),
    }
}

/// Reads one of the words of an enum. By itself serde would take an object with the word as its key, too.
pub(super) fn word<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    reader: D,
) -> Result<T, D::Error> {
    let word = String::deserialize(reader)?;
    T::deserialize(word.into_deserializer())
}

/// The kinds of serde errors differ only in their messages.
fn wrong_field(path: &str, words: &str) -> FieldError {
    let expected = words.rsplit("expected ").next().unwrap_or_default();
    let expected = expected.split(" at line").next().unwrap_or_default();
    // Where the path ends at the object, the message quotes the name.
    let quoted = words.split('`').nth(1).unwrap_or_default();
    let is_at_object = words.starts_with("duplicate") || words.starts_with("missing");
    let field = excerpt(if is_at_object { quoted } else { path });
    let (code, message) = if words.starts_with("unknown field") {
        let message = format!("This call has no field {field}. Leave it out");
        (FieldCode::UnknownField, message)
    } else if words.starts_with("duplicate field") {
        let message = format!("The field {field} is given twice. Send it once");
        (FieldCode::DuplicateField, message)
    } else if words.starts_with("missing field") {
        (FieldCode::Required, format!("The field {field} is missing"))
    } else if words.starts_with("unknown variant") {
        let message = format!("The field {field} must be {}", expected.replace('`', ""));
        (FieldCode::InvalidValue, message)
    } else {
        let expected = match expected {
            "a string" => "text",
            "a boolean" => "true or false",
            "a sequence" => "a list",
            "a map" => "an object",
            it if it.starts_with("struct") => "an object",
            _ => "a whole number that is not negative",
        };
        let message = format!("The field {field} must be {expected}");
        (FieldCode::WrongType, message)
    };
    FieldError::new(field, code, message)
}

/// Unused capacity that is worth releasing.
const SPARE: usize = 16 * 1024;

/// The value as JSON, without the tree of values that poem-openapi's own payload makes first.
pub(super) fn bytes(value: &impl Serialize) -> Vec<u8> {
    let mut bytes = serde_json::to_vec(value).expect("only texts, numbers and lists");
    // Half of a long list may be unused capacity, held until the client has read the response.
    if bytes.capacity() - bytes.len() > SPARE {
        bytes.shrink_to_fit();
    }
    bytes
}

impl<T: Serialize + Send> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        Response::builder()
            .content_type(CONTENT_TYPE)
            .body(bytes(&self.0))
    }
}

impl<T: Type + Serialize + Send> ApiResponse for Json<T> {
    fn meta() -> MetaResponses {
        MetaResponses {
            responses: vec![MetaResponse {
                description: "Done",
                status: Some(200),
                status_range: None,
                content: vec![media_type::<T>()],
                headers: vec![],
            }],
        }
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }
}
