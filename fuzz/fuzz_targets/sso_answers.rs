//! What a login server answers, and where somebody says to go after signing in.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tenon_sso::{fuzzing, return_to};

fuzz_target!(|input: (u16, &[u8], &str)| {
    let (status, body, wanted) = input;
    fuzzing::answer(status, body);
    if let Some(path) = return_to::checked(wanted) {
        // As browsers read it: tabs and line ends dropped, blanks around it too, backslashes turned.
        let read: String = path.chars().filter(|c| !matches!(c, '\t' | '\r' | '\n')).collect();
        let read = read.trim_matches(|c: char| c <= ' ').replace('\\', "/");
        assert!(read.starts_with('/') && !read.starts_with("//"), "{path:?} leads to another site");
        assert_eq!(read, path);
        let line = http::HeaderValue::from_str(path);
        assert!(line.is_ok_and(|line| line.to_str().is_ok()), "{path:?} is no header's value");
    }
});
