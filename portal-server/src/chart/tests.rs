use super::*;

fn chart(shape: Shape, values: &[&[u64]]) -> Chart {
    let count = values[0].len();
    let labels: Vec<String> = (1..=count).map(|n| format!("day {n}")).collect();
    let series = values.iter().enumerate();
    Chart {
        id: "tried",
        title: "Tried".into(),
        description: "What was tried".into(),
        heading: "Day".into(),
        short: labels.clone(),
        labels,
        series: series
            .map(|(n, values)| Series { name: format!("series {n}"), values: values.to_vec() })
            .collect(),
        shape,
    }
}

/// Every element that is opened is closed, in its order; every attribute is quoted and no number is none.
#[track_caller]
fn is_well_formed(svg: &str) {
    let mut open = Vec::new();
    let mut rest = svg;
    while let Some(at) = rest.find('<') {
        assert!(!rest[..at].contains('>'), "a stray > in {}", &rest[..at]);
        let end = rest.find('>').expect("a tag that ends");
        let tag = &rest[at + 1..end];
        assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
        match tag.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name.to_owned()), "{svg}"),
            None if tag.ends_with('/') => {}
            None => open.push(tag.split(' ').next().unwrap_or_default().to_owned()),
        }
        rest = &rest[end + 1..];
    }
    assert!(open.is_empty() && rest.is_empty(), "{open:?} {rest}");
    for nothing in ["NaN", "inf", "style=", "--1"] {
        assert!(!svg.contains(nothing), "{nothing} in {svg}");
    }
}

#[test]
fn a_chart_of_nothing_of_one_day_of_zeros_and_of_huge_numbers_is_well_formed() {
    let cases: [&[&[u64]]; 7] = [
        &[&[], &[]],
        &[&[7]],
        &[&[0], &[0]],
        &[&[0; 90], &[0; 90]],
        &[&[u64::MAX, 0, 1], &[u64::MAX, u64::MAX, 0]],
        &[&[1, 2, 3], &[3, 2, 1]],
        &[&[1], &[]],
    ];
    for values in cases {
        for shape in [Shape::Lines, Shape::Bars, Shape::Rows] {
            for language in Language::all() {
                is_well_formed(&chart(shape, values).svg(language));
            }
        }
    }
}

#[test]
fn attack_markup_in_a_name_stays_text_in_the_picture() {
    let mut hostile = chart(Shape::Rows, &[&[3, 4]]);
    let evil = "</title><script>alert(1)</script>\"' & \u{0}\u{8}\u{FFFF}";
    hostile.labels[0] = evil.into();
    hostile.short[0] = evil.into();
    hostile.title = evil.into();
    hostile.description = evil.into();
    hostile.series[0].name = evil.into();
    for shape in [Shape::Lines, Shape::Bars, Shape::Rows] {
        hostile.shape = shape;
        let svg = hostile.svg(Language::ENGLISH);
        is_well_formed(&svg);
        assert!(!svg.contains("<script") && svg.contains("&lt;script&gt;"), "{svg}");
        assert!(!svg.contains(['\u{0}', '\u{8}', '\u{FFFF}']), "{svg}");
    }
}

#[test]
fn the_scale_has_room_for_the_highest_value_and_its_middle_is_a_whole_number() {
    for highest in (0..2_000).chain([123_456, 999_999_999, u64::MAX]) {
        let top = top(highest);
        assert!(top >= highest as f64, "{highest}: {top}");
        assert!(top <= (highest.max(2) as f64) * 2.0, "{highest}: {top}");
        assert_eq!((top / 2.0).fract(), 0.0, "{highest}: {top}");
    }
}

#[test]
fn the_table_has_the_numbers_of_the_picture() {
    let chart = chart(Shape::Lines, &[&[1, 20, 300], &[4, 5, 6]]);
    let svg = chart.svg(Language::ENGLISH);
    let rows: Vec<_> = chart.rows().collect();
    assert_eq!(rows[1], ("day 2", vec![20, 5]));
    for (label, values) in rows {
        let said =
            format!("<title>{label} · series 0: {}, series 1: {}</title>", values[0], values[1]);
        assert!(svg.contains(&said), "{said} in {svg}");
    }
}

#[test]
fn numbers_on_an_axis_are_short() {
    let short = |value| compact(value, Language::ENGLISH);
    assert_eq!(short(0.0), "0");
    assert_eq!(short(9_999.0), "9,999");
    assert_eq!(short(20_000.0), "20 k");
    assert_eq!(short(2_500_000.0), "2.5 M");
    assert_eq!(short(2e19), "20000 P");
}
