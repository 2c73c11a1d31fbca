//! Tables that are made to hurt: each is refused with a reason, quickly, and changes nothing.

use reqwest::multipart::{Form, Part};

use super::{IMPORT, bring};
use crate::world::TestPortal;

#[tokio::test]
async fn attack_bytes_that_are_no_table() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    let utf16: Vec<u8> =
        "\u{FEFF}product\nacme-cad\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut quote = b"product,holder\nacme-cad,\"".to_vec();
    quote.resize(1_000_000, b'x');
    let cases: [(Vec<u8>, &str); 8] = [
        (utf16, "UTF-16"),
        (b"product\nacme\0cad\n".to_vec(), "zero byte"),
        (b"product\nacme-\xffcad\n".to_vec(), "no text in UTF-8"),
        (quote, "a quotation mark was not closed"),
        (vec![b','; 1_000_000], "more than 64 cells"),
        (b"\xef\xbb\xbf".to_vec(), "There is no line in it"),
        (b"product,color\nacme-cad,red\n".to_vec(), "There is no column color"),
        (b"product,product\nacme-cad,x\n".to_vec(), "The column is there twice"),
    ];
    portal
        .nothing_changes(async {
            for (bytes, words) in cases {
                let part = Part::bytes(bytes).file_name("t.csv");
                let page = admin.upload(IMPORT, Form::new().part("file", part)).await.is(200);
                page.says(words).says("Nothing was imported").hides("Import one license");
            }
        })
        .await;
}

#[tokio::test]
async fn attack_more_than_fits() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    portal
        .nothing_changes(async {
            let large = Part::bytes(vec![b'a'; 3 * 1024 * 1024]).file_name("t.csv");
            admin.upload(IMPORT, Form::new().part("file", large)).await.is(413).says("2048 KiB");
            let row = "acme-cad,1,9 days,1\n";
            let rows = format!("product,activations,validity,count\n{}", row.repeat(5_001));
            bring(&admin, &rows).await.says("more than 5000 lines");
            let row = "acme-cad,1,9 days,1000\n";
            let many = format!("product,activations,validity,count\n{}", row.repeat(6));
            bring(&admin, &many).await.says("more than 5000 licenses");
            let bad = format!("product,activations,validity\n{}", "x,1,9 days\n".repeat(4_000));
            bring(&admin, &bad).await.says("4000 things are wrong").says("and 3900 more");
        })
        .await;
}

#[tokio::test]
async fn attack_names_that_are_markup_or_formulas() {
    let portal = TestPortal::new().await;
    let admin = portal.admin().await;
    let table = "product,activations,validity,holder\nacme-cad,1,9 days,<script>alert(1)</script>\n\
        acme-cad,1,9 days,\"@SUM(A1)\"\nacme-cad,1,9 days,\"\t=1+1\"\n";
    let page = bring(&admin, table).await.says("Import 3 licenses").hides("<script>alert");
    let path = format!("{IMPORT}/{}", super::token(&page));
    let made = admin.post(&path, &[]).await.is(303).header("location").to_owned();
    admin.get(&made).await.is(200).hides("<script>alert");
    let keys = admin.get(&format!("{made}/keys.csv")).await.is(200).text;
    assert!(keys.contains("\"'@SUM(A1)\"") && keys.contains("\"'=1+1\""), "{keys}");
    // A column of a stranger's choice is shown as text, too, and so is the name of the file.
    let part = Part::text("<b>x</b>\n1\n").file_name("<img src=x>.csv");
    let page = admin.upload(IMPORT, Form::new().part("file", part)).await.is(200);
    page.hides("<b>x").hides("<img src=x>");
}
