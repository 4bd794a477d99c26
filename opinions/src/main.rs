//! Runs CLIF other ways than the backend under test does, for a client on the other end of a pipe:
//! `callfuzz-opinions interpret` with Cranelift's own interpreter, `callfuzz-opinions jit` natively on an x86_64 host.
//!
//! A request on stdin is one line of JSON, `{"text":N,"entry":"%main","inputs":[["0x1"]]}`, then N bytes of CLIF. A reply
//! on stdout is one line, `{"answers":[…]}` with one answer per input; `answer.rs` has the shapes. A request to `jit` may
//! have `"settings":{"opt_level":"speed"}`; its reply says in `"followed"` which of them it took.
//!
//! `callfuzz-opinions code` says what the x86_64 backend makes of a module: a request `{"text":N,"optLevel":"none"}`, a
//! reply `{"functions":[…]}` (`code.rs`) or `{"refused":"why"}`.

mod answer;
mod code;
mod interpret;
mod jit;
mod native_run;
mod panics;

use std::io::{self, BufRead, Read, Write};

use answer::{Answer, Bits};
use cranelift_codegen::ir::Function;
use serde_json::{json, Value as Json};

/// The interpreter recurses on the host's stack, also for tail calls.
const STACK_BYTES: usize = 512 << 20;

type Way<'a> = &'a dyn Fn(&[Function], &Function, &[Vec<Bits>]) -> Vec<Answer>;

fn main() {
    let reply: fn(&Json, &str) -> io::Result<Json> = match std::env::args().nth(1).as_deref() {
        Some("interpret") => {
            |header, text| Ok(json!({ "answers": answers(&interpret::run, header, text)? }))
        }
        Some("jit") => jit_reply,
        Some("code") => code_reply,
        _ => {
            eprintln!("usage: callfuzz-opinions interpret|jit|code");
            std::process::exit(3);
        }
    };
    panics::install_hook();
    let worker = std::thread::Builder::new()
        .stack_size(STACK_BYTES)
        .spawn(move || serve(reply))
        .expect("a thread");
    if let Ok(Err(error)) = worker.join() {
        // The client closed its end: nobody is left to tell.
        if error.kind() != io::ErrorKind::BrokenPipe {
            eprintln!("callfuzz-opinions: {error}");
            std::process::exit(3);
        }
    }
}

fn serve(reply: fn(&Json, &str) -> io::Result<Json>) -> io::Result<()> {
    let mut input = io::stdin().lock();
    let mut output = io::stdout().lock();
    let mut line = Vec::new();
    loop {
        line.clear();
        if input.read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        let header: Json = serde_json::from_slice(&line)
            .map_err(|error| malformed(&format!("request header: {error}")))?;
        let length = header["text"]
            .as_u64()
            .ok_or_else(|| malformed("a request without a text length"))?;
        let mut text = String::new();
        input.by_ref().take(length).read_to_string(&mut text)?;
        if (text.len() as u64) < length {
            return Err(malformed("the text ends early"));
        }
        writeln!(output, "{}", reply(&header, &text)?)?;
        output.flush()?;
    }
}

fn jit_reply(header: &Json, text: &str) -> io::Result<Json> {
    let settings = read_settings(&header["settings"])
        .ok_or_else(|| malformed("settings that are no texts"))?;
    let followed = jit::followed(&settings);
    let way = |functions: &[Function], entry: &Function, inputs: &[Vec<Bits>]| {
        jit::run(functions, entry, inputs, &followed)
    };
    let answers = answers(&way, header, text)?;
    let names: Vec<&String> = followed.iter().map(|(name, _)| name).collect();
    Ok(json!({ "answers": answers, "followed": names }))
}

/// None for what is no object of texts; nothing at all is no settings.
fn read_settings(settings: &Json) -> Option<Vec<jit::Setting>> {
    if settings.is_null() {
        return Some(Vec::new());
    }
    let pair = |(name, value): (&String, &Json)| Some((name.clone(), value.as_str()?.to_string()));
    settings.as_object()?.iter().map(pair).collect()
}

fn answers(way: Way, header: &Json, text: &str) -> io::Result<Vec<Json>> {
    let entry = header["entry"]
        .as_str()
        .ok_or_else(|| malformed("a request without an entry"))?;
    let inputs =
        read_inputs(&header["inputs"]).ok_or_else(|| malformed("inputs that are no hex"))?;
    let answers = answer_all(way, text, entry, &inputs);
    Ok(answers.iter().map(Answer::to_json).collect())
}

fn code_reply(header: &Json, text: &str) -> io::Result<Json> {
    let opt_level = header["optLevel"]
        .as_str()
        .ok_or_else(|| malformed("a request without an opt level"))?;
    Ok(
        match panics::catch(|| cranelift_reader::parse_functions(text)) {
            Ok(Ok(functions)) => json!({ "functions": code::describe(&functions, opt_level) }),
            Ok(Err(error)) => json!({ "refused": format!("the reader: {error}") }),
            Err(panic) => json!({ "refused": format!("panic: {panic}") }),
        },
    )
}

fn answer_all(way: Way, text: &str, entry: &str, inputs: &[Vec<Bits>]) -> Vec<Answer> {
    let all = |answer: Answer| vec![answer; inputs.len()];
    let functions = match panics::catch(|| cranelift_reader::parse_functions(text)) {
        Ok(Ok(functions)) => functions,
        Ok(Err(error)) => return all(Answer::Unsupported(format!("the reader: {error}"))),
        Err(panic) => return all(Answer::Panicked(panic)),
    };
    let Some(main) = functions.iter().find(|f| f.name.to_string() == entry) else {
        return all(Answer::Unsupported(format!("no function {entry}")));
    };
    panics::catch(|| way(&functions, main, inputs))
        .unwrap_or_else(|panic| all(Answer::Panicked(panic)))
}

fn read_inputs(inputs: &Json) -> Option<Vec<Vec<Bits>>> {
    let values = |input: &Json| -> Option<Vec<Bits>> {
        let read = |value: &Json| answer::bits_from_hex(value.as_str()?);
        input.as_array()?.iter().map(read).collect()
    };
    inputs.as_array()?.iter().map(values).collect()
}

fn malformed(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}
