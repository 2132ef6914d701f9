//! The body of a request, received into a scratch file: as large as it may be, as slow as it may be, and unpacked no
//! further than it may be.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::body::Body;
use futures_util::StreamExt;
use http::header::CONTENT_ENCODING;
use http::{HeaderMap, StatusCode};
use tokio::io::AsyncWriteExt;
use tokio::time::Instant;

use crate::hub::{Hub, Refusal};
use crate::limits::seconds;
use crate::rest::error::Problem;

/// Bytes that may come of a body, whatever the ratio.
const RATIO_HEEDED_FROM: u64 = 16 * 1024 * 1024;
/// What is received is unpacked beside itself, and then cut into blocks: of the room there is it takes a third.
const ROOM_SHARES: u64 = 3;
const COPIED_BYTES: usize = 128 * 1024;

/// How a body is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Packing {
    None,
    Gzip,
    Zstd,
}

impl Packing {
    pub(super) fn of(headers: &HeaderMap) -> Result<Self, Problem> {
        let mut named = headers.get_all(CONTENT_ENCODING).iter();
        let name = match (named.next(), named.next()) {
            (None, _) => return Ok(Self::None),
            (Some(name), None) => name.to_str().unwrap_or_default().trim().to_ascii_lowercase(),
            (Some(_), Some(_)) => String::new(),
        };
        match name.as_str() {
            "identity" => Ok(Self::None),
            "gzip" | "x-gzip" => Ok(Self::Gzip),
            "zstd" => Ok(Self::Zstd),
            _ => {
                let text = "Content-Encoding: send the file as it is, or packed once with gzip or zstd";
                Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, text))
            }
        }
    }
}

fn too_large(what: &str, limit: u64) -> Problem {
    let text = format!("{what} has more than {limit} bytes: send it in parts, or with `mighub push`");
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, text)
}

fn failed(error: &io::Error) -> Problem {
    if error.kind() == io::ErrorKind::StorageFull {
        return Problem::new(
            StatusCode::INSUFFICIENT_STORAGE,
            "the hub's disk is nearly full: try again later",
        );
    }
    Refusal::internal(format!("scratch files: {error}")).into()
}

/// Where a body is received, and how large it may become.
#[derive(Clone, Debug)]
pub(super) struct Room {
    folder: PathBuf,
    body_bytes_max: u64,
    file_bytes_max: u64,
    /// How often a file may be as large as its body.
    ratio_max: u64,
    /// A sender that is silent for so long has gone.
    silence_max: Duration,
    /// Bytes a second below which a sender only holds a place.
    rate_least: u64,
}

impl Room {
    /// What the hub has room for.
    pub(super) fn of(hub: &Hub) -> Result<Self, Refusal> {
        let (folder, room) = hub.scratch()?;
        let (share, limits) = (room / ROOM_SHARES, hub.limits());
        Ok(Self {
            folder: folder.to_owned(),
            body_bytes_max: limits.body_bytes.min(share),
            file_bytes_max: limits.file_bytes.min(share),
            ratio_max: limits.unpack_ratio,
            silence_max: seconds(limits.body_silence_seconds),
            rate_least: limits.body_bytes_per_second,
        })
    }

    /// The same for a body of fewer bytes.
    pub(super) fn at_most(self, bytes: u64) -> Self {
        Self { body_bytes_max: self.body_bytes_max.min(bytes), ..self }
    }

    /// The folder for scratch files.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    fn file(&self) -> Result<File, Problem> {
        tempfile::tempfile_in(&self.folder).map_err(|error| failed(&error))
    }
}

/// Receives a body into a file of its own.
pub(super) async fn receive(body: Body, room: &Room) -> Result<(File, u64), Problem> {
    let mut file = tokio::fs::File::from_std(room.file()?);
    let mut chunks = body.into_data_stream();
    let mut bytes = 0;
    let began = Instant::now();
    loop {
        let chunk = match tokio::time::timeout(room.silence_max, chunks.next()).await {
            Ok(Some(Ok(chunk))) => chunk,
            Ok(None) => break,
            Ok(Some(Err(_))) => {
                return Err(Problem::malformed("the body was cut off: send it again"));
            }
            Err(_) => {
                let text = format!("nothing came for {:?}: send it again", room.silence_max);
                return Err(Problem::new(StatusCode::REQUEST_TIMEOUT, text));
            }
        };
        bytes += chunk.len() as u64;
        if bytes > room.body_bytes_max {
            return Err(too_large("the body", room.body_bytes_max));
        }
        if began.elapsed() > room.silence_max + Duration::from_secs(bytes / room.rate_least.max(1)) {
            let least = room.rate_least;
            let text =
                format!("fewer than {least} bytes a second came: send it packed, or over another line");
            return Err(Problem::new(StatusCode::REQUEST_TIMEOUT, text));
        }
        file.write_all(&chunk).await.map_err(|error| failed(&error))?;
    }
    file.flush().await.map_err(|error| failed(&error))?;
    let mut file = file.into_std().await;
    file.seek(SeekFrom::Start(0)).map_err(|error| failed(&error))?;
    Ok((file, bytes))
}

/// The file that a body packs.
pub(super) fn unpacked(body: File, packing: Packing, body_bytes: u64, room: &Room) -> Result<File, Problem> {
    let limit = room.file_bytes_max.min(RATIO_HEEDED_FROM.max(body_bytes.saturating_mul(room.ratio_max)));
    let source: Box<dyn Read> = match packing {
        Packing::None => return Ok(body),
        Packing::Gzip => Box::new(flate2::read::MultiGzDecoder::new(io::BufReader::new(body))),
        Packing::Zstd => Box::new(zstd::Decoder::new(body).map_err(|error| failed(&error))?),
    };
    unpack(source, limit, room.file()?)
}

fn unpack(mut source: impl Read, limit: u64, mut file: File) -> Result<File, Problem> {
    let mut buffer = vec![0; COPIED_BYTES];
    let mut bytes = 0;
    loop {
        let read = source.read(&mut buffer).map_err(|error| {
            Problem::malformed(format!("the body is not packed as Content-Encoding says: {error}"))
        })?;
        if read == 0 {
            break;
        }
        bytes += read as u64;
        if bytes > limit {
            return Err(too_large("the file, unpacked,", limit));
        }
        file.write_all(&buffer[..read]).map_err(|error| failed(&error))?;
    }
    file.seek(SeekFrom::Start(0)).map_err(|error| failed(&error))?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;

    fn packed(bytes: &[u8], packing: Packing) -> Vec<u8> {
        match packing {
            Packing::None => bytes.to_vec(),
            Packing::Gzip => {
                let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
                encoder.write_all(bytes).expect("packed");
                encoder.finish().expect("packed")
            }
            Packing::Zstd => zstd::encode_all(bytes, 1).expect("packed"),
        }
    }

    fn unpack_bytes(body: &[u8], packing: Packing) -> Result<Vec<u8>, Problem> {
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(body).expect("written");
        file.seek(SeekFrom::Start(0)).expect("at its beginning");
        let mut bytes = Vec::new();
        let limits = Limits::default();
        let room = Room {
            folder: std::env::temp_dir(),
            body_bytes_max: limits.body_bytes,
            file_bytes_max: limits.file_bytes,
            ratio_max: limits.unpack_ratio,
            silence_max: seconds(limits.body_silence_seconds),
            rate_least: limits.body_bytes_per_second,
        };
        unpacked(file, packing, body.len() as u64, &room)?.read_to_end(&mut bytes).expect("read");
        Ok(bytes)
    }

    #[test]
    fn what_was_packed_is_unpacked_and_what_was_not_is_refused() {
        let text = b"DATAFLOW,REF_AREA\n".repeat(1_000);
        for packing in [Packing::None, Packing::Gzip, Packing::Zstd] {
            assert_eq!(unpack_bytes(&packed(&text, packing), packing), Ok(text.clone()), "{packing:?}");
        }
        for packing in [Packing::Gzip, Packing::Zstd] {
            let refused = unpack_bytes(&text, packing).expect_err("not packed");
            assert_eq!(refused.status(), StatusCode::BAD_REQUEST, "{packing:?}");
        }
    }

    #[test]
    fn a_small_body_that_unpacks_to_fill_a_disk_is_stopped() {
        let zeros = vec![0; 2 * RATIO_HEEDED_FROM as usize];
        for packing in [Packing::Gzip, Packing::Zstd] {
            let refused =
                unpack_bytes(&packed(&zeros, packing), packing).map(|bytes| bytes.len()).expect_err("a bomb");
            assert_eq!(refused.status(), StatusCode::PAYLOAD_TOO_LARGE, "{packing:?}");
        }
    }
}
