//! `opt_level=speed has_v` to a TargetIsa. A word with `=` is a shared setting, any other a flag of the ISA.

use std::collections::HashMap;

use cranelift_codegen::isa::{self, OwnedTargetIsa};
use cranelift_codegen::settings::{self, Configurable, SetError};

use crate::panics;

pub const TARGET: &str = "riscv64gc-unknown-linux-gnu";

/// Campaigns draw configurations from a bounded set; the cache is emptied past this many.
const CACHE_LIMIT: usize = 4096;

#[derive(Default)]
pub struct Configurations {
    built: HashMap<String, Result<OwnedTargetIsa, String>>,
}

impl Configurations {
    /// The ISA of `text`, or what is wrong with the text.
    pub fn get(&mut self, text: &str) -> Result<OwnedTargetIsa, String> {
        if let Some(known) = self.built.get(text) {
            return known.clone();
        }
        if self.built.len() >= CACHE_LIMIT {
            self.built.clear();
        }
        let isa = panics::catch(|| build(text)).unwrap_or_else(|panic| {
            Err(format!("{} ({}:{})", panic.message, panic.file, panic.line))
        });
        self.built.insert(text.to_string(), isa.clone());
        isa
    }
}

fn build(text: &str) -> Result<OwnedTargetIsa, String> {
    let mut shared = settings::builder();
    let mut target = isa::lookup_by_name(TARGET).map_err(|error| error.to_string())?;
    // The driver runs the verifier itself, once per function and not after each pass of each configuration.
    shared
        .set("enable_verifier", "false")
        .map_err(|error| error.to_string())?;
    for word in text.split_ascii_whitespace() {
        let outcome = match word.split_once('=') {
            Some((name, value)) => match shared.set(name, value) {
                Err(SetError::BadName(_)) => target.set(name, value),
                other => other,
            },
            None => target.enable(word),
        };
        outcome.map_err(|error| format!("{word}: {error}"))?;
    }
    target
        .finish(settings::Flags::new(shared))
        .map_err(|error| error.to_string())
}
