//! Small charts as SVG, drawn here: nothing runs in the browser, and the same numbers are a table and a file. Colours are
//! classes of the style sheet, so that they follow the look and the reader's setting.

use std::fmt::Write as _;

use crate::language::Language;

const WIDTH: f64 = 480.0;
const HEIGHT: f64 = 210.0;
const LEFT: f64 = 46.0;
const RIGHT: f64 = 8.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 26.0;
/// The labels that fit below.
const MOST_LABELS: usize = 6;
/// Of a chart with a bar for each name: a line for the name and one for its bar.
const ROW: f64 = 44.0;

/// Numbers of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Series {
    /// What they are.
    pub name: String,
    /// One for each label.
    pub values: Vec<u64>,
}

/// How numbers are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A line for each series, over time.
    Lines,
    /// A bar for each label, over time; the second series stands inside the first.
    Bars,
    /// A bar for each name, one below the other; the second series lies inside the first.
    Rows,
}

/// Numbers with what they mean: a picture, a table and a file of the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chart {
    /// Its name in addresses and ids: letters and dashes.
    pub id: &'static str,
    /// A heading.
    pub title: String,
    /// What somebody who does not see it is told.
    pub description: String,
    /// What the labels are.
    pub heading: String,
    /// Each with a value in every series.
    pub labels: Vec<String>,
    /// The same, shorter: they stand below the picture.
    pub short: Vec<String>,
    /// One or two.
    pub series: Vec<Series>,
    /// How they are drawn.
    pub shape: Shape,
}

impl Chart {
    /// Whether there is anything to be seen.
    pub fn is_empty(&self) -> bool {
        self.series.iter().all(|series| series.values.iter().all(|value| *value == 0))
    }

    /// The rows of the table, each with its label.
    pub fn rows(&self) -> impl Iterator<Item = (&str, Vec<u64>)> {
        self.labels.iter().enumerate().map(|(index, label)| {
            let values = self.series.iter().map(|series| value(series, index)).collect();
            (label.as_str(), values)
        })
    }

    /// The classes of the legend: one for each series.
    pub fn legend(&self) -> impl Iterator<Item = (&'static str, &str)> {
        ["one", "two"].into_iter().zip(self.series.iter().map(|series| series.name.as_str()))
    }

    /// The picture.
    pub fn svg(&self, language: Language) -> String {
        let height = match self.shape {
            Shape::Rows => ROW * self.labels.len().max(1) as f64,
            _ => HEIGHT,
        };
        let mut svg = format!(
            "<svg class=\"chart\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-labelledby=\"{id}-title {id}-text\" \
             xmlns=\"http://www.w3.org/2000/svg\"><title id=\"{id}-title\">{}</title><desc id=\"{id}-text\">{}</desc>",
            escaped(&self.title),
            escaped(&self.description),
            id = self.id,
        );
        let drawing = Drawing { chart: self, language, top: top(self.highest()) };
        match self.shape {
            Shape::Rows => drawing.rows(&mut svg),
            Shape::Lines | Shape::Bars => drawing.over_time(&mut svg),
        }
        svg.push_str("</svg>");
        svg
    }

    fn highest(&self) -> u64 {
        self.series.iter().flat_map(|series| series.values.iter().copied()).max().unwrap_or(0)
    }
}

fn value(series: &Series, index: usize) -> u64 {
    series.values.get(index).copied().unwrap_or(0)
}

/// The end of a scale that has room for `highest`: 1, 2 or 5 with zeros, and an even number where there is a middle.
fn top(highest: u64) -> f64 {
    let highest = highest.max(2) as f64;
    let power = 10_f64.powf(highest.log10().floor());
    let steps = [1.0, 2.0, 4.0, 6.0, 10.0];
    steps.into_iter().map(|step| step * power).find(|top| *top >= highest).unwrap_or(10.0 * power)
}

struct Drawing<'a> {
    chart: &'a Chart,
    language: Language,
    top: f64,
}

impl Drawing<'_> {
    fn over_time(&self, svg: &mut String) {
        self.grid(svg);
        self.labels(svg);
        match self.chart.shape {
            Shape::Lines => self.lines(svg),
            _ => self.bars(svg),
        }
        self.hints(svg);
    }

    fn count(&self) -> usize {
        self.chart.labels.len()
    }

    /// The width that one label has.
    fn step(&self) -> f64 {
        (WIDTH - LEFT - RIGHT) / self.count().max(1) as f64
    }

    /// The middle of a label's place.
    fn x(&self, index: usize) -> f64 {
        LEFT + self.step() * (index as f64 + 0.5)
    }

    fn y(&self, value: f64) -> f64 {
        HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (value / self.top).clamp(0.0, 1.0)
    }

    fn grid(&self, svg: &mut String) {
        for value in [0.0, self.top / 2.0, self.top] {
            let y = self.y(value);
            let _ = write!(
                svg,
                "<line class=\"grid\" x1=\"{LEFT}\" y1=\"{y:.1}\" x2=\"{:.1}\" y2=\"{y:.1}\"/>\
                 <text class=\"end\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
                WIDTH - RIGHT,
                LEFT - 6.0,
                y + 4.0,
                escaped(&compact(value, self.language)),
            );
        }
    }

    fn labels(&self, svg: &mut String) {
        let every = self.count().div_ceil(MOST_LABELS).max(1);
        // The last one is the present: it has its label, and the others are counted from there.
        let first = self.count().saturating_sub(1) % every;
        for (index, label) in self.chart.short.iter().enumerate().skip(first).step_by(every) {
            let half = 4.0 * label.chars().count() as f64;
            let x = self.x(index).clamp(LEFT.min(half), WIDTH - half.min(WIDTH / 2.0));
            let y = HEIGHT - 8.0;
            let _ = write!(
                svg,
                "<text class=\"middle\" x=\"{x:.1}\" y=\"{y}\">{}</text>",
                escaped(label)
            );
        }
    }

    fn lines(&self, svg: &mut String) {
        for ((class, _), series) in self.chart.legend().zip(&self.chart.series) {
            let point = |index: usize| (self.x(index), self.y(value(series, index) as f64));
            match self.count() {
                0 => {}
                1 => {
                    let (x, y) = point(0);
                    let _ = write!(
                        svg,
                        "<circle class=\"{class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\"/>"
                    );
                }
                count => {
                    let _ = write!(svg, "<polyline class=\"line {class}\" points=\"");
                    for index in 0..count {
                        let (x, y) = point(index);
                        let _ = write!(svg, "{x:.1},{y:.1} ");
                    }
                    svg.push_str("\"/>");
                }
            }
        }
    }

    fn bars(&self, svg: &mut String) {
        for (series, ((class, _), part)) in
            self.chart.series.iter().zip(self.chart.legend().zip([0.72, 0.4]))
        {
            let width = (self.step() * part).clamp(0.5, 44.0);
            for index in 0..self.count() {
                let value = value(series, index);
                if value == 0 {
                    continue;
                }
                let y = self.y(value as f64).min(HEIGHT - BOTTOM - 1.0);
                let _ = write!(
                    svg,
                    "<rect class=\"{class}\" x=\"{:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{:.1}\"/>",
                    self.x(index) - width / 2.0,
                    HEIGHT - BOTTOM - y,
                );
            }
        }
    }

    /// What a pointer that rests on a place is told.
    fn hints(&self, svg: &mut String) {
        for (index, (label, values)) in self.chart.rows().enumerate() {
            let step = self.step();
            let _ = write!(
                svg,
                "<rect class=\"hint-area\" x=\"{:.1}\" y=\"{TOP}\" width=\"{step:.1}\" height=\"{:.1}\"><title>{}</title></rect>",
                self.x(index) - step / 2.0,
                HEIGHT - TOP - BOTTOM,
                escaped(&self.words(label, &values)),
            );
        }
    }

    fn words(&self, label: &str, values: &[u64]) -> String {
        let named = self.chart.series.iter().zip(values);
        let each = named
            .map(|(series, value)| format!("{}: {}", series.name, self.language.number(*value)));
        format!("{label} · {}", each.collect::<Vec<_>>().join(", "))
    }

    fn rows(&self, svg: &mut String) {
        for (index, (label, values)) in self.chart.rows().enumerate() {
            let y = ROW * index as f64;
            let numbers: Vec<String> =
                values.iter().map(|value| self.language.number(*value)).collect();
            let _ = write!(
                svg,
                "<text class=\"name\" x=\"0\" y=\"{:.1}\">{}</text><text class=\"end\" x=\"{WIDTH}\" y=\"{:.1}\">{}</text>\
                 <rect class=\"ground\" x=\"0\" y=\"{:.1}\" width=\"{WIDTH}\" height=\"12\"/>",
                y + 16.0,
                escaped(&cut(label)),
                y + 16.0,
                escaped(&numbers.join(" / ")),
                y + 23.0,
            );
            for ((class, _), (value, height)) in
                self.chart.legend().zip(values.iter().zip([12.0, 6.0]))
            {
                let width = WIDTH * (*value as f64 / self.highest()).clamp(0.0, 1.0);
                if *value > 0 {
                    let _ = write!(
                        svg,
                        "<rect class=\"{class}\" x=\"0\" y=\"{:.1}\" width=\"{:.1}\" height=\"{height}\"/>",
                        y + 23.0 + (12.0 - height) / 2.0,
                        width.max(2.0),
                    );
                }
            }
        }
    }

    fn highest(&self) -> f64 {
        self.chart.highest().max(1) as f64
    }
}

/// A name that fits beside its number.
fn cut(label: &str) -> String {
    const MOST: usize = 48;
    match label.chars().nth(MOST) {
        Some(_) => label.chars().take(MOST - 1).chain(['…']).collect(),
        None => label.to_owned(),
    }
}

/// A number as short as an axis needs it.
fn compact(value: f64, language: Language) -> String {
    let units = [(1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e4, "k")];
    let unit = units.into_iter().find(|(least, _)| value >= *least);
    match unit {
        Some((least, unit)) => {
            let least = if unit == "k" { 1e3 } else { least };
            let short = value / least;
            let digits = if short.fract() == 0.0 || short >= 100.0 { 0 } else { 1 };
            format!("{short:.digits$} {unit}")
        }
        // At most four digits.
        None => language.number(value as u64),
    }
}

/// Text in a picture: what would be markup is not, and what XML has no place for is left out.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            '\u{FFFE}' | '\u{FFFF}' => {}
            c if c.is_control() => safe.push(' '),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
#[path = "chart/tests.rs"]
mod tests;
