//! An answer that is a file: whole before it is sent.

use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use http::StatusCode;
use mighub_sdmx::data::{DataFormat, MessageHeader, WriteOptions};

use super::making::{MakingError, Message};
use crate::hub::{Hub, Moment};
use crate::rest::attendance::Attendance;
use crate::rest::conditional::Validators;
use crate::rest::desk::{Desk, Stay};
use crate::rest::error::Problem;
use crate::rest::files::{Building, Built, FileRequest, sent};

/// Whether a format is made whole before it is sent. Parts of Parquet are read one by one, and a workbook, of which
/// the beginning is written last, would lie in memory.
pub(crate) fn is_file(format: DataFormat) -> bool {
    matches!(format, DataFormat::Parquet | DataFormat::Xlsx)
}

/// What tells a file from others. Parquet has the same bytes whenever it is made, so that parts of it fit together.
pub(crate) fn validators(
    content: &[u8],
    format: DataFormat,
    form: &str,
    changed: Option<Moment>,
) -> Validators {
    match format {
        DataFormat::Parquet => Validators::strong(content, form, changed),
        _ => Validators::new(content, form, changed),
    }
}

/// A file that may have to be built.
pub(crate) struct WholeAnswer {
    message: Message,
    format: DataFormat,
    options: WriteOptions,
    now: Moment,
}

impl WholeAnswer {
    pub(crate) fn new(message: Message, format: DataFormat, options: WriteOptions, now: Moment) -> Self {
        let header = match format {
            // What is told of the time of making would make other bytes.
            DataFormat::Parquet => MessageHeader::default(),
            _ => options.header,
        };
        Self { message, format, options: WriteOptions { header, ..options }, now }
    }

    /// Sends the file, or the part of it that is asked for, once it is there.
    pub(crate) async fn sent(
        self,
        desk: &Desk,
        request: &FileRequest<'_>,
        stay: Stay,
        response: impl FnOnce(StatusCode, Body) -> Response,
    ) -> Result<Response, Problem> {
        let (now, hub) = (self.now, desk.hub().clone());
        let build = move |attendance: &Attendance| self.build(&hub, attendance).map_err(Problem::from);
        let (file, stay) = desk.files().get(request.validators.tag(), now, stay, build).await?;
        Ok(sent(file, request, stay, desk.stop(), response))
    }

    fn build(self, hub: &Arc<Hub>, attendance: &Attendance) -> Result<Built, MakingError> {
        let mut building = Building::begin(hub)?;
        self.message.attended(attendance).write_to(&mut building, self.format, self.options)?;
        Ok(building.finish())
    }
}
