//! Registration and rooms of IRC clients, as data.
