//! What of our environment a program that we start gets. Settings come by the environment, secrets among them, and FFmpeg reads what
//! strangers send.

use std::ffi::OsString;

/// What a program needs to be found, and to find libraries, devices, fonts and the time: nothing of ours.
const KEPT: [&str; 16] = [
    "CUDA_VISIBLE_DEVICES",
    "FONTCONFIG_FILE",
    "FONTCONFIG_PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "LD_LIBRARY_PATH",
    "LIBVA_DRIVERS_PATH",
    "LIBVA_DRIVER_NAME",
    "NVIDIA_DRIVER_CAPABILITIES",
    "NVIDIA_VISIBLE_DEVICES",
    "ONEVPL_SEARCH_PATH",
    "PATH",
    "TMPDIR",
    "TZ",
    "XDG_RUNTIME_DIR",
];

/// The variables that a child is started with, after `env_clear`.
pub fn environment() -> impl Iterator<Item = (&'static str, OsString)> {
    KEPT.into_iter().filter_map(|name| Some((name, std::env::var_os(name)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_finds_programs_and_hears_nothing_of_ours() {
        // Cargo sets the second for every test.
        assert!(std::env::var_os("PATH").is_some() && std::env::var_os("CARGO_MANIFEST_DIR").is_some());
        let names: Vec<&str> = environment().map(|(name, _)| name).collect();
        assert!(names.contains(&"PATH") && !names.contains(&"CARGO_MANIFEST_DIR"), "{names:?}");
        assert!(!names.iter().any(|name| name.starts_with("FOOTLIGHT_")), "{names:?}");
    }
}
