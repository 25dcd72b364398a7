//! Migrations are embedded: a new one must rebuild this crate.

fn main() {
    println!("cargo:rerun-if-changed=src/sqlite/migrations");
    println!("cargo:rerun-if-changed=src/sqlite/log_migrations");
}
