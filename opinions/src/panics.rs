//! Panics as data: the message and the place, kept by the hook for whoever caught the unwinding.

use std::cell::RefCell;
use std::panic::{self, AssertUnwindSafe};

/// A message past this many characters is cut: some panics print whole functions.
const MESSAGE_LIMIT: usize = 1000;

thread_local! {
    static LAST: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Replaces the default hook, which would print to stderr.
pub fn install_hook() {
    panic::set_hook(Box::new(|info| {
        let payload = info.payload();
        let message = payload
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| payload.downcast_ref::<&str>().copied())
            .unwrap_or("a panic without a message");
        let cut: String = message.chars().take(MESSAGE_LIMIT).collect();
        let text = match info.location() {
            Some(place) => format!("{cut} ({}:{})", crate_relative(place.file()), place.line()),
            None => cut,
        };
        LAST.with(|last| *last.borrow_mut() = Some(text));
    }));
}

/// Runs `work`; what it panicked with, as `message (crate/src/file.rs:line)`.
pub fn catch<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    panic::catch_unwind(AssertUnwindSafe(work))
        .map_err(|_| LAST.with(|last| last.borrow_mut().take().unwrap_or_default()))
}

/// Without the registry's directory.
fn crate_relative(file: &str) -> &str {
    let inside = file.split_once("/registry/src/").map(|(_, rest)| rest);
    inside
        .and_then(|rest| rest.split_once('/'))
        .map_or(file, |(_, rest)| rest)
}
