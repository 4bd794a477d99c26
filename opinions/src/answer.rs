//! What became of one input, and bit patterns as they travel.

use serde_json::{json, Value as Json};

/// A value's bytes, least significant first; high zeros may be missing.
pub type Bits = Vec<u8>;

#[derive(Clone)]
pub enum Answer {
    Returned(Vec<Bits>),
    /// A trap code as CLIF prints it.
    Trapped(String),
    /// What this side cannot do.
    Unsupported(String),
    Panicked(String),
    /// The process that ran the code ended of a signal.
    Crashed(String),
    /// It ran out of time or fuel.
    Endless(String),
}

impl Answer {
    pub fn to_json(&self) -> Json {
        match self {
            Answer::Returned(values) => {
                json!({ "returned": values.iter().map(|v| hex(v)).collect::<Vec<_>>() })
            }
            Answer::Trapped(code) => json!({ "trap": code }),
            Answer::Unsupported(reason) => json!({ "unsupported": reason }),
            Answer::Panicked(message) => json!({ "panic": message }),
            Answer::Crashed(how) => json!({ "crashed": how }),
            Answer::Endless(limit) => json!({ "endless": limit }),
        }
    }
}

/// The bytes of `0x1f`; None for what is no hexadecimal number.
pub fn bits_from_hex(text: &str) -> Option<Bits> {
    let digits = text.strip_prefix("0x")?.as_bytes();
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    digits.rchunks(2).map(pair).collect()
}

fn hex(bits: &[u8]) -> String {
    let digits: String = bits.iter().rev().map(|b| format!("{b:02x}")).collect();
    let short = digits.trim_start_matches('0');
    format!("0x{}", if short.is_empty() { "0" } else { short })
}

/// `bits` as exactly `bytes` bytes; None where more are set.
pub fn widened(bits: &[u8], bytes: usize) -> Option<Bits> {
    let mut whole = bits.to_vec();
    while whole.len() > bytes {
        if whole.pop() != Some(0) {
            return None;
        }
    }
    whole.resize(bytes, 0);
    Some(whole)
}
