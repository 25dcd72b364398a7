//! Listening sockets, bound before anything runs, whom an address stands for, and the count of connections that one holds.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::{TcpListener, TcpStream};

use crate::scope::Stop;

/// Rest after `accept` failed, for want of a file descriptor most likely: trying at once would only burn a core.
const ACCEPT_REST: Duration = Duration::from_millis(100);
/// Connections that wait for `accept`: a burst of viewers after a raid, not a queue to live in. Full: the kernel refuses.
const BACKLOG: i32 = 4096;

/// Why a socket could not be bound.
#[derive(Debug, thiserror::Error)]
#[error("can't listen on {addr}: {source}")]
pub struct BindError {
    /// The address asked for.
    pub addr: SocketAddr,
    /// What the system said.
    #[source]
    pub source: io::Error,
}

/// Binds `addr` (port 0: any free one) and listens. What it accepts is without Nagle's algorithm: everything that we say
/// is written whole, and waiting for more would only delay it.
///
/// # Errors
/// When the address is taken or may not be used; the text names it.
pub fn bind(addr: SocketAddr) -> Result<TcpListener, BindError> {
    let listen = || -> io::Result<TcpListener> {
        let socket = Socket::new(Domain::for_address(addr), Type::STREAM, Some(Protocol::TCP))?;
        socket.set_reuse_address(true)?;
        socket.set_nonblocking(true)?;
        // Accepted sockets inherit it, which spares a system call for each.
        socket.set_tcp_nodelay(true)?;
        socket.bind(&addr.into())?;
        socket.listen(BACKLOG)?;
        TcpListener::from_std(socket.into())
    };
    listen().map_err(|source| BindError { addr, source })
}

/// The next connection; `None` when it is time to stop. A failed accept is told, and tried again after a rest.
pub async fn accept(listener: &TcpListener, stop: &Stop) -> Option<(TcpStream, SocketAddr)> {
    loop {
        let accepted = tokio::select! {
            () = stop.stopped() => return None,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok(connection) => return Some(connection),
            Err(error) => {
                let at = listener.local_addr().ok();
                tracing::warn!(%error, ?at, "connection not accepted");
                tokio::time::sleep(ACCEPT_REST).await;
            }
        }
    }
}

/// Whom an address stands for, wherever somebody is counted: an IPv6 customer has at least 64 bits of them, so the
/// network counts as one; an IPv4 address written as IPv6 (`::ffff:192.0.2.1`) is that IPv4 address.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
    }
}

/// Counts connections by [`network`] and in all. Beyond a limit the newcomer is refused, never queued.
#[derive(Clone, Debug)]
pub struct Gate {
    held: Arc<Mutex<Held>>,
    per_address_max: usize,
    total_max: usize,
}

#[derive(Debug, Default)]
struct Held {
    by_network: HashMap<IpAddr, usize>,
    total: usize,
}

/// Why a connection is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GateFull {
    /// This address holds as many connections as one may.
    #[error("too many connections from one address")]
    Address,
    /// This listener holds as many connections as it may.
    #[error("too many connections")]
    Total,
}

/// One admitted connection; counts until dropped.
#[derive(Debug)]
pub struct Pass {
    held: Arc<Mutex<Held>>,
    network: IpAddr,
}

impl Gate {
    /// A gate with limits per address and in all.
    pub fn new(per_address_max: usize, total_max: usize) -> Self {
        Self { held: Arc::default(), per_address_max, total_max }
    }

    /// Admits a connection from `address`, or says which limit is reached.
    ///
    /// # Errors
    /// When a limit is reached.
    pub fn admit(&self, address: IpAddr) -> Result<Pass, GateFull> {
        let mut held = self.held.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if held.total >= self.total_max {
            return Err(GateFull::Total);
        }
        let network = network(address);
        let count = held.by_network.entry(network).or_default();
        if *count >= self.per_address_max {
            return Err(GateFull::Address);
        }
        *count += 1;
        held.total += 1;
        Ok(Pass { held: Arc::clone(&self.held), network })
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let mut held = self.held.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        held.total -= 1;
        if let Some(count) = held.by_network.get_mut(&self.network) {
            *count -= 1;
            if *count == 0 {
                held.by_network.remove(&self.network);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gate_counts_by_address_and_in_all() {
        let gate = Gate::new(2, 3);
        let [a, b] = [1, 2].map(|n| IpAddr::from([127, 0, 0, n]));
        let first = gate.admit(a).expect("free");
        let _second = gate.admit(a).expect("free");
        assert_eq!(gate.admit(a).err(), Some(GateFull::Address));
        let _third = gate.admit(b).expect("free");
        assert_eq!(gate.admit(b).err(), Some(GateFull::Total));
        drop(first);
        assert!(gate.admit(a).is_ok());
    }

    #[tokio::test]
    async fn what_is_accepted_sends_at_once() {
        let listener = bind(([127, 0, 0, 1], 0).into()).expect("a free port");
        let at = listener.local_addr().expect("bound");
        let (client, accepted) = tokio::join!(TcpStream::connect(at), listener.accept());
        drop(client.expect("connected"));
        assert!(accepted.expect("accepted").0.nodelay().expect("read"));
    }

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn an_ipv6_network_is_one_address_and_a_mapped_one_is_ipv4() {
        for (from, expected) in [
            ("192.0.2.1", "192.0.2.1"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
            ("::1", "::"),
        ] {
            assert_eq!(network(address(from)), address(expected), "{from}");
        }
    }

    #[test]
    fn one_customer_fills_its_place_at_a_gate_from_however_many_addresses() {
        for (first, second, same) in [
            ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true),
            ("2001:db8:1:2::1", "2001:db8:1:3::1", false),
            ("192.0.2.1", "::ffff:192.0.2.1", true),
            ("192.0.2.1", "192.0.2.2", false),
        ] {
            let gate = Gate::new(1, 9);
            let _held = gate.admit(address(first)).expect("free");
            assert_eq!(gate.admit(address(second)).is_err(), same, "{first} and {second}");
        }
    }
}
