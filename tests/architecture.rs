//! The import table of the architecture: which module may name which, and which crates are fenced in.
//!
//! A breach is reported with its file, its line and the rule. Change the table only together with the design: a new
//! top-level module has to be entered here before anything may stand in it.
//!
//! 1. A module imports only what its row allows, in its tests too.
//! 2. A fenced crate or function is named only inside its fence; tests are free.
//! 3. A top-level module without a row is a breach, and so is a path through the crate's root to no module.

#[path = "architecture/mentions.rs"]
mod mentions;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use mentions::{Mention, Named, Source, mentions};

/// A row of the table. Its own module is always allowed; `lib.rs` only declares modules and has no row.
struct Row {
    module: &'static str,
    may: &'static [&'static str],
    /// More that it may import in some of its files only: (inside, what).
    lent: &'static [(&'static str, &'static str)],
}

const fn row(module: &'static str, may: &'static [&'static str]) -> Row {
    Row { module, may, lent: &[] }
}

const TABLE: &[Row] = &[
    row("position", &[]),
    row("proto", &[]),
    row("domain", &["position"]),
    row("log", &["position"]),
    row("wire", &["domain", "position", "proto"]),
    row("state", &["domain", "log", "wire", "position"]),
    row("recorder", &["domain", "log", "wire", "state", "position"]),
    row("projections", &["domain", "log", "wire", "state", "position"]),
    row("grpc", &["domain", "log", "wire", "state", "projections", "recorder", "position", "proto"]),
    row(
        "server",
        &["domain", "log", "wire", "state", "projections", "recorder", "grpc", "position", "proto"],
    ),
    Row {
        module: "cli",
        // The JSON of an import line and of an answer is one mapping, wherever it is read or written.
        may: &["proto", "log", "position", "wire::json", "server::config"],
        lent: &[("cli::serve", "server"), ("cli::demo", "server"), ("cli::log", "state::verify")],
    },
    row("main", &["cli", "server"]),
];

/// Names that only some modules may use. A single word is a crate; `Type::function` is met anywhere in a path.
struct Fence {
    names: &'static [&'static str],
    bounds: Bounds,
    why: &'static str,
}

enum Bounds {
    OnlyIn(&'static [&'static str]),
    NotIn(&'static [&'static str]),
}
use Bounds::{NotIn, OnlyIn};

const FENCES: &[Fence] = &[
    Fence {
        names: &["sled"],
        bounds: OnlyIn(&["projections::store"]),
        why: "it is never trusted, so one place guards against it",
    },
    Fence {
        names: &["icu_collator"],
        bounds: OnlyIn(&["projections::collation"]),
        why: "one place says in which order names are",
    },
    Fence {
        names: &["frostem", "unicode_normalization", "unicode_segmentation"],
        bounds: OnlyIn(&["projections::search"]),
        why: "how words are compared is one decision, and a query is taken apart as a text is",
    },
    Fence {
        names: &["SystemTime::now", "Timestamp::now", "ZonedDateTime::now"],
        bounds: OnlyIn(&["server::clock"]),
        why: "time is an argument, so that a test and a replay choose it",
    },
    Fence {
        names: &["rand", "rand_core", "getrandom", "fastrand"],
        bounds: OnlyIn(&["server", "cli::bench"]),
        why: "chance is an argument, so that a seed replays a run",
    },
    Fence {
        names: &[
            "tonic",
            "tonic_health",
            "tonic_prost",
            "tonic_reflection",
            "tonic_types",
            "tower",
            "hyper_util",
        ],
        bounds: OnlyIn(&["grpc", "server", "cli", "proto"]),
        why: "the transport stays at the edge",
    },
    Fence {
        names: &["tokio", "tokio_stream", "futures"],
        bounds: NotIn(&["domain", "wire"]),
        why: "what it does needs no waiting",
    },
    Fence {
        names: &["prost", "prost_reflect", "prost_types"],
        bounds: NotIn(&["domain", "log"]),
        why: "only wire knows how an event is encoded",
    },
    Fence {
        names: &["bytes", "std::fs", "std::io", "std::net", "std::thread"],
        bounds: NotIn(&["domain"]),
        why: "the rules do no I/O",
    },
];

/// Every breach in these sources, each once, in the order of files and lines.
fn breaches(sources: &[Source]) -> Vec<String> {
    let mut found = BTreeSet::new();
    let mut strays = BTreeSet::new();
    for mention in mentions(sources) {
        let Some(top) = mention.from.first() else { continue };
        let messages = match TABLE.iter().find(|row| row.module == top) {
            Some(row) => layering(row, &mention).into_iter().chain(fencing(&mention)).collect(),
            None if strays.insert(top.clone()) => vec![format!("`{top}` has no row in the import table")],
            None => Vec::new(),
        };
        found.extend(messages.into_iter().map(|message| (mention.file.clone(), mention.line, message)));
    }
    found.into_iter().map(|(file, line, message)| format!("{file}:{line} {message}")).collect()
}

fn layering(row: &Row, mention: &Mention) -> Option<String> {
    let Named::Ours(path) = &mention.named else { return None };
    let known = |module: &String| TABLE.iter().any(|row| row.module == module);
    let lent = |(inside, what): &(&str, &str)| within(&mention.from, inside) && within(path, what);
    if within(path, row.module) || row.may.iter().any(|may| within(path, may)) || row.lent.iter().any(lent) {
        None
    } else if path.first().is_some_and(known) {
        Some(format!("imports crate::{}: {}", path.join("::"), row.rule()))
    } else {
        let path = [&["crate".to_owned()], path.as_slice()].concat().join("::");
        Some(format!("imports {path}: name a module of the import table, not the crate's root"))
    }
}

impl Row {
    fn rule(&self) -> String {
        let always = self.may.iter().map(|&module| module.to_owned());
        let lent = self.lent.iter().map(|(inside, what)| format!("{what} in {inside}"));
        let may: Vec<String> = always.chain(lent).collect();
        let may = if may.is_empty() {
            "none of our modules".to_owned()
        } else {
            format!("only {}", may.join(", "))
        };
        format!("{} may import {may}", self.module)
    }
}

fn fencing(mention: &Mention) -> Vec<String> {
    let Named::Theirs(path) = &mention.named else { return Vec::new() };
    if mention.in_test {
        return Vec::new();
    }
    let inside = |modules: &[&str]| modules.iter().any(|module| within(&mention.from, module));
    let named = |fence: &&Fence| fence.names.iter().any(|name| mentioned(path, name));
    let breached = FENCES.iter().filter(named).filter(|fence| match fence.bounds {
        OnlyIn(modules) => !inside(modules),
        NotIn(modules) => inside(modules),
    });
    breached.map(|fence| format!("names {}: {}", path.join("::"), fence.rule())).collect()
}

impl Fence {
    fn rule(&self) -> String {
        let names = self.names.join(", ");
        match self.bounds {
            OnlyIn(modules) => format!("{names} only in {} ({})", modules.join(", "), self.why),
            NotIn(modules) => format!("{names} never in {} ({})", modules.join(", "), self.why),
        }
    }
}

/// Whether `path` is `prefix` or lies in it.
fn within(path: &[String], prefix: &str) -> bool {
    let mut path = path.iter();
    prefix.split("::").all(|segment| path.next().is_some_and(|own| own == segment))
}

fn mentioned(path: &[String], name: &str) -> bool {
    let starts = if name.contains("::") { path.len() } else { 1 };
    (0..starts).any(|start| within(&path[start..], name))
}

fn read(directory: &Path, root: &Path, into: &mut Vec<Source>) {
    for entry in fs::read_dir(directory).expect("src is readable") {
        let path = entry.expect("src is readable").path();
        if path.is_dir() {
            read(&path, root, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let file = path.strip_prefix(root).expect("it was found under the root").display().to_string();
            into.push(Source { file, text: fs::read_to_string(&path).expect("sources are UTF-8") });
        }
    }
}

#[test]
fn every_import_is_in_the_table() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources = Vec::new();
    read(&root.join("src"), root, &mut sources);
    let found = breaches(&sources);
    assert!(found.is_empty(), "{} breach(es) of the architecture:\n  {}", found.len(), found.join("\n  "));
}

mod the_checker {
    use super::{Source, breaches};

    fn check(files: &[(&str, &str)]) -> Vec<String> {
        let source = |(file, text): &(&str, &str)| Source { file: (*file).into(), text: (*text).into() };
        breaches(&files.iter().map(source).collect::<Vec<_>>())
    }

    /// One breach, with these words in it.
    fn one(file: &str, text: &str, words: &str) {
        let found = check(&[(file, text)]);
        assert_eq!(found.len(), 1, "{text:?} gave {found:?}");
        assert!(found[0].contains(words), "{found:?} lacks {words:?}");
    }

    fn none(file: &str, text: &str) {
        assert_eq!(check(&[(file, text)]), Vec::<String>::new(), "{text:?}");
    }

    #[test]
    fn names_file_line_and_rule() {
        assert_eq!(
            check(&[("src/domain/actor.rs", "use crate::position::Position;\n\nuse crate::log::Frame;\n")]),
            ["src/domain/actor.rs:3 imports crate::log::Frame: domain may import only position"]
        );
        one("src/position.rs", "use crate::log::Frame;", "position may import none of our modules");
    }

    #[test]
    fn lets_pass_what_the_table_allows() {
        none(
            "src/domain/actor.rs",
            "use crate::position::Position; use crate::domain::name; use super::fact::Fact;",
        );
        none("src/wire/mod.rs", "use crate::{domain::Fact, proto, position::Position}; use prost::Message;");
        none(
            "src/server/mod.rs",
            "use crate::grpc; use crate::projections::store::Store; use tonic::Status;",
        );
        none("src/projections/store/rows.rs", "use sled::Db;");
        none("src/server/clock.rs", "fn now() -> SystemTime { SystemTime::now() }");
        none("src/main.rs", "fn main() { minuted::cli::run() }");
        none("src/proto.rs", "pub mod minuted { pub mod v1 {} } pub use minuted::v1;");
        none("src/lib.rs", "pub mod log; pub mod proto { tonic::include_proto!(\"minuted.v1\"); }");
    }

    #[test]
    fn sees_every_leaf_of_a_nested_group_on_its_own_line() {
        let text = "use crate::{\n    position::Position,\n    log::{\n        Frame,\n        segment::{self, Footer as F},\n    },\n};";
        let found = check(&[("src/domain/mod.rs", text)]);
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(found[0].starts_with("src/domain/mod.rs:4 imports crate::log::Frame"), "{found:?}");
        assert!(found[1].starts_with("src/domain/mod.rs:5 imports crate::log::segment"), "{found:?}");
    }

    #[test]
    fn sees_re_exports_and_globs() {
        one("src/domain/mod.rs", "pub use crate::wire::envelope;", "crate::wire::envelope");
        one("src/state/mod.rs", "pub(crate) use crate::projections::*;", "crate::projections::*");
    }

    #[test]
    fn sees_paths_in_code_types_macros_and_attributes() {
        one("src/log/mod.rs", "fn f() { crate::domain::decide() }", "crate::domain::decide");
        one("src/log/mod.rs", "struct S { fact: Vec<crate::domain::Fact> }", "crate::domain::Fact");
        one("src/log/mod.rs", "fn f() { assert_eq!(1, [crate::domain::N]) }", "crate::domain::N");
        one("src/log/mod.rs", "macro_rules! m { () => { $crate::wire::encode() } }", "crate::wire::encode");
        one("src/log/mod.rs", "#[serde(with = \"crate::wire::json\")] struct S;", "crate::wire::json");
        one("src/wire/mod.rs", "#[tokio::test] async fn f() {}", "tokio::test");
    }

    #[test]
    fn is_not_fooled_by_other_ways_to_write_a_path() {
        one("src/domain/actor.rs", "use super::super::log::Frame;", "crate::log::Frame");
        one("src/domain/mod.rs", "use self::super::log::Frame;", "crate::log::Frame");
        one("src/domain/mod.rs", "mod a { use super::super::log::Frame; }", "crate::log::Frame");
        one("src/domain/mod.rs", "use crate as root;", "not the crate's root");
        one("src/domain/mod.rs", "use crate::{self as root};", "not the crate's root");
        one("src/domain/mod.rs", "use super::*;", "not the crate's root");
        one("src/domain/mod.rs", "use crate::Frame;", "not the crate's root");
    }

    #[test]
    fn lends_the_server_to_serve_and_demo_only() {
        none("src/cli/serve.rs", "use crate::server::run;");
        none("src/cli/demo/mod.rs", "use crate::server;");
        none("src/cli/record.rs", "use crate::server::config::Config;");
        one(
            "src/cli/record.rs",
            "use crate::server::{config::Config, run};",
            "server::config, server in cli::serve, server in cli::demo, state::verify in cli::log",
        );
        one("src/main.rs", "use minuted::domain::decide;", "main may import only cli, server");
    }

    #[test]
    fn fences_crates_and_clocks() {
        one("src/projections/runner.rs", "use sled::Db;", "sled only in projections::store");
        one(
            "src/grpc/actors.rs",
            "use icu_collator::Collator;",
            "icu_collator only in projections::collation",
        );
        one("src/state/mod.rs", "extern crate sled as db;", "names sled");
        one("src/wire/mod.rs", "fn f() -> ::tonic::Status { todo!() }", "names tonic::Status");
        one("src/domain/mod.rs", "use tokio::sync::{self};", "never in domain, wire");
        one("src/recorder.rs", "use rand::Rng;", "rand, rand_core");
        one("src/recorder.rs", "fn f() { std::time::SystemTime::now(); }", "only in server::clock");
        one(
            "src/grpc/mod.rs",
            "use jiff::ZonedDateTime as Z; fn f() { g(jiff::ZonedDateTime::now) }",
            "names jiff::Zoned",
        );
        one("src/domain/name.rs", "use std::fs::File;", "no I/O");
    }

    #[test]
    fn frees_tests_from_the_fences_but_not_from_the_table() {
        let test = "#[cfg(test)] mod tests { use rand::Rng; use crate::wire::encode; }";
        one("src/domain/mod.rs", test, "crate::wire::encode");
        one("src/domain/mod.rs", "#[cfg(not(test))] mod real { use rand::Rng; }", "names rand::Rng");
        let parent = ("src/log/mod.rs", "#[cfg(test)] mod contract;");
        assert_eq!(check(&[parent, ("src/log/contract.rs", "use rand::Rng;")]), Vec::<String>::new());
        one("src/log/contract.rs", "use rand::Rng;", "names rand::Rng");
    }

    #[test]
    fn refuses_a_top_level_module_without_a_row() {
        one("src/utils.rs", "use crate::log::Frame; use crate::wire::Fact;", "`utils` has no row");
        one("src/lib.rs", "pub mod log;\nmod misc {}", "src/lib.rs:2 `misc` has no row");
        one("src/lib.rs", "pub mod utils;", "src/lib.rs:1 `utils` has no row");
    }
}
