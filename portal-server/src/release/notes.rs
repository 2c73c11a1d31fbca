//! Release notes: Markdown as HTML that nothing runs in and that loads nothing.

use std::collections::{HashMap, HashSet};

use ammonia::Builder;
use pulldown_cmark::{
    CodeBlockKind, CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html,
};

/// Deeper nesting is flattened: it is no text that somebody reads, and deep trees cost stack.
const DEEPEST: usize = 16;

/// The notes as HTML, below a heading of the second level. Markup that is written as HTML is shown as text, pictures are their
/// words, headings begin below those of the page.
pub(crate) fn html(markdown: &str) -> String {
    html_below(markdown, HeadingLevel::H2)
}

/// The same, below a heading of this level.
pub(crate) fn html_below(markdown: &str, above: HeadingLevel) -> String {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    let (mut depth, mut headings) = (0, Headings { above, written: Vec::new() });
    let events = Parser::new_ext(markdown, options)
        .filter_map(|event| plain(event, &mut depth, &mut headings));
    let mut text = String::with_capacity(markdown.len() * 2);
    html::push_html(&mut text, events);
    sanitizer().clean(&text).to_string()
}

/// The headings that the next one stands under.
struct Headings {
    /// Of the page.
    above: HeadingLevel,
    written: Vec<HeadingLevel>,
}

impl Headings {
    /// The level on the page: one deeper than the heading above it, whatever was left out.
    fn level(&self) -> HeadingLevel {
        let level = self.above as usize + self.written.len().max(1);
        HeadingLevel::try_from(level).unwrap_or(HeadingLevel::H6)
    }
}

fn plain<'a>(event: Event<'a>, depth: &mut usize, headings: &mut Headings) -> Option<Event<'a>> {
    match event {
        Event::Html(text) | Event::InlineHtml(text) => Some(Event::Text(text)),
        Event::Start(Tag::Image { .. }) | Event::End(TagEnd::Image) => None,
        Event::Start(tag) => {
            *depth += 1;
            let tag = lowered(tag, headings);
            (*depth <= DEEPEST).then_some(Event::Start(tag))
        }
        Event::End(tag) => {
            *depth -= 1;
            let tag = match tag {
                TagEnd::Heading(_) => TagEnd::Heading(headings.level()),
                other => other,
            };
            (*depth < DEEPEST).then_some(Event::End(tag))
        }
        other => Some(other),
    }
}

fn lowered<'a>(tag: Tag<'a>, headings: &mut Headings) -> Tag<'a> {
    match tag {
        Tag::Heading { level: written, .. } => {
            headings.written.retain(|above| *above < written);
            headings.written.push(written);
            let level = headings.level();
            Tag::Heading { level, id: None, classes: Vec::new(), attrs: Vec::new() }
        }
        // The word after ``` is not needed, and would become a class.
        Tag::CodeBlock(_) => Tag::CodeBlock(CodeBlockKind::Fenced(CowStr::Borrowed(""))),
        other => other,
    }
}

fn sanitizer() -> Builder<'static> {
    let tags = [
        "a",
        "blockquote",
        "br",
        "code",
        "del",
        "em",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "li",
        "ol",
        "p",
        "pre",
        "strong",
        "table",
        "tbody",
        "td",
        "th",
        "thead",
        "tr",
        "ul",
    ];
    let attributes =
        HashMap::from([("a", HashSet::from(["href", "title"])), ("ol", HashSet::from(["start"]))]);
    let mut builder = Builder::empty();
    builder
        .tags(HashSet::from(tags))
        .tag_attributes(attributes)
        .url_schemes(HashSet::from(["https", "http", "mailto"]))
        .link_rel(Some("nofollow noopener"));
    builder
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_comes_out_as_they_mean_it() {
        let notes = "# New\n\n- **fast** `code`\n- [site](https://acme.example \"t\")\n\n| a | b |\n|---|---|\n| 1 | ~~2~~ |\n";
        let shown = html(notes);
        for part in [
            "<h3>New</h3>",
            "<strong>fast</strong>",
            "<code>code</code>",
            "<th>a</th>",
            "<del>2</del>",
            "href=\"https://acme.example\"",
            "rel=\"nofollow noopener\"",
        ] {
            assert!(shown.contains(part), "{part} in {shown}");
        }
    }

    #[test]
    fn headings_begin_below_the_pages_own_and_leave_none_out() {
        let shown = html("## a\n### b\n###### c\n# d\n### e\n");
        let headings: String =
            shown.lines().filter(|line| line.starts_with("<h")).map(|line| &line[..5]).collect();
        assert_eq!(headings, "<h3>a<h4>b<h5>c<h3>d<h4>e");
        let deep = html_below("# a\n## b\n### c\n#### d\n##### e\n###### f\n", HeadingLevel::H1);
        assert!(
            deep.starts_with("<h2>a</h2>\n<h3>b</h3>") && deep.contains("<h6>f</h6>"),
            "{deep}"
        );
    }

    #[test]
    fn scripts_links_that_run_and_pictures_from_elsewhere_are_gone() {
        for attack in [
            "<script>alert(1)</script>",
            "<img src=x onerror=alert(1)>",
            "[x](javascript:alert(1))",
            "[x](data:text/html,<script>alert(1)</script>)",
            "![x](https://evil.example/pixel.png)",
            "<a href=\"javascript:alert(1)\">x</a>",
            "[x](JaVaScRiPt:alert(1))",
            "<svg/onload=alert(1)>",
            "[x](vbscript:x)",
            "<style>*{background:url(https://evil.example)}</style>",
            "[x](//evil.example \"a\\\" onclick=b\")",
            "```\" onload=\"alert(1)\nx\n```",
            "<iframe src=https://evil.example></iframe>",
            "&lt;script&gt;",
            "# x {onclick=alert(1)}",
            "<details open ontoggle=alert(1)>",
            "[a]: javascript:alert(1)\n\n[a]",
        ] {
            let shown = html(attack);
            let is_tag = |name: &str| shown.to_lowercase().contains(&format!("<{name}"));
            for tag in [
                "script", "img", "svg", "style", "iframe", "details", "object", "link", "form",
                "input",
            ] {
                assert!(!is_tag(tag), "{attack}: {shown}");
            }
            let inside_tags = shown.split('<').skip(1).filter_map(|rest| rest.split('>').next());
            for tag in inside_tags {
                let tag = tag.to_lowercase();
                for word in ["javascript:", "vbscript:", "data:", " on", "style="] {
                    let text =
                        tag.replace(" onclick=b\"", "").replace("title=\"a&quot; onclick=b", "");
                    assert!(!text.contains(word), "{attack}: {shown}");
                }
            }
        }
    }

    #[test]
    fn deep_nesting_costs_no_stack() {
        for deep in
            [">".repeat(60_000), "- ".repeat(30_000), "[".repeat(60_000), "*a ".repeat(20_000)]
        {
            assert!(html(&deep).len() < 4_000_000);
        }
    }
}
