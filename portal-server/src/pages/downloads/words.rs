//! Releases in words: sizes, platforms, and why one may not be run.

use countersign_store::{ProductRelease, ReleaseFile, ReleaseRefusal, ReleaseTerms};

use crate::language::Language;

/// Why none of the licenses may run the release, `None` if one may: by the license that comes closest.
pub(super) fn refusal(
    release: &ProductRelease,
    terms: &[&ReleaseTerms],
    language: Language,
) -> Option<String> {
    let refusals: Result<Vec<ReleaseRefusal>, ()> =
        terms.iter().map(|terms| terms.may_run(release).err().ok_or(())).collect();
    let closest = refusals.ok()?.into_iter().min_by_key(far_away);
    Some(match closest {
        Some(ReleaseRefusal::AfterMaintenance { until }) => {
            language.t1("downloads-after-maintenance", "end", language.date(until))
        }
        Some(ReleaseRefusal::AfterEnd { until }) => {
            language.t1("downloads-after-end", "end", language.date(until))
        }
        Some(ReleaseRefusal::AboveHighest { highest }) => {
            language.t1("downloads-above-highest", "version", highest.to_string())
        }
        Some(ReleaseRefusal::Suspended) => language.t("downloads-suspended"),
        Some(ReleaseRefusal::Revoked) => language.t("downloads-revoked"),
        Some(ReleaseRefusal::OtherProduct | ReleaseRefusal::NotPublished) | None => {
            language.t("downloads-no-license")
        }
    })
}

/// What a customer could most easily have changed comes first; of two ends, the later one.
fn far_away(refusal: &ReleaseRefusal) -> (u8, u64) {
    match refusal {
        ReleaseRefusal::AboveHighest { .. } => (0, 0),
        ReleaseRefusal::AfterMaintenance { until } => (1, u64::MAX - until),
        ReleaseRefusal::AfterEnd { until } => (2, u64::MAX - until),
        ReleaseRefusal::Suspended => (3, 0),
        ReleaseRefusal::Revoked => (4, 0),
        ReleaseRefusal::OtherProduct | ReleaseRefusal::NotPublished => (5, 0),
    }
}

/// The platforms of some files, each once.
pub(super) fn platforms(files: &[ReleaseFile]) -> String {
    let mut names: Vec<&str> = files.iter().map(|file| file.platform.as_str()).collect();
    names.retain(|name| !name.is_empty());
    names.dedup();
    names.join(", ")
}

/// "12.3 MB", and all of its digits where that says less.
pub(crate) fn size(bytes: u64, language: Language) -> String {
    const UNITS: [(&str, u64); 4] =
        [("TB", 1_000_000_000_000), ("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000)];
    let exact = language.t1("downloads-bytes", "count", language.number(bytes));
    let Some((unit, factor)) = UNITS.into_iter().find(|(_, factor)| bytes >= *factor) else {
        return exact;
    };
    let tenths = bytes / (factor / 10);
    let (whole, tenth) = (language.number(tenths / 10), tenths % 10);
    let point = language.t("downloads-decimal");
    format!("{whole}{point}{tenth} {unit} ({exact})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_follow_the_language() {
        let german = Language::by_code("de").unwrap();
        for (bytes, english, other) in [
            (7, "7 bytes", "7 Byte"),
            (999, "999 bytes", "999 Byte"),
            (1_000, "1.0 kB (1,000 bytes)", "1,0 kB (1.000 Byte)"),
            (12_345_678, "12.3 MB (12,345,678 bytes)", "12,3 MB (12.345.678 Byte)"),
            (1 << 40, "1.0 TB (1,099,511,627,776 bytes)", "1,0 TB (1.099.511.627.776 Byte)"),
        ] {
            assert_eq!(size(bytes, Language::ENGLISH), english);
            assert_eq!(size(bytes, german), other);
        }
    }
}
