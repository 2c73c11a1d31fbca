//! What there is to say about each code: docs/errors.md, which is built in, so that page and command never differ.

const PAGE: &str = include_str!("../../../docs/errors.md");

/// The page of the documentation.
pub(crate) const PLACE: &str = "docs/errors.md";

/// One section of the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Section {
    /// What the code means.
    pub(crate) means: String,
    /// The sentence to tell the customer, where it concerns one.
    pub(crate) say: Option<String>,
    /// What to do then.
    pub(crate) then: Option<String>,
}

/// What the page says about a code.
pub(crate) fn section(code: &str) -> Option<Section> {
    let (_, rest) = PAGE.split_once(&format!("\n### {code}\n"))?;
    let end = ["\n### ", "\n## "].iter().filter_map(|heading| rest.find(heading)).min();
    let body = &rest[..end.unwrap_or(rest.len())];
    let paragraphs =
        body.split("\n\n").map(|text| plain(text.trim())).filter(|text| !text.is_empty());
    let mut section = Section { means: String::new(), say: None, then: None };
    for paragraph in paragraphs {
        if let Some(say) = paragraph.strip_prefix("Say: ") {
            section.say = Some(say.trim_matches('"').to_owned());
        } else if let Some(then) = paragraph.strip_prefix("Then: ") {
            section.then = Some(then.to_owned());
        } else if section.means.is_empty() {
            section.means = paragraph;
        }
    }
    Some(section)
}

/// Every code that the page explains.
#[cfg(test)]
fn all() -> Vec<&'static str> {
    PAGE.lines().filter_map(|line| line.strip_prefix("### ")).collect()
}

/// Without marks of Markdown: a link keeps its words, a line that goes on its blank.
fn plain(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find('[') {
        let link = rest[start..].split_once("](").and_then(|(words, after)| {
            let (_, after) = after.split_once(')')?;
            Some((&words[1..], after))
        });
        let Some((words, after)) = link else { break };
        out.push_str(&rest[..start]);
        out.push_str(words);
        rest = after;
    }
    out.push_str(rest);
    out.replace(['`', '*'], "").split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_section_says_what_the_code_means_and_what_to_say_or_do() {
        let codes = all();
        assert!(codes.len() > 60, "{}", codes.len());
        for code in codes {
            let section = section(code).unwrap();
            assert!(section.means.contains(' '), "{code}: {section:?}");
            assert!(section.say.is_some() || section.then.is_some(), "{code}");
            let texts = [Some(section.means), section.say, section.then];
            for text in texts.into_iter().flatten() {
                assert!(
                    !text.contains(['`', '[']) && text.ends_with(['.', '?', '!', ')']),
                    "{code}: {text}"
                );
            }
        }
        assert_eq!(section("no-such-code"), None);
    }

    #[test]
    fn every_code_of_the_format_is_explained() {
        for code in countersign_core::Code::ALL {
            assert!(section(code.as_str()).is_some(), "{code} has no section in {PLACE}");
        }
    }

    #[test]
    fn marks_of_the_page_are_not_shown() {
        assert_eq!(
            plain("see `x`, then [a new\nkey](guide.md#a) and *so* on"),
            "see x, then a new key and so on"
        );
        assert_eq!(plain("[not a link"), "[not a link");
    }
}
