//! The data directory: its key, its files, and whose they are.

use super::TestApp;
use tenon::commands::{apply, check};
use tenon::output::ExitKind;
use tenon_platform::Clock;

#[tokio::test]
async fn a_key_the_data_was_not_sealed_with_is_named_and_can_take_its_place() {
    let test_app = TestApp::open().await;
    output!(apply::apply, test_app.write(&test_app.config()), test_app).0.unwrap();
    let file = test_app.place.data.join("master.key");
    let former = std::fs::read(&file).unwrap();
    let checked = async || output!(check::check, check::CheckArgs { connection: None }, test_app);

    for (key, wanted) in [
        ("", "is empty"),
        ("short", "no master key"),
        ("another-text-of-more-than-32-characters", "not the key this data was sealed with"),
    ] {
        std::fs::write(&file, key).unwrap();
        let (done, document) = checked().await;
        assert!(done.is_err(), "{key}");
        let message = document["error"]["message"].as_str().unwrap();
        assert!(message.contains(wanted) && !message.contains("the environment variable"), "{key}: {message}");
    }
    std::fs::remove_file(&file).unwrap();
    let (done, document) = checked().await;
    assert_eq!(done, Err(ExitKind::Usage));
    assert!(document["error"]["message"].as_str().unwrap().contains("is gone"), "{document}");
    assert!(!file.exists(), "no new key is made for old data");

    std::fs::write(&file, &former).unwrap();
    assert_eq!(checked().await.0, Ok(()));
    std::fs::write(&file, "another-text-of-more-than-32-characters").unwrap();
    assert!(
        output!(apply::apply, test_app.write(&test_app.config()), test_app).0.is_err(),
        "not without being asked to"
    );
    let anew = apply::ApplyArgs { new_key: true, ..test_app.write(&test_app.config()) };
    assert_eq!(output!(apply::apply, anew, test_app).0, Ok(()));
    assert_eq!(checked().await.0, Ok(()));
}

#[tokio::test]
async fn data_that_is_gone_is_missed() {
    let test_app = TestApp::open().await;
    output!(apply::apply, test_app.write(&test_app.config()), test_app).0.unwrap();
    let checked = async || output!(check::check, check::CheckArgs { connection: None }, test_app);
    for name in ["tenon.db", "tenon-queues.db"] {
        let (file, kept) = (test_app.place.data.join(name), test_app.folder.path().join("kept"));
        std::fs::copy(&file, &kept).unwrap();
        for gone in [|f: &std::path::Path| std::fs::remove_file(f), |f: &std::path::Path| std::fs::write(f, "")] {
            gone(&file).unwrap();
            let (done, document) = checked().await;
            assert_eq!(done, Err(ExitKind::Usage), "{name}");
            let message = document["error"].to_string();
            assert!(message.contains(name) && message.contains("backup") && message.contains("data.id"), "{message}");
        }
        std::fs::copy(&kept, &file).unwrap();
        assert_eq!(checked().await.0, Ok(()), "{name}");
    }
    // A sound file that is not the one that was here, with nothing in it.
    let other = tempfile::tempdir().unwrap();
    drop(tenon_engine::Local::open(&other.path().join("tenon.db"), Clock::system()).await.unwrap());
    let name = test_app.place.data.join("tenon.db");
    for ending in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(test_app.place.data.join(format!("tenon.db{ending}")));
    }
    std::fs::copy(other.path().join("tenon.db"), &name).unwrap();
    let (done, document) = checked().await;
    assert_eq!(done, Err(ExitKind::Usage));
    assert!(document["error"].to_string().contains("is empty"), "{document}");
    std::fs::remove_file(test_app.place.data.join("data.id")).unwrap();
    assert_eq!(checked().await.0, Err(ExitKind::NotFound), "begun anew, on purpose");
}

/// The secret of a run, the master key and the data are their owner's alone.
#[cfg(unix)]
#[test]
fn what_lets_others_in_is_readable_by_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    use tenon::environment::{DataDir, Opened, Queues, Running};
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data");
    let Opened::Free(dir) = DataDir::open(&path).unwrap() else { panic!("nobody else has it") };
    dir.master_key().unwrap();
    let url = "http://127.0.0.1:1".to_owned();
    let queues = Queues::Table(url.clone());
    let running = Running { pid: 1, url: url.clone(), dynamodb: url, queues, secret: "of this run".to_owned() };
    dir.announce(&running).unwrap();
    let mode = |name: &str| std::fs::metadata(path.join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(""), mode("master.key"), mode("running.json")), (0o700, 0o600, 0o600));
}
