//! Colours: read into numbers, compared by the contrast of WCAG 2, moved to the nearest one that can be read. Into a style
//! sheet only numbers go.

use std::fmt;

/// Text must stand out this much (WCAG 2.2, 1.4.3, level AA).
pub const ENOUGH: f64 = 4.5;

/// A colour of sRGB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rgb(pub u8, pub u8, pub u8);

/// The cards of the portal's pages, as `portal.css` has them.
pub(crate) const LIGHT_CARD: Rgb = Rgb(0xff, 0xff, 0xff);
pub(crate) const DARK_CARD: Rgb = Rgb(0x18, 0x21, 0x2b);
/// What else links and buttons stand on in `portal.css`: page, cards of three kinds, what is idle. A test compares them.
const LIGHT_GROUNDS: [Rgb; 6] = [
    LIGHT_CARD,
    Rgb(0xf4, 0xf6, 0xf9),
    Rgb(0xe6, 0xf5, 0xec),
    Rgb(0xfc, 0xec, 0xea),
    Rgb(0xfd, 0xf1, 0xd8),
    Rgb(0xe9, 0xed, 0xf2),
];
const DARK_GROUNDS: [Rgb; 6] = [
    DARK_CARD,
    Rgb(0x0f, 0x15, 0x1c),
    Rgb(0x15, 0x29, 0x1d),
    Rgb(0x31, 0x1d, 0x1b),
    Rgb(0x2e, 0x24, 0x13),
    Rgb(0x26, 0x32, 0x40),
];
const LIGHT_INK: Rgb = Rgb(0x17, 0x20, 0x2b);
const DARK_INK: Rgb = Rgb(0xe6, 0xec, 0xf3);
/// Text on the accent: the first of these that can be read.
const ON_ACCENT: [Rgb; 2] = [Rgb(0xff, 0xff, 0xff), Rgb(0x06, 0x18, 0x2b)];
/// How much brighter a button is under the pointer, as `portal.css` has it.
const HOVER: f64 = 1.08;

/// The page that a colour is seen on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Dark text on light.
    Light,
    /// Light text on dark.
    Dark,
}

impl Scheme {
    fn grounds(self) -> &'static [Rgb; 6] {
        match self {
            Self::Light => &LIGHT_GROUNDS,
            Self::Dark => &DARK_GROUNDS,
        }
    }

    /// What cards of these pages are coloured.
    pub(crate) fn card(self) -> Rgb {
        self.grounds()[0]
    }

    fn ink(self) -> Rgb {
        match self {
            Self::Light => LIGHT_INK,
            Self::Dark => DARK_INK,
        }
    }
}

/// An accent on pages of one scheme, which has passed: it can be read on every ground, and text on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accent {
    /// Links, buttons.
    pub colour: Rgb,
    /// Behind what is chosen or pointed at.
    pub paper: Rgb,
    /// Text on buttons.
    pub on: Rgb,
}

impl Accent {
    /// The colour as an accent of this scheme.
    ///
    /// # Errors
    /// With the lowest contrast that text would have, when that is not enough.
    pub fn of(colour: Rgb, scheme: Scheme) -> Result<Self, f64> {
        let paper = scheme.grounds()[0].mixed(colour, 0.1);
        let grounds = scheme.grounds().iter().chain([&paper]);
        let as_text = grounds.map(|ground| colour.contrast(*ground)).fold(f64::MAX, f64::min);
        let under = |on: Rgb| on.contrast(colour).min(on.contrast(colour.brighter()));
        let on = ON_ACCENT.into_iter().find(|on| under(*on) >= ENOUGH).unwrap_or(ON_ACCENT[0]);
        let lowest = as_text.min(under(on)).min(scheme.ink().contrast(paper));
        if lowest >= ENOUGH { Ok(Self { colour, paper, on }) } else { Err(lowest) }
    }

    /// The accent whose colour is the nearest one to this that passes: of the same hue, lighter or darker.
    pub fn nearest(colour: Rgb, scheme: Scheme) -> Self {
        let (lightness, a, b) = colour.to_oklab();
        let steps = (0..=STEPS).map(|step| f64::from(step) / f64::from(STEPS));
        let both = steps.flat_map(|by| [lightness - by, lightness + by]);
        let inside = both.filter(|l| (0.0..=1.0).contains(l));
        let mut moved = inside.map(|l| Rgb::from_oklab(l, a, b));
        let first = Self::of(colour, scheme).ok();
        // Black passes on light pages and white on dark ones, so that something is found.
        let end = match scheme {
            Scheme::Light => Rgb(0, 0, 0),
            Scheme::Dark => Rgb(255, 255, 255),
        };
        let fallback = Self { colour: end, paper: scheme.grounds()[0], on: scheme.grounds()[0] };
        first.or_else(|| moved.find_map(|c| Self::of(c, scheme).ok())).unwrap_or(fallback)
    }
}

const STEPS: u32 = 500;

impl Rgb {
    /// A colour as people write it: `#0b5cad`, `0b5cad`, `#07f`, `rgb(11, 92, 173)`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_lowercase();
        if let Some(inside) = text.strip_prefix("rgb(").and_then(|rest| rest.strip_suffix(')')) {
            let numbers: Vec<u8> =
                inside.split(',').map(|n| n.trim().parse().ok()).collect::<Option<_>>()?;
            let [r, g, b] = numbers.try_into().ok()?;
            return Some(Self(r, g, b));
        }
        let digits = text.strip_prefix('#').unwrap_or(&text);
        let digits: Vec<u8> =
            digits.chars().map(|c| c.to_digit(16)?.try_into().ok()).collect::<Option<_>>()?;
        match digits[..] {
            [r, g, b] => Some(Self(r * 17, g * 17, b * 17)),
            [r, s, g, h, b, c] => Some(Self(r * 16 + s, g * 16 + h, b * 16 + c)),
            _ => None,
        }
    }

    /// From 1 (none) to 21 (black on white).
    pub fn contrast(self, other: Self) -> f64 {
        let (one, two) = (self.luminance() + 0.05, other.luminance() + 0.05);
        one.max(two) / one.min(two)
    }

    fn channels(self) -> [f64; 3] {
        [self.0, self.1, self.2].map(|channel| f64::from(channel) / 255.0)
    }

    fn linear(self) -> [f64; 3] {
        self.channels()
            .map(|c| if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) })
    }

    fn luminance(self) -> f64 {
        let [r, g, b] = self.linear();
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }

    fn mixed(self, other: Self, share: f64) -> Self {
        let (own, other) = (self.channels(), other.channels());
        Self::of_channels(std::array::from_fn(|n| own[n] * (1.0 - share) + other[n] * share))
    }

    fn brighter(self) -> Self {
        Self::of_channels(self.channels().map(|channel| channel * HOVER))
    }

    fn of_channels(channels: [f64; 3]) -> Self {
        // Clamped: the casts lose nothing but the fraction.
        let [r, g, b] = channels.map(|channel| (channel.clamp(0.0, 1.0) * 255.0).round() as u8);
        Self(r, g, b)
    }

    /// Björn Ottosson's Oklab, in which a change of lightness leaves the hue as people see it.
    fn to_oklab(self) -> (f64, f64, f64) {
        let [r, g, b] = self.linear();
        let l = (0.412_221_470_8 * r + 0.536_332_536_3 * g + 0.051_445_992_9 * b).cbrt();
        let m = (0.211_903_498_2 * r + 0.680_699_545_1 * g + 0.107_396_956_6 * b).cbrt();
        let s = (0.088_302_461_9 * r + 0.281_718_837_6 * g + 0.629_978_700_5 * b).cbrt();
        (
            0.210_454_255_3 * l + 0.793_617_785_0 * m - 0.004_072_046_8 * s,
            1.977_998_495_1 * l - 2.428_592_205_0 * m + 0.450_593_709_9 * s,
            0.025_904_037_1 * l + 0.782_771_766_2 * m - 0.808_675_766_0 * s,
        )
    }

    /// With as much of the colour as the lightness leaves room for.
    fn from_oklab(lightness: f64, a: f64, b: f64) -> Self {
        let channels = |share: f64| oklab_channels(lightness, a * share, b * share);
        let is_inside =
            |share: f64| channels(share).iter().all(|channel| (-0.0005..=1.0005).contains(channel));
        let (mut most, mut too_much) = (0.0, 1.0);
        if is_inside(1.0) {
            most = 1.0;
        }
        while too_much - most > 0.005 {
            let middle = f64::midpoint(most, too_much);
            if is_inside(middle) { most = middle } else { too_much = middle }
        }
        Self::of_channels(channels(most))
    }
}

fn oklab_channels(lightness: f64, a: f64, b: f64) -> [f64; 3] {
    let l = (lightness + 0.396_337_777_4 * a + 0.215_803_757_3 * b).powi(3);
    let m = (lightness - 0.105_561_345_8 * a - 0.063_854_172_8 * b).powi(3);
    let s = (lightness - 0.089_484_177_5 * a - 1.291_485_548_0 * b).powi(3);
    [
        4.076_741_662_1 * l - 3.307_711_591_3 * m + 0.230_969_929_2 * s,
        -1.268_438_004_6 * l + 2.609_757_401_1 * m - 0.341_319_396_5 * s,
        -0.004_196_086_3 * l - 0.703_418_614_7 * m + 1.707_614_701_0 * s,
    ]
    .map(|c| if c <= 0.003_130_8 { 12.92 * c } else { 1.055 * c.powf(1.0 / 2.4) - 0.055 })
}

/// As style sheets write it.
impl fmt::Display for Rgb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(r, g, b) = self;
        write!(f, "#{r:02x}{g:02x}{b:02x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLOURS: [&str; 10] = [
        "#ffd400", "#050505", "#fff", "#000", "#ff0000", "#00ff00", "#0000ff", "#777", "#0b5cad",
        "#e91e63",
    ];

    #[test]
    fn colours_are_numbers_or_nothing() {
        let blue = Some(Rgb(0x0b, 0x5c, 0xad));
        for text in ["#0b5cad", "0B5CAD", " #0b5cad ", "rgb(11, 92, 173)", "RGB(11,92,173)"] {
            assert_eq!(Rgb::parse(text), blue, "{text}");
        }
        assert_eq!(Rgb::parse("#07f"), Some(Rgb(0, 0x77, 0xff)));
        for wrong in [
            "",
            "#",
            "blue",
            "#12345",
            "#1234567",
            "#0b5cad;}",
            "#0b5cad}*{background:url(//evil.example)}",
            "rgb(1,2)",
            "rgb(1,2,3,4)",
            "rgb(256,0,0)",
            "rgb(-1,0,0)",
            "url(x)",
            "var(--x)",
            "#０b5cad",
            "</style>",
        ] {
            assert_eq!(Rgb::parse(wrong), None, "{wrong}");
        }
        assert_eq!(Rgb::parse("#0b5cad").unwrap().to_string(), "#0b5cad");
    }

    #[test]
    fn contrast_is_that_of_the_standard() {
        let (black, white) = (Rgb(0, 0, 0), Rgb(255, 255, 255));
        assert!((black.contrast(white) - 21.0).abs() < 1e-9);
        // The grey that is known for just passing on white, and its neighbour that does not.
        assert!(Rgb(0x76, 0x76, 0x76).contrast(white) >= ENOUGH);
        assert!(Rgb(0x77, 0x77, 0x77).contrast(white) < ENOUGH);
    }

    #[test]
    fn the_nearest_colour_passes_on_both_kinds_of_pages_and_is_the_same_where_it_passes() {
        for scheme in [Scheme::Light, Scheme::Dark] {
            for colour in COLOURS.map(|text| Rgb::parse(text).unwrap()) {
                let nearest = Accent::nearest(colour, scheme);
                assert_eq!(Accent::of(nearest.colour, scheme), Ok(nearest), "{colour} {scheme:?}");
                if let Ok(passes) = Accent::of(colour, scheme) {
                    assert_eq!(nearest, passes);
                }
            }
        }
        // Yellow stays yellow, only darker; on dark pages it can be read as it is.
        let Rgb(r, g, b) = Accent::nearest(Rgb(0xff, 0xd4, 0x00), Scheme::Light).colour;
        assert!(r > b + 60 && g > b + 60, "{r} {g} {b}");
        assert_eq!(
            Accent::nearest(Rgb(0xff, 0xd4, 0x00), Scheme::Dark).colour,
            Rgb(0xff, 0xd4, 0x00)
        );
        assert!(Accent::of(Rgb(0xff, 0xd4, 0x00), Scheme::Light).unwrap_err() < 2.0);
    }

    #[test]
    fn grounds_and_inks_are_those_of_the_style_sheet() {
        let css = include_str!("../../assets/portal.css");
        let (light, dark) = css.split_once("prefers-color-scheme: dark").unwrap();
        for (part, scheme) in [(light, Scheme::Light), (dark, Scheme::Dark)] {
            let of = |name: &str| {
                let after = part.split_once(&format!("--{name}: ")).unwrap().1;
                Rgb::parse(after.split(';').next().unwrap()).unwrap()
            };
            let names = ["card", "paper", "ok-paper", "bad-paper", "warn-paper", "idle-paper"];
            assert_eq!(names.map(of), *scheme.grounds());
            assert_eq!(of("ink"), scheme.ink());
            assert!(Accent::of(of("accent"), scheme).is_ok(), "the portal's own passes, too");
        }
        assert!(css.contains(&format!("brightness({HOVER})")));
    }
}
