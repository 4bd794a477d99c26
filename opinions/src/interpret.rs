//! Cranelift's own interpreter.

use std::error::Error;

use cranelift_codegen::data_value::DataValue;
use cranelift_codegen::ir::Function;
use cranelift_interpreter::environment::FunctionStore;
use cranelift_interpreter::interpreter::{Interpreter, InterpreterError, InterpreterState};
use cranelift_interpreter::step::{ControlFlow, CraneliftTrap};

use crate::answer::{widened, Answer, Bits};
use crate::panics;

/// Instructions before it gives up.
const FUEL: u64 = 5_000_000;

pub fn run(functions: &[Function], entry: &Function, inputs: &[Vec<Bits>]) -> Vec<Answer> {
    let mut store = FunctionStore::default();
    for function in functions {
        store.add(function.name.to_string(), function);
    }
    let one = |input: &Vec<Bits>| {
        panics::catch(|| run_one(&store, entry, input)).unwrap_or_else(Answer::Panicked)
    };
    inputs.iter().map(one).collect()
}

fn run_one(store: &FunctionStore, entry: &Function, input: &[Bits]) -> Answer {
    let params = &entry.signature.params;
    let mut arguments = Vec::with_capacity(params.len());
    for (param, bits) in params.iter().zip(input) {
        let ty = param.value_type;
        let Some(bytes) = widened(bits, ty.bytes() as usize) else {
            return Answer::Unsupported(format!("an argument wider than {ty}"));
        };
        arguments.push(DataValue::read_from_slice_le(&bytes, ty));
    }
    if arguments.len() != params.len() {
        return Answer::Unsupported("too few arguments".to_string());
    }
    let state = InterpreterState::default().with_function_store(store.clone());
    let mut interpreter = Interpreter::new(state).with_fuel(Some(FUEL));
    match interpreter.call_by_name(&entry.name.to_string(), &arguments) {
        Ok(ControlFlow::Return(values)) => Answer::Returned(values.iter().map(bits_of).collect()),
        Ok(ControlFlow::Trap(CraneliftTrap::User(code))) => Answer::Trapped(code.to_string()),
        Ok(ControlFlow::Trap(trap)) => Answer::Unsupported(format!("it stopped: {trap}")),
        Ok(flow) => Answer::Unsupported(format!("it stopped with {flow:?}")),
        Err(InterpreterError::FuelExhausted) => Answer::Endless(format!("{FUEL} instructions")),
        Err(error) => Answer::Unsupported(causes(&error)),
    }
}

fn bits_of(value: &DataValue) -> Bits {
    let mut bytes = vec![0; value.ty().bytes() as usize];
    value.write_to_slice_le(&mut bytes);
    bytes
}

/// The error with what it was made from: `failed to interpret instruction: failed to access memory: …`.
fn causes(error: &InterpreterError) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}
