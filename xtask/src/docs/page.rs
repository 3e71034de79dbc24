//! A page of the documentation: its code blocks, and the comments that say how each is run.

use anyhow::{Result, bail, ensure};

const FENCE: &str = "```";

/// A fenced block, with what the comments before it say.
#[derive(Debug, Default, PartialEq)]
pub struct Block {
    pub language: String,
    pub text: String,
    /// Where it begins on the page, from 1.
    pub line: usize,
    /// `<!-- run: … -->`: shell that prepares what the block takes for granted.
    pub before: String,
    /// `<!-- not run: … -->`: why.
    pub not_run: Option<String>,
    /// `<!-- needs: … -->`, of this block and of all before it on the page.
    pub needs: Vec<String>,
    /// Nothing but white space and comments lies between it and the block before.
    pub follows: bool,
}

#[derive(Debug, Default)]
pub struct Page {
    pub blocks: Vec<Block>,
    /// The page without its blocks and comments, line for line.
    pub prose: Vec<String>,
}

impl Page {
    pub fn parse(text: &str) -> Result<Page> {
        let mut page = Page::default();
        let mut next = Block::default();
        let mut lines = (1..).zip(text.lines());
        while let Some((number, line)) = lines.next() {
            let code = line.trim_start();
            page.prose.push(String::new());
            if let Some(language) = code.strip_prefix(FENCE) {
                language.trim().clone_into(&mut next.language);
                ensure!(!next.language.is_empty(), "line {number}: the block names no language");
                next.line = number;
                let indent = line.len() - code.len();
                loop {
                    let Some((_, line)) = lines.next() else {
                        bail!("line {number}: the block has no end");
                    };
                    page.prose.push(String::new());
                    if line.trim() == FENCE {
                        break;
                    }
                    // What a list item indents is not the block's own.
                    next.text += line.get(indent..).unwrap_or_else(|| line.trim_start());
                    next.text.push('\n');
                }
                let needs = next.needs.clone();
                page.blocks.push(std::mem::take(&mut next));
                (next.needs, next.follows) = (needs, true);
            } else if let Some(begun) = code.strip_prefix("<!--") {
                let mut comment = begun.to_owned();
                while !comment.contains("-->") {
                    let Some((_, line)) = lines.next() else {
                        bail!("line {number}: the comment has no end");
                    };
                    page.prose.push(String::new());
                    comment += "\n";
                    comment += line;
                }
                let (comment, _) = comment.split_once("-->").unwrap_or_default();
                next.note(comment.trim());
            } else if !code.is_empty() {
                ensure!(!next.is_noted(), "line {number}: a comment on a block is before no block");
                next.follows = false;
                line.clone_into(page.prose.last_mut().unwrap_or(&mut String::new()));
            }
        }
        ensure!(!next.is_noted(), "the last comment is before no block");
        Ok(page)
    }
}

impl Block {
    fn note(&mut self, comment: &str) {
        if let Some(shell) = comment.strip_prefix("run:") {
            self.before += shell.trim();
            self.before.push('\n');
        } else if let Some(reason) = comment.strip_prefix("not run:") {
            self.not_run = Some(reason.trim().to_owned());
        } else if let Some(what) = comment.strip_prefix("needs:") {
            self.needs.extend(what.split(',').map(|it| it.trim().to_owned()));
        }
    }

    fn is_noted(&self) -> bool {
        !self.before.is_empty() || self.not_run.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_found_with_their_comments_and_without_their_indent() {
        let page = Page::parse(
            "# A\n\n<!-- run: a=1\nb=2 -->\n```sh\necho $a\n```\n\n<!-- measured -->\n```json\n{}\n\
             ```\nwords\n\n<!-- needs: models -->\n<!-- not run: it asks a person -->\n- item\n",
        );
        assert_eq!(
            page.unwrap_err().to_string(),
            "line 17: a comment on a block is before no block"
        );
        let page = Page::parse(
            "# A\n<!-- run: a=1\nb=2 -->\n```sh\necho $a\n```\n\n<!-- measured -->\n```json\n{}\n\
             ```\n- item\n\n  <!-- needs: models -->\n  <!-- not run: slow -->\n  ```text\n  x\n    \
             y\n\n  ```\n",
        )
        .unwrap();
        let [shell, json, text] = &page.blocks[..] else { panic!("{page:?}") };
        assert_eq!((shell.before.as_str(), shell.text.as_str()), ("a=1\nb=2\n", "echo $a\n"));
        assert_eq!((shell.line, shell.follows, json.follows), (4, false, true));
        assert_eq!((text.text.as_str(), text.follows), ("x\n  y\n\n", false));
        assert_eq!(text.not_run.as_deref(), Some("slow"));
        assert!(json.needs.is_empty() && text.needs == ["models"]);
        assert_eq!(page.prose.join("\n").trim(), "# A\n\n\n\n\n\n\n\n\n\n\n- item");
    }

    #[test]
    fn needs_hold_to_the_end_of_the_page() {
        let page = Page::parse("<!-- needs: models -->\n```sh\na\n```\nwords\n```sh\nb\n```\n");
        assert_eq!(page.unwrap().blocks[1].needs, ["models"]);
    }

    #[test]
    fn what_is_not_whole_is_rejected() {
        for bad in
            ["```sh\na", "```\na\n```", "<!-- run: a", "<!-- run: a -->", "<!-- not run: b -->\nx"]
        {
            assert!(Page::parse(bad).is_err(), "{bad}");
        }
    }
}
