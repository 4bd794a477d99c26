//! Compiles CLIF text with the Cranelift it is linked with, for a client on the other end of a pipe.
//!
//! A request on stdin is one line of JSON, then `text` bytes of CLIF. A reply on stdout is one line of JSON, then
//! `blob` bytes of machine code. Replies come in the order of the requests. `reply.rs` has the shapes.

mod compile;
mod configuration;
mod hello;
mod labels;
mod limits;
mod panics;
mod reply;

use std::io::{self, BufRead, Read, Write};

use compile::{Compiler, Request};

/// Deeper than Cranelift's passes need; an overflow ends the process with a message the client knows.
const STACK_BYTES: usize = 16 << 20;

fn main() {
    limits::apply();
    panics::install_hook();
    let worker = std::thread::Builder::new()
        .name("compile".to_string())
        .stack_size(STACK_BYTES)
        .spawn(serve)
        .expect("a thread");
    if let Ok(Err(error)) = worker.join() {
        // The client closed its end: nobody is left to tell.
        if error.kind() != io::ErrorKind::BrokenPipe {
            eprintln!("callfuzz-driver: {error}");
            std::process::exit(3);
        }
    }
}

fn serve() -> io::Result<()> {
    let mut input = io::BufReader::with_capacity(1 << 16, io::stdin().lock());
    let mut output = io::BufWriter::with_capacity(1 << 18, io::stdout().lock());
    let mut compiler = Compiler::new();
    let mut line = Vec::new();
    let mut text = Vec::new();
    loop {
        line.clear();
        if input.read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        let header: serde_json::Value = serde_json::from_slice(&line)
            .map_err(|error| malformed(&format!("request header: {error}")))?;
        match header["op"].as_str() {
            Some("hello") => writeln!(output, "{}", hello::reply())?,
            Some("compile") => {
                let length = header["text"]
                    .as_u64()
                    .ok_or_else(|| malformed("compile without a text length"))?;
                // Allocated anew for an outsized text only, so that one does not stay for ever.
                text.clear();
                text.shrink_to(1 << 20);
                input.by_ref().take(length).read_to_end(&mut text)?;
                if (text.len() as u64) < length {
                    return Err(malformed("the text ends early"));
                }
                let text =
                    std::str::from_utf8(&text).map_err(|_| malformed("the text is not UTF-8"))?;
                let reply = compiler.compile(&Request::from_header(&header, text));
                reply.write_to(&mut output)?;
            }
            _ => return Err(malformed("request without a known op")),
        }
        output.flush()?;
    }
}

fn malformed(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}
