//! `GET /openapi/v1/openapi.json`, `GET /openapi/v1/docs`

use tenon_platform::lambda;

fn main() -> lambda::Exit {
    lambda::serve_plain(|request| tenon_openapi::docs::answer(&request))
}
