use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement};

use super::*;

fn parse(name: &str) -> BTreeMap<String, BTreeSet<String>> {
    let text = String::from_utf8(Files::get(name).unwrap().data.into_owned()).unwrap();
    let resource = fluent_syntax::parser::parse(text.as_str())
        .unwrap_or_else(|(_, errors)| panic!("{name}: {errors:?}"));
    let mut messages = BTreeMap::new();
    for entry in resource.body {
        if let Entry::Message(message) = entry {
            let mut variables = BTreeSet::new();
            variables_of(message.value.as_ref().expect("a value"), &mut variables);
            let before = messages.insert(message.id.name.to_owned(), variables);
            assert!(before.is_none(), "{name} says {} twice", message.id.name);
        }
    }
    messages
}

fn variables_of(pattern: &Pattern<&str>, found: &mut BTreeSet<String>) {
    for element in &pattern.elements {
        let PatternElement::Placeable { expression } = element else { continue };
        let inline = match expression {
            Expression::Inline(inline) => inline,
            Expression::Select { selector, variants } => {
                variants.iter().for_each(|variant| variables_of(&variant.value, found));
                selector
            }
        };
        if let InlineExpression::VariableReference { id } = inline {
            found.insert(id.name.to_owned());
        }
    }
}

#[test]
fn every_language_is_complete_and_says_everything_with_the_same_values() {
    let english = parse("en.ftl");
    let names: Vec<String> = Files::iter().map(|name| name.into_owned()).collect();
    assert!(names.len() >= 2, "{names:?}");
    for name in names {
        let messages = parse(&name);
        let missing: Vec<_> = english.keys().filter(|key| !messages.contains_key(*key)).collect();
        let further: Vec<_> = messages.keys().filter(|key| !english.contains_key(*key)).collect();
        assert!(
            missing.is_empty() && further.is_empty(),
            "{name} lacks {missing:?}, has {further:?}"
        );
        for (key, variables) in &english {
            // Dates and numbers may be put together from other parts.
            if !key.starts_with("date") {
                assert_eq!(variables, &messages[key], "{name}: values of {key}");
            }
        }
    }
}

/// Keys in `t("…")`, `t1("…"`, `t2("…"`, `Say::new("…")`, `bad_input("…")` and the like, in templates and sources.
fn keys_in(text: &str) -> BTreeSet<String> {
    let starts = [".t(\"", ".t1(\"", ".t2(\"", "Say::new(\"", "bad_input(\"", "say(\"", "Key(\""];
    let mut keys = BTreeSet::new();
    for start in starts {
        for (at, _) in text.match_indices(start) {
            let rest = &text[at + start.len()..];
            if let Some(end) = rest.find('"') {
                keys.insert(rest[..end].to_owned());
            }
        }
    }
    keys
}

fn visit(folder: &Path, see: &mut impl FnMut(&Path, &str)) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            visit(&path, see);
        } else if path.extension().is_some_and(|e| e == "html" || e == "rs" || e == "txt") {
            see(&path, &std::fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn every_key_that_is_said_exists() {
    let english = parse("en.ftl");
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut seen = 0;
    let mut check = |path: &Path, text: &str| {
        if path.ends_with("language.rs") || path.ends_with("language/tests.rs") {
            return;
        }
        for key in keys_in(text).into_iter().filter(|key| !key.contains('{')) {
            assert!(
                english.contains_key(&key),
                "{} says {key:?}, which en.ftl lacks",
                path.display()
            );
            seen += 1;
        }
    };
    visit(&here.join("templates"), &mut check);
    visit(&here.join("src"), &mut check);
    assert!(seen > 100, "only {seen} messages were found: is the search right?");
}

#[test]
fn a_template_has_no_words_of_its_own() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    visit(&here.join("templates"), &mut |path, text| {
        for (number, line) in text.lines().enumerate() {
            let words = outside_of_markup(line);
            let words: Vec<&str> =
                words.split(|c: char| !c.is_alphabetic()).filter(|w| w.len() > 2).collect();
            assert!(words.is_empty(), "{}:{} says {words:?}", path.display(), number + 1);
        }
    });
}

/// What is left of a line without tags, expressions and comments.
fn outside_of_markup(line: &str) -> String {
    let mut rest = line;
    let mut kept = String::new();
    while let Some(at) = rest.find(['<', '{', '&']) {
        kept.push_str(&rest[..at]);
        let tail = &rest[at..];
        let end = [
            ("{{", "}}"),
            // An attribute of the page's outermost element.
            ("{% block shape %}", "{% endblock %}"),
            ("{%", "%}"),
            ("{#", "#}"),
            ("<code>countersign", "</code>"),
            ("<", ">"),
            ("&", ";"),
        ]
        .into_iter()
        .find(|(open, _)| tail.starts_with(open))
        .and_then(|(_, close)| tail.find(close).map(|end| end + close.len()));
        rest = &tail[end.unwrap_or(1)..];
    }
    kept.push_str(rest);
    kept
}

#[test]
fn plurals_numbers_and_dates_follow_the_language() {
    let (english, german) = (Language::ENGLISH, Language::by_code("de").unwrap());
    assert_eq!(english.t1("machines-count", "count", 1), "1 machine");
    assert_eq!(english.t1("machines-count", "count", 2), "2 machines");
    assert_eq!(german.t1("machines-count", "count", 1), "1 Rechner");
    assert_eq!(english.date_time(1_790_000_000), "21 Sep 2026, 14:13 UTC");
    assert_eq!(german.date_time(1_790_000_000), "21.09.2026, 14:13 UTC");
    assert_eq!(english.date(u64::MAX), "after the year 9999");
    assert_eq!(
        (english.number(1_234_567), german.number(1234)),
        ("1,234,567".into(), "1.234".into())
    );
    assert_eq!(german.number(999), "999");
}

#[test]
fn the_browser_is_asked_and_may_say_anything() {
    for (accepted, code) in [
        ("de-AT,de;q=0.9,en;q=0.5", "de"),
        ("fr, en;q=0.2, de;q=0.1", "en"),
        ("", "en"),
        ("*", "en"),
        (";;;q=q,,de-\u{0}", "en"),
    ] {
        assert_eq!(Language::negotiated(accepted).code(), code, "{accepted:?}");
    }
}

/// An organization reads its log in words, not in the names that programs give to what happened.
#[test]
fn everything_that_an_organizations_log_can_tell_has_words() {
    let english = parse("en.ftl");
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let nouns = ["activation.", "group.", "license.", "organization.", "user."];
    let mut seen = BTreeSet::new();
    visit(&here.join("../crates/store/src"), &mut |path, text| {
        for (at, _) in text.match_indices('"') {
            let rest = &text[at + 1..];
            let Some(action) =
                rest.split('"').next().filter(|a| nouns.iter().any(|n| a.starts_with(n)))
            else {
                continue;
            };
            if action.chars().all(|c| c.is_ascii_lowercase() || c == '.' || c == '-') {
                let key = format!("activity-{}", action.replace('.', "-"));
                assert!(english.contains_key(&key), "{}: {key}", path.display());
                seen.insert(key);
            }
        }
    });
    assert!(seen.len() > 25, "only {seen:?}");
}

/// Quoted words of the form that actions of the audit log have: a noun, a point, a verb.
fn actions_in(text: &str) -> impl Iterator<Item = &str> {
    let is_word = |part: &str| {
        let ends = part.starts_with(|c: char| c.is_ascii_lowercase()) && !part.ends_with('-');
        ends && part.chars().all(|c| c.is_ascii_lowercase() || c == '-')
    };
    text.match_indices('"').filter_map(move |(at, _)| {
        let quoted = text[at + 1..].split('"').next()?;
        let (noun, verb) = quoted.split_once('.')?;
        (is_word(noun) && is_word(verb)).then_some(quoted)
    })
}

#[test]
fn everything_that_the_audit_log_can_tell_has_words_in_every_language() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let languages: Vec<_> = Files::iter().map(|name| (name.to_string(), parse(&name))).collect();
    let mut seen = BTreeSet::new();
    let mut check = |path: &Path, action: &str| {
        let key = format!("activity-{}", action.replace('.', "-"));
        for (name, messages) in &languages {
            assert!(
                messages.contains_key(&key),
                "{name} lacks {key}, which {} writes",
                path.display()
            );
        }
        seen.insert(action.to_owned());
    };
    // The store quotes nothing else of this form.
    visit(&here.join("../crates/store/src"), &mut |path, text| {
        actions_in(text).for_each(|action| check(path, action));
    });
    // The portal hands these nouns over; names of files look alike.
    let files = ["key", "partial", "pem", "pub", "new"];
    visit(&here.join("src"), &mut |path, text| {
        let text = text.split("#[cfg(test)]").next().unwrap_or_default();
        let of_nouns = actions_in(text).filter(|action| {
            let (noun, verb) = action.split_once('.').unwrap_or_default();
            ["keys", "mail"].contains(&noun) && (!files.contains(&verb) || *action == "keys.new")
        });
        of_nouns.for_each(|action| check(path, action));
    });
    for known in [
        "token.create",
        "journal.push",
        "keys.delegation",
        "picture.use",
        "mail.given-up",
        "trial.cap",
    ] {
        assert!(seen.contains(known), "{known} is not among {seen:?}");
    }
}
