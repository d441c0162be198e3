//! The paths that a source file names: in `use` statements and written out, code of macros and of
//! tests included, comments and strings not.

use std::{fmt, iter::Peekable};

use proc_macro2::{Delimiter, TokenStream, TokenTree, token_stream::IntoIter};

/// A path, from the crate's root if it leads into our own modules.
pub(super) struct Import {
    path: Vec<String>,
    line: usize,
}

impl Import {
    /// Our own top-level module that the path leads to; none for other crates.
    pub(super) fn module(&self) -> Option<&str> {
        match self.path.as_slice() {
            [root, module, ..] if root == "crate" => Some(module),
            _ => None,
        }
    }

    /// The path below the crate's root; empty for other crates.
    pub(super) fn path_of_modules(&self) -> &[String] {
        match self.path.as_slice() {
            [root, modules @ ..] if root == "crate" => modules,
            _ => &[],
        }
    }

    /// Whether some part of the path has that name.
    pub(super) fn names(&self, name: &str) -> bool {
        self.path.iter().any(|part| part == name)
    }

    /// Whether the path is `beginning` or lies below it.
    pub(super) fn begins_with(&self, beginning: &str) -> bool {
        let mut path = self.path.iter();
        beginning
            .split("::")
            .all(|part| path.next().is_some_and(|it| it == part))
    }
}

impl fmt::Display for Import {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} uses {}", self.line, self.path.join("::"))
    }
}

/// All paths of more than one part in the file at `path` below `src`, and all `use`s of whole crates.
pub(super) fn imports(path: &str, text: &str) -> Vec<Import> {
    let tokens: TokenStream = text.parse().expect(path);
    let stem = path.trim_end_matches(".rs");
    let mut module: Vec<_> = stem.split('/').map(str::to_owned).collect();
    if matches!(stem, "lib" | "main") {
        module.clear();
    }
    let mut reader = Reader {
        module,
        found: Vec::new(),
    };
    reader.read(tokens);
    reader.found
}

struct Reader {
    /// Where the tokens stand, from the crate's root.
    module: Vec<String>,
    found: Vec<Import>,
}

impl Reader {
    fn read(&mut self, tokens: TokenStream) {
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            match token {
                TokenTree::Ident(word) if word == "use" => {
                    self.tree(Vec::new(), &mut tokens);
                }
                TokenTree::Ident(word) if word == "mod" => {
                    let name = tokens.next().map(|name| name.to_string());
                    if let Some(TokenTree::Group(body)) = tokens.peek() {
                        let body = body.stream();
                        tokens.next();
                        self.module.extend(name);
                        self.read(body);
                        self.module.pop();
                    }
                }
                TokenTree::Ident(word) => {
                    let line = word.span().start().line;
                    let mut path = vec![word.to_string()];
                    while separator(&mut tokens) {
                        match tokens.peek() {
                            Some(TokenTree::Ident(next)) => path.push(next.to_string()),
                            _ => break,
                        }
                        tokens.next();
                    }
                    if path.len() > 1 {
                        self.note(path, line);
                    }
                }
                TokenTree::Group(group) => self.read(group.stream()),
                TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
        }
    }

    /// Everything that one branch of a `use` leads to.
    fn tree(&mut self, mut path: Vec<String>, tokens: &mut Peekable<IntoIter>) {
        let mut line = 0;
        while let Some(token) = tokens.next() {
            match token {
                TokenTree::Ident(word) if word == "as" => {
                    tokens.next();
                }
                TokenTree::Ident(word) => {
                    line = word.span().start().line;
                    path.push(word.to_string());
                }
                TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                    let mut branches = group.stream().into_iter().peekable();
                    while branches.peek().is_some() {
                        self.tree(path.clone(), &mut branches);
                    }
                    path.clear();
                }
                TokenTree::Punct(sign) if matches!(sign.as_char(), ',' | ';') => break,
                _ => {}
            }
        }
        if !path.is_empty() {
            self.note(path, line);
        }
    }

    /// Notes a path with `self` and `super` resolved.
    fn note(&mut self, path: Vec<String>, line: usize) {
        let ups = path.iter().take_while(|part| *part == "super").count();
        let rest = path.iter().skip(ups).cloned();
        let path = match path[0].as_str() {
            "super" => {
                let above = self.module.len().saturating_sub(ups);
                let root = std::iter::once("crate".to_owned());
                root.chain(self.module[..above].iter().cloned())
                    .chain(rest)
                    .collect()
            }
            // The library as `main` calls it.
            "tickbox" => std::iter::once("crate".to_owned())
                .chain(rest.skip(1))
                .collect(),
            _ => path,
        };
        self.found.push(Import { path, line });
    }
}

/// Takes `::` if it comes next.
fn separator(tokens: &mut Peekable<IntoIter>) -> bool {
    for _ in 0..2 {
        match tokens.peek() {
            Some(TokenTree::Punct(sign)) if sign.as_char() == ':' => tokens.next(),
            _ => return false,
        };
    }
    true
}
