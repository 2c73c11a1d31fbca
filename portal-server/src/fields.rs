//! How long typed text may be, for every form and command alike. What is too long is refused where it is typed, with the
//! limit in the words: nobody is to find out at a machine that its license cannot be signed.

use std::fmt;

use crate::language::{Key, Language, Say};

/// Something that people type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Field {
    VendorName,
    ProductName,
    OrganizationName,
    UserName,
    Plan,
    Holder,
    FeatureName,
    FeatureWord,
    MetadataName,
    MetadataValue,
    TrialOrigin,
    ReleaseReason,
    TokenName,
    WebhookUrl,
    ProviderName,
}

/// Why a typed text is not taken.
#[derive(Debug, Clone)]
pub(crate) struct Unfit(pub(crate) Say);

impl Field {
    /// How many characters fit.
    pub(crate) const fn longest(self) -> usize {
        match self {
            Self::FeatureName | Self::MetadataName => 64,
            Self::VendorName
            | Self::ProductName
            | Self::OrganizationName
            | Self::UserName
            | Self::TokenName
            | Self::ProviderName
            | Self::Plan => 100,
            Self::Holder | Self::FeatureWord | Self::ReleaseReason => 200,
            Self::TrialOrigin => 255,
            Self::MetadataValue | Self::WebhookUrl => 500,
        }
    }

    /// The text without the space around it, if it fits.
    ///
    /// # Errors
    /// When it is too long, or more than one line.
    pub(crate) fn check(self, text: &str) -> Result<&str, Unfit> {
        let text = text.trim();
        let (count, longest) = (text.chars().count(), self.longest());
        let say = |key: &str| Say::new(key).with("field", Key(self.name()));
        if count > longest {
            let say = say("field-too-long").with("count", count).with("longest", longest);
            return Err(Unfit(say));
        }
        if text.contains(char::is_control) { Err(Unfit(say("field-unfit"))) } else { Ok(text) }
    }

    /// The same; nothing but space is nothing.
    ///
    /// # Errors
    /// As [`Field::check`].
    pub(crate) fn optional(self, text: &str) -> Result<Option<String>, Unfit> {
        let text = self.check(text)?;
        Ok((!text.is_empty()).then(|| text.to_owned()))
    }

    /// The message that names it.
    fn name(self) -> &'static str {
        match self {
            Self::VendorName => "field-vendor-name",
            Self::ProductName => "field-product-name",
            Self::OrganizationName => "field-organization-name",
            Self::UserName => "field-user-name",
            Self::Plan => "plan",
            Self::Holder => "holder",
            Self::FeatureName => "field-feature-name",
            Self::FeatureWord => "field-feature-word",
            Self::MetadataName => "field-metadata-name",
            Self::MetadataValue => "field-metadata-value",
            Self::TrialOrigin => "field-trial-origin",
            Self::ReleaseReason => "release-reason",
            Self::TokenName => "field-token-name",
            Self::WebhookUrl => "webhook-url",
            Self::ProviderName => "field-provider-name",
        }
    }
}

impl From<Say> for Unfit {
    fn from(say: Say) -> Self {
        Self(say)
    }
}

impl From<Unfit> for Say {
    fn from(Unfit(say): Unfit) -> Self {
        say
    }
}

/// In English, for the command line.
impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Language::ENGLISH.say(&self.0).trim_end_matches('.'))
    }
}

impl std::error::Error for Unfit {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_counted_not_bytes_and_the_words_name_field_and_limit() {
        let longest = "ü".repeat(Field::Plan.longest());
        assert_eq!(Field::Plan.check(&format!(" {longest}\n")).unwrap(), longest);
        let refused = Field::Plan.check(&format!("{longest}x")).unwrap_err();
        assert_eq!(refused.to_string(), "Plan: at most 100 characters fit, and these are 101");
        let german = Language::by_code("de").unwrap().say(&refused.0);
        assert_eq!(german, "Tarif: Höchstens 100 Zeichen passen, und das sind 101.");
        assert!(Field::Holder.check("a\nb").unwrap_err().to_string().starts_with("Holder: "));
        assert_eq!(Field::Holder.optional("  ").unwrap(), None);
    }
}
