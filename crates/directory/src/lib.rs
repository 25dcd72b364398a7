//! The metadata pipeline: who has an account, what a channel says of itself, who is live, how many watch.
//!
//! Desks (`AccountDesk`, `KeyDesk`, `ChannelDesk`) decide what may be done and ask domain's ports to do it; [`viewers`]
//! counts and [`browse`] joins. Rules take `now` as an argument and are tested without a store. Knows no HTTP.
//!
//! Modules are listed in reading order; each imports only those above it.

pub mod limits;
pub mod faults;
pub mod rates;
pub mod passwords;
pub mod accounts;
pub mod keys;
pub mod channels;
pub mod follows;
pub mod viewers;
pub mod browse;
pub mod leaving;

pub use accounts::{AccountDesk, AccountsConfig, CreateUser, Ended, FirstAdmin, SignUp, SignedIn, Signup};
pub use browse::{Browse, BrowseQuery, LiveStream, Page};
pub use channels::{ChannelDesk, RungOffer};
pub use faults::FieldFault;
pub use follows::{FollowDesk, FollowStanding};
pub use keys::{Admitted, KeyDesk};
pub use leaving::LeaveDesk;
pub use viewers::Viewers;
