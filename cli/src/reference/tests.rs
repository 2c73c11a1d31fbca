//! Every command has an example, every example can be typed as it stands, and every shell gets its completions.

use clap::{Command, CommandFactory as _, Parser as _, ValueEnum as _};

use super::*;

/// Every command that does something, with the words that lead to it.
fn leaves(command: &Command, path: &[String], found: &mut Vec<(Vec<String>, Command)>) {
    let path = [path, &[command.get_name().to_owned()]].concat();
    let below: Vec<&Command> =
        command.get_subcommands().filter(|command| command.get_name() != "help").collect();
    if below.is_empty() {
        found.push((path.clone(), command.clone()));
    }
    below.into_iter().for_each(|command| leaves(command, &path, found));
}

fn commands() -> Vec<(Vec<String>, Command)> {
    let mut found = Vec::new();
    leaves(&Arguments::command(), &[], &mut found);
    assert!(found.len() > 20, "{}", found.len());
    found
}

/// The lines of a help text that are to be typed: those that begin with the name, with what follows a backslash at their end.
fn examples(help: &str) -> Vec<String> {
    let joined = help.replace("\\\n", " ");
    let lines = joined.lines().map(|line| line.trim().trim_start_matches("Example: ").trim());
    lines.filter(|line| line.starts_with("countersign ")).map(str::to_owned).collect()
}

fn help_of(command: &Command) -> String {
    command.get_after_help().map(ToString::to_string).unwrap_or_default()
}

/// As a shell takes a line apart: double quotes hold words together.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut quoted) = (vec![String::new()], false);
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            c => words.last_mut().unwrap().push(c),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[test]
fn every_command_has_an_example_of_itself() {
    for (path, command) in commands() {
        let name = path.join(" ");
        let examples = examples(&help_of(&command));
        assert!(!examples.is_empty(), "{name} has no example in its help");
        for example in examples {
            assert!(format!("{example} ").starts_with(&format!("{name} ")), "{name}: {example}");
        }
    }
}

#[test]
fn every_example_parses_as_it_stands() {
    for (path, command) in commands() {
        for example in examples(&help_of(&command)) {
            let parsed = Arguments::try_parse_from(words(&example));
            assert!(parsed.is_ok(), "{}: {example}\n{}", path.join(" "), parsed.unwrap_err());
        }
    }
}

#[test]
fn examples_are_read_as_a_shell_reads_them() {
    let help = "Examples:\n  countersign a --b \\\n    \"c d\"\n  countersign e\nText about countersign f\n";
    assert_eq!(examples(help), ["countersign a --b      \"c d\"", "countersign e"]);
    assert_eq!(words("a --b   \"c d\" e"), ["a", "--b", "c d", "e"]);
    assert!(examples("Example: countersign a").len() == 1 && examples("nothing").is_empty());
}

#[test]
fn the_tree_of_commands_is_sound() {
    Arguments::command().debug_assert();
}

#[test]
fn every_shell_gets_completions_of_every_command() {
    for shell in clap_complete::Shell::value_variants() {
        let mut script = Vec::new();
        clap_complete::generate(*shell, &mut Arguments::command(), NAME, &mut script);
        let script = String::from_utf8(script).unwrap();
        for name in ["release-sheet", "journal", "explain", "completions"] {
            assert!(script.contains(name), "{shell}: {name}");
        }
    }
}
