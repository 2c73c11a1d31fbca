//! Whether a JPEG file has its end. Decoders make something up for what is missing; somebody who uploads half a logo is to
//! hear of it.

/// Start and end of the picture, start of a scan.
const START: u8 = 0xd8;
const END: u8 = 0xd9;
const SCAN: u8 = 0xda;

/// Whether the file goes on to its end mark. What stands behind that does not count.
pub(super) fn is_whole(bytes: &[u8]) -> bool {
    let mut rest = match bytes {
        [0xff, START, rest @ ..] => rest,
        _ => return false,
    };
    loop {
        match rest {
            [0xff, 0xff, ..] => rest = &rest[1..],
            [0xff, END, ..] => return true,
            [0xff, mark, high, low, ..] => {
                let length = usize::from(u16::from_be_bytes([*high, *low]));
                let Some(after) = rest.get(2 + length..) else { return false };
                rest = if *mark == SCAN { after_scan(after) } else { after };
            }
            _ => return false,
        }
    }
}

/// The data of a scan end before the next mark; `ff 00` and restarts are part of them.
fn after_scan(data: &[u8]) -> &[u8] {
    let is_mark = |pair: &[u8]| pair[0] == 0xff && !matches!(pair[1], 0x00 | 0xd0..=0xd7);
    let end = data.windows(2).position(is_mark);
    end.map_or(&[], |at| &data[at..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_file_is_not_whole_and_a_thumbnail_in_it_is_not_its_end() {
        let thumbnail = [0xff, 0xe1, 0, 6, 0xff, END, 0xff, END];
        let scan = [0xff, SCAN, 0, 3, 1, 7, 0xff, 0, 8, 0xff, 0xd0, 9];
        let half = [&[0xff, START][..], &thumbnail, &scan].concat();
        assert!(!is_whole(&half));
        let whole = [&half[..], &[0xff, END]].concat();
        assert!(is_whole(&whole) && is_whole(&[&whole[..], b"PK\x03\x04"].concat()));
        for end in 0..whole.len() {
            assert!(!is_whole(&whole[..end]), "{end}");
        }
    }
}
