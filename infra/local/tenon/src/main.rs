//! See `tenon --help`.

fn main() -> std::process::ExitCode {
    tenon::cli::main()
}
