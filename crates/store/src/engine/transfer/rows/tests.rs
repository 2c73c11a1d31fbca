//! Statements with the names of a table in them, and contents that are compared.

use super::*;

#[test]
fn statements_get_the_names_of_their_table() {
    let columns = ["value", "b", "name"].map(str::to_owned).to_vec();
    let table = Table { name: "t".to_owned(), columns, key: vec![2, 0] };
    assert_eq!(named(FIRST, &table), "SELECT value, b, name FROM t ORDER BY name, value LIMIT ?1");
    assert_eq!(
        named(NEXT, &table),
        "SELECT value, b, name FROM t WHERE (name, value) > (?2, ?3) ORDER BY name, value LIMIT ?1"
    );
    assert_eq!(named(COUNT, &table), "SELECT COUNT(*) FROM t");
}

#[test]
fn contents_are_the_same_in_any_order_and_differ_by_any_value() {
    let rows = [
        vec![Value::Text("a".into()), Value::Null],
        vec![Value::Text("b".into()), Value::Integer(1)],
        vec![Value::Blob(b"b".to_vec()), Value::Integer(1)],
    ];
    let of = |rows: &[&Row]| {
        let mut contents = Contents::default();
        rows.iter().for_each(|row| contents.add(row));
        contents
    };
    let all = of(&[&rows[0], &rows[1], &rows[2]]);
    assert_eq!(all, of(&[&rows[2], &rows[0], &rows[1]]));
    assert_ne!(all, of(&[&rows[0], &rows[1], &rows[1]]));
    assert_ne!(of(&[&rows[1]]), of(&[&rows[2]]));
    // Where one value ends and the next begins counts.
    let cut = [
        vec![Value::Text("ab".into()), Value::Text("c".into())],
        vec![Value::Text("a".into()), Value::Text("bc".into())],
    ];
    assert_ne!(of(&[&cut[0]]), of(&[&cut[1]]));
}
