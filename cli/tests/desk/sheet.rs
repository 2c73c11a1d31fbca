//! The release sheet: everything that leaves, and nothing that a page would obey.

use std::fs;
use std::process::Command;

use countersign_core::request::Ask;
use countersign_core::{Hash, file};

use crate::lab::{LICENSE, Lab, activation, err, out, request};
use crate::qr;

fn sheet(lab: &Lab, request: &str) -> String {
    let page = format!("{}.html", request.replace('/', "-"));
    lab.done(&["release-sheet", request, "--out", &page]);
    fs::read_to_string(lab.path(page)).unwrap()
}

/// What a browser shows of text that was escaped.
fn shown(html: &str) -> String {
    let pairs = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
    pairs.iter().fold(html.to_owned(), |html, (from, to)| html.replace(from, to))
}

#[test]
fn the_sheet_has_exactly_the_bytes_that_leave_their_sum_and_the_same_token_as_a_qr_code() {
    let lab = Lab::new();
    let path = lab.write(1, &activation(1, LICENSE));
    let bytes = fs::read_to_string(&path).unwrap();
    let html = sheet(&lab, "requests/lab-1.request");
    assert!(shown(&html).contains(&bytes), "the file stands in it, byte by byte");
    assert!(
        html.contains(&Hash::of(&bytes).hex()) && html.contains(&format!("{} bytes", bytes.len()))
    );
    let sum = Command::new("sha256sum").arg(&path).output().unwrap();
    assert!(html.contains(out(&sum).split(' ').next().unwrap()), "as sha256sum says it");
    assert_eq!(qr::read(&html), file::read(bytes.as_bytes()).unwrap());
    for words in
        ["as the program writes it", "machine-id", "Released by", "Signature", "linux-x86_64"]
    {
        assert!(html.contains(words), "{words}");
    }
    // The page loads nothing and runs nothing.
    assert!(html.contains("default-src 'none'"));
    for loads in ["src=", "href=", "url(", "<script", "@import", "http-equiv=\"refresh"] {
        assert!(!html.contains(loads), "{loads}");
    }
    let again = lab.run(&[
        "release-sheet",
        "requests/lab-1.request",
        "--out",
        "requests-lab-1.request.html",
    ]);
    assert_eq!(again.status.code(), Some(2), "a sheet is not replaced");
}

#[test]
fn attack_a_machine_name_and_comments_that_are_markup() {
    let lab = Lab::new();
    let hostile = "<script>alert(1)</script><img src=x onerror=y>";
    let text = request(1, "acme-cad", hostile, |device| Ask::Trial { device });
    let text = format!("# </pre><script>alert(2)</script>\n# \"><svg onload=alert(3)>\n{text}");
    lab.write(1, &text);
    let html = sheet(&lab, "requests/lab-1.request");
    for markup in ["<script", "<img", "</pre><", "<svg onload"] {
        assert!(!html.contains(markup), "{markup}");
    }
    assert!(shown(&html).contains(hostile) && shown(&html).contains("<svg onload=alert(3)>"));
    fs::copy(lab.path("requests/lab-1.request"), lab.path("<b>x<b>.request")).unwrap();
    lab.done(&["release-sheet", "<b>x<b>.request", "--out", "b.html"]);
    assert!(!fs::read_to_string(lab.path("b.html")).unwrap().contains("<b>"));
}

#[test]
fn attack_blanks_and_characters_without_width_that_carry_something_out() {
    let lab = Lab::new();
    let plain = activation(1, LICENSE);
    let hidden = [
        plain.replacen('\n', " \t \n", 3),
        plain.replace('\n', "\r\n"),
        plain.replacen("# ", "# \u{200b}\u{200b}", 1),
        format!("{plain}\n\n\n"),
    ];
    for (text, number) in hidden.iter().zip(1..) {
        lab.write(number, text);
        let html = sheet(&lab, &format!("requests/lab-{number}.request"));
        let told = html.contains("which could carry something") || html.contains("\\u{200b}");
        assert!(told, "{number}");
    }
}

#[test]
fn only_a_whole_request_gets_a_sheet() {
    let lab = Lab::new();
    lab.ask(1);
    lab.sign(&["requests/lab-1.request", "--days", "3", "--out", "a.response"]);
    for file in ["a.response", "root.pub", "alice.chain"] {
        let refused = lab.run(&["release-sheet", file, "--out", "x.html"]);
        assert_eq!(refused.status.code(), Some(1), "{file}: {}", err(&refused));
        assert!(!lab.path("x.html").exists());
    }
    let other = lab.run(&["release-sheet", "requests/lab-1.request", "--out", "x.pdf"]);
    assert_eq!(other.status.code(), Some(2));
}
