//! A lineage of decisions as a graph in the DOT language of Graphviz.
//!
//! 1. An arrow points from what rests on something to what it rests on, so that the oldest stands at the top.
//! 2. What is only possible is dashed; what is out of effect is grey.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{look, words};
use crate::proto::v1::{Decision, DecisionStatus, LineageLink, TraceDecisionResponse};

/// The graph of a lineage.
pub(crate) fn graph(trace: &TraceDecisionResponse) -> String {
    let mut out = String::from(
        "digraph lineage {\n  rankdir=BT;\n  node [shape=box, style=rounded, fontname=\"sans-serif\"];\n  edge [fontname=\"sans-serif\"];\n",
    );
    let steps = || trace.ancestors.iter().chain(&trace.descendants);
    let decisions = trace.decision.iter().chain(steps().filter_map(|step| step.decision.as_ref()));
    for decision in decisions {
        let is_asked = trace.decision.as_ref().is_some_and(|asked| asked.name == decision.name);
        let _ = writeln!(out, "  {} [{}];", quoted(&decision.name), attributes(decision, is_asked));
    }
    for ((from, to), kinds) in edges(steps().flat_map(|step| &step.links)) {
        let label = quoted(&kinds.join(", "));
        let _ = writeln!(out, "  {} -> {} [label={label}];", quoted(from), quoted(to));
    }
    out + "}\n"
}

/// One arrow for all links between two decisions.
fn edges<'a>(links: impl Iterator<Item = &'a LineageLink>) -> BTreeMap<(&'a str, &'a str), Vec<String>> {
    let mut edges: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
    for LineageLink { from, r#type, to } in links {
        let kinds = edges.entry((from, to)).or_default();
        let kind = words::word("LinkType", *r#type);
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    edges
}

fn attributes(decision: &Decision, is_asked: bool) -> String {
    let title = look::name(decision.title.as_ref());
    let status = words::any_of("DecisionStatus", &decision.statuses);
    let lines = [title, decision.taken.clone(), status, decision.name.clone()];
    let lines: Vec<String> = lines.into_iter().filter(|line| !line.is_empty()).collect();
    let mut attributes = format!("label={}", quoted(&lines.join("\n")));
    let is_over = |status: &i32| {
        *status == DecisionStatus::Superseded as i32 || *status == DecisionStatus::Lapsed as i32
    };
    if decision.statuses.len() > 1 {
        attributes += ", style=\"rounded,dashed\"";
    } else if decision.statuses.iter().all(is_over) {
        attributes += ", color=grey, fontcolor=grey";
    }
    if is_asked { attributes + ", penwidth=2" } else { attributes }
}

/// A string as DOT has it: a quote and a backslash are escaped, the end of a line is `\\n`.
fn quoted(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("\"{escaped}\"")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::v1::{DisplayName, LineageStep, LinkType};

    fn decision(id: &str, statuses: &[DecisionStatus]) -> Decision {
        let title = format!("The \"{id}\"");
        Decision {
            name: format!("decisions/{id}"),
            title: Some(DisplayName { text: title, ..Default::default() }),
            taken: "2011-04".into(),
            statuses: statuses.iter().map(|&status| status.into()).collect(),
            ..Default::default()
        }
    }

    fn link(from: &str, kind: LinkType, to: &str) -> LineageLink {
        LineageLink { from: format!("decisions/{from}"), r#type: kind.into(), to: format!("decisions/{to}") }
    }

    #[test]
    fn every_decision_is_a_box_and_every_link_an_arrow() {
        let step = |decision, links| LineageStep { decision: Some(decision), depth: 1, links };
        let trace = TraceDecisionResponse {
            decision: Some(decision("policy", &[DecisionStatus::InEffect])),
            ancestors: vec![step(
                decision("lisbon", &[DecisionStatus::Lapsed]),
                vec![
                    link("policy", LinkType::Implements, "lisbon"),
                    link("policy", LinkType::Follows, "lisbon"),
                ],
            )],
            descendants: vec![step(
                decision("menu", &[DecisionStatus::Intended, DecisionStatus::InEffect]),
                vec![link("menu", LinkType::PartOf, "policy")],
            )],
            answered_as_of: None,
        };
        insta::assert_snapshot!(graph(&trace), @r#"
        digraph lineage {
          rankdir=BT;
          node [shape=box, style=rounded, fontname="sans-serif"];
          edge [fontname="sans-serif"];
          "decisions/policy" [label="The \"policy\"\n2011-04\nin effect\ndecisions/policy", penwidth=2];
          "decisions/lisbon" [label="The \"lisbon\"\n2011-04\nlapsed\ndecisions/lisbon", color=grey, fontcolor=grey];
          "decisions/menu" [label="The \"menu\"\n2011-04\nPOSSIBLY intended or in effect\ndecisions/menu", style="rounded,dashed"];
          "decisions/menu" -> "decisions/policy" [label="part of"];
          "decisions/policy" -> "decisions/lisbon" [label="implements, follows"];
        }
        "#);
    }
}
