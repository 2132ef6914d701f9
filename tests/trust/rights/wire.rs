//! Any call of gRPC by its name alone, with messages as bytes: so that a call needs no code of its own to be tried.

use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::Channel;
use tonic::{Request, Status, client};

use prost::bytes::{Buf, BufMut};

/// How much of the answer is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Until {
    /// All of it.
    End,
    /// Its first message: the call lasts.
    FirstMessage,
    /// Its header: the call lasts, and nothing may come for long.
    Header,
}

/// Makes a call; gives what came, or why it was refused.
pub(crate) async fn call(
    channel: &Channel,
    token: Option<&str>,
    path: &str,
    messages: Vec<Vec<u8>>,
    until: Until,
) -> Result<Vec<Vec<u8>>, Status> {
    let mut client = client::Grpc::new(channel.clone()).max_decoding_message_size(64 * 1024 * 1024);
    client.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
    let mut request = Request::new(tokio_stream::iter(messages));
    if let Some(token) = token {
        let value = format!("Bearer {token}").parse().expect("a token is ASCII");
        request.metadata_mut().insert("authorization", value);
    }
    let path: PathAndQuery = path.parse().expect("a path of the contract");
    let mut answers = client.streaming(request, path, Bytes).await?.into_inner();
    let mut all = Vec::new();
    if until == Until::Header {
        return Ok(all);
    }
    while let Some(answer) = answers.message().await? {
        all.push(answer);
        if until == Until::FirstMessage {
            break;
        }
    }
    Ok(all)
}

/// Messages as they travel.
#[derive(Clone, Copy, Default)]
struct Bytes;

impl Codec for Bytes {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Bytes {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, item: Vec<u8>, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put_slice(&item);
        Ok(())
    }
}

impl Decoder for Bytes {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        let length = buffer.remaining();
        Ok(Some(buffer.copy_to_bytes(length).to_vec()))
    }
}
