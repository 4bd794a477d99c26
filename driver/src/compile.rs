//! One request: parse once, verify once per set of settings the verifier looks at, compile under each configuration.

use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::ir::Function;
use cranelift_codegen::isa::TargetIsa;
use cranelift_codegen::{verify_function, CodegenError, Context};
use serde_json::Value as Json;

use crate::configuration::Configurations;
use crate::labels;
use crate::panics::{self, Panic};
use crate::reply::{Reply, Want};

/// Decisions the control plane can take per function before it falls back to the ordinary ones.
const CONTROL_PLANE_BYTES: usize = 4096;

pub struct Request<'a> {
    text: &'a str,
    configurations: Vec<&'a str>,
    /// Of each configuration, to seed the control plane; without one code is made the ordinary way. Empty: none has one.
    seeds: Vec<Option<u64>>,
    want: Want,
}

impl<'a> Request<'a> {
    pub fn from_header(header: &'a Json, text: &'a str) -> Self {
        let want = strings(&header["want"]);
        Self {
            text,
            configurations: strings(&header["configurations"]),
            seeds: header["seeds"]
                .as_array()
                .map(|seeds| seeds.iter().map(Json::as_u64).collect())
                .unwrap_or_default(),
            want: Want {
                vcode: want.contains(&"vcode"),
                all_call_sites: want.contains(&"call-sites"),
                values: want.contains(&"values"),
                unwind: want.contains(&"unwind"),
            },
        }
    }
}

fn strings(list: &Json) -> Vec<&str> {
    list.as_array()
        .map(|items| items.iter().filter_map(Json::as_str).collect())
        .unwrap_or_default()
}

/// Why a function has no code.
enum Failure {
    Verifier(String),
    Codegen(&'static str, String),
    Panic(Panic),
}

/// Settings the verifier reads (cranelift-codegen `verifier/mod.rs`), and what it said under them: the index of the
/// first bad function with the message, if there is one.
struct Verified {
    preserve_frame_pointers: bool,
    enable_pinned_reg: bool,
    failure: Option<(usize, Failure)>,
}

pub struct Compiler {
    configurations: Configurations,
    context: Context,
    reply: Reply,
}

impl Compiler {
    pub fn new() -> Self {
        Self {
            configurations: Configurations::default(),
            context: Context::new(),
            reply: Reply::default(),
        }
    }

    pub fn compile(&mut self, request: &Request) -> &Reply {
        self.reply.clear();
        match panics::catch(|| cranelift_reader::parse_functions(request.text)) {
            Ok(Ok(functions)) => self.compile_each(request, functions),
            Ok(Err(error)) => {
                for _ in &request.configurations {
                    self.reply
                        .parse_error(error.location.line_number, &error.message);
                }
            }
            Err(panic) => {
                for _ in &request.configurations {
                    self.reply.panic("", &panic);
                }
            }
        }
        &self.reply
    }

    fn compile_each(&mut self, request: &Request, mut functions: Vec<Function>) {
        let names: Vec<String> = functions.iter().map(|f| f.name.to_string()).collect();
        let mut verified = Vec::new();
        let last = request.configurations.len().saturating_sub(1);
        for (index, text) in request.configurations.iter().enumerate() {
            let isa = match self.configurations.get(text) {
                Ok(isa) => isa,
                Err(message) => {
                    self.reply.bad_flag(&message);
                    continue;
                }
            };
            if let Some((bad, failure)) = verify(&mut verified, &functions, &*isa) {
                report(&mut self.reply, &names[*bad], failure);
                continue;
            }
            let mark = self.reply.begin_compiled();
            let seed = request.seeds.get(index).copied().flatten();
            let mut failed = None;
            for (function, name) in functions.iter_mut().zip(&names) {
                // Compiling changes the function: only the last configuration may use up the parsed one.
                self.context.func = if index == last {
                    std::mem::replace(function, Function::new())
                } else {
                    function.clone()
                };
                if let Err(failure) = self.compile_function(name, &*isa, seed, &request.want) {
                    failed = Some((name, failure));
                    break;
                }
            }
            match failed {
                None => self.reply.end_compiled(),
                Some((name, failure)) => {
                    self.reply.take_back(&mark);
                    report(&mut self.reply, name, &failure);
                }
            }
        }
    }

    /// Compiles `self.context.func` and appends it to the reply. Leaves the context ready for the next function.
    fn compile_function(
        &mut self,
        name: &str,
        isa: &dyn TargetIsa,
        seed: Option<u64>,
        want: &Want,
    ) -> Result<(), Failure> {
        let mut chosen = control_plane(seed);
        let context = &mut self.context;
        let labelled = want
            .values
            .then(|| compile_labelled(&context.func, isa, control_plane(seed)))
            .flatten();
        context.set_disasm(want.vcode);
        let outcome = panics::catch(|| match context.compile(isa, &mut chosen) {
            Ok(_) => Ok(()),
            Err(error) => Err(codegen_failure(&error.inner)),
        });
        match outcome {
            Ok(Ok(())) => {}
            Ok(Err(failure)) => {
                context.clear();
                return Err(failure);
            }
            Err(panic) => {
                // A pass was left half way: nothing of it may be used again.
                *context = Context::new();
                return Err(Failure::Panic(panic));
            }
        }
        if let Some(compiled) = context.compiled_code() {
            let reply = &mut self.reply;
            reply.begin_function(name, &context.func, compiled, want);
            if want.values {
                reply.values(compiled, labelled.as_ref().and_then(Context::compiled_code));
            }
            if want.unwind {
                let info = panics::catch(|| compiled.create_unwind_info(isa).ok().flatten());
                reply.unwind(info.ok().flatten().map(|info| format!("{info:?}")));
            }
            reply.end_function();
        }
        self.context.clear();
        Ok(())
    }
}

/// The function compiled with a label on each value, apart, so that what the reply holds is the code made without.
fn compile_labelled(
    func: &Function,
    isa: &dyn TargetIsa,
    mut control_plane: ControlPlane,
) -> Option<Context> {
    let mut func = func.clone();
    panics::catch(move || {
        labels::attach(&mut func);
        let mut context = Context::for_function(func);
        let done = context.compile(isa, &mut control_plane).is_ok();
        done.then_some(context)
    })
    .ok()
    .flatten()
}

fn report(reply: &mut Reply, name: &str, failure: &Failure) {
    match failure {
        Failure::Verifier(message) => reply.verifier_error(name, message),
        Failure::Codegen(variant, message) => reply.codegen_error(name, variant, message),
        Failure::Panic(panic) => reply.panic(name, panic),
    }
}

fn verify<'v>(
    verified: &'v mut Vec<Verified>,
    functions: &[Function],
    isa: &dyn TargetIsa,
) -> Option<&'v (usize, Failure)> {
    let preserve_frame_pointers = isa.flags().preserve_frame_pointers();
    let enable_pinned_reg = isa.flags().enable_pinned_reg();
    let known = verified.iter().position(|v| {
        v.preserve_frame_pointers == preserve_frame_pointers
            && v.enable_pinned_reg == enable_pinned_reg
    });
    let index = known.unwrap_or_else(|| {
        let failure = functions
            .iter()
            .enumerate()
            .find_map(|(index, function)| Some((index, verify_one(function, isa)?)));
        verified.push(Verified {
            preserve_frame_pointers,
            enable_pinned_reg,
            failure,
        });
        verified.len() - 1
    });
    verified[index].failure.as_ref()
}

fn verify_one(function: &Function, isa: &dyn TargetIsa) -> Option<Failure> {
    match panics::catch(|| verify_function(function, isa)) {
        Ok(Ok(())) => None,
        Ok(Err(errors)) => Some(Failure::Verifier(errors.to_string().trim_end().to_string())),
        Err(panic) => Some(Failure::Panic(panic)),
    }
}

fn codegen_failure(error: &CodegenError) -> Failure {
    let variant = match error {
        CodegenError::Verifier(errors) => return Failure::Verifier(errors.to_string()),
        CodegenError::Unsupported(_) => "Unsupported",
        CodegenError::ImplLimitExceeded => "ImplLimitExceeded",
        CodegenError::CodeTooLarge => "CodeTooLarge",
        CodegenError::Regalloc(_) => "Regalloc",
        _ => "Other",
    };
    let message = match error {
        CodegenError::Unsupported(message) => message.clone(),
        _ => error.to_string(),
    };
    Failure::Codegen(variant, message)
}

#[cfg(not(feature = "chaos"))]
fn control_plane(_: Option<u64>) -> ControlPlane {
    ControlPlane::default()
}

#[cfg(feature = "chaos")]
fn control_plane(seed: Option<u64>) -> ControlPlane {
    use arbitrary::{Arbitrary, Unstructured};

    let Some(mut state) = seed else {
        return ControlPlane::default();
    };
    // `arbitrary` reads a Vec<u8> as pairs of "one more?" (odd) and the byte itself.
    let mut bytes = Vec::with_capacity(2 * CONTROL_PLANE_BYTES);
    for _ in 0..CONTROL_PLANE_BYTES {
        bytes.push(1);
        bytes.push(next_byte(&mut state));
    }
    ControlPlane::arbitrary(&mut Unstructured::new(&bytes)).unwrap_or_default()
}

/// SplitMix64 (Steele, Lea, Flood 2014), its top byte.
#[cfg(feature = "chaos")]
fn next_byte(state: &mut u64) -> u8 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((mixed ^ (mixed >> 31)) >> 56) as u8
}
