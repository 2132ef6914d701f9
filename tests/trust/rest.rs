//! REST as any program asks, over the same TLS connections as gRPC, or with an access token on top.

use std::pin::Pin;

use tonic::body::Body;
use tonic::codegen::{Service, http};
use tonic::transport::Channel;

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// The answer broke off.
    pub(crate) broken: bool,
}

/// What is asked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: String,
}

impl Asked {
    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self { method: "GET", path: path.into(), ..Self::default() }
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// Asks over a connection, with an access token if there is one.
pub(crate) async fn ask(channel: &Channel, token: Option<&str>, asked: &Asked) -> Answer {
    try_ask(channel, token, asked).await.expect("an answer")
}

/// The same, where the hub may refuse the connection.
pub(crate) async fn try_ask(
    channel: &Channel,
    token: Option<&str>,
    asked: &Asked,
) -> Result<Answer, tonic::transport::Error> {
    let mut request = http::Request::builder().method(asked.method).uri(asked.path.as_str());
    for (name, value) in &asked.headers {
        request = request.header(*name, value);
    }
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let body = Body::new(asked.body.clone());
    let request = request.body(body).expect("an address and headers of a test");
    let mut channel = channel.clone();
    std::future::poll_fn(|context| Service::poll_ready(&mut channel, context)).await?;
    let answer = channel.call(request).await?;
    let (head, body) = answer.into_parts();
    let headers = head
        .headers
        .iter()
        .map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        })
        .collect();
    let (body, broken) = gathered(body).await;
    Ok(Answer { status: head.status.as_u16(), headers, body, broken })
}

async fn gathered(mut body: Body) -> (Vec<u8>, bool) {
    use tonic::codegen::Body as _;
    let mut bytes = Vec::new();
    loop {
        match std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
            None => return (bytes, false),
            Some(Err(_)) => return (bytes, true),
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    bytes.extend_from_slice(&data);
                }
            }
        }
    }
}
