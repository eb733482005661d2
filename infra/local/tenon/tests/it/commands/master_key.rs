//! `tenon keys`: changing the master key of local data.

use super::TestApp;
use tenon::commands::{apply, check, keys};
use tenon::output::ExitKind;

fn keys_args(words: &[&str]) -> keys::KeysArgs {
    use clap::{Args, FromArgMatches};
    let command = keys::KeysArgs::augment_args(clap::Command::new("keys"));
    keys::KeysArgs::from_arg_matches(&command.get_matches_from([&["keys"], words].concat())).unwrap()
}

#[tokio::test]
async fn the_master_key_of_local_data_is_changed_at_once_or_in_two_steps() {
    let test_app = TestApp::open().await;
    output!(apply::apply, test_app.write(&test_app.config()), test_app).0.unwrap();
    let (file, other) = (test_app.place.data.join("master.key"), test_app.folder.path().join("other.key"));
    let checked = async || output!(check::check, check::CheckArgs { connection: None }, test_app).0;
    let first = std::fs::read(&file).unwrap();

    // All of it at once.
    assert_eq!(output!(keys::keys, keys_args(&["master"]), test_app).0, Ok(()));
    let second = std::fs::read(&file).unwrap();
    assert!(second != first && !file.with_extension("key.new").exists());
    assert_eq!(checked().await, Ok(()));
    std::fs::write(&file, &first).unwrap();
    let (done, answer) = output!(check::check, check::CheckArgs { connection: None }, test_app);
    assert!(done.is_err() && answer.to_string().contains("master key"), "{answer}");
    std::fs::write(&file, &second).unwrap();

    // In two steps, between which both open it; and given up.
    let to = ["master", "--to", other.to_str().unwrap()];
    assert_eq!(output!(keys::keys, keys_args(&to), test_app).0, Ok(()));
    assert_eq!(checked().await, Ok(()), "the former");
    assert_eq!(output!(keys::keys, keys_args(&["rotate"]), test_app).0, Err(ExitKind::Usage), "not meanwhile");
    assert_eq!(output!(keys::keys, keys_args(&["master", "--cancel"]), test_app).0, Ok(()));
    assert_eq!(output!(keys::keys, keys_args(&to), test_app).0, Ok(()), "and begun anew with the same file");
    std::fs::copy(&other, &file).unwrap();
    assert_eq!(checked().await, Ok(()), "the new one");
    assert_eq!(output!(keys::keys, keys_args(&["master"]), test_app).0, Ok(()));
    std::fs::write(&file, &second).unwrap();
    assert!(checked().await.is_err(), "the former has ended");

    // What the first one made is sealed anew and ended.
    std::fs::copy(&other, &file).unwrap();
    assert_eq!(output!(keys::keys, keys_args(&["rotate"]), test_app).0, Ok(()));
    assert_eq!(checked().await, Ok(()));
}
