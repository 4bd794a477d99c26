//! What this Cranelift is and which settings and flags it knows, from its own descriptors.

use cranelift_codegen::isa;
use cranelift_codegen::settings::{self, Setting, SettingKind, Value};
use serde_json::{json, Value as Json};

use crate::configuration::TARGET;

/// One line of JSON, without its newline.
pub fn reply() -> String {
    let builder = isa::lookup_by_name(TARGET).expect("the backend is compiled in");
    let shared: Vec<Setting> = settings::builder().iter().collect();
    let flags: Vec<Setting> = builder.iter().collect();
    let isa = builder
        .finish(settings::Flags::new(settings::builder()))
        .expect("the default settings are legal");
    let shared_defaults: Vec<Value> = isa.flags().iter().collect();
    json!({
        "version": env!("CRANELIFT_VERSION"),
        "target": TARGET,
        "chaos": cfg!(feature = "chaos"),
        "debugAssertions": cfg!(debug_assertions),
        "shared": describe(&shared, &shared_defaults),
        "isa": describe(&flags, &isa.isa_flags()),
    })
    .to_string()
}

fn describe(settings: &[Setting], defaults: &[Value]) -> Vec<Json> {
    settings
        .iter()
        .map(|setting| {
            let kind = match setting.kind {
                SettingKind::Enum => "enum",
                SettingKind::Num => "number",
                SettingKind::Bool => "bool",
                SettingKind::Preset => "preset",
            };
            let default = defaults
                .iter()
                .find(|value| value.name == setting.name)
                .map(Value::value_string);
            json!({
                "name": setting.name,
                "kind": kind,
                "values": setting.values.unwrap_or(&[]),
                "default": default,
                "description": setting.description,
            })
        })
        .collect()
}
