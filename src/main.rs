//! The `lensframe` program: everything it does is in [`lensframe::cli`].

fn main() -> std::process::ExitCode {
    lensframe::cli::main(std::env::args_os())
}
