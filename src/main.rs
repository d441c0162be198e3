//! The command line: picks the command and gives its exit status. How an instance starts is in
//! `command/serve.rs`.

mod command;
mod jobs;

use std::{
    env,
    io::{self, Write as _},
    process::ExitCode,
};

use tickbox::{
    api,
    config::{Config, Purpose},
};

use command::CommandError;

/// Its settings stand in `.cargo/config.toml`.
#[cfg(target_os = "linux")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

const USAGE: &str = "\
Usage: tickbox [COMMAND]

Commands:
  (none)       serve; migrates the database first unless MIGRATE_ON_START=false
  migrate      bring the database up to date
  restored     after the database was set back to a backup: every phone copies its list anew
  openapi      print the document of the API
  healthcheck  ask the instance on LISTEN whether it lives; exit status 0 if so
  help         this text
  version      the version

The settings come from the environment; docs/configuration.md explains them.
";

/// Exit status for bad usage or bad settings; starting again will not help.
const EXIT_USAGE: u8 = 2;

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let command = arguments.first().map_or("serve", String::as_str);
    if arguments.len() > 1 {
        return usage();
    }
    match command {
        "serve" => run(Purpose::Serve, command::serve),
        "migrate" => run(Purpose::Migrate, command::migrate),
        "restored" => run(Purpose::Migrate, command::restored),
        "healthcheck" => run(Purpose::CheckHealth, command::healthcheck),
        "openapi" => print(&api::document()),
        "help" | "--help" | "-h" => print(USAGE),
        "version" | "--version" | "-V" => {
            print(concat!("tickbox ", env!("CARGO_PKG_VERSION"), "\n"))
        }
        _ => usage(),
    }
}

/// Runs a command with the settings that it needs.
fn run(purpose: Purpose, command: fn(Config) -> Result<(), CommandError>) -> ExitCode {
    let result = Config::read(purpose, |name| env::var_os(name))
        .map_err(CommandError::Config)
        .and_then(command);
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(CommandError::Config(errors)) => {
            eprintln!("{errors}");
            ExitCode::from(EXIT_USAGE)
        }
        Err(CommandError::Port(message)) => {
            eprintln!("{message}");
            ExitCode::from(EXIT_USAGE)
        }
        Err(CommandError::Other(message)) => {
            eprintln!("tickbox: {message}");
            ExitCode::FAILURE
        }
    }
}

/// Prints to a reader that may have closed the pipe, such as `head`: that is no reason to panic.
fn print(text: &str) -> ExitCode {
    match io::stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn usage() -> ExitCode {
    eprint!("{USAGE}");
    ExitCode::from(EXIT_USAGE)
}
