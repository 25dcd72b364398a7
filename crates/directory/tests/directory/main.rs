//! The desks over real (embedded) stores: what a person goes through.

mod site;
mod sign_up;
mod accounts;
mod administrators;
mod keys;
mod channels;
mod follows;
mod front_page;
mod leaving;
