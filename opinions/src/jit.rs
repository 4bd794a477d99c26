//! The module compiled for the x86_64 host with cranelift-jit. Code under test runs in a forked child (`native_run.rs`).

use std::collections::HashMap;

use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::{
    types, AbiParam, ExtFuncData, ExternalName, Function, InstBuilder, MemFlagsData, Signature,
    UserExternalName,
};
use cranelift_codegen::isa::{CallConv, OwnedTargetIsa};
use cranelift_codegen::settings::{self, Configurable};
use cranelift_codegen::Context;
use cranelift_jit::{JITBuilder, JITModule};
use cranelift_module::{default_libcall_names, FuncId, Linkage, Module};

use crate::answer::{widened, Answer, Bits};
use crate::native_run::{self, Trap};

/// Each argument and result has this much of the buffer; what is wider is not supported.
const SLOT_BYTES: usize = 16;

pub const SETTINGS: [(&str, &str); 5] = [
    ("is_pic", "false"),
    ("use_colocated_libcalls", "false"),
    ("enable_llvm_abi_extensions", "true"),
    ("enable_multi_ret_implicit_sret", "true"),
    // Tail calls need it.
    ("preserve_frame_pointers", "true"),
];

/// Settings that are not the caller's: what cranelift-jit asks for, what wide values and tail calls need, and what the
/// trampoline's caller or a missing routine would not survive.
const OWN: [&str; 7] = [
    "is_pic",
    "use_colocated_libcalls",
    "enable_llvm_abi_extensions",
    "preserve_frame_pointers",
    "enable_pinned_reg",
    "enable_probestack",
    "probestack_strategy",
];

/// A setting with its value.
pub type Setting = (String, String);

/// Those of `settings` that `run` follows: the ones this Cranelift knows for every target, but for its own.
pub fn followed(settings: &[Setting]) -> Vec<Setting> {
    let known = |(name, value): &&Setting| {
        !OWN.contains(&name.as_str()) && settings::builder().set(name, value).is_ok()
    };
    settings.iter().filter(known).cloned().collect()
}

pub fn run(
    functions: &[Function],
    entry: &Function,
    inputs: &[Vec<Bits>],
    settings: &[Setting],
) -> Vec<Answer> {
    let all = |reason: String| vec![Answer::Unsupported(reason); inputs.len()];
    if !cfg!(target_arch = "x86_64") {
        return all("the host is not x86_64".to_string());
    }
    let signature = &entry.signature;
    let wide = signature.params.iter().chain(&signature.returns);
    if let Some(param) = wide
        .into_iter()
        .find(|p| p.value_type.bytes() as usize > SLOT_BYTES)
    {
        return all(format!("{} on x86_64", param.value_type));
    }
    let isa = match host(settings) {
        Ok(isa) => isa,
        Err(reason) => return all(reason),
    };
    let mut builder = JITBuilder::with_isa(isa, default_libcall_names());
    builder.symbols(routines());
    let mut module = JITModule::new(builder);
    let compiled = compile(&mut module, functions, entry);
    let answers = match &compiled {
        Err(reason) => all(reason.clone()),
        Ok((code, traps)) => {
            let slots = signature.params.len().max(signature.returns.len());
            let sizes: Vec<usize> = signature
                .returns
                .iter()
                .map(|r| r.value_type.bytes() as usize)
                .collect();
            let one = |input: &Vec<Bits>| match arguments(signature, input) {
                Some(bytes) => {
                    native_run::run(*code, &bytes, slots * SLOT_BYTES, traps, |buffer| {
                        let result = |(i, size): (usize, &usize)| {
                            buffer[i * SLOT_BYTES..i * SLOT_BYTES + size].to_vec()
                        };
                        sizes.iter().enumerate().map(result).collect()
                    })
                }
                None => Answer::Unsupported("arguments that do not fit".to_string()),
            };
            inputs.iter().map(one).collect()
        }
    };
    // SAFETY: the code ran in children only, and they have ended.
    unsafe { module.free_memory() };
    answers
}

extern "C" {
    fn ceil(x: f64) -> f64;
    fn ceilf(x: f32) -> f32;
    fn floor(x: f64) -> f64;
    fn floorf(x: f32) -> f32;
    fn fma(x: f64, y: f64, z: f64) -> f64;
    fn fmaf(x: f32, y: f32, z: f32) -> f32;
    fn nearbyint(x: f64) -> f64;
    fn nearbyintf(x: f32) -> f32;
    fn trunc(x: f64) -> f64;
    fn truncf(x: f32) -> f32;
}

/// Runtime routines of arithmetic, which a dynamic look-up does not find where nothing else needs libm.
fn routines() -> [(&'static str, *const u8); 10] {
    [
        ("ceil", ceil as *const u8),
        ("ceilf", ceilf as *const u8),
        ("floor", floor as *const u8),
        ("floorf", floorf as *const u8),
        ("fma", fma as *const u8),
        ("fmaf", fmaf as *const u8),
        ("nearbyint", nearbyint as *const u8),
        ("nearbyintf", nearbyintf as *const u8),
        ("trunc", trunc as *const u8),
        ("truncf", truncf as *const u8),
    ]
}

fn host(settings: &[Setting]) -> Result<OwnedTargetIsa, String> {
    let mut flags = settings::builder();
    let own = SETTINGS.into_iter();
    let given = settings.iter().map(|(name, value)| (&**name, &**value));
    for (name, value) in own.chain(given) {
        flags
            .set(name, value)
            .map_err(|error| format!("{name}: {error}"))?;
    }
    cranelift_native::builder()?
        .finish(settings::Flags::new(flags))
        .map_err(|error| error.to_string())
}

fn arguments(signature: &Signature, input: &[Bits]) -> Option<Vec<u8>> {
    if signature.params.len() != input.len() {
        return None;
    }
    let mut buffer = Vec::new();
    for (param, bits) in signature.params.iter().zip(input) {
        let value = widened(bits, param.value_type.bytes() as usize)?;
        buffer.extend(widened(&value, SLOT_BYTES)?);
    }
    Some(buffer)
}

/// Compiles all functions and the trampoline; its address, and every trap by address.
fn compile(
    module: &mut JITModule,
    functions: &[Function],
    entry: &Function,
) -> Result<(*const u8, Vec<Trap>), String> {
    let mut ids = HashMap::new();
    for function in functions {
        let name = function.name.to_string();
        let id = module
            .declare_function(&name, Linkage::Local, &function.signature)
            .map_err(|error| format!("{name}: {error}"))?;
        ids.insert(name, id);
    }
    let mut placed = Vec::new();
    for function in functions {
        let id = ids[&function.name.to_string()];
        let own = with_module_names(function, &ids)?;
        placed.push((id, define(module, id, own)?));
    }
    let trampoline = trampoline(module, entry, ids[&entry.name.to_string()]);
    let id = module
        .declare_function("callfuzz trampoline", Linkage::Local, &trampoline.signature)
        .map_err(|error| error.to_string())?;
    define(module, id, trampoline)?;
    module
        .finalize_definitions()
        .map_err(|error| error.to_string())?;
    let mut traps = Vec::new();
    for (owner, offsets) in placed {
        let start = module.get_finalized_function(owner) as usize;
        traps.extend(offsets.into_iter().map(|(offset, code)| Trap {
            address: start + offset as usize,
            code,
        }));
    }
    Ok((module.get_finalized_function(id), traps))
}

fn define(
    module: &mut JITModule,
    id: FuncId,
    function: Function,
) -> Result<Vec<(u32, String)>, String> {
    let name = function.name.to_string();
    let mut context = Context::for_function(function);
    module
        .define_function(id, &mut context)
        .map_err(|error| format!("{name}: {error:?}"))?;
    let compiled = context.compiled_code().ok_or("no code")?;
    let traps = compiled.buffer.traps().iter();
    Ok(traps.map(|t| (t.offset, t.code.to_string())).collect())
}

/// cranelift-module knows functions by ids in namespace 0 only.
fn with_module_names(
    function: &Function,
    ids: &HashMap<String, FuncId>,
) -> Result<Function, String> {
    let mut own = function.clone();
    let refs: Vec<_> = own.dfg.ext_funcs.keys().collect();
    for func_ref in refs {
        let data = &own.dfg.ext_funcs[func_ref];
        if matches!(data.name, ExternalName::LibCall(_)) {
            continue;
        }
        let name = data.name.display(Some(&function.params)).to_string();
        let id = ids
            .get(&name)
            .ok_or_else(|| format!("{name} is not in the module"))?;
        let reference = own
            .params
            .ensure_user_func_name(UserExternalName::new(0, id.as_u32()));
        own.dfg.ext_funcs[func_ref].name = ExternalName::user(reference);
    }
    Ok(own)
}

/// `fn(buffer)`: calls the entry with what lies in the buffer and leaves the results there.
fn trampoline(module: &JITModule, entry: &Function, entry_id: FuncId) -> Function {
    let mut function = Function::new();
    function.signature = Signature::new(CallConv::triple_default(module.isa().triple()));
    function.signature.params.push(AbiParam::new(types::I64));
    let signature = function.import_signature(entry.signature.clone());
    let name = function.declare_imported_user_function(UserExternalName::new(0, entry_id.as_u32()));
    let callee = function.import_function(ExtFuncData {
        name: ExternalName::user(name),
        signature,
        colocated: false,
        patchable: false,
    });
    let mut cursor = FuncCursor::new(&mut function);
    let block = cursor.func.dfg.make_block();
    cursor.insert_block(block);
    let buffer = cursor.func.dfg.append_block_param(block, types::I64);
    let flags = MemFlagsData::trusted();
    let place = |i: usize| (i * SLOT_BYTES) as i32;
    let params = entry.signature.params.iter().enumerate();
    let arguments: Vec<_> = params
        .map(|(i, param)| cursor.ins().load(param.value_type, flags, buffer, place(i)))
        .collect();
    let call = cursor.ins().call(callee, &arguments);
    let results = cursor.func.dfg.inst_results(call).to_vec();
    for (i, result) in results.into_iter().enumerate() {
        cursor.ins().store(flags, result, buffer, place(i));
    }
    cursor.ins().return_(&[]);
    function
}
