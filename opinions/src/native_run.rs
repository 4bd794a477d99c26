//! Code under test runs in a forked child that shares one page with its parent: whatever it does ends nobody else, and
//! a signal's handler can write down which trap it was and leave.

use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicU32, AtomicUsize, Ordering};

use crate::answer::{Answer, Bits};

/// A place in the code that traps on purpose.
pub struct Trap {
    pub address: usize,
    pub code: String,
}

const TIMEOUT_SECONDS: u32 = 10;
const SIGNAL_STACK_BYTES: usize = 64 << 10;

/// What the child says of itself, at the start of the shared memory.
const RUNNING: u32 = 0;
const RETURNED: u32 = 1;
/// Trap `i` of the table is TRAPPED + i.
const TRAPPED: u32 = 2;

/// The buffer begins here: values are loaded as aligned.
const BUFFER_OFFSET: usize = 64;

static STATE: AtomicPtr<AtomicU32> = AtomicPtr::new(ptr::null_mut());
static TRAPS: AtomicPtr<Trap> = AtomicPtr::new(ptr::null_mut());
static TRAP_COUNT: AtomicUsize = AtomicUsize::new(0);

/// Calls `code` with a buffer of `buffer_bytes` that begins with `arguments`; `results` reads what is left in it.
pub fn run(
    code: *const u8,
    arguments: &[u8],
    buffer_bytes: usize,
    traps: &[Trap],
    results: impl FnOnce(&[u8]) -> Vec<Bits>,
) -> Answer {
    let bytes = BUFFER_OFFSET + buffer_bytes.max(arguments.len());
    // SAFETY: a fresh anonymous mapping, checked below, unmapped before this function returns; the child that shares it
    // has been waited for by then. `code` is the trampoline, a C function of one pointer.
    unsafe {
        let shared = libc::mmap(
            ptr::null_mut(),
            bytes,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_SHARED | libc::MAP_ANONYMOUS,
            -1,
            0,
        );
        if shared == libc::MAP_FAILED {
            return Answer::Unsupported("no memory to share with a child".to_string());
        }
        let buffer = shared.cast::<u8>().add(BUFFER_OFFSET);
        ptr::copy_nonoverlapping(arguments.as_ptr(), buffer, arguments.len());
        STATE.store(shared.cast(), Ordering::SeqCst);
        TRAPS.store(traps.as_ptr().cast_mut(), Ordering::SeqCst);
        TRAP_COUNT.store(traps.len(), Ordering::SeqCst);
        let child = libc::fork();
        if child == 0 {
            prepare_child();
            let call: extern "C" fn(*mut u8) = std::mem::transmute(code);
            call(buffer);
            leave(RETURNED);
        }
        let answer = if child < 0 {
            Answer::Unsupported("no process to run it in".to_string())
        } else {
            let mut status = 0;
            while libc::waitpid(child, &mut status, 0) < 0 {}
            let state = (*shared.cast::<AtomicU32>()).load(Ordering::SeqCst);
            match state {
                RUNNING => how_it_ended(status),
                RETURNED => {
                    Answer::Returned(results(std::slice::from_raw_parts(buffer, buffer_bytes)))
                }
                trap => Answer::Trapped(traps[(trap - TRAPPED) as usize].code.clone()),
            }
        };
        libc::munmap(shared, bytes);
        answer
    }
}

fn how_it_ended(status: libc::c_int) -> Answer {
    if !libc::WIFSIGNALED(status) {
        return Answer::Crashed(format!("exit code {}", libc::WEXITSTATUS(status)));
    }
    match libc::WTERMSIG(status) {
        libc::SIGALRM => Answer::Endless(format!("{TIMEOUT_SECONDS} s")),
        libc::SIGSEGV => Answer::Crashed("SIGSEGV".to_string()),
        libc::SIGBUS => Answer::Crashed("SIGBUS".to_string()),
        libc::SIGILL => Answer::Crashed("SIGILL".to_string()),
        libc::SIGFPE => Answer::Crashed("SIGFPE".to_string()),
        libc::SIGABRT => Answer::Crashed("SIGABRT".to_string()),
        signal => Answer::Crashed(format!("signal {signal}")),
    }
}

/// SAFETY: in the child only.
unsafe fn prepare_child() {
    let no_core = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    libc::setrlimit(libc::RLIMIT_CORE as _, &no_core);
    // The code may overflow the stack that the handler would otherwise run on.
    let mut stack: libc::stack_t = std::mem::zeroed();
    stack.ss_sp = libc::mmap(
        ptr::null_mut(),
        SIGNAL_STACK_BYTES,
        libc::PROT_READ | libc::PROT_WRITE,
        libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
        -1,
        0,
    );
    stack.ss_size = SIGNAL_STACK_BYTES;
    libc::sigaltstack(&stack, ptr::null_mut());
    let mut action: libc::sigaction = std::mem::zeroed();
    let handler: extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut libc::c_void) = on_signal;
    action.sa_sigaction = handler as usize;
    // Reset at entry: where the handler knows no trap it returns, the instruction faults again and ends the child.
    action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_RESETHAND;
    for signal in [libc::SIGILL, libc::SIGFPE, libc::SIGSEGV, libc::SIGBUS] {
        libc::sigaction(signal, &action, ptr::null_mut());
    }
    libc::signal(libc::SIGALRM, libc::SIG_DFL);
    libc::alarm(TIMEOUT_SECONDS);
}

extern "C" fn on_signal(_: libc::c_int, _: *mut libc::siginfo_t, context: *mut libc::c_void) {
    let Some(pc) = faulting_pc(context) else {
        return;
    };
    // SAFETY: `run` stored a slice that outlives the child; this only reads memory and leaves.
    unsafe {
        let table = std::slice::from_raw_parts(
            TRAPS.load(Ordering::SeqCst),
            TRAP_COUNT.load(Ordering::SeqCst),
        );
        if let Some(index) = table.iter().position(|trap| trap.address == pc) {
            leave(TRAPPED + index as u32);
        }
    }
}

#[cfg(all(target_arch = "x86_64", target_os = "linux"))]
fn faulting_pc(context: *mut libc::c_void) -> Option<usize> {
    // SAFETY: the kernel hands a handler with SA_SIGINFO a ucontext_t.
    let context = unsafe { &*context.cast::<libc::ucontext_t>() };
    Some(context.uc_mcontext.gregs[libc::REG_RIP as usize] as usize)
}

#[cfg(not(all(target_arch = "x86_64", target_os = "linux")))]
fn faulting_pc(_: *mut libc::c_void) -> Option<usize> {
    None
}

/// SAFETY: in the child only, with STATE set.
unsafe fn leave(state: u32) -> ! {
    (*STATE.load(Ordering::SeqCst)).store(state, Ordering::SeqCst);
    libc::_exit(0)
}
