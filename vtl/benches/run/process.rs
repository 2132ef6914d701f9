//! What this process has used, as the kernel tells it; zeros where there is no such kernel.

use std::fs;

/// Processor and memory.
pub(crate) struct Usage {
    /// Of all threads.
    pub(crate) cpu_seconds: f64,
    /// The most there was at one time.
    pub(crate) peak_megabytes: f64,
}

impl Usage {
    pub(crate) fn of_this_process() -> Self {
        let threads = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
        let nanoseconds = threads.filter_map(|thread| {
            let text = fs::read_to_string(thread.path().join("schedstat")).ok()?;
            text.split_whitespace().next()?.parse::<f64>().ok()
        });
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kibibytes = peak.and_then(|peak| peak.split_whitespace().next()?.parse::<f64>().ok());
        Self {
            cpu_seconds: nanoseconds.sum::<f64>() / 1e9,
            peak_megabytes: kibibytes.unwrap_or_default() * 1024.0 / 1e6,
        }
    }
}
