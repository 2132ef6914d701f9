//! A hub in a process of its own: it can be killed, and its memory is its alone.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use mighub_server::serve::{ServeOptions, start};

/// Names the folder of the hub that a child serves, and where.
const FOLDER: &str = "MIGHUB_HUB_CHILD";
const LISTEN: &str = "MIGHUB_HUB_LISTEN";

/// Runs only in the child: serves until it is killed.
#[test]
fn a_hub_in_a_child() {
    let (Ok(folder), Ok(listen)) = (std::env::var(FOLDER), std::env::var(LISTEN)) else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let _running = start(ServeOptions::new(folder).listening_on(listen)).await.expect("the hub starts");
        println!("\nREADY");
        std::future::pending::<()>().await
    })
}

/// A hub in another process. Dropping it is kill -9.
pub(crate) struct ChildHub(Child);

impl Drop for ChildHub {
    fn drop(&mut self) {
        self.0.kill().expect("killed");
        self.0.wait().expect("ended");
    }
}

impl ChildHub {
    /// The hub of this program; gives back when it is ready.
    pub(crate) fn serve(folder: &Path, listen: SocketAddr) -> Self {
        let mut child = Command::new(std::env::current_exe().expect("a path"))
            .args(["--exact", "office::child::a_hub_in_a_child", "--nocapture", "--test-threads=1"])
            .env(FOLDER, folder)
            .env(LISTEN, listen.to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("a child");
        let output = BufReader::new(child.stdout.take().expect("its output"));
        let hub = Self(child);
        let ready = output.lines().map_while(Result::ok).any(|line| line == "READY");
        assert!(ready, "the hub did not start");
        hub
    }

    /// The hub of another `mighub-server`; it may not be ready yet.
    pub(crate) fn of_program(server: &str, folder: &Path, listen: SocketAddr) -> Self {
        let mut command = Command::new(server);
        command.arg("--dir").arg(folder).arg("serve").args(["--listen", &listen.to_string()]);
        Self(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("a server"))
    }

    /// Its resident memory, in MiB.
    pub(crate) fn memory_mib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id())).expect("it lives");
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("a line");
        line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).expect("a number") / 1_024
    }
}
