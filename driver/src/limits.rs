//! What this process may use before it is ended.

/// 2 GiB of address space. Rust's allocation failure then prints `memory allocation of N bytes failed` and aborts,
/// which the client tells apart from other aborts by that message.
const ADDRESS_SPACE_BYTES: libc::rlim_t = 2 << 30;

/// Limits memory and forbids core files.
pub fn apply() {
    set(libc::RLIMIT_AS as i32, ADDRESS_SPACE_BYTES);
    set(libc::RLIMIT_CORE as i32, 0);
}

fn set(resource: i32, value: libc::rlim_t) {
    let limit = libc::rlimit {
        rlim_cur: value,
        rlim_max: value,
    };
    // SAFETY: `limit` is a valid rlimit for the length of the call. A refusal leaves the limit of the parent, which
    // is no worse than not asking.
    unsafe {
        libc::setrlimit(resource as _, &limit);
    }
}
