//! Modules of one folder that use each other in a circle.

use std::collections::{BTreeMap, BTreeSet};

use super::Source;

/// One circle of each folder whose modules use each other, however deep it lies.
pub(super) fn circles(sources: &[Source]) -> Vec<Vec<String>> {
    let modules: BTreeSet<_> = sources.iter().map(Source::path_of_modules).collect();
    let mut folders: BTreeMap<Vec<String>, Edges> = BTreeMap::new();
    for source in sources {
        let own = source.path_of_modules();
        for import in &source.imports {
            let to = import.path_of_modules();
            let shared = own.iter().zip(to).take_while(|(a, b)| a == b).count();
            // The parent may use its children, and they may use it; an item of the parent is no sibling.
            if own.len() > shared && to.len() > shared && modules.contains(&to[..=shared]) {
                let edges = folders.entry(own[..shared].to_vec()).or_default();
                let names = edges.entry(own[..=shared].join("::")).or_default();
                names.insert(to[..=shared].join("::"));
            }
        }
    }
    folders.values().filter_map(circle).collect()
}

/// The modules that each module uses.
type Edges = BTreeMap<String, BTreeSet<String>>;

fn circle(edges: &Edges) -> Option<Vec<String>> {
    let mut done = BTreeSet::new();
    edges
        .keys()
        .find_map(|start| walk(edges, &mut vec![start.clone()], &mut done))
}

/// Follows every way on from the last module of `way` until it meets one that it passed. What lies behind
/// the modules in `done` has been looked at.
fn walk(edges: &Edges, way: &mut Vec<String>, done: &mut BTreeSet<String>) -> Option<Vec<String>> {
    for next in edges.get(way.last()?).into_iter().flatten() {
        if let Some(start) = way.iter().position(|module| module == next) {
            let mut found = way.split_off(start);
            found.push(next.clone());
            return Some(found);
        }
        if !done.contains(next) {
            way.push(next.clone());
            if let Some(found) = walk(edges, way, done) {
                return Some(found);
            }
            done.extend(way.pop());
        }
    }
    None
}
