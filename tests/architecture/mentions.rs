//! Every path that the sources name, resolved to one of our modules or to somebody else's crate.
//!
//! 1. Seen are `use` trees (each leaf on its own, re-exports too), paths in code and types, paths inside macro calls
//!    and attributes (`#[serde(with = "crate::…")]` as well), `extern crate`, and module declarations.
//! 2. `crate::`, `self::` and `super::` lead to the same absolute path of ours; so does `minuted::` in `main.rs`.
//! 3. Code under `#[cfg(test)]` is marked, also where a parent file declares `#[cfg(test)] mod child;`.

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, ItemExternCrate, ItemMod, ItemUse, Path, UseTree, VisRestricted};

/// A file of the crate: its path from the root (`src/log/mod.rs`) and its text.
pub(crate) struct Source {
    pub(crate) file: String,
    pub(crate) text: String,
}

/// One path named at one place.
pub(crate) struct Mention {
    pub(crate) file: String,
    pub(crate) line: usize,
    /// The module it stands in, from the crate's root, which is empty for `lib.rs` and `main` for the binary.
    pub(crate) from: Vec<String>,
    pub(crate) named: Named,
    pub(crate) in_test: bool,
}

pub(crate) enum Named {
    /// A path of this crate, from its root.
    Ours(Vec<String>),
    /// Anything else: another crate's path, or a name in scope.
    Theirs(Vec<String>),
}

/// # Panics
/// On a file that does not parse, with its name.
pub(crate) fn mentions(sources: &[Source]) -> Vec<Mention> {
    let mut all = Vec::new();
    let mut tests = Vec::new();
    for source in sources {
        let parsed = syn::parse_file(&source.text).unwrap_or_else(|e| panic!("{}: {e}", source.file));
        let mut walk = Walk {
            file: &source.file,
            scope: module_of(&source.file),
            in_test: is_test(&parsed.attrs),
            found: &mut all,
            test_files: &mut tests,
        };
        walk.visit_file(&parsed);
    }
    for mention in &mut all {
        mention.in_test |= tests.iter().any(|test| mention.from.starts_with(test));
    }
    all
}

fn module_of(file: &str) -> Vec<String> {
    let inner = file.trim_start_matches("src/").trim_end_matches(".rs");
    let mut module: Vec<String> = inner.split('/').map(str::to_owned).collect();
    if module.last().is_some_and(|last| last == "mod") || inner == "lib" {
        module.pop();
    }
    module
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().filter(|a| a.path().is_ident("cfg")).any(|a| {
        let condition = a.meta.require_list().map(|list| list.tokens.to_string()).unwrap_or_default();
        let mut words = condition.split(|c: char| !c.is_alphanumeric());
        words.clone().any(|word| word == "test") && words.all(|word| word != "not")
    })
}

struct Walk<'a> {
    file: &'a str,
    scope: Vec<String>,
    in_test: bool,
    found: &'a mut Vec<Mention>,
    test_files: &'a mut Vec<Vec<String>>,
}

impl Walk<'_> {
    fn note(&mut self, path: Vec<String>, span: Span) {
        let named = match self.resolve(&path) {
            Some(ours) => Named::Ours(ours),
            None => Named::Theirs(path),
        };
        self.found.push(Mention {
            file: self.file.to_owned(),
            line: span.start().line,
            from: self.scope.clone(),
            named,
            in_test: self.in_test,
        });
    }

    /// The absolute path, if it is one of ours. In the binary `crate` is the binary itself, and only there `minuted`
    /// is the library: elsewhere it is the package of the schema.
    fn resolve(&self, path: &[String]) -> Option<Vec<String>> {
        let first = path.first()?.as_str();
        let binary = self.file == "src/main.rs";
        let supers = path.iter().take_while(|segment| *segment == "super").count();
        let (base, skipped) = match first {
            "minuted" if binary => (&[][..], 1),
            _ if binary => return None,
            "crate" => (&[][..], 1),
            "self" => {
                let more = path[1..].iter().take_while(|segment| *segment == "super").count();
                (&self.scope[..self.scope.len().saturating_sub(more)], 1 + more)
            }
            "super" => (&self.scope[..self.scope.len().saturating_sub(supers)], supers),
            _ => return None,
        };
        Some(base.iter().chain(&path[skipped..]).cloned().collect())
    }

    fn leaves(&mut self, tree: &UseTree, prefix: &[String]) {
        let with = |name: String| [prefix, &[name]].concat();
        match tree {
            UseTree::Path(path) => self.leaves(&path.tree, &with(path.ident.to_string())),
            UseTree::Name(name) if name.ident == "self" => self.note(prefix.to_vec(), name.ident.span()),
            UseTree::Name(name) => self.note(with(name.ident.to_string()), name.ident.span()),
            UseTree::Rename(name) if name.ident == "self" => self.note(prefix.to_vec(), name.ident.span()),
            UseTree::Rename(name) => self.note(with(name.ident.to_string()), name.ident.span()),
            UseTree::Glob(glob) => self.note(with("*".to_owned()), glob.star_token.spans[0]),
            UseTree::Group(group) => group.items.iter().for_each(|item| self.leaves(item, prefix)),
        }
    }

    /// Tokens are not parsed: every `a::b::c` in them counts as a path.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut colons = 0;
        let mut span = Span::call_site();
        for token in tokens {
            match &token {
                TokenTree::Punct(punct) if punct.as_char() == ':' => {
                    colons += 1;
                    continue;
                }
                TokenTree::Ident(ident) if colons == 2 && !path.is_empty() => path.push(ident.to_string()),
                TokenTree::Ident(ident) => {
                    self.note_tokens(std::mem::replace(&mut path, vec![ident.to_string()]), span);
                    span = ident.span();
                }
                TokenTree::Group(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => {
                    self.note_tokens(std::mem::take(&mut path), span);
                }
            }
            colons = 0;
            match token {
                TokenTree::Group(group) => self.tokens(group.stream()),
                TokenTree::Literal(literal) => self.text(&literal.to_string(), literal.span()),
                TokenTree::Ident(_) | TokenTree::Punct(_) => {}
            }
        }
        self.note_tokens(path, span);
    }

    fn text(&mut self, literal: &str, span: Span) {
        let text = literal.trim_matches('"');
        if text.starts_with("crate::") {
            self.note_tokens(text.split("::").map(str::to_owned).collect(), span);
        }
    }

    /// A lone word among tokens may be anything, so only a real path counts.
    fn note_tokens(&mut self, path: Vec<String>, span: Span) {
        if path.len() > 1 {
            self.note(path, span);
        }
    }
}

impl<'ast> Visit<'ast> for Walk<'_> {
    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        item.attrs.iter().for_each(|attribute| self.visit_attribute(attribute));
        let test = is_test(&item.attrs);
        let before = (self.scope.clone(), self.in_test);
        self.scope.push(item.ident.to_string());
        self.in_test |= test;
        self.note(vec!["self".to_owned()], item.ident.span());
        match &item.content {
            Some((_, items)) => items.iter().for_each(|inner| self.visit_item(inner)),
            None if test => self.test_files.push(self.scope.clone()),
            None => {}
        }
        (self.scope, self.in_test) = before;
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        self.leaves(&item.tree, &[]);
    }

    fn visit_item_extern_crate(&mut self, item: &'ast ItemExternCrate) {
        self.note(vec![item.ident.to_string()], item.ident.span());
    }

    fn visit_path(&mut self, path: &'ast Path) {
        let segments: Vec<_> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if let Some(last) = path.segments.last() {
            self.note(segments, last.ident.span());
        }
        visit::visit_path(self, path);
    }

    fn visit_token_stream(&mut self, tokens: &'ast TokenStream) {
        self.tokens(tokens.clone());
    }

    fn visit_vis_restricted(&mut self, _: &'ast VisRestricted) {}
}
