//! `footlight`: the one binary. Reads the command line and the configuration, and does what they say.

mod limits;
mod config;
mod roles;
mod cli;

use std::process::ExitCode;

use clap::Parser as _;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    let vars: Vec<_> = std::env::vars().collect();
    match config::load(&cli.flags(), &vars) {
        Ok(loaded) => println!("{}", config::render(&loaded.config, &loaded.origins)),
        Err(e) => eprintln!("footlight: {e}"),
    }
    ExitCode::SUCCESS
}
