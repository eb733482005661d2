//! Where the documents say an HTTP function is.

use tenon_catalog::Route;

/// Its one route, or what all its routes begin with.
pub fn place(routes: &[Route]) -> String {
    let [first, others @ ..] = routes else { return String::new() };
    if others.is_empty() {
        return format!("{} {}", first.method, first.path);
    }
    let mut segments: Vec<&str> = first.path.split('/').collect();
    for route in others {
        let alike = segments.iter().zip(route.path.split('/')).take_while(|(one, other)| *one == other).count();
        segments.truncate(alike);
    }
    format!("{}/…", segments.join("/"))
}
