//! Playlists as text, read back.
