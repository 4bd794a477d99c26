//! What the x86_64 backend makes of each function, on any host: VCode, machine code, and which of it is whose.

use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::ir::{Function, SourceLoc};
use cranelift_codegen::isa::{self, OwnedTargetIsa};
use cranelift_codegen::settings::{self, Configurable};
use cranelift_codegen::Context;
use serde_json::{json, Value as Json};

use crate::jit::SETTINGS;
use crate::panics;

const TARGET: &str = "x86_64-unknown-linux-gnu";

/// Baseline x86_64 lacks most vector instructions.
const PRESET: &str = "x86-64-v3";

/// One object per function in their order: `name`, and `refused` or `vcode`, `code` in hexadecimal, `sites` (return
/// offsets) and `instructions` (`[n, start, end]`, the n-th of the CLIF from 1).
pub fn describe(functions: &[Function], opt_level: &str) -> Vec<Json> {
    let isa = match build(opt_level) {
        Ok(isa) => isa,
        Err(reason) => return functions.iter().map(|f| refused(f, &reason)).collect(),
    };
    functions
        .iter()
        .map(|function| {
            panics::catch(|| compile(function, &isa))
                .unwrap_or_else(|panic| Err(format!("panic: {panic}")))
                .unwrap_or_else(|reason| refused(function, &reason))
        })
        .collect()
}

fn refused(function: &Function, reason: &str) -> Json {
    json!({ "name": function.name.to_string(), "refused": reason })
}

fn build(opt_level: &str) -> Result<OwnedTargetIsa, String> {
    let mut shared = settings::builder();
    for (name, value) in SETTINGS.into_iter().chain([("opt_level", opt_level)]) {
        shared
            .set(name, value)
            .map_err(|error| format!("{name}: {error}"))?;
    }
    let mut target = isa::lookup_by_name(TARGET).map_err(|error| error.to_string())?;
    target.enable(PRESET).map_err(|error| error.to_string())?;
    target
        .finish(settings::Flags::new(shared))
        .map_err(|error| error.to_string())
}

fn compile(function: &Function, isa: &OwnedTargetIsa) -> Result<Json, String> {
    let mut own = function.clone();
    let instructions: Vec<_> = own
        .layout
        .blocks()
        .flat_map(|block| own.layout.block_insts(block))
        .collect();
    for (index, inst) in instructions.into_iter().enumerate() {
        own.set_srcloc(inst, SourceLoc::new(index as u32 + 1));
    }
    let mut context = Context::for_function(own);
    context.set_disasm(true);
    context
        .compile(&**isa, &mut ControlPlane::default())
        .map_err(|error| error.inner.to_string())?;
    let compiled = context.compiled_code().ok_or("no code")?;
    let hex: String = compiled
        .code_buffer()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let sites: Vec<u32> = compiled.buffer.call_sites().map(|s| s.ret_addr).collect();
    let places = compiled.buffer.get_srclocs_sorted().iter();
    let instructions: Vec<[u32; 3]> = places
        .filter(|place| !place.loc.is_default())
        .map(|place| [place.loc.bits(), place.start, place.end])
        .collect();
    Ok(json!({
        "name": function.name.to_string(),
        "vcode": compiled.vcode,
        "code": hex,
        "sites": sites,
        "instructions": instructions,
    }))
}
