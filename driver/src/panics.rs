//! Panics as data: where and what, kept by the hook for whoever caught the unwinding.

use std::any::Any;
use std::cell::RefCell;
use std::panic::{self, AssertUnwindSafe};

/// A message past this many bytes is cut: some panics print whole functions.
const MESSAGE_LIMIT_BYTES: usize = 4000;

#[derive(Default)]
pub struct Panic {
    pub message: String,
    /// `cranelift-codegen-0.135.8/src/machinst/abi.rs`.
    pub file: String,
    pub line: u32,
}

thread_local! {
    static PLACE: RefCell<Option<(String, u32)>> = const { RefCell::new(None) };
}

/// Replaces the default hook, which would print to stderr.
pub fn install_hook() {
    panic::set_hook(Box::new(|info| {
        let place = info
            .location()
            .map(|place| (place.file().to_string(), place.line()));
        PLACE.with(|cell| *cell.borrow_mut() = place);
    }));
}

/// Runs `work`. What `work` borrows must not be used after an `Err` unless it is reset first.
pub fn catch<T>(work: impl FnOnce() -> T) -> Result<T, Panic> {
    panic::catch_unwind(AssertUnwindSafe(work)).map_err(|payload| {
        let (file, line) = PLACE
            .with(|cell| cell.borrow_mut().take())
            .unwrap_or_default();
        Panic {
            message: message(&*payload),
            file: crate_relative(&file),
            line,
        }
    })
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| payload.downcast_ref::<&str>().copied())
        .unwrap_or("a panic without a message");
    let mut end = text.len().min(MESSAGE_LIMIT_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].to_string()
}

/// Strips the registry's directory; of a path dependency keeps from the crate's own directory on.
fn crate_relative(file: &str) -> String {
    let file = file.replace('\\', "/");
    if let Some((_, inside)) = file.split_once("/registry/src/") {
        if let Some((_, rest)) = inside.split_once('/') {
            return rest.to_string();
        }
    }
    match file.find("/src/") {
        Some(src) => {
            let start = file[..src].rfind('/').map_or(0, |slash| slash + 1);
            file[start..].to_string()
        }
        None => file,
    }
}
