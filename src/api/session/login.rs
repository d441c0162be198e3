//! The login call.

use poem::{FromRequest, Request, RequestBody, web::Data};
use poem_openapi::{Object, OpenApi};
use serde::Deserialize;

use super::{
    super::{
        Tag,
        json::Json,
        problem::{ApiError, FieldErrors},
    },
    Tokens, token_response,
};
use crate::{
    domain::{
        client_ip::ClientIp,
        session::{CallId, DeviceName},
        user::Credentials,
    },
    service::{ClientInfo, Service},
};

pub(in crate::api) struct LoginApi;

/// The credentials of a login.
#[derive(Default, Deserialize, Object)]
#[oai(deny_unknown_fields)]
#[serde(default, deny_unknown_fields)]
struct Login {
    /// Not case-sensitive; blanks around it do not count.
    username: String,
    /// As it was chosen; composed and decomposed letters are the same.
    password: String,
    /// What the phone calls itself; otherwise its `User-Agent` is noted.
    device_name: Option<String>,
    /// Names this login, so that it begins one session however often it is sent: made by the client, a
    /// new one for each login; a UUID of any version. Sent again within a minute with the same id, the
    /// call answers the same session and the same refresh token.
    call_id: Option<String>,
}

#[OpenApi(tag = "Tag::Session")]
impl LoginApi {
    /// Begin a session
    ///
    /// The access token opens the API for ten minutes; the refresh token is good for a session of at
    /// most 30 days without use and 90 days in all. An unknown username is answered like a wrong
    /// password.
    #[oai(path = "/login", method = "post", operation_id = "login")]
    async fn login(
        &self,
        client: ApiClient,
        service: Data<&Service>,
        body: Json<Login>,
    ) -> Result<Json<Tokens>, ApiError> {
        let Json(input) = &body;
        let mut errors = FieldErrors::default();
        let credentials = errors.collect_all(Credentials::parse(&input.username, &input.password));
        let device = input.device_name.as_deref().map(DeviceName::parse);
        let device = errors.collect(device.transpose());
        let call_id = errors.collect(input.call_id.as_deref().map(CallId::parse).transpose());
        let (Some(credentials), Some(device), Some(call_id)) = (credentials, device, call_id)
        else {
            return Err(errors.into());
        };
        let ApiClient(mut client) = client;
        client.call_id = call_id;
        if let Some(device) = device {
            device.as_str().clone_into(&mut client.description);
        }
        let tokens = service.log_in_device(credentials, client).await?;
        Ok(Json(token_response(&service, &tokens)))
    }
}

/// The client, as a login needs to know it. An API client keeps no device cookie: its refresh token is its
/// way in past exhausted rate limits.
struct ApiClient(ClientInfo);

impl<'a> FromRequest<'a> for ApiClient {
    async fn from_request(request: &'a Request, body: &mut RequestBody) -> poem::Result<Self> {
        let Data(address) = Data::<&ClientIp>::from_request(request, body).await?;
        Ok(Self(ClientInfo {
            address: *address,
            description: request.header("user-agent").unwrap_or_default().to_owned(),
            device: None,
            call_id: None,
        }))
    }
}
