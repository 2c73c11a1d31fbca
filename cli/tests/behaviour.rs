//! What the commands print, in files that can be read as examples: tests/behaviour/*.trycmd. `TRYCMD=overwrite` writes
//! what they print now; look at the difference before it is committed.
#![allow(missing_docs)]

#[test]
fn behaviour_files() {
    trycmd::TestCases::new()
        .case("tests/behaviour/*.trycmd")
        .env("COUNTERSIGN_PASSPHRASE", "correct horse battery staple");
}
