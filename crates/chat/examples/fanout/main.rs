//! What a delivered message costs: `fanout serve` is the edge with one room in memory behind it, `fanout load` are its readers and
//! writers on raw sockets. Run them on different cores (`taskset`). Not part of the product; figures go to docs/benchmarks.md.
//!
//!     fanout serve 127.0.0.1:7001 THREADS
//!     fanout load 127.0.0.1:7001 READERS MESSAGES_PER_S SECONDS native|native-deflate|sampled|irc|irc-tags

mod load;
mod serve;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize| arguments.get(at).and_then(|n| n.parse::<u64>().ok());
    match (arguments.first().map(String::as_str), arguments.get(1)) {
        (Some("serve"), Some(address)) => serve::run(address.parse()?, number(2).unwrap_or(1) as usize),
        (Some("load"), Some(address)) => load::run(load::Case {
            address: address.parse()?,
            readers: number(2).unwrap_or(1_000) as usize,
            rate: number(3).unwrap_or(10),
            seconds: number(4).unwrap_or(10),
            tongue: arguments.get(5).map_or("native", String::as_str).to_owned(),
        }),
        _ => {
            Err("usage: fanout serve ADDRESS THREADS | fanout load ADDRESS READERS RATE SECONDS TONGUE"
                .into())
        }
    }
}
