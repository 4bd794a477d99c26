//! Which shapes of Cranelift's metadata this build sees, by the version in Cargo.lock. Cargo writes the lock before
//! it runs build scripts and tells them of no dependency's version in any other way.

use std::{env, fs, path::PathBuf};

/// First minor version (0.N) that calls a call's relocation `RiscvCallPlt` and not `RiscvCall`.
const CALL_PLT: u32 = 102;
/// First whose call sites carry exception handlers as (tag, offset) pairs.
const HANDLER_PAIRS: u32 = 120;
/// First whose handlers are an enum.
const HANDLER_ENUM: u32 = 123;
/// First whose call sites say how far sp lies below fp.
const FRAME_OFFSET: u32 = 124;
/// First that reports the frame on the buffer and not as a field of the compiled code.
const FRAME_LAYOUT: u32 = 125;
/// First whose metadata has the same types before and after a function's end.
const ONE_PHASE: u32 = 137;

fn main() {
    let directory = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let lock_path = directory.join("Cargo.lock");
    println!("cargo:rerun-if-changed={}", lock_path.display());
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rustc-check-cfg=cfg(handlers, values(\"none\", \"pairs\", \"enum\"))");
    println!("cargo:rustc-check-cfg=cfg(call_plt)");
    println!("cargo:rustc-check-cfg=cfg(frame_offset)");
    println!("cargo:rustc-check-cfg=cfg(frame_layout)");
    println!("cargo:rustc-check-cfg=cfg(one_phase)");

    let lock = fs::read_to_string(&lock_path).expect("Cargo.lock beside Cargo.toml");
    let version = locked_version(&lock).expect("cranelift-codegen in Cargo.lock");
    println!("cargo:rustc-env=CRANELIFT_VERSION={version}");
    let minor: u32 = version
        .split('.')
        .nth(1)
        .and_then(|text| text.parse().ok())
        .expect("a version 0.N.P");
    let handlers = match minor {
        HANDLER_ENUM.. => "enum",
        HANDLER_PAIRS.. => "pairs",
        _ => "none",
    };
    println!("cargo:rustc-cfg=handlers=\"{handlers}\"");
    if minor >= CALL_PLT {
        println!("cargo:rustc-cfg=call_plt");
    }
    if minor >= FRAME_OFFSET {
        println!("cargo:rustc-cfg=frame_offset");
    }
    if minor >= FRAME_LAYOUT {
        println!("cargo:rustc-cfg=frame_layout");
    }
    if minor >= ONE_PHASE {
        println!("cargo:rustc-cfg=one_phase");
    }
}

fn locked_version(lock: &str) -> Option<&str> {
    let mut lines = lock.lines();
    lines.find(|line| *line == "name = \"cranelift-codegen\"")?;
    lines
        .next()?
        .strip_prefix("version = \"")?
        .strip_suffix('"')
}
