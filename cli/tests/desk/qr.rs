//! Reads a QR code back out of a page, as a scanner would.

/// The text of the one QR code in a page.
pub(crate) fn read(html: &str) -> String {
    let svg = html.split_once("<svg").unwrap().1.split_once("</svg>").unwrap().0;
    let size: usize = attribute(svg, "width").parse().unwrap();
    let path = svg.split("<path").nth(1).unwrap();
    let mut dark = vec![false; size * size];
    for rectangle in attribute(path, "d").split('M').skip(1) {
        // "x yhWvH…": a rectangle of full modules.
        let numbers: Vec<usize> = rectangle
            .split(|c: char| !c.is_ascii_digit())
            .filter(|n| !n.is_empty())
            .map(|n| n.parse().unwrap())
            .collect();
        let (x, y, width, height) = (numbers[0], numbers[1], numbers[2], numbers[3]);
        for row in y..y + height {
            dark[row * size + x..row * size + x + width].fill(true);
        }
    }
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(size, size, |x, y| {
        if dark[y * size + x] { 0 } else { 255 }
    });
    let grids = image.detect_grids();
    assert_eq!(grids.len(), 1, "one QR code");
    grids[0].decode().unwrap().1
}

fn attribute<'a>(tag: &'a str, name: &str) -> &'a str {
    let (_, rest) = tag.split_once(&format!(" {name}=\"")).unwrap();
    rest.split('"').next().unwrap()
}
