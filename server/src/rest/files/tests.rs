use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use super::*;
use crate::rest::desk::Held;

fn stay() -> Stay {
    Stay { place: Held::for_tests(), attending: Attending::default() }
}

fn built(content: &[u8]) -> Result<Built, Problem> {
    let mut building = Building::in_folder(&std::env::temp_dir(), FILE_BYTES_MAX).expect("a file");
    building.write_all(content).expect("written");
    Ok(building.finish())
}

fn read(file: &Arc<Built>) -> Bytes {
    file.read(&(1..3), 10).expect("bytes")
}

#[tokio::test]
async fn a_file_is_built_once_and_dropped_when_nobody_reads_it() {
    let files = Arc::new(Files::default());
    let at = |ms| Moment(ms);
    let get = async |now, content: &'static [u8]| {
        files.get("a", now, stay(), move |_| built(content)).await.unwrap_or_else(|_| panic!("built")).0
    };
    assert_eq!(&read(&get(at(0), b"first").await)[..], b"ir");
    assert_eq!(&read(&get(at(UNREAD_MS_MAX), b"other").await)[..], b"ir");
    assert_eq!(&read(&get(at(2 * UNREAD_MS_MAX + 1), b"other").await)[..], b"th");
}

#[tokio::test]
async fn many_who_ask_for_one_file_at_once_have_it_built_once() {
    let files = Arc::new(Files::default());
    let builds = Arc::new(AtomicUsize::new(0));
    let asks: Vec<_> = (0..WAITING_PER_CALLER_MAX * 2)
        .map(|_| {
            let (files, builds) = (files.clone(), builds.clone());
            tokio::spawn(async move {
                let build = move |_: &Attendance| {
                    builds.fetch_add(1, Ordering::Relaxed);
                    std::thread::sleep(Duration::from_millis(20));
                    built(b"same")
                };
                files.get("a", Moment(0), stay(), build).await.map(|(file, _)| file.length())
            })
        })
        .collect();
    for ask in asks {
        assert_eq!(ask.await.expect("no panic").ok(), Some(4));
    }
    assert_eq!(builds.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn whoever_hangs_up_keeps_its_place_until_its_file_is_given_up() {
    let files = Arc::new(Files::default());
    let ask = |tag: String, begun: mpsc::SyncSender<()>, go_on: mpsc::Receiver<()>| {
        let files = files.clone();
        tokio::spawn(async move {
            let build = move |attendance: &Attendance| {
                begun.send(()).expect("the test waits");
                while !attendance.is_over() {
                    std::thread::sleep(Duration::from_millis(1));
                }
                // Some of the work goes on after its caller has left.
                go_on.recv().expect("the test goes on");
                built(if attendance.is_over() { b"left" } else { b"stay" })
            };
            files.get(&tag, Moment(0), stay(), build).await.map(drop)
        })
    };
    let mut under_way = Vec::new();
    for nth in 0..BUILDING_MAX {
        let ((begun, began), (go, go_on)) = (mpsc::sync_channel(1), mpsc::sync_channel(1));
        let task = ask(format!("{nth}"), begun, go_on);
        tokio::task::spawn_blocking(move || began.recv().expect("it begins")).await.expect("no panic");
        task.abort();
        assert!(task.await.is_err(), "its caller hung up");
        under_way.push(go);
    }
    assert_eq!(files.building.available_permits(), 0, "both are still at work");
    for go in under_way {
        go.send(()).expect("it waits");
    }
    while files.building.available_permits() < BUILDING_MAX {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    for nth in 0..BUILDING_MAX {
        let file = files.known(&nth.to_string(), Moment(0)).expect("what was built is kept");
        assert_eq!(&read(&file)[..], b"ef", "the work was told that nobody waits");
    }
}

#[tokio::test]
async fn one_caller_cannot_have_all_files_built() {
    let files = Arc::new(Files::default());
    let (go, wait) = tokio::sync::watch::channel(false);
    let ask = |nth: u32| {
        let (files, mut wait) = (files.clone(), wait.clone());
        let runtime = tokio::runtime::Handle::current();
        tokio::spawn(async move {
            let build = move |_: &Attendance| {
                runtime.block_on(wait.wait_for(|go| *go)).expect("the test goes on");
                built(b"some")
            };
            files.get(&nth.to_string(), Moment(0), stay(), build).await.map(drop)
        })
    };
    let asks: Vec<_> = (0..WAITING_PER_CALLER_MAX).map(ask).collect();
    // One after the other, on the one thread of this test.
    let refused = ask(WAITING_PER_CALLER_MAX).await.expect("no panic").expect_err("one too many");
    assert_eq!(refused.status(), http::StatusCode::TOO_MANY_REQUESTS);
    go.send(true).expect("they wait");
    for ask in asks {
        assert!(ask.await.expect("no panic").is_ok());
    }
}

#[test]
fn a_file_has_a_limit() {
    let mut building = Building::in_folder(&std::env::temp_dir(), 5).expect("a file");
    building.write_all(b"12345").expect("written");
    let error = building.write_all(b"6").expect_err("too long");
    assert_eq!(error.kind(), io::ErrorKind::FileTooLarge);
    assert!(error.to_string().contains("narrow the query"), "{error}");
}
