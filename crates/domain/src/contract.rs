//! What every back end of a port must do, as suites that its tests run. Four chapters each: meaning, concurrency,
//! restart, refusal.
