//! The engine with scripted replies.
