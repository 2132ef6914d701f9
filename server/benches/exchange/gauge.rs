//! What a process has used: processor time and memory, as the kernel counts them.

use std::io;

use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};

/// What this process has used.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Used {
    /// Nanoseconds of processor time since the process began, of all its threads.
    pub(crate) cpu_ns: u64,
    /// Bytes of memory now.
    pub(crate) resident: u64,
    /// The most bytes of memory at a time since the process began, or since [`forget_peak`].
    pub(crate) peak: u64,
}

/// What this process has used so far.
pub(crate) fn used() -> io::Result<Used> {
    let cpu = clock_gettime(ClockId::ProcessCPUTime);
    let status = std::fs::read_to_string("/proc/self/status")?;
    let bytes = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
    };
    let of = |name| bytes(name).ok_or_else(|| io::Error::other(format!("/proc/self/status has no {name}")));
    Ok(Used {
        cpu_ns: cpu.tv_sec as u64 * 1_000_000_000 + cpu.tv_nsec as u64,
        resident: of("VmRSS:")?,
        peak: of("VmHWM:")?,
    })
}

/// Lets the peak of memory begin anew.
pub(crate) fn forget_peak() -> io::Result<()> {
    // proc(5): 5 resets the peak resident set size.
    std::fs::write("/proc/self/clear_refs", "5")
}
