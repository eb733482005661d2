//! `GET /healthz`

use tenon_platform::lambda;

fn main() -> lambda::Exit {
    lambda::serve_plain(|request| tenon_admin::healthz::answer(&request))
}
