//! `footlight`: the one binary. Reads the command line and the configuration, and does what they say.
//!
//! Modules are listed in reading order: what is asked for, what is run, and the ways up and down.

mod limits;
mod process;
mod config;
mod data;
mod roles;
mod chatting;
mod admin;
mod control;
mod doors;
mod vitals;
mod platform;
mod demo;
mod first_start;
mod greeting;
mod drain;
mod up;
mod doctor;
mod cli;
mod commands;

use std::process::ExitCode;

use clap::Parser as _;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match commands::run(cli::Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("footlight: {}", runtime::log::causes(&error));
            ExitCode::FAILURE
        }
    }
}
