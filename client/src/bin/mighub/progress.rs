//! Progress on standard error: a bar for a terminal, a line every half minute for everybody else.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use mighub_client::{Progress, Step};

use crate::output::Output;
use crate::words;

/// Without a terminal one line is printed at most so often.
const LINE_INTERVAL: Duration = Duration::from_secs(30);

/// Shows progress until it is dropped.
pub(crate) struct Shown {
    bar: Option<ProgressBar>,
    progress: Progress,
}

impl Shown {
    pub(crate) fn new(output: &Output) -> Self {
        if output.styled_errors {
            return Self::with_bar();
        }
        let last = Arc::new(Mutex::new(Instant::now()));
        let progress = Progress::new(move |step| {
            let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
            if last.elapsed() >= LINE_INTERVAL {
                *last = Instant::now();
                // If nobody hears it there is nobody to tell.
                let _ = writeln!(io::stderr(), "mighub: {}", in_words(step));
            }
        });
        Self { bar: None, progress }
    }

    fn with_bar() -> Self {
        let bar = ProgressBar::new_spinner();
        let spinner = ProgressStyle::with_template("{spinner} {msg}");
        let with_length = ProgressStyle::with_template("{bar:30} {percent:>3}% {msg}");
        if let (Ok(spinner), Ok(with_length)) = (spinner, with_length) {
            bar.set_style(spinner.clone());
            bar.enable_steady_tick(Duration::from_millis(120));
            let shown = bar.clone();
            let progress = Progress::new(move |step| {
                match share(step) {
                    Some((done, total)) => {
                        shown.set_style(with_length.clone());
                        shown.set_length(total);
                        shown.set_position(done.min(total));
                    }
                    None => shown.set_style(spinner.clone()),
                }
                shown.set_message(in_words(step));
            });
            return Self { bar: Some(bar), progress };
        }
        Self { bar: None, progress: Progress::silent() }
    }

    pub(crate) fn progress(&self) -> &Progress {
        &self.progress
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn share(step: Step) -> Option<(u64, u64)> {
    match step {
        Step::Reading { bytes, bytes_total } => Some((bytes, bytes_total?)),
        Step::Uploading { blocks, blocks_total } => Some((blocks.into(), blocks_total.into())),
        Step::Pulling { observations, observations_total } => Some((observations, observations_total?)),
        Step::Checking { .. } | Step::Judging => None,
    }
}

fn in_words(step: Step) -> String {
    match step {
        Step::Reading { bytes, .. } => format!("reading and checking, {}", words::bytes(bytes)),
        Step::Checking { observations } => {
            format!("sorting and checking, {} observations", words::count(observations))
        }
        Step::Uploading { blocks, blocks_total } => format!("sending, {blocks} of {blocks_total} blocks"),
        Step::Judging => "the hub is checking".to_owned(),
        Step::Pulling { observations, .. } => format!("{} observations", words::count(observations)),
    }
}
