//! The reply to `compile`: `{"blob":N,"results":[…]}`, one result per configuration, in order. A result is an array:
//!
//! - `["compiled", [function, …]]` with a function as
//!   `[name, code offset, code bytes, alignment, frame bytes, relocations, traps, call sites, vcode bytes]`;
//!   offsets count in the blob, where a function's VCode text follows its code. What else was wanted follows as
//!   `["values", same code, ranges, instructions, stack slots]` and `["unwind", text or null]`
//! - `["parse", line, message]`, `["verifier", function, message]`
//! - `["codegen", function, variant, message]`, `["panic", function, message, file, line]`
//! - `["flag", message]`
//!
//! A relocation is `[offset, kind, target, addend]`: a name as CLIF prints it (`u0:1`, `%g`; a libcall has `!` for
//! `%`), or a number, an offset in the same function. A trap is `[offset, code]`. A call site is
//! `[return offset, [handler, …], fp minus sp or null]`, a handler `[tag or null, offset]`, or `["sp", offset]` or
//! `["x", register]`: where the context of those after it lies. Sites without handlers are left out unless wanted.
//!
//! Same code is true where labels changed no byte. A range is `[value, register or offset from the CFA, start, end]`
//! with registers as regalloc prints them (`p10i`, `p8f`, `p1v`); an instruction `[n, start, end]`, the n-th of the
//! CLIF from 1; a stack slot `[number, offset from sp]`.

use std::fmt::Write as _;
use std::io::{self, Write};

use cranelift_codegen::binemit::Reloc;
use cranelift_codegen::ir::{ExternalName, Function};
#[cfg(all(handlers = "enum", not(one_phase)))]
use cranelift_codegen::FinalizedMachExceptionHandler as Handler;
#[cfg(not(one_phase))]
use cranelift_codegen::FinalizedRelocTarget as RelocTarget;
use cranelift_codegen::{CompiledCode, LabelValueLoc};
#[cfg(one_phase)]
use cranelift_codegen::{MachExceptionHandler as Handler, RelocTarget};

use crate::panics::Panic;

/// What a request asks for beyond the code and what a linker needs.
pub struct Want {
    pub vcode: bool,
    /// Also call sites without handlers.
    pub all_call_sites: bool,
    /// Where values lie and which code instructions became.
    pub values: bool,
    /// Cranelift's unwind information, in Debug form.
    pub unwind: bool,
}

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

    /// Appends one function between `begin_compiled` and `end_compiled`; `end_function` ends it.
    pub fn begin_function(
        &mut self,
        name: &str,
        func: &Function,
        compiled: &CompiledCode,
        want: &Want,
    ) {
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
            alignment(compiled),
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
        self.call_sites(compiled, want.all_call_sites);
        let text = match (&compiled.vcode, want.vcode) {
            (Some(text), true) => text.as_str(),
            _ => "",
        };
        self.blob.extend_from_slice(text.as_bytes());
        let _ = write!(self.results, "],{}", text.len());
    }

    pub fn end_function(&mut self) {
        self.results.push(']');
    }

    /// `labelled` is the function compiled with its values labelled, if that could be done.
    pub fn values(&mut self, plain: &CompiledCode, labelled: Option<&CompiledCode>) {
        let same = labelled.is_some_and(|code| code.code_buffer() == plain.code_buffer());
        let _ = write!(self.results, ",[\"values\",{same},[");
        if let Some(code) = labelled {
            let mut labels: Vec<_> = code.value_labels_ranges.iter().collect();
            labels.sort_by_key(|(label, _)| label.as_u32());
            let mut comma = "";
            for (label, ranges) in labels {
                for range in ranges {
                    let _ = write!(self.results, "{comma}[{},", label.as_u32());
                    comma = ",";
                    let _ = match range.loc {
                        LabelValueLoc::Reg(reg) => write!(self.results, "\"{reg:?}\""),
                        LabelValueLoc::CFAOffset(offset) => write!(self.results, "{offset}"),
                    };
                    let _ = write!(self.results, ",{},{}]", range.start, range.end);
                }
            }
        }
        self.results.push_str("],[");
        if let Some(code) = labelled {
            let mut comma = "";
            for place in code.buffer.get_srclocs_sorted() {
                #[cfg(one_phase)]
                let location = place.loc.as_abs();
                #[cfg(not(one_phase))]
                let location = place.loc;
                if location.is_default() {
                    continue;
                }
                let (inst, start, end) = (location.bits(), place.start, place.end);
                let _ = write!(self.results, "{comma}[{inst},{start},{end}]");
                comma = ",";
            }
        }
        self.results.push_str("],[");
        self.stack_slots(plain);
        self.results.push_str("]]");
    }

    pub fn unwind(&mut self, text: Option<String>) {
        self.results.push_str(",[\"unwind\",");
        match text {
            Some(text) => self.quote(&text),
            None => self.results.push_str("null"),
        }
        self.results.push(']');
    }

    #[cfg(frame_layout)]
    fn stack_slots(&mut self, compiled: &CompiledCode) {
        let mut comma = "";
        if let Some(frame) = compiled.buffer.frame_layout() {
            for (slot, place) in frame.stackslots.iter() {
                let _ = write!(self.results, "{comma}[{},{}]", slot.as_u32(), place.offset);
                comma = ",";
            }
        }
    }

    /// Older versions count from a base that they do not tell.
    #[cfg(not(frame_layout))]
    fn stack_slots(&mut self, _: &CompiledCode) {}

    fn relocations(&mut self, func: &Function, compiled: &CompiledCode) {
        let mut comma = "";
        for reloc in compiled.buffer.relocs() {
            let _ = write!(self.results, "{comma}[{},\"", reloc.offset);
            self.results
                .push_str(kind_name(reloc.kind, &mut String::new()));
            self.results.push_str("\",");
            match &reloc.target {
                #[cfg(one_phase)]
                RelocTarget::Label(label) => {
                    let _ = write!(self.results, "{}", label.as_offset());
                }
                #[cfg(not(one_phase))]
                RelocTarget::Func(offset) => {
                    let _ = write!(self.results, "{offset}");
                }
                RelocTarget::ExternalName(ExternalName::LibCall(libcall)) => {
                    let _ = write!(self.results, "\"!{libcall}\"");
                }
                RelocTarget::ExternalName(name) => {
                    let _ = write!(self.results, "\"{}\"", name.display(Some(&func.params)));
                }
            }
            let _ = write!(self.results, ",{}]", reloc.addend);
            comma = ",";
        }
    }

    #[cfg(handlers = "none")]
    fn call_sites(&mut self, compiled: &CompiledCode, all: bool) {
        let mut comma = "";
        for site in compiled.buffer.call_sites().iter().filter(|_| all) {
            let _ = write!(self.results, "{comma}[{},[],null]", site.ret_addr);
            comma = ",";
        }
    }

    #[cfg(not(handlers = "none"))]
    fn call_sites(&mut self, compiled: &CompiledCode, all: bool) {
        let mut comma = "";
        for site in compiled.buffer.call_sites() {
            if !all && site.exception_handlers.is_empty() {
                continue;
            }
            let _ = write!(self.results, "{comma}[{},[", site.ret_addr);
            comma = ",";
            let mut inner = "";
            for handler in site.exception_handlers {
                self.results.push_str(inner);
                inner = ",";
                write_handler(&mut self.results, handler);
            }
            #[cfg(frame_offset)]
            let frame_offset = site.frame_offset;
            #[cfg(not(frame_offset))]
            let frame_offset: Option<u32> = None;
            let _ = match frame_offset {
                Some(offset) => write!(self.results, "],{offset}]"),
                None => write!(self.results, "],null]"),
            };
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
        #[cfg(call_plt)]
        Reloc::RiscvCallPlt => "RiscvCallPlt",
        Reloc::Abs8 => "Abs8",
        _ => {
            let _ = write!(other, "{kind:?}");
            other
        }
    }
}

#[cfg(one_phase)]
fn alignment(compiled: &CompiledCode) -> u32 {
    compiled.buffer.min_alignment
}

#[cfg(not(one_phase))]
fn alignment(compiled: &CompiledCode) -> u32 {
    compiled.buffer.alignment
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
fn write_handler(out: &mut String, handler: &Handler) {
    use cranelift_codegen::ExceptionContextLoc as Place;
    #[cfg(one_phase)]
    let at = cranelift_codegen::LabelOrOffset::as_offset;
    #[cfg(not(one_phase))]
    let at = |offset: &u32| *offset;
    let _ = match handler {
        Handler::Tag(tag, offset) => write!(out, "[{},{}]", tag.as_u32(), at(offset)),
        Handler::Default(offset) => write!(out, "[null,{}]", at(offset)),
        Handler::Context(Place::SPOffset(offset)) => write!(out, "[\"sp\",{offset}]"),
        Handler::Context(Place::GPR(register)) => write!(out, "[\"x\",{register}]"),
    };
}

#[cfg(handlers = "pairs")]
fn write_handler(
    out: &mut String,
    handler: &(
        cranelift_codegen::packed_option::PackedOption<cranelift_codegen::ir::ExceptionTag>,
        u32,
    ),
) {
    let _ = match handler.0.expand() {
        Some(tag) => write!(out, "[{},{}]", tag.as_u32(), handler.1),
        None => write!(out, "[null,{}]", handler.1),
    };
}
