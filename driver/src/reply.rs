//! The reply to `compile`: `{"blob":N,"results":[…]}`, one result per configuration, in order. A result is an array:
//!
//! - `["compiled", [function, …]]` with a function as
//!   `[name, code offset, code bytes, alignment, frame bytes, relocations, traps, call sites, vcode bytes]`;
//!   offsets count in the blob, where a function's VCode text follows its code
//! - `["parse", line, message]`, `["verifier", function, message]`
//! - `["codegen", function, variant, message]`, `["panic", function, message, file, line]`
//! - `["flag", message]`
//!
//! A relocation is `[offset, kind, target, addend]`: a name as CLIF prints it (`u0:1`, `%g`; a libcall has `!` for
//! `%`), or a number, an offset in the same function. A trap is `[offset, code]`. A call site is
//! `[return offset, [[tag or null, handler offset], …]]`; sites without handlers are left out.

use std::fmt::Write as _;
use std::io::{self, Write};

use cranelift_codegen::binemit::Reloc;
use cranelift_codegen::ir::{ExternalName, Function};
use cranelift_codegen::{CompiledCode, FinalizedRelocTarget};

use crate::panics::Panic;

/// The text of a reply as it grows, and its blob. Reused from request to request.
#[derive(Default)]
pub struct Reply {
    results: String,
    blob: Vec<u8>,
}

/// Where a configuration's result began, to take back functions compiled before one that failed.
pub struct Mark {
    results: usize,
    blob: usize,
}

impl Reply {
    pub fn clear(&mut self) {
        self.results.clear();
        self.blob.clear();
    }

    pub fn write_to(&self, output: &mut impl Write) -> io::Result<()> {
        write!(output, "{{\"blob\":{},\"results\":[", self.blob.len())?;
        output.write_all(self.results.as_bytes())?;
        output.write_all(b"]}\n")?;
        output.write_all(&self.blob)
    }

    pub fn begin_compiled(&mut self) -> Mark {
        let mark = Mark {
            results: self.results.len(),
            blob: self.blob.len(),
        };
        self.separate();
        self.results.push_str("[\"compiled\",[");
        mark
    }

    pub fn end_compiled(&mut self) {
        self.results.push_str("]]");
    }

    pub fn take_back(&mut self, mark: &Mark) {
        self.results.truncate(mark.results);
        self.blob.truncate(mark.blob);
    }

    pub fn parse_error(&mut self, line: usize, message: &str) {
        self.begin("parse");
        let _ = write!(self.results, ",{line}");
        self.end_with(&[message]);
    }

    pub fn verifier_error(&mut self, function: &str, message: &str) {
        self.begin("verifier");
        self.end_with(&[function, message]);
    }

    pub fn codegen_error(&mut self, function: &str, variant: &str, message: &str) {
        self.begin("codegen");
        self.end_with(&[function, variant, message]);
    }

    pub fn panic(&mut self, function: &str, panic: &Panic) {
        self.begin("panic");
        for text in [function, &panic.message, &panic.file] {
            self.results.push(',');
            self.quote(text);
        }
        let _ = write!(self.results, ",{}]", panic.line);
    }

    pub fn bad_flag(&mut self, message: &str) {
        self.begin("flag");
        self.end_with(&[message]);
    }

    /// Appends one function between `begin_compiled` and `end_compiled`.
    pub fn function(&mut self, name: &str, func: &Function, compiled: &CompiledCode, vcode: bool) {
        if self.results.ends_with(']') {
            self.results.push(',');
        }
        let code = compiled.code_buffer();
        self.results.push('[');
        self.quote(name);
        let _ = write!(
            self.results,
            ",{},{},{},{},[",
            self.blob.len(),
            code.len(),
            compiled.buffer.alignment,
            frame_bytes(compiled),
        );
        self.blob.extend_from_slice(code);
        self.relocations(func, compiled);
        self.results.push_str("],[");
        let mut comma = "";
        for trap in compiled.buffer.traps() {
            let _ = write!(self.results, "{comma}[{},\"{}\"]", trap.offset, trap.code);
            comma = ",";
        }
        self.results.push_str("],[");
        self.call_sites(compiled);
        let text = match (&compiled.vcode, vcode) {
            (Some(text), true) => text.as_str(),
            _ => "",
        };
        self.blob.extend_from_slice(text.as_bytes());
        let _ = write!(self.results, "],{}]", text.len());
    }

    fn relocations(&mut self, func: &Function, compiled: &CompiledCode) {
        let mut comma = "";
        for reloc in compiled.buffer.relocs() {
            let _ = write!(self.results, "{comma}[{},\"", reloc.offset);
            self.results
                .push_str(kind_name(reloc.kind, &mut String::new()));
            self.results.push_str("\",");
            match &reloc.target {
                FinalizedRelocTarget::Func(offset) => {
                    let _ = write!(self.results, "{offset}");
                }
                FinalizedRelocTarget::ExternalName(ExternalName::LibCall(libcall)) => {
                    let _ = write!(self.results, "\"!{libcall}\"");
                }
                FinalizedRelocTarget::ExternalName(name) => {
                    let _ = write!(self.results, "\"{}\"", name.display(Some(&func.params)));
                }
            }
            let _ = write!(self.results, ",{}]", reloc.addend);
            comma = ",";
        }
    }

    #[cfg(handlers = "none")]
    fn call_sites(&mut self, _: &CompiledCode) {}

    #[cfg(not(handlers = "none"))]
    fn call_sites(&mut self, compiled: &CompiledCode) {
        let mut comma = "";
        for site in compiled.buffer.call_sites() {
            if site.exception_handlers.is_empty() {
                continue;
            }
            let _ = write!(self.results, "{comma}[{},[", site.ret_addr);
            comma = ",";
            let mut inner = "";
            for handler in site.exception_handlers {
                if let Some((tag, offset)) = tag_and_offset(handler) {
                    let _ = match tag {
                        Some(tag) => write!(self.results, "{inner}[{tag},{offset}]"),
                        None => write!(self.results, "{inner}[null,{offset}]"),
                    };
                    inner = ",";
                }
            }
            self.results.push_str("]]");
        }
    }

    fn begin(&mut self, kind: &str) {
        self.separate();
        let _ = write!(self.results, "[\"{kind}\"");
    }

    fn end_with(&mut self, texts: &[&str]) {
        for text in texts {
            self.results.push(',');
            self.quote(text);
        }
        self.results.push(']');
    }

    fn separate(&mut self) {
        if !self.results.is_empty() {
            self.results.push(',');
        }
    }

    fn quote(&mut self, text: &str) {
        // SAFETY of UTF-8: serde_json writes whole strings of valid UTF-8 only.
        let quoted = serde_json::Value::from(text);
        let _ = write!(self.results, "{quoted}");
    }
}

/// Relocations come by the thousand: the common names without going through Debug's formatting.
fn kind_name(kind: Reloc, other: &mut String) -> &str {
    match kind {
        Reloc::RiscvCallPlt => "RiscvCallPlt",
        Reloc::Abs8 => "Abs8",
        _ => {
            let _ = write!(other, "{kind:?}");
            other
        }
    }
}

#[cfg(frame_layout)]
fn frame_bytes(compiled: &CompiledCode) -> u32 {
    compiled
        .buffer
        .frame_layout()
        .map_or(0, |frame| frame.frame_to_fp_offset)
}

#[cfg(not(frame_layout))]
fn frame_bytes(compiled: &CompiledCode) -> u32 {
    compiled.frame_size
}

#[cfg(handlers = "enum")]
fn tag_and_offset(
    handler: &cranelift_codegen::FinalizedMachExceptionHandler,
) -> Option<(Option<u32>, u32)> {
    use cranelift_codegen::FinalizedMachExceptionHandler as Handler;
    match handler {
        Handler::Tag(tag, offset) => Some((Some(tag.as_u32()), *offset)),
        Handler::Default(offset) => Some((None, *offset)),
        // Where the handler finds its context value, not a handler.
        Handler::Context(_) => None,
    }
}

#[cfg(handlers = "pairs")]
fn tag_and_offset(
    handler: &(
        cranelift_codegen::packed_option::PackedOption<cranelift_codegen::ir::ExceptionTag>,
        u32,
    ),
) -> Option<(Option<u32>, u32)> {
    Some((handler.0.expand().map(|tag| tag.as_u32()), handler.1))
}
