//! Where the values of a function lie while its code runs, and which code each instruction became. Cranelift tells both
//! for debuggers (cranelift-codegen `ir/dfg.rs` `values_labels`, `machinst/vcode.rs` `compute_value_labels_ranges`).

use cranelift_codegen::entity::EntityRef;
use cranelift_codegen::ir::{
    Function, RelSourceLoc, SourceLoc, ValueLabel, ValueLabelAssignments, ValueLabelStart,
};

/// Gives each value a label of its own number, and the n-th instruction of the layout the source location n, from 1.
pub fn attach(func: &mut Function) {
    let blocks: Vec<_> = func.layout.blocks().collect();
    let mut values = Vec::new();
    let mut instructions = Vec::new();
    for &block in &blocks {
        values.extend_from_slice(func.dfg.block_params(block));
        for inst in func.layout.block_insts(block) {
            values.extend_from_slice(func.dfg.inst_results(inst));
            instructions.push(inst);
        }
    }
    for (index, inst) in instructions.into_iter().enumerate() {
        func.set_srcloc(inst, SourceLoc::new(index as u32 + 1));
    }
    func.dfg.collect_debug_info();
    if let Some(labels) = func.dfg.values_labels.as_mut() {
        for value in values {
            let start = ValueLabelStart {
                from: RelSourceLoc::default(),
                label: ValueLabel::new(value.index()),
            };
            labels.insert(value, ValueLabelAssignments::Starts(vec![start]));
        }
    }
}
